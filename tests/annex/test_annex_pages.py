"""How the pages of the eighth set are read: entries under their names, captions, footnotes, lists that go on after a table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pages import make_pages

from evals.beside import SOURCES
from ingest.agencies import find_agencies
from ingest.documents import read_document
from ingest.types import Document, Source

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    folder = make_pages(HERE / "eighth", tmp_path_factory.mktemp("eighth"))
    entries = json.loads((folder / SOURCES).read_text(encoding="utf-8"))
    return {one["id"]: read_document(Source(**{**one, "path": str(folder / one["path"])})) for one in entries}


def test_an_entry_begins_with_the_name_that_stands_across_its_table(read: dict[str, Document]) -> None:
    entries = [passage for passage in read["annex-i"].passages if passage.text.count("\n") > 3]
    assert [passage.text.partition(".")[0] for passage in entries] == [str(number) for number in range(1, 32)]
    assert all(passage.kind == "table_row" and "Areas of work: " in passage.text for passage in entries)
    assert entries[1].locator == "Annex I, p. 2, 2. Hattieville Reintegration Association, entry 2"
    broken = entries[19]  # over the foot of a page, with a footnote between
    assert broken.text.startswith("20. Institute for Security Studies") and "Type: University" in broken.text and "Address: " in broken.text


def test_the_registry_has_every_entry_by_its_name_with_its_state(read: dict[str, Document]) -> None:
    found = {agency.name: agency for agency in find_agencies(read.values()) if agency.entries}
    assert len(found) == 31
    assert found["Fundación Tinta Borrada"].code == "CO" and "info@tintaborrada" in (found["Fundación Tinta Borrada"].contact or "")


def test_running_text_smaller_than_running_heads_is_no_heading_and_notes_are_notes(read: dict[str, Document]) -> None:
    directory = read["annex-i"]
    assert [passage.text for passage in directory.passages if passage.kind == "heading"] == [
        "ANNEX I DIRECTORY OF AGENCIES AND INITIATIVES",
        "Table 1. Entries by state and type of organization",
        *("BELIZE", "COLOMBIA", "DOMINICAN REPUBLIC", "GUATEMALA", "JAMAICA", "PARAGUAY", "TRINIDAD AND TOBAGO", "URUGUAY"),
    ]
    notes = {name: sum(passage.kind == "footnote" for passage in document.passages) for name, document in read.items()}
    assert notes == {"annex-i": 2, "annex-ii": 4, "annex-iv": 2, "annex-v": 2}


def test_a_caption_heads_its_table_and_nothing_after_it(read: dict[str, Document]) -> None:
    under = [p for p in read["annex-ii"].passages if any(part.startswith("Table 3.") for part in p.heading_path)]
    assert [passage.kind for passage in under] == ["table_row"] * 3
    assert under[0].text.startswith("Year: 2007 | Murders attributed to gangs: 812")
    jamaica = [p for p in read["annex-ii"].passages if p.heading_path[-1:] == ("Jamaica",) and p.kind == "list_item"]
    outer = [p for p in jamaica if "." not in p.locator.rpartition("item ")[2]]
    assert [p.number for p in outer] == list(range(1, 9)) and len({p.list_id for p in outer}) == 1


def test_years_do_for_heads_of_columns_and_decimals_for_marks_of_items(read: dict[str, Document]) -> None:
    study = read["annex-iv"].passages
    assert any(p.text.startswith("Tipo: D. Empresarial | Grupos 2007: 9 | Grupos 2009: 17") for p in study if p.kind == "table_row")
    conclusions = [p for p in study if p.heading_path[-1:] == ("6. Conclusiones",)]
    assert [p.kind for p in conclusions] == ["list_item"] * 5 and len({p.list_id for p in conclusions}) == 1


def test_a_numeral_alone_over_a_list_heads_it(read: dict[str, Document]) -> None:
    programmes = [p for p in read["annex-ii"].passages if "Programmes" in p.heading_path and p.kind == "list_item"]
    assert list(dict.fromkeys(p.heading_path[-1] for p in programmes)) == ["I. Youth to Work", "II. Clean Stadium", "III. School Police"]
    assert not any(p.unit == "activity" for p in programmes)  # a year somewhere above makes no calendar of a section
