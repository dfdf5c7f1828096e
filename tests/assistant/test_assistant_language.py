"""In which language a question is asked, and in which it is answered."""

from __future__ import annotations

import pytest
from asking import Ask, quotes

from assistant.language import LanguageDetector
from vectorstore.index import Index

SHORT = {
    "en": ["police", "judges", "Who signed it?", "schools", "When?", "gang members", "the agenda", "Any drug programs?", "list everything"],
    "es": ["presupuesto", "policía", "jueces", "¿Cuándo?", "pandillas", "escuelas", "¿Quién firmó?", "gracias", "los talleres de pintura"],
    "pt": ["orçamento", "polícia", "juízes", "Quando?", "gangues", "escolas", "Quem assinou?", "obrigado", "as oficinas de pintura"],
    "fr": [
        "la police",
        "juges",
        "Quand ?",
        "écoles",
        "Qui a signé ?",
        "merci",
        "les médias",
        "bandes criminelles",
        "les ateliers de peinture",
    ],
}
LONG = {
    "en": "Could you tell me what the member states intend to do about young people who leave school early?",
    "es": "¿Podría decirme qué piensan hacer los Estados miembros con los jóvenes que abandonan pronto la escuela?",
    "pt": "Poderia me dizer o que os Estados membros pretendem fazer com os jovens que abandonam cedo a escola?",
    "fr": "Pourriez-vous me dire ce que les États membres comptent faire pour les jeunes qui quittent tôt l’école ?",
}


@pytest.fixture(scope="module")
def detector(index: Index) -> LanguageDetector:
    return LanguageDetector(index)


@pytest.mark.parametrize(("language", "question"), [(language, question) for language, all_ in SHORT.items() for question in all_])
def test_short_questions_are_told_apart(language: str, question: str, detector: LanguageDetector) -> None:
    assert detector.detect(question) == language


@pytest.mark.parametrize("language", LONG)
def test_a_long_question_is_told_apart_whatever_went_before(language: str, detector: LanguageDetector) -> None:
    assert all(detector.detect(LONG[language], previous) == language for previous in (None, *LONG))


def test_capitals_and_missing_accents_do_not_confuse(detector: LanguageDetector) -> None:
    assert detector.detect("¿QUÉ PROGRAMAS DE PREVENCIÓN EXISTEN?") == "es"
    assert detector.detect("que programas de prevencion existen") == "es"
    assert detector.detect("quais programas de prevencao existem") == "pt"


@pytest.mark.parametrize("question", ["?", "2010", "…", "[1]"])
def test_what_has_no_words_is_in_the_language_of_the_conversation(question: str, detector: LanguageDetector) -> None:
    assert detector.detect(question) == "en"
    assert detector.detect(question, "fr") == "fr"


@pytest.mark.parametrize(
    ("word", "previous"), [("anexos", "es"), ("anexos", "pt"), ("budget ?", "fr"), ("annexes", "fr"), ("prisons", "fr"), ("prisons", "en")]
)
def test_a_word_of_two_languages_is_in_that_of_the_conversation(word: str, previous: str, detector: LanguageDetector) -> None:
    assert detector.detect(word, previous) == previous


@pytest.mark.parametrize(("word", "language"), [("jueces", "es"), ("juízes", "pt"), ("juges", "fr"), ("judges", "en")])
def test_a_word_of_one_language_changes_that_of_the_conversation(word: str, language: str, detector: LanguageDetector) -> None:
    assert {detector.detect(word, previous) for previous in LONG} == {language}


@pytest.mark.parametrize(("language", "word"), [("en", "lists"), ("es", "enumera"), ("pt", "enumera"), ("fr", "énumère")])
def test_the_language_of_the_answer_can_be_chosen(language: str, word: str, ask: Ask) -> None:
    answer = ask("What prevention programs exist?", language=language)
    assert answer.language == language
    assert word in answer.text
    assert quotes(answer) == quotes(ask("What prevention programs exist?"))


def test_a_chosen_language_does_not_change_what_is_found(ask: Ask) -> None:
    answer = ask("¿Con qué frecuencia se actualizan los anexos?", language="fr")
    assert answer.language == "fr"
    assert quotes(answer) == ["Annexes I, II, and III will be updated annually."]
    assert "traduction non officielle" in answer.text and "Le texte indique" in answer.text


def test_a_chosen_language_holds_for_silence_too(ask: Ask) -> None:
    answer = ask("What is the budget?", language="pt")
    assert (answer.language, answer.status) == ("pt", "not_in_corpus")
    assert "orçamento" in answer.text and "budget" not in answer.text.lower()
