"""Entries, bodies and the registry of agencies. Every document here but the two of the corpus is fictitious."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.agencies import Agency, find_agencies
from ingest.blocks import Block
from ingest.bodies import bodies, named_bodies
from ingest.body_names import countries_in, country_of
from ingest.editorial import load_editorial
from ingest.entries import fields, merge_entries
from ingest.folding import fold
from ingest.reading import Reading
from ingest.structure import build_document
from ingest.types import Document, Source

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
DIRECTORY = """FICTITIOUS DIRECTORY

The following agencies of no real country replied.

HONDURAS

Agency: Ministry of Public Lamps (MPL)
Contact: 4 Bridge Street
San Example
Telephone: 555 0100
Programmes:
- Open Lamps
- Lamps for Youth

Agency: Faroles y Puentes
Programmes: Faroles Abiertos, a programme for
young people.

GUATEMALA

Agency: Ministry of Public Lamps (MPL)
Contact: 9 River Street
Programmes: River Lamps

The Ministry of Public Lamps of Guatemala and the DPS of the fictitious Department of Public Security (DPS) acted.
"""


def read(text: str, identity: str = "fictitious", language: str = "en", reading: Reading | None = None) -> Document:
    document = build_document(Source(identity, "Fictitious", "Fictitious", "annex", language), text, reading)
    for passage in document.passages:
        assert document.canonical[passage.start : passage.end] == passage.text
    return document


def named(agencies: tuple[Agency, ...]) -> list[str]:
    return [agency.name for agency in agencies]


# entries


def test_labelled_blocks_that_repeat_become_the_rows_of_one_list() -> None:
    document = read(DIRECTORY)
    (found,) = document.lists
    assert (found.unit, len(found.passage_ids)) == ("entry", 3)
    rows = [passage for passage in document.passages if passage.kind == "table_row"]
    assert [row.locator for row in rows] == [
        "Fictitious, Honduras, entry 1",
        "Fictitious, Honduras, entry 2",
        "Fictitious, Guatemala, entry 3",
    ]
    assert fields(rows[0].text) == (
        ("Agency", "Ministry of Public Lamps (MPL)"),
        ("Contact", "4 Bridge Street San Example"),
        ("Telephone", "555 0100"),
        ("Programmes", "Open Lamps; Lamps for Youth"),
    )
    assert fields(rows[1].text)[1] == ("Programmes", "Faroles Abiertos, a programme for young people.")
    assert document.passages[-1].kind == "paragraph"


@pytest.mark.parametrize(
    "text",
    [
        "Note: once.\n\nCountry: Once, too.\n\nAn end.",
        "Note: one label.\n\nNote: two times.\n\nNote: three times.",
        "The following measures are proposed here today: trees\nAnother measure of the kind is proposed: lamps\n" * 2,
    ],
)
def test_what_does_not_repeat_is_no_entry(text: str) -> None:
    assert not [passage for passage in read(text).passages if passage.kind == "table_row"]


def test_an_entry_without_its_first_label_starts_where_the_labels_start_again() -> None:
    text = "Agency: A\nCity: B\nFax: 1\nCity: C\nFax: 2\nAgency: D\nFax: 3"
    rows = [passage.text for passage in read(text).passages]
    assert rows == ["Agency: A\nCity: B\nFax: 1", "City: C\nFax: 2", "Agency: D\nFax: 3"]


def test_the_lines_of_a_readers_paragraph_are_entries_too() -> None:
    text = "Before.\nAgency: A\nFax: 1\nAgency: B\nFax: 2\nafter it"
    blocks = (Block("paragraph", 0, 24), Block("paragraph", 25, len(text)))
    rows = [(passage.kind, passage.text) for passage in read(text, reading=Reading(text, blocks)).passages]
    assert rows == [("paragraph", "Before."), ("table_row", "Agency: A\nFax: 1"), ("table_row", "Agency: B\nFax: 2\nafter it")]


_line = st.sampled_from(["Agency: A", "Country: B", "Fax: 1", "Fax:", "- one", "free text.", "HONDURAS", "", "http://x.org", "1. City: D"])


@given(st.lists(_line, max_size=30).map("\n".join))
def test_no_text_is_lost_and_every_entry_has_fields(text: str) -> None:
    document = read(text)
    end = 0
    for passage in document.passages:
        assert not text[end : passage.start].strip(" \n-1."), text[end : passage.start]
        assert end <= passage.start
        end = passage.end
        if passage.unit == "entry":
            assert len(fields(passage.text)) >= 1 or "Fax:" in passage.text.split("\n")
    assert not text[end:].strip(" \n-1.")
    assert merge_entries([], text) == []


# bodies


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("the Ministry of Justice and Public Security, and the National Police of Colombia", "en", 2),
        ("El Departamento de Seguridad Pública de la Secretaría de Seguridad Multidimensional de la OEA", "es", 2),
        ("a Organização dos Estados Americanos (OEA), o Conselho Permanente e o Ministério da Justiça e Segurança Pública", "pt", 3),
        ("Le Conseil permanent, le Comité sur la sécurité continentale et l’Organisation des États américains", "fr", 3),
        ("the Committee on Hemispheric Security’s Working Group to Prepare a Strategy, to convene", "en", 2),
        ("The Committee on Hemispheric Security on January 15", "en", 1),
        ("the Group, the Office and the Agency; the Secretary General, Ana Example; International Organizations", "en", 0),
        ("le Conseil indique et le Comité examine", "fr", 0),
    ],
)
def test_bodies_in_four_languages(text: str, language: str, found: int) -> None:
    names = [body.name for body in named_bodies(text, language)]
    assert len(names) == found
    assert all(name in text and not name.endswith(("January", "OEA", "’s")) for name in names)


def test_the_fields_of_an_entry_are_read_one_by_one() -> None:
    assert bodies("Country: Honduras\nAgency: Department of Lamps") == ["Department of Lamps"]


def test_countries_are_known_in_four_languages() -> None:
    assert countries_in("Trinidad and Tobago, St. Lucia and República Dominicana") == [
        ("TT", "Trinidad and Tobago"),
        ("LC", "St. Lucia"),
        ("DO", "República Dominicana"),
    ]
    assert [country_of(name) for name in ("honduras", "États-Unis", "Brasil", "Atlantis")] == ["HN", "US", "BR", None]


# the registry


def test_the_registry_of_the_corpus_is_what_the_two_documents_name(documents: tuple[Document, ...]) -> None:
    found = find_agencies(documents, load_editorial(CORPUS, documents).concepts)
    working_group = "Working Group to Prepare a Regional Strategy to Promote Inter-American Cooperation in Dealing with Criminal Gangs"
    assert {(agency.name, agency.acronym, len(agency.mentions)) for agency in found} == {
        ("Permanent Council", None, 2),
        ("Committee on Hemispheric Security", None, 4),
        (working_group, "CSH/GT/PD", 9),
        ("Department of Public Security", None, 3),
        ("Secretariat for Multidimensional Security", None, 2),
        ("General Secretariat", None, 7),
        ("General Assembly", None, 3),
        ("Organization of American States", "OAS", 3),
        ("Contact Group", None, 1),
    }
    assert not any(agency.entries or agency.country or agency.contact or agency.programmes for agency in found)
    passages = {passage.id: passage for document in documents for passage in document.passages}
    for agency in found:
        texts = [" ".join(passages[identity].text.split()) for identity in agency.mentions]
        for _, name in agency.variants:
            assert any(name in text for text in texts), name


def test_a_directory_gives_country_contact_and_programmes() -> None:
    document = read(DIRECTORY)
    found = find_agencies((document,))
    assert [(agency.name, agency.country) for agency in found] == [
        ("Ministry of Public Lamps", "Honduras"),
        ("Faroles y Puentes", "Honduras"),
        ("Ministry of Public Lamps", "Guatemala"),
        ("Department of Public Security", None),
    ]
    lamps, bridges, other, department = found
    assert (lamps.acronym, lamps.code, lamps.programmes) == ("MPL", "HN", ("Open Lamps", "Lamps for Youth"))
    assert lamps.contact == "Contact: 4 Bridge Street San Example; Telephone: 555 0100"
    assert len({agency.id for agency in found}) == 4
    assert bridges.entries and not lamps.mentions and not bridges.contact
    assert other.mentions == (document.passages[-1].id,) == department.mentions
    assert department.acronym == "DPS"


def test_rows_of_a_table_with_spanish_labels() -> None:
    rows = ["País: México | Institución: Secretaría de Faroles | Proyectos: Luz", "Institución: Red de Puentes | Proyectos: Paso; Río"]
    text = "\n".join(rows)
    blocks = tuple(Block("row", text.index(row), text.index(row) + len(row), "table 1") for row in rows)
    found = find_agencies((read(text, language="es", reading=Reading(text, blocks)),))
    assert [(agency.name, agency.country, agency.programmes) for agency in found] == [
        ("Secretaría de Faroles", "México", ("Luz",)),
        ("Red de Puentes", "México", ("Paso", "Río")),  # the first column holds for the rows below
    ]


def test_a_table_of_something_else_or_of_persons_is_no_directory() -> None:
    assert find_agencies((read("Body: one\nYear: 2009\n\nBody: two\nYear: 2010"),)) == ()
    assert find_agencies((read("Name: Ana Example\nE-mail: a@example.org\n\nName: Luis Ejemplo\nE-mail: l@example.org"),)) == ()


def test_names_in_other_languages_and_acronyms_are_one_body() -> None:
    english = read("The Department of Public Security (DPS) met the Committee on Hemispheric Security.", "one")
    spanish = read("El Departamento de Seguridad Pública y la Comisión de Seguridad Hemisférica. La DPS informó.", "two", "es")
    found = find_agencies((english, spanish))
    assert named(found) == ["Department of Public Security", "Committee on Hemispheric Security"]
    assert found[0].variants == (("en", "Department of Public Security"), ("es", "Departamento de Seguridad Pública"))
    assert len(found[0].mentions) == 2


@pytest.mark.parametrize(
    "text",
    [
        "The Department of Public Security and the Secretariat for Multidimensional Security met.",
        "The National Council on Drugs (NCD) and the National Council on Disability (NCD) met.",
        "La Policía Nacional de Colombia y la Policía Nacional de Honduras.",
        "The United Nations General Assembly and the OAS General Assembly.",
    ],
)
def test_different_bodies_are_never_joined(text: str) -> None:
    assert len(find_agencies((read(text),))) == 2


def test_ids_follow_the_content() -> None:
    one, two = (find_agencies((read(DIRECTORY, name),)) for name in ("one", "two"))
    assert [agency.id for agency in one] == [agency.id for agency in two]
    assert fold("Secretaría  GENERAL") == "secretaria general"
