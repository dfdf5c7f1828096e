"""The questions that issue 2 names, and what their answers must show."""

from __future__ import annotations

import re

import pytest
from asking import Ask, Bullets, quotes

from assistant.core import Assistant
from ingest.types import Document, Source

PREVENTION = "What prevention programs exist?"
ACTIONS = {
    PREVENTION: (("PREVENTION:", "II. "), "I. Prevention", 12),
    "Which rehabilitation actions are there?": (
        ("II. REHABILITATION AND SOCIAL REINCORPORATION", "III. "),
        "II. Rehabilitation and social reincorporation",
        12,
    ),
    "List the law enforcement actions": (("III. LAW ENFORCEMENT", "Annex I:"), "III. Law enforcement", 7),
}


@pytest.mark.parametrize("question", ACTIONS)
def test_a_list_question_gets_every_item_of_the_list_in_order_and_says_so(question: str, ask: Ask, bullets: Bullets) -> None:
    (after, before), heading, total = ACTIONS[question]
    answer = ask(question)
    assert answer.status == "answered"
    assert quotes(answer) == bullets(after, before)
    assert len(answer.citations) == total
    assert answer.coverage is not None
    assert (answer.coverage.shown, answer.coverage.total) == (total, total)
    assert heading in answer.coverage.list
    assert [citation.locator.rpartition(" ")[2] for citation in answer.citations] == [str(n) for n in range(1, total + 1)]
    assert all(f"[{n}]" in answer.text for n in range(1, total + 1))
    assert f"{total} actions" in answer.text


def test_the_locators_are_the_official_ones(ask: Ask) -> None:
    answer = ask("Which rehabilitation actions are there?")
    assert answer.citations[8].locator == "Regional Strategy, II. Rehabilitation and social reincorporation, action 9"
    assert answer.citations[8].quote.startswith("Avoid housing first-time offenders")


@pytest.mark.parametrize(
    ("question", "unit", "total"),
    [
        ("What are the bases of inter-American cooperation?", "basis", 3),
        ("Which voluntary actions do the member states consider?", "voluntary action", 6),
        ("Which annexes does the Regional Strategy have?", "Annex", 5),
        ("What steps does the work plan propose as its methodology?", "step", 4),
        ("What are the mandates in the work plan?", "mandate", 3),
    ],
)
def test_the_other_lists_are_complete_too(question: str, unit: str, total: int, ask: Ask, documents: tuple[Document, ...]) -> None:
    listed = [item for document in documents for item in document.lists if item.unit == unit and len(item.passage_ids) == total]
    answer = ask(question)
    assert tuple(citation.passage_id for citation in answer.citations) in {item.passage_ids for item in listed}
    assert answer.coverage is not None and (answer.coverage.shown, answer.coverage.total) == (total, total)


def test_and_for_rehabilitation_is_understood_after_the_question_on_prevention(ask: Ask, bullets: Bullets) -> None:
    answer = ask("and for rehabilitation?", PREVENTION)
    assert quotes(answer) == bullets("II. REHABILITATION AND SOCIAL REINCORPORATION", "III. ")
    assert answer.coverage is not None and (answer.coverage.shown, answer.coverage.total) == (12, 12)


def test_work_for_former_gang_members(ask: Ask) -> None:
    answer = ask("What can be done for ex-gang members who need work?")
    enterprise = (
        "Encourage public-private collaborative enterprises to facilitate the reincorporation of ex-gang members into the job market."
    )
    assert enterprise in quotes(answer)
    assert len(answer.citations) <= 6, "the whole list is no answer to this"
    assert answer.coverage is not None and answer.coverage.shown < answer.coverage.total


def test_the_body_that_prepared_the_strategy_is_named_as_the_document_does(ask: Ask) -> None:
    answer = ask("Which body prepared the strategy?")
    cited = [
        citation
        for citation in answer.citations
        if citation.quote.startswith("This document was prepared by the Chair of the Working Group")
    ]
    assert len(cited) == 1
    assert cited[0].locator.startswith("Regional Strategy, Mandate")
    assert cited[0].quote.endswith("at that second special meeting.")
    named = {agency.name: agency.citations for agency in answer.agencies}
    assert cited[0].number in named["Department of Public Security"]


@pytest.mark.parametrize(
    ("question", "language"),
    [("How often are the annexes updated?", "en"), ("À quelle fréquence les annexes sont-elles mises à jour ?", "fr")],
)
def test_a_fact_quotes_its_sentence_and_marks_what_answers(question: str, language: str, ask: Ask) -> None:
    answer = ask(question)
    assert answer.language == language
    assert quotes(answer) == ["Annexes I, II, and III will be updated annually."]
    (citation,) = answer.citations
    assert citation.mark is not None
    assert citation.quote[citation.mark[0] : citation.mark[1]] == "annually"
    assert "will be updated **annually**." in answer.text


def test_a_short_passage_is_quoted_with_what_it_adds(ask: Ask) -> None:
    """That there is no agreed definition is the end of a short passage on Annex IV; neither misleads without the other."""
    answer = ask("Is there an agreed definition of gangs?")
    (quote,) = [quote for quote in quotes(answer) if "Currently there is no agreed definition on this topic." in quote]
    assert quote.startswith("ANNEX IV includes")


def test_public_spaces_in_spanish_quotes_english_with_an_unofficial_translation(ask: Ask) -> None:
    answer = ask("¿Qué se propone para los espacios públicos?")
    assert (answer.language, answer.status) == ("es", "answered")
    spaces = next(citation for citation in answer.citations if citation.quote.startswith("Rescue public spaces: artificial lighting"))
    line = answer.text.index(f"[{spaces.number}]")
    assert spaces.quote in answer.text[:line]
    below = answer.text[line:].splitlines()[1]
    assert "traducción no oficial" in below and "espacios públicos" in below and "alumbrado" in below
    assert "1 de 12 acciones" in answer.text
    assert " lists " not in answer.text and "actions" not in answer.text


def test_an_english_answer_has_no_translation(ask: Ask) -> None:
    assert "unofficial translation" not in ask(PREVENTION).text


def test_the_budget_is_not_stated_and_the_answer_says_what_was_looked_at(ask: Ask, documents: tuple[Document, ...]) -> None:
    answer = ask("What is the budget?")
    assert answer.status == "not_in_corpus"
    assert answer.citations == () and answer.statements == ()
    assert re.search(r"\bbudget\b", answer.text)
    passages = sum(len(document.passages) for document in documents)
    assert f"{passages} passages of Regional Strategy and Work Plan" in answer.text
    before, _, after = answer.text.partition("The nearest passages, which do not answer the question:")
    assert answer.nearest and after
    for near in answer.nearest:
        assert near.quote in after and near.quote not in before
        assert near.locator in after
    assert not re.search(r"\[\d+\]", answer.text)
    assert "nearest" not in answer.to_dict()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("¿Cuál es el presupuesto?", ("Estrategia Regional y Plan de Trabajo", "que no responden a la pregunta")),
        ("Qual é o orçamento?", ("Estratégia Regional e Plano de Trabalho", "que não respondem à pergunta")),
        ("Quel est le budget de la Stratégie ?", ("Stratégie régionale et Plan de travail", "qui ne répondent pas à la question")),
    ],
)
def test_silence_is_said_in_the_language_of_the_question(question: str, words: tuple[str, ...], ask: Ask) -> None:
    answer = ask(question)
    assert answer.status == "not_in_corpus"
    assert all(word in answer.text for word in words)
    assert "I looked at" not in answer.text


@pytest.mark.parametrize("question", ["What can be done for ex-gang members who need work?", "Which rehabilitation actions are there?"])
def test_an_answer_about_actions_says_that_no_agency_is_named_and_where_the_directory_is(question: str, ask: Ask) -> None:
    answer = ask(question)
    assert answer.agencies == ()
    assert "names no agency" in answer.text
    assert "Annex I" in answer.text and "http://scm.oas.org/pdfs/2010/CP24469E-1.pdf" in answer.text


def test_an_answer_that_is_not_about_actions_does_not_speak_of_agencies(ask: Ask) -> None:
    assert "names no agency" not in ask("How often are the annexes updated?").text


def test_two_questions_in_one_are_both_answered(ask: Ask) -> None:
    answer = ask("Which body prepared the strategy and who signed the work plan?")
    assert {citation.source_id for citation in answer.citations} == {"strategy", "work-plan"}
    assert any("prepared by the Chair" in quote for quote in quotes(answer))
    assert any(quote.startswith("Jorge Skinner-Klée") and "Permanent Representative of Guatemala" in quote for quote in quotes(answer))
    bold = re.findall(r"^\*\*(.+?)\*\*\.", answer.text)
    assert all(piece.lower() in " ".join(quotes(answer)).lower() for piece in bold), "a piece cut from the wrong document"


def test_of_two_questions_the_one_without_an_answer_is_named(ask: Ask) -> None:
    answer = ask("How often are the annexes updated? What is the homicide rate in Honduras?")
    assert answer.status == "partial"
    assert quotes(answer) == ["Annexes I, II, and III will be updated annually."]
    assert "homicide" in answer.text and "Honduras" in answer.text


def test_a_wrong_number_in_the_question_is_corrected(ask: Ask) -> None:
    answer = ask("List the 15 prevention actions")
    assert len(answer.citations) == 12
    first = answer.text.splitlines()[0]
    assert "15" in first and "12" in first


@pytest.mark.parametrize(("numeral", "number"), [("I", 1), ("II", 2), ("III", 3), ("IV", 4), ("V", 5)])
def test_of_an_annex_that_was_not_fetched_only_what_the_strategy_says_is_known(
    numeral: str, number: int, ask: Ask, assistant: Assistant, strategy: Document, sources: tuple[Source, ...]
) -> None:
    source = next(source for source in sources if source.id == f"annex-{numeral.lower()}")
    assert source.path is None and source.id not in assistant.index.canonical
    for question in (f"What is in Annex {numeral}?", f"What is the link to Annex {numeral}?"):
        answer = ask(question)
        assert answer.citations
        for citation in answer.citations:
            assert citation.source_id == "strategy"
            assert re.search(rf"Annex {numeral}\b", citation.locator), citation.locator
    assert f"http://scm.oas.org/pdfs/2010/CP24469E-{number}.pdf" in answer.text
    described = next(line for line in strategy.canonical.splitlines() if line.startswith(f"ANNEX {numeral} "))
    assert all(quote in described for quote in quotes(ask(f"What is in Annex {numeral}?")))


@pytest.mark.parametrize("question", ["What did Mexico write in Annex II?", "¿Qué escribió México en el Anexo II?"])
def test_what_an_annex_says_inside_is_not_known_and_its_link_is_given(question: str, ask: Ask) -> None:
    answer = ask(question)
    assert answer.status == "not_in_corpus" and answer.citations == ()
    assert "http://scm.oas.org/pdfs/2010/CP24469E-2.pdf" in answer.text
    assert re.search(r"An(?:nex|exo) II .*CP24469E-2\.pdf", answer.text)
    assert not re.search(r"An(?:nex|exo) I .*CP24469E-1\.pdf", answer.text), "the question is about Annex II"
    assert re.search(r"M[eé]xico", answer.text)


def test_a_link_is_given_as_it_stands(ask: Ask) -> None:
    answer = ask("What is the link to Annex II?")
    assert "http://scm.oas.org/pdfs/2010/CP24469E-2.pdf" in answer.text
    assert "Http://" not in answer.text


@pytest.mark.parametrize(
    "question", ["Quelles sont les mesures de prévention ?", "Que medidas de prevenção existem?", "¿Qué medidas de prevención hay?"]
)
def test_emphasis_is_well_formed_in_every_language(question: str, ask: Ask) -> None:
    """Markdown shows the stars of "**Prévention **" instead of bold type."""
    for line in ask(question).text.splitlines():
        for piece in line.split("**")[1::2]:
            assert piece == piece.strip() and piece
