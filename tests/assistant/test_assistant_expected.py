"""What kind of thing a question wants to hear, and whether a text has it."""

from __future__ import annotations

import pytest

from assistant.expected import expected_kind, has_date, has_kind, has_number


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How much does the office cost?", "money"),
        ("¿Cuál es el presupuesto?", "money"),
        ("Quem paga o custo do programa?", "person"),
        ("police officers who specialise in minors", ""),
        ("By whom was it signed?", "person"),
        ("Do you know when it was founded?", "date"),
        ("¿Hasta qué fecha?", "date"),
        ("Qual é o prazo?", "date"),
        ("Com que frequência se reúnem?", "frequency"),
        ("¿con qué frecuencia?", "frequency"),
        ("Combien de temps dure le stage ?", "duration"),
        ("Combien de mesures y a-t-il ?", "number"),
        ("¿A qué edad se entra?", "age"),
        ("Où se trouve le centre ?", "place"),
        ("La prévention ou la répression", ""),
        ("En quelle langue ?", "language"),
        ("¿Qué es el Grupo de Contacto?", ""),
        ("Como posso contatar: telefone, correio?", "contact"),
        ("Pourquoi a-t-il échoué ?", "reason"),
    ],
)
def test_the_form_of_a_question_tells_what_it_wants(question: str, kind: str) -> None:
    assert expected_kind(question) == kind


@pytest.mark.parametrize(
    ("kind", "text", "language", "has"),
    [
        ("money", "Cuesta 40 millones de pesos.", "es", True),
        ("money", "It costs less than before.", "en", False),
        ("money", "Recebem 300 reais por mês.", "pt", True),
        ("duration", "Le stage dure neuf mois.", "fr", True),
        ("duration", "It is long.", "en", False),
        ("age", "Members are thirteen on average.", "en", True),
        ("frequency", "Se reúne dos veces al año.", "es", True),
        ("date", "em março de 2024", "pt", True),
        ("date", "within 60 days", "en", True),
        ("contact", "Écrire à bureau@example.org", "fr", True),
        ("contact", "The office has 12 desks.", "en", False),
        ("language", "Se enseña en quechua y español.", "es", True),
        ("reason", "It closed because the roof fell in.", "en", True),
    ],
)
def test_whether_a_text_has_it(kind: str, text: str, language: str, has: bool) -> None:
    assert has_kind(kind, text, language) is has


def test_a_name_that_the_question_has_is_no_answer() -> None:
    assert has_kind("person", "The Centre is led by Ana Paz.", "en", {"ana"})
    assert not has_kind("person", "We asked Ana Paz.", "en", {"ana", "paz"})


def test_dates_and_symbols_are_no_numbers() -> None:
    assert not has_number("El 3 de abril de 2009 (CP/CSH-1017)", "es")
    assert has_number("duas vezes", "pt") and has_number("It took 3,000 words.", "en")
    assert has_date("le 15 janvier", "fr") and not has_date("une fois", "fr")
