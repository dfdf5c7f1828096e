"""Conversations: what a question takes from the ones before it, and what it does not."""

from __future__ import annotations

import pytest
from asking import Ask, Bullets, quotes

from assistant.core import Assistant
from assistant.types import Turn

FIRST = {
    "en": "What prevention programs exist?",
    "es": "¿Qué programas de prevención existen?",
    "pt": "Quais programas de prevenção existem?",
    "fr": "Quels programmes de prévention existent ?",
}
REHABILITATION = {
    "en": "and for rehabilitation?",
    "es": "¿y para la rehabilitación?",
    "pt": "e para a reabilitação?",
    "fr": "et pour la réhabilitation ?",
}
POLICE = {
    "en": "which of those involve the police?",
    "es": "¿cuáles de esas involucran a la policía?",
    "pt": "quais dessas envolvem a polícia?",
    "fr": "lesquelles concernent la police ?",
}
COUNT = {"en": "how many are there?", "es": "¿cuántas hay?", "pt": "quantas são?", "fr": "combien y en a-t-il ?"}
LANGUAGES = pytest.mark.parametrize("language", list(FIRST))


@pytest.fixture(scope="module")
def prevention(bullets: Bullets) -> list[str]:
    return bullets("PREVENTION:", "II. ")


@pytest.fixture(scope="module")
def rehabilitation(bullets: Bullets) -> list[str]:
    return bullets("II. REHABILITATION AND SOCIAL REINCORPORATION", "III. ")


@LANGUAGES
def test_another_pillar_is_asked_for_in_three_words(language: str, ask: Ask, rehabilitation: list[str]) -> None:
    answer = ask(REHABILITATION[language], FIRST[language])
    assert answer.language == language
    assert quotes(answer) == rehabilitation


@LANGUAGES
def test_of_the_items_just_listed_some_are_picked_out(language: str, ask: Ask, prevention: list[str]) -> None:
    answer = ask(POLICE[language], FIRST[language])
    assert quotes(answer) == [item for item in prevention if "police" in item.lower()]
    assert answer.coverage is not None and (answer.coverage.shown, answer.coverage.total) == (3, 12)


def test_the_same_words_pick_from_the_list_that_was_last_spoken_of(ask: Ask, rehabilitation: list[str]) -> None:
    answer = ask("which of those concern judges?", FIRST["en"], REHABILITATION["en"])
    assert quotes(answer) == [item for item in rehabilitation if "judges" in item]


@LANGUAGES
def test_how_many_there_are_is_said_of_the_list_just_shown(language: str, ask: Ask, prevention: list[str]) -> None:
    answer = ask(COUNT[language], FIRST[language])
    assert answer.language == language
    assert quotes(answer) == prevention
    first = answer.text.splitlines()[0]
    assert "**12 " in first and "Regional Strategy" not in first, "the number itself, before the list"


def test_how_many_there_are_follows_the_conversation(ask: Ask, rehabilitation: list[str]) -> None:
    answer = ask("how many are there?", FIRST["en"], REHABILITATION["en"])
    assert quotes(answer) == rehabilitation
    law = ask("how many are there?", FIRST["en"], "and for law enforcement?")
    assert len(law.citations) == 7 and "7" in law.text.splitlines()[0]


def test_nothing_of_the_list_is_said_when_nothing_of_it_fits(ask: Ask) -> None:
    answer = ask("which of those mention astronauts?", FIRST["en"])
    assert answer.status == "not_in_corpus"
    assert answer.citations == () and answer.coverage is None
    assert "None of the items" in answer.text


def test_an_item_is_asked_for_by_its_place(ask: Ask, prevention: list[str]) -> None:
    assert quotes(ask("what is the third one?", FIRST["en"])) == [prevention[2]]


def test_a_question_that_stands_alone_takes_nothing_from_the_conversation(ask: Ask) -> None:
    for question in ("How often are the annexes updated?", "What is the budget?", "Hello"):
        alone, later = ask(question), ask(question, FIRST["en"], REHABILITATION["en"])
        assert (later.status, quotes(later), later.text) == (alone.status, quotes(alone), alone.text)


def test_a_question_in_another_language_is_answered_in_that_language(ask: Ask, rehabilitation: list[str]) -> None:
    answer = ask("¿y para la rehabilitación?", FIRST["en"])
    assert answer.language == "es"
    assert quotes(answer) == rehabilitation


def test_what_the_assistant_said_is_not_taken_for_a_question(assistant: Assistant) -> None:
    spoken = [Turn("user", FIRST["en"]), Turn("assistant", "What can be done about drug addiction? " * 5)]
    silent = [Turn("user", FIRST["en"])]
    assert quotes(assistant.answer("how many are there?", spoken)) == quotes(assistant.answer("how many are there?", silent))


def test_empty_turns_count_for_nothing(assistant: Assistant) -> None:
    said = [Turn("user", ""), Turn("user", FIRST["en"]), Turn("assistant", ""), Turn("user", "  \n"), Turn("user", "\u202e\x00")]
    assert quotes(assistant.answer(REHABILITATION["en"], said)) == quotes(
        assistant.answer(REHABILITATION["en"], [Turn("user", FIRST["en"])])
    )


def test_a_history_of_empty_turns_is_no_history(assistant: Assistant) -> None:
    said = [Turn("user", ""), Turn("assistant", " "), Turn("user", "\x00\u2066")]
    assert assistant.answer("how many are there?", said).text == assistant.answer("how many are there?").text


def test_of_fifty_turns_the_last_ones_matter(assistant: Assistant, prevention: list[str], rehabilitation: list[str]) -> None:
    said = [Turn("user" if n % 2 == 0 else "assistant", "What is the budget?" if n % 2 == 0 else "Nothing.") for n in range(48)]
    said += [Turn("user", FIRST["en"]), Turn("assistant", "…")]
    assert quotes(assistant.answer(REHABILITATION["en"], said)) == rehabilitation
    assert quotes(assistant.answer(COUNT["en"], said)) == prevention


@pytest.mark.parametrize("nonsense", ["zzz qqq xxx", "]]>&;--/*", "\ud800\udfff", "💥" * 40, "0 1 2 3", "[1] [2] [99] **"])
def test_nonsense_in_the_history_breaks_nothing(nonsense: str, assistant: Assistant) -> None:
    said = [Turn("user", nonsense), Turn("assistant", nonsense)]
    answer = assistant.answer("How often are the annexes updated?", said)
    assert quotes(answer) == ["Annexes I, II, and III will be updated annually."]
    leaning = assistant.answer("and for rehabilitation?", said)
    assert leaning.status in ("answered", "partial", "not_in_corpus")
    assert nonsense not in leaning.text


def _after(assistant: Assistant, answer: str, question: str) -> list[str]:
    said = [Turn("user", FIRST["en"]), Turn("assistant", answer)]
    return [citation.quote for citation in assistant.answer(question, said).citations]


def test_the_items_that_the_reader_saw_are_the_ones_just_given(assistant: Assistant, prevention: list[str]) -> None:
    shown = f"Two of them: “{prevention[1]}” and “{prevention[4]}”"
    assert _after(assistant, shown, "which of those involve the police?") == [prevention[4]]
    assert _after(assistant, shown, "What are the remaining ones?") == [
        item for item in prevention if item not in (prevention[1], prevention[4])
    ]
    assert _after(assistant, f"The first is “{prevention[0]}”", "and the next one?") == [prevention[1]]


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("and the last one?", -1),
        ("¿y la penúltima?", -2),
        ("E a última?", -1),
        ("et l'avant-dernière ?", -2),
        ("the fourth one, word for word", 3),
    ],
)
def test_places_are_counted_from_the_end_too(question: str, place: int, ask: Ask, prevention: list[str]) -> None:
    assert quotes(ask(question, FIRST["en"])) == [prevention[place]]


def test_another_part_is_asked_for_by_its_place(assistant: Assistant, bullets: Bullets, prevention: list[str]) -> None:
    law = bullets("III. LAW ENFORCEMENT", "Annex I: Directory")
    assert _after(assistant, "\n".join(f"- “{item}”" for item in prevention), "Now the last pillar, please.") == law


def test_after_one_meeting_comes_the_next(ask: Ask) -> None:
    answer = ask("¿Y en la siguiente reunión?", "¿Qué se iba a tratar el 3 de abril de 2009?")
    assert any("April 30" in quote for quote in quotes(answer)) and any("approval of the draft" in quote for quote in quotes(answer))
    assert not any("Election" in quote for quote in quotes(answer))


PART = {
    "en": ("What does rehabilitation say about judges?", "and in the law enforcement pillar?"),
    "es": ("¿Qué dice la rehabilitación sobre los jueces?", "¿y en el pilar de aplicación de la ley?"),
    "pt": ("O que diz a reabilitação sobre os juízes?", "e no pilar de aplicação da lei?"),
    "fr": ("Que dit la réhabilitation sur les juges ?", "et dans le pilier application de la loi ?"),
}
OTHERS = {
    "en": "and in the other pillars?",
    "es": "¿y en los otros pilares?",
    "pt": "e nos outros pilares?",
    "fr": "et dans les autres piliers ?",
}


@LANGUAGES
def test_another_part_is_asked_for_the_same_topic(language: str, ask: Ask, bullets: Bullets) -> None:
    law = bullets("III. LAW ENFORCEMENT", "Annex I: Directory")
    first, question = PART[language]
    assert quotes(ask(question, first)) == [item for item in law if "judges" in item]


@LANGUAGES
def test_the_other_parts_are_all_but_the_one_before(language: str, ask: Ask, bullets: Bullets, rehabilitation: list[str]) -> None:
    law = bullets("III. LAW ENFORCEMENT", "Annex I: Directory")
    found = quotes(ask(OTHERS[language], PART[language][0]))
    assert found and not set(found) & set(rehabilitation)
    assert set(found) <= {item for item in law if "judges" in item}


def test_a_doubt_gets_the_same_answer_again(ask: Ask) -> None:
    first = "When was the Working Group established?"
    assert quotes(ask("Are you sure? I thought it was 2010.", first)) == quotes(ask(first))


def test_a_sum_that_the_documents_do_not_have_is_not_answered_with_the_programme(ask: Ask) -> None:
    answer = ask("How much would running one of those programs cost?", "What is the Open School program?")
    assert answer.status == "not_in_corpus" and not answer.citations


def test_a_question_joined_by_and_in_which_is_answered_in_both_parts(ask: Ask) -> None:
    answer = ask("¿Quién firmó el plan de trabajo y en qué fecha se estableció el Grupo de Trabajo?")
    said = " ".join(quotes(answer))
    assert "Skinner" in said and "January 15, 2009" in said


def test_what_is_asked_of_the_thing_before_it_is_no_question_of_its_own(ask: Ask) -> None:
    (quote,) = quotes(ask("Is street lighting mentioned, and in which pillar?"))
    assert quote.startswith("Rescue public spaces: artificial lighting")
