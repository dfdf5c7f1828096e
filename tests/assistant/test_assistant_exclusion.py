"""What is left when something is left out of a list."""

from __future__ import annotations

import pytest

from assistant.core import Assistant
from assistant.exclusion import exclusion
from vectorstore.index import Index


@pytest.mark.parametrize(
    ("question", "language", "whole", "topics"),
    [
        ("Which actions do not concern the police or the media?", "en", "Which actions", ("concern the police", "the media")),
        ("What measures are there apart from those on schools?", "en", "What measures are there", ("those on schools",)),
        (
            "Which agencies in Jamaica, other than the NGOs, work with prisons?",
            "en",
            "Which agencies in Jamaica work with prisons?",
            ("the NGOs",),
        ),
        (
            "¿Qué medidas de prevención no tienen que ver con la policía?",
            "es",
            "¿Qué medidas de prevención",
            ("tienen que ver con la policía",),
        ),
        ("Quais ações não envolvem nem escolas nem polícia?", "pt", "Quais ações", ("escolas", "polícia")),
        ("Quelles mesures ne concernent pas la drogue ?", "fr", "Quelles mesures", ("concernent la drogue",)),
    ],
)
def test_it_is_taken_apart(question: str, language: str, whole: str, topics: tuple[str, ...]) -> None:
    found = exclusion(question, language)
    assert found is not None and " ".join(found.whole.split()) == whole
    assert found.topics == topics


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("¿No hay nada sobre las escuelas?", "es"),
        ("Why is the strategy not binding?", "en"),
        ("¿Qué países no enviaron contribuciones?", "es"),
        ("N'y a-t-il pas de mesures pour les écoles ?", "fr"),
        ("Which actions concern the police?", "en"),
    ],
)
def test_a_denial_that_leaves_nothing_out(question: str, language: str) -> None:
    assert exclusion(question, language) is None


def test_actions_that_are_about_something_else(assistant: Assistant, index: Index) -> None:
    """Of the pillar of law enforcement exactly those that do not train anybody."""
    answer = assistant.answer("Which law enforcement actions are not about training?")
    (law,) = [
        found
        for found in index.lists.values()
        if found.source_id == "strategy" and "law enforcement" in " ".join(found.heading_path).lower()
    ]
    texts = [index.by_id[identity].text for identity in law.passage_ids]
    assert [citation.quote.strip() for citation in answer.citations] == [text.strip() for text in texts if "train" not in text.lower()]
    assert answer.coverage is not None and (answer.coverage.shown, answer.coverage.total) == (len(answer.citations), len(texts))


def test_what_is_left_out_is_known_by_its_words_where_no_topic_tells(assistant: Assistant, index: Index) -> None:
    answer = assistant.answer("Which steps of the work methodology do not involve the Secretariat?")
    (steps,) = {index.by_id[citation.passage_id].list_id for citation in answer.citations}
    texts = [index.by_id[identity].text.strip() for identity in index.lists[str(steps)].passage_ids]
    wanted = [text for text in texts if "Secretariat" not in text]
    assert 0 < len(wanted) < len(texts)
    assert [citation.quote.strip() for citation in answer.citations] == wanted
