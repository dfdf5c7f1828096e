"""What the structure makes of a reader's blocks: levels, nested lists, table rows, pages."""

from __future__ import annotations

from ingest.blocks import Block, BlockKind
from ingest.reading import Page, Reading
from ingest.structure import build_document
from ingest.types import Document, Source

SOURCE = Source("doc", "Document", "Doc", "other", "en", path="doc.pdf")


def document(*parts: tuple[BlockKind, str, int, str], breaks: tuple[int, ...] = ()) -> Document:
    """A document of (kind, text, level, marker) with a page starting before each part that *breaks* names."""
    blocks, lines, offset, starts = [], [], 0, [0]
    for position, (kind, text, level, marker) in enumerate(parts):
        if position in breaks:
            starts.append(offset)
        blocks.append(Block(kind, offset, offset + len(text), marker, level=level))
        lines.append(text)
        offset += len(text) + 1
    pages = tuple(Page(n, str(n), start, offset) for n, start in enumerate(starts, start=1))
    return build_document(SOURCE, "\n".join(lines), Reading("\n".join(lines), tuple(blocks), pages))


def test_an_outer_list_goes_on_after_its_nested_one() -> None:
    made = document(
        ("paragraph", "The State reports:", 0, ""),
        ("item", "one", 1, "1."),
        ("item", "one a", 2, "a)"),
        ("item", "one b", 2, "b)"),
        ("item", "two", 1, "2."),
        ("item", "two a", 2, "a)"),
        ("paragraph", "After.", 0, ""),
    )
    text = {passage.id: passage.text for passage in made.passages}
    lists = [[text[identity] for identity in found.passage_ids] for found in made.lists]
    assert sorted(lists) == [["one", "two"], ["one a", "one b"], ["two a"]]
    nested = next(found for found in made.lists if len(found.passage_ids) == 2 and text[found.passage_ids[0]] == "one a")
    assert nested.title == "one" and nested.intro_id is not None and text[nested.intro_id] == "one"


def test_headings_stand_at_the_level_that_the_reader_gives() -> None:
    made = document(
        ("heading", "A", 1, ""), ("heading", "A.1", 2, ""), ("paragraph", "x", 0, ""), ("heading", "B", 1, ""), ("paragraph", "y", 0, "")
    )
    assert [passage.heading_path for passage in made.passages if passage.kind == "paragraph"] == [("A", "A.1"), ("B",)]


def test_the_rows_of_each_table_are_a_list_of_its_own() -> None:
    rows: list[tuple[BlockKind, str, int, str]] = [("row", f"Year: 20{n:02} | Body: {n}", 0, "table 1") for n in range(3)]
    made = document(*rows, ("row", "Year: 1 | Body: x", 0, "table 2"), ("row", "Year: 2 | Body: y", 0, "table 2"))
    assert [len(found.passage_ids) for found in made.lists] == [3, 2]
    assert {found.unit for found in made.lists} == {"row"}


def test_locators_carry_the_page_on_which_a_passage_begins() -> None:
    made = document(("heading", "Part", 1, ""), ("item", "one", 0, "-"), ("item", "two", 0, "-"), breaks=(2,))
    assert [passage.page for passage in made.passages] == [1, 1, 2]
    assert made.passages[2].locator == "Doc, p. 2, Part, item 2"
