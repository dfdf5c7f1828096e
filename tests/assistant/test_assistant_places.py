"""Where something stands, in the reader's language; citations keep the official locator."""

from __future__ import annotations

import re

import pytest

from assistant.core import Assistant
from assistant.places import Places

LANGUAGES = ("es", "pt", "fr")
# Of each place its official locator and what readers of Spanish, Portuguese and French see.
NAMED = {
    "Regional Strategy, Introduction, paragraph 5": (
        "Estrategia Regional, Introducción, párrafo 5",
        "Estratégia Regional, Introdução, parágrafo 5",
        "Stratégie régionale, Introduction, paragraphe 5",
    ),
    "Regional Strategy, II. Rehabilitation and social reincorporation, action 9": (
        "Estrategia Regional, II. Rehabilitación y reinserción social, acción 9",
        "Estratégia Regional, II. Reabilitação e reinserção social, ação 9",
        "Stratégie régionale, II. Réhabilitation et réinsertion sociale, action 9",
    ),
    "Regional Strategy, Annex IV": ("Estrategia Regional, Anexo IV", "Estratégia Regional, Anexo IV", "Stratégie régionale, Annexe IV"),
}


@pytest.mark.parametrize("official", NAMED)
def test_places_are_named_as_a_reader_would(assistant: Assistant, official: str) -> None:
    passage = next(passage for passage in assistant.index.passages if passage.locator == official)
    assert tuple(Places(assistant.index).locator(passage, language) for language in LANGUAGES) == NAMED[official]
    assert Places(assistant.index).locator(passage, "en") == official


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_part_of_a_locator_stays_english(assistant: Assistant, language: str) -> None:
    index = assistant.index
    words = "Regional Strategy|Work Plan|Annex|heading|paragraph|footnote|activity|step|mandate|basis|standing|item|Friday|January"
    english = re.compile(rf"\b(?:{words})\b")
    allowed = {"pt": {"item"}, "fr": set(), "es": set()}[language]
    for passage in index.passages:
        shown = Places(index).locator(passage, language)
        left = set(english.findall(shown)) - allowed
        assert not left or any(word in index.translations[passage.id].get(language, "") for word in left), (passage.locator, shown)
        assert re.findall(r"\d+", shown)[-1:] == re.findall(r"\d+", passage.locator)[-1:], (passage.locator, shown)


def test_the_text_of_an_answer_is_in_one_language_and_its_citations_are_official(assistant: Assistant) -> None:
    answer = assistant.answer("Com que frequência os anexos são atualizados?")
    assert "— Estratégia Regional, Introdução, parágrafo 5" in answer.text and "Regional Strategy" not in answer.text
    assert [citation.locator for citation in answer.citations] == ["Regional Strategy, Introduction, paragraph 5"]
    listed = assistant.answer("¿Qué acciones hay para los jóvenes con problemas de drogas?")
    assert "**Estrategia Regional, II. Rehabilitación y reinserción social**" in listed.text and "(Anexo I)" in listed.text
    assert listed.coverage is not None and listed.coverage.list == "Regional Strategy, II. Rehabilitation and social reincorporation"
    silent = assistant.answer("Quel est le budget de la Stratégie ?")
    assert "Stratégie régionale et Plan de travail" in silent.text and "Work Plan" not in silent.text
