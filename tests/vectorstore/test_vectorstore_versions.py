"""Which passages of two versions of a document say the same: found by structure, and only where it is certain."""

from __future__ import annotations

import random

import pytest

from ingest.editorial import Quote
from ingest.structure import build_document
from ingest.types import Document, Source
from vectorstore.versions import counterparts, quote_in

ENGLISH = """OPENING

The committee meets in the spring. It keeps its minutes.

The members are content.

The following actions are proposed:
- Plant trees along the river.
- Clean the public squares.
- Repair the lamps of the old bridge.
- Teach the young to swim.

II. MONEY

The budget of 2024 is 10,000 dollars.

Honduras pays half of it.

Reports are read by all.

It is paid on these terms:
1. In advance.
2. In two parts.
"""
SPANISH = """APERTURA

El comité se reúne en la primavera. Lleva sus actas.

Los miembros están contentos.

Se proponen las acciones siguientes:
- Plantar árboles junto al río.
- Limpiar las plazas públicas.
- Reparar las lámparas del puente viejo.
- Enseñar a nadar a los jóvenes.

II. DINERO

El presupuesto de 2024 es de 10.000 dólares.

Honduras paga la mitad.

Los informes son leídos por todos.

Se paga en estas condiciones:
1. Por adelantado.
2. En dos partes.
"""
FRENCH = (
    SPANISH.replace("APERTURA", "OUVERTURE")
    .replace("El comité se reúne en la primavera. Lleva sus actas.", "Le comité se réunit au printemps. Il tient ses comptes rendus.")
    .replace("DINERO", "ARGENT")
)
SOURCES = {
    "doc": Source("doc", "Document", "Doc", "other", "en"),
    "doc-es": Source("doc-es", "Documento", "Doc (es)", "other", "es", version_of="doc"),
    "doc-fr": Source("doc-fr", "Document", "Doc (fr)", "other", "fr", version_of="doc"),
}
PAIRS = dict(zip(ENGLISH.split("\n"), SPANISH.split("\n"), strict=True))


def read(**texts: str) -> list[Document]:
    return [build_document(SOURCES[name.replace("_", "-")], text) for name, text in texts.items()]


def aligned(documents: list[Document]) -> dict[str, dict[str, tuple[str, ...]]]:
    passages = [passage for document in documents for passage in document.passages]
    return counterparts(passages, SOURCES, {document.source.id: document.canonical for document in documents})


def texts(documents: list[Document], language: str = "es") -> dict[str, list[str]]:
    """The beginning of each English text and what stands for it."""
    by_id = {passage.id: passage.text for document in documents for passage in document.passages}
    found = aligned(documents)
    return {
        passage.text: [by_id[identity] for identity in found[passage.id][language]]
        for passage in documents[0].passages
        if language in found.get(passage.id, {})
    }


def plain(pairs: dict[str, list[str]]) -> set[tuple[str, str]]:
    return {(ours, text) for ours, theirs in pairs.items() for text in theirs}


TRUTH = plain(texts(read(doc=ENGLISH, doc_es=SPANISH)))


def test_versions_of_one_structure_correspond_passage_by_passage() -> None:
    documents = read(doc=ENGLISH, doc_es=SPANISH)
    assert len(TRUTH) == len(documents[0].passages) == len(documents[1].passages) == 15
    for ours, theirs in TRUTH:
        line = next(line for line in PAIRS if ours.endswith(line.lstrip("- 0123456789.")) and line)
        assert PAIRS[line].endswith(theirs.split(". ", 1)[-1] if theirs.startswith("II") else theirs)


def test_it_holds_in_both_directions_and_for_lists() -> None:
    documents = read(doc=ENGLISH, doc_es=SPANISH)
    found = aligned(documents)
    for ours, theirs in zip(documents[0].lists, documents[1].lists, strict=True):
        assert found[ours.id]["es"] == (theirs.id,) and found[theirs.id]["en"] == (ours.id,)
    for passage in documents[1].passages:
        (back,) = found[passage.id]["en"]
        assert found[back]["es"] == (passage.id,)


def test_two_versions_correspond_by_way_of_the_original() -> None:
    documents = read(doc=ENGLISH, doc_es=SPANISH, doc_fr=FRENCH)
    found = aligned(documents)
    for spanish, french in zip(documents[1].passages, documents[2].passages, strict=True):
        assert found[spanish.id]["fr"] == (french.id,) and found[french.id]["es"] == (spanish.id,)


def test_two_versions_correspond_where_the_original_is_not_at_hand() -> None:
    documents = read(doc_es=SPANISH, doc_fr=FRENCH)
    found = aligned(documents)
    for spanish, french in zip(documents[0].passages, documents[1].passages, strict=True):
        assert found[spanish.id]["fr"] == (french.id,)


def test_documents_that_are_no_versions_have_no_counterparts() -> None:
    assert aligned(read(doc=ENGLISH)) == {}


def test_a_paragraph_more_leaves_the_other_sections_as_they_are() -> None:
    longer = SPANISH.replace("Los miembros están contentos.\n", "Los miembros están contentos.\n\nNo siempre.\n")
    pairs = texts(read(doc=ENGLISH, doc_es=longer))
    assert plain(pairs) < TRUTH
    assert {ours for ours, _ in TRUTH} - pairs.keys() == {
        "The committee meets in the spring. It keeps its minutes.",
        "The members are content.",
        "The following actions are proposed:",
    }


def test_between_figures_and_names_what_stands_alone_is_paired() -> None:
    shorter = ENGLISH.replace("It is paid on these terms:\n", "")
    pairs = texts(read(doc=shorter, doc_es=SPANISH))
    assert pairs["The budget of 2024 is 10,000 dollars."] == ["El presupuesto de 2024 es de 10.000 dólares."]
    assert pairs["Honduras pays half of it."] == ["Honduras paga la mitad."]
    assert "Reports are read by all." not in pairs
    assert pairs["In two parts."] == ["En dos partes."]


def test_of_a_bulleted_list_with_another_count_the_items_have_no_counterpart_but_the_list_has() -> None:
    shorter = SPANISH.replace("- Limpiar las plazas públicas.\n", "")
    documents = read(doc=ENGLISH, doc_es=shorter)
    found, pairs = aligned(documents), texts(documents)
    assert "Clean the public squares." not in pairs and "Teach the young to swim." not in pairs
    assert found[documents[0].lists[0].id]["es"] == (documents[1].lists[0].id,)
    assert plain(pairs) < TRUTH


def test_of_a_numbered_list_with_another_count_equal_numbers_correspond() -> None:
    pairs = texts(read(doc=ENGLISH + "3. Without delay.\n", doc_es=SPANISH))
    assert pairs["In two parts."] == ["En dos partes."] and "Without delay." not in pairs


def test_items_whose_figures_contradict_each_other_are_no_counterparts() -> None:
    items = "\nOPENING\n\n- In 2009 it began.\n- In 2010 it went on.\n- It ended.\n"
    other = "\nAPERTURA\n\n- En 2010 continuó.\n- En 2009 comenzó.\n- Terminó.\n"
    pairs = texts(read(doc=items, doc_es=other))
    assert all("2010" not in text for text in pairs.get("In 2009 it began.", []))


def test_of_a_sentence_the_whole_passage_is_quoted_where_the_other_has_more_sentences() -> None:
    ours = read(doc=ENGLISH)[0].passages[1]
    for text, quoted in (("Se reúne. Lleva sus actas.", "Se reúne."), ("Se reúne. Siempre. Lleva sus actas.", None)):
        other = build_document(SOURCES["doc-es"], f"APERTURA\n\n{text}\n")
        passage = other.passages[1]
        first = Quote("doc", ours.id, ours.start, ours.start + ours.text.index(".") + 1)
        found = quote_in(first, ours, passage)
        assert other.canonical[found.start : found.end] == (quoted or text)


@pytest.mark.parametrize("seed", range(3))
def test_what_one_version_lacks_never_shifts_the_rest(seed: int) -> None:
    chance = random.Random(seed)
    documents = read(doc=ENGLISH, doc_es=SPANISH)
    for _ in range(60):
        document = documents[1]
        text = document.canonical
        for passage in sorted(chance.sample(document.passages, chance.choice((1, 1, 2))), key=lambda p: -p.start):
            text = text[: text.rfind("\n", 0, passage.start) + 1] + text[passage.end :]
        pairs = plain(texts(read(doc=ENGLISH, doc_es=text)))
        assert pairs <= TRUTH, pairs - TRUTH


def test_the_result_is_the_same_every_time() -> None:
    documents = read(doc=ENGLISH, doc_es=SPANISH, doc_fr=FRENCH)
    assert aligned(documents) == aligned(documents)
    assert list(aligned(documents)) == list(aligned(documents))
