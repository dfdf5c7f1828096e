"""The list of agencies: all, by topic, by country, in text and as JSON. The directory in it is fictitious."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from asking import Run

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vectorstore"))
from small_corpus import Recorder

from assistant.agencies import Listed, citation_of, describe, missing_directory, select_agencies, split_filter, to_dict
from ingest.editorial import Concept, Editorial
from ingest.structure import build_document
from ingest.types import Source
from vectorstore.build import build_index, make_records
from vectorstore.index import Index
from vectorstore.store import Store, StoreConfig

DIRECTORY = """FICTITIOUS DIRECTORY

Agency: Ministry of Public Lamps (MPL)
Country: Honduras
Programmes: Lamps for Youth

Agency: Red de Puentes
Country: Brasil
Programmes: Puentes para las escuelas

The Ministry of Public Lamps of Honduras met on Monday. It also repairs bridges. The National Council of Rivers did not meet.
"""
CONCEPTS = (
    Concept("people", (("en", "people"),), (("en", "people"), ("es", "personas")), None, True),
    Concept("youth", (("en", "youth"),), (("en", "youth"), ("es", "jóvenes"), ("fr", "jeunes")), "people", True),
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index of the fictitious directory."""
    folder = tmp_path_factory.mktemp("agencies")
    source = Source("dir", "A fictitious directory", "Annex X", "annex", "en", path="x.txt")
    records = make_records((source,), (build_document(source, DIRECTORY),), Editorial((), (), CONCEPTS, {}, 0))
    store, embeddings = Store(StoreConfig(folder)), Recorder().embeddings()
    build_index(store, embeddings, records, lock_dir=folder)
    return Index.open(store, embeddings)


def names(listed: tuple[Listed, ...]) -> list[str]:
    return [item.agency.name for item in listed]


def test_the_index_keeps_the_registry(small: Index) -> None:
    assert [agency.name for agency in small.agencies] == ["Ministry of Public Lamps", "Red de Puentes", "National Council of Rivers"]
    assert small.agencies[0].programmes == ("Lamps for Youth",)


@pytest.mark.parametrize(
    ("topic", "country", "found"),
    [
        (None, None, 3),
        ("", " ", 3),
        ("jóvenes", None, 1),  # a concept, whatever the language
        ("personas", None, 1),  # a broader one
        ("bridges", None, 0),  # said of the ministry in a sentence that does not name it, so no quotation bears it out
        ("rivers", None, 1),  # a word that the vocabulary does not have
        (None, "Brazil", 1),
        (None, "Brésil", 1),
        (None, "Peru", 0),
        ("youth", "honduras", 1),
        ("youth", "Brasil", 0),
    ],
)
def test_topic_and_country_narrow_the_list(small: Index, topic: str | None, country: str | None, found: int) -> None:
    assert len(select_agencies(small, topic, country)) == found


def test_every_quotation_is_verbatim_and_names_the_agency(small: Index, index: Index) -> None:
    for where in (small, index):
        for item in select_agencies(where):
            assert item.quotes
            for quote in item.quotes:
                cited = citation_of(where, quote, 1)
                passage = where.by_id[quote.passage_id]
                assert cited.quote == where.canonical[quote.source_id][quote.start : quote.end]
                assert cited.quote in passage.text and cited.locator == passage.locator
                said = " ".join(cited.quote.split())
                known = [name for _, name in item.agency.variants] + [item.agency.acronym or "-", "Working Group"]
                assert any(name in said for name in known)


def test_running_text_is_quoted_by_the_sentence(small: Index) -> None:
    ministry = select_agencies(small)[0]
    assert [citation_of(small, quote, 1).quote.split("\n")[0] for quote in ministry.quotes] == [
        "Agency: Ministry of Public Lamps (MPL)",
        "The Ministry of Public Lamps of Honduras met on Monday.",
    ]


@pytest.mark.parametrize(
    ("text", "topic", "country"),
    [
        ("prevention, Honduras", "prevention", "Honduras"),
        ("el salvador", None, "el salvador"),
        ("prevención", "prevención", None),
        ("", None, None),
    ],
)
def test_a_typed_filter_is_a_topic_or_a_country(text: str, topic: str | None, country: str | None) -> None:
    assert split_filter(text) == (topic, country)


def test_the_list_says_how_many_and_what_is_missing(small: Index, index: Index) -> None:
    text = describe(small, select_agencies(small, "youth"), "fr")
    assert text.startswith("Organismes : 1 sur 3") and "Lamps for Youth" in text and "Annexe X, Fictitious directory, fiche 1" in text
    assert missing_directory(small) is None and to_dict(small, (), "en")["note"] is None
    missing = missing_directory(index)
    assert missing is not None and missing.id == "annex-i"
    assert "Anexo I" in describe(index, (), "pt") and describe(index, (), "es").startswith("No se ha encontrado")


def test_the_command_lists_the_agencies_of_the_corpus(run_assistant: Run) -> None:
    done = run_assistant("agencies", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["shown"], told["total"]) == (9, 9) and "Annex I" in told["note"]
    assert {"name", "acronym", "country", "programmes", "citations"} <= told["agencies"][0].keys()
    assert {"locator", "page", "quote", "start", "end"} <= told["agencies"][0]["citations"][0].keys()


def test_the_command_says_that_it_found_nothing(run_assistant: Run) -> None:
    done = run_assistant("agencies", "--country", "Honduras")
    assert done.returncode == 0
    assert "No agency found: 0 of 9" in done.stdout and "Annex I" in done.stdout
    assert run_assistant("agencies", "--language", "de").returncode == 2
