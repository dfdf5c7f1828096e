"""PDF files that were made here, so that what they say is known: what the reader makes of them."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import documents
import pytest
from document_pages import FICTITIOUS
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops
from pypdf import PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table, TableStyle

from ingest.errors import SourceFileError
from ingest.readers import ocr
from ingest.readers.pdf import pages_named, read
from ingest.readers.pdf_image import render_page
from ingest.readers.pdf_text import Vocabulary
from ingest.reading import Reading
from ingest.structure import build_document
from ingest.types import Document, Source

SOURCE = Source("annex", "Annex", "Annex I", "annex", "en", path="annex.pdf")
MAKERS: dict[str, Callable[[Path], Any]] = {
    name: getattr(documents, name) for name in ("directory_table", "directory_blocks", "contributions", "study", "spanish")
}


def texts(reading: Reading, kind: str = "") -> list[str]:
    assert reading.blocks is not None
    return [reading.canonical[block.start : block.end] for block in reading.blocks if kind in ("", block.kind)]


def document(reading: Reading) -> Document:
    return build_document(SOURCE, reading.canonical, reading)


def write(path: Path, *lines: tuple[float, float, str], font: str = "Helvetica", size: float = 10, pages: int = 1) -> Path:
    """A file with the *lines* (x, y from above, text) on each page."""
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    for _ in range(pages):
        canvas.setFont(font, size)
        for x, y, text in lines:
            canvas.drawString(x, A4[1] - y, text)
        canvas.showPage()
    canvas.save()
    return path


def draw_table(path: Path, rows: list[list[str]], *commands: Any, widths: list[float] | None = None) -> Path:
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    table = Table(rows, colWidths=widths, style=TableStyle(list(commands)))
    table.wrapOn(canvas, A4[0] - 144, A4[1])
    table.drawOn(canvas, 72, 400)
    canvas.showPage()
    canvas.save()
    return path


@pytest.mark.parametrize("name", MAKERS)
def test_blocks_and_pages_cut_their_text_out_of_the_canonical_text(tmp_path: Path, name: str) -> None:
    MAKERS[name](tmp_path / "a.pdf")
    reading = read(tmp_path / "a.pdf")
    assert reading.blocks
    end = 0
    for block in reading.blocks:
        text = reading.canonical[block.start : block.end]
        assert block.start >= end and text == text.strip() and "\n" not in text and "\u00ad" not in text
        end = block.end
    assert [page.start for page in reading.pages] == sorted(page.start for page in reading.pages)
    assert reading.pages[0].start == 0 and not any(page.ocr for page in reading.pages)
    assert all(a.end == b.start for a, b in zip(reading.pages, reading.pages[1:], strict=False))
    assert FICTITIOUS not in reading.canonical or len({page.number for page in reading.pages}) == 1


def test_a_ruled_table_over_pages_is_one_list_of_rows_with_its_column_heads(tmp_path: Path) -> None:
    found = documents.directory_table(tmp_path / "a.pdf")
    made = document(read(tmp_path / "a.pdf"))
    rows = [passage for passage in made.passages if passage.kind == "table_row"]
    assert [row.text for row in rows] == [
        f"Agency: {a.name} | Country: {a.country} | Sector: {a.sector} | Works on: {', '.join(a.topics)} | "
        f"Programme: The agency {a.programme}. | Contact: {a.contact}"
        for a in found
    ]
    (rows_list,) = made.lists
    assert len(rows_list.passage_ids) == 24 and {row.page for row in rows} == {1, 2}


def test_labelled_blocks_stay_lines_and_wrapped_values_are_joined(tmp_path: Path) -> None:
    found = documents.directory_blocks(tmp_path / "a.pdf")
    reading = read(tmp_path / "a.pdf")
    names = [text.removeprefix("Name: ") for text in texts(reading, "paragraph") if text.startswith("Name: ")]
    assert names == [a.name for a in found]
    programmes = [text for text in texts(reading, "paragraph") if text.startswith("Programme: ")]
    shared = "and it shares what it has learnt with the other agencies of the region once a year."
    assert programmes == [f"Programme: The agency {a.programme}, {shared}" for a in found]
    assert len(texts(reading, "paragraph")) == 6 * 24
    assert texts(reading, "heading")[1:] == ["BELIZE", "COSTA RICA", "PANAMA", "TRINIDAD AND TOBAGO"]


def test_nested_lists_go_on_over_page_breaks_and_notes_stay_out_of_the_flow(tmp_path: Path) -> None:
    facts = documents.contributions(tmp_path / "a.pdf")
    reading = read(tmp_path / "a.pdf")
    assert reading.blocks and len({page.number for page in reading.pages}) >= 3
    items = [(block.level, block.marker, reading.canonical[block.start : block.end]) for block in reading.blocks if block.kind == "item"]
    wanted = []
    for section in facts.sections.values():
        for text, inner in section.items():
            wanted.append((1, "•", f"{text}."))
            wanted += [(2, "–", f"{sub};") for sub in inner]
    assert items == wanted
    assert texts(reading, "paragraph") == list(facts.paragraphs)
    notes = [(block.marker, reading.canonical[block.start : block.end]) for block in reading.blocks if block.kind == "footnote"]
    assert notes == [("1", facts.notes[0]), ("2", facts.notes[1])]
    assert "OEA/Ser.G" not in reading.canonical and "of 9" not in reading.canonical
    made = document(reading)
    assert {passage.page for passage in made.passages if passage.kind == "footnote"} == {1}
    headings = {passage.heading_path[-2].upper() for passage in made.passages if passage.kind == "list_item"}
    assert headings == set(facts.sections)


def test_two_columns_are_read_one_after_the_other_and_bookmarks_give_the_levels(tmp_path: Path) -> None:
    facts = documents.study(tmp_path / "a.pdf")
    reading = read(tmp_path / "a.pdf")
    assert reading.blocks
    headings = [(reading.canonical[b.start : b.end], b.level) for b in reading.blocks if b.kind == "heading"]
    assert headings == list(facts.headings)
    assert texts(reading, "paragraph") == list(facts.paragraphs)


def test_a_spanish_version_keeps_its_accents_and_numbers(tmp_path: Path) -> None:
    facts = documents.spanish(tmp_path / "a.pdf")
    reading = read(tmp_path / "a.pdf")
    assert reading.blocks and texts(reading, "heading")[1:] == list(facts)
    assert texts(reading, "item") == [text for items in facts.values() for text in items]
    markers = [block.marker for block in reading.blocks if block.kind == "item"]
    assert markers == [f"{n}." for items in facts.values() for n in range(1, len(items) + 1)]


def test_a_scanned_page_is_recognised(tmp_path: Path) -> None:
    assert {"eng", "spa"} <= set(ocr.languages()), f"tesseract and its languages are missing. Install them: {ocr.INSTALL}"
    facts = documents.scanned(tmp_path / "a.pdf")
    reading = read(tmp_path / "a.pdf")
    assert texts(reading) == facts
    assert reading.pages[0].ocr and "page 1 has no text layer" in reading.notes[0]
    assert all("(OCR)" in passage.locator for passage in document(reading).passages)


def test_without_an_engine_pages_without_text_are_named_with_the_way_to_read_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "languages", lambda: ())
    documents.scanned(tmp_path / "scan.pdf")
    with pytest.raises(SourceFileError, match=r"page 1 has no text layer.*apt-get install tesseract"):
        read(tmp_path / "scan.pdf")
    write(tmp_path / "text.pdf", (72, 90, "There is text on this page."))
    both = PdfWriter()
    for name in ("text.pdf", "scan.pdf", "scan.pdf"):
        both.append(tmp_path / name)
    both.write(tmp_path / "both.pdf")
    reading = read(tmp_path / "both.pdf")
    assert texts(reading) == ["There is text on this page."]
    assert len(reading.notes) == 1 and "pages 2-3 have no text layer" in reading.notes[0] and "both.pdf" in reading.notes[0]


def test_rows_under_a_line_across_the_table_carry_it_and_spanning_cells_are_repeated(tmp_path: Path) -> None:
    rows = [["Agency", "Town", "Topic"], ["HONDURAS", "", ""], ["Alfa", "Tela", "schools"], ["Beta", "", "media"], ["Gama", "Yoro", ""]]
    draw_table(tmp_path / "a.pdf", rows, ("GRID", (0, 0), (-1, -1), 1, "black"), ("SPAN", (0, 1), (2, 1)), ("SPAN", (1, 2), (1, 3)))
    assert texts(read(tmp_path / "a.pdf"), "row") == [
        "HONDURAS | Agency: Alfa | Town: Tela | Topic: schools",
        "HONDURAS | Agency: Beta | Town: Tela | Topic: media",
        "HONDURAS | Agency: Gama | Town: Yoro",
    ]


@pytest.mark.parametrize("rule", ["LINEBELOW", "FONTNAME"])
def test_tables_without_upright_lines_are_rows_too(tmp_path: Path, rule: str) -> None:
    rows = [["Agency", "Country", "Members"], *([f"Agency {n}", "Honduras", str(10 * n)] for n in range(1, 5))]
    command = (rule, (0, 0), (-1, -1), 0.5, "black") if rule == "LINEBELOW" else (rule, (0, 0), (-1, 0), "Helvetica-Bold")
    draw_table(tmp_path / "a.pdf", rows, command, widths=[130, 110, 80])
    assert texts(read(tmp_path / "a.pdf"), "row") == [f"Agency: Agency {n} | Country: Honduras | Members: {10 * n}" for n in range(1, 5)]


def test_a_table_of_labels_and_values_is_labelled_lines(tmp_path: Path) -> None:
    rows = [["Name:", "Casa Alfa"], ["Country:", "Honduras"], ["Contact:", "a@casa.example"]]
    draw_table(tmp_path / "a.pdf", rows, ("GRID", (0, 0), (-1, -1), 1, "black"))
    assert texts(read(tmp_path / "a.pdf"), "paragraph") == ["Name: Casa Alfa", "Country: Honduras", "Contact: a@casa.example"]


@pytest.mark.parametrize(
    ("above", "below", "elsewhere", "joined"),
    [
        ("the coordi-", "nation of", "", "the coordination of"),
        ("a non-", "custodial measure", "non-custodial", "a non-custodial measure"),
        ("a cooper-", "ation", "co-operation and cooperation", "a cooperation"),
        ("the Inter-", "American system", "", "the Inter-American system"),
        ("in 1990-", "2000", "", "in 1990-2000"),
        ("soft\u00ad", "ened", "", "softened"),
        ("he said -", "and left", "", "he said - and left"),
        ("rehabili-", "tación", "", "rehabilitación"),
    ],
)
def test_words_broken_at_a_line_end_are_joined(above: str, below: str, elsewhere: str, joined: str) -> None:
    assert Vocabulary([elsewhere, above, below]).join(above, below) == joined


@given(st.lists(st.integers(1, 60), min_size=1, unique=True))
def test_page_numbers_are_named_as_ranges(numbers: list[int]) -> None:
    said = pages_named(numbers)
    back = [n for part in re.findall(r"\d+(?:-\d+)?", said) for n in range(int(part.split("-")[0]), int(part.split("-")[-1]) + 1)]
    assert back == sorted(numbers) and said.startswith("pages " if len(numbers) > 1 else "page ")


def test_page_numbers_in_all_their_forms_are_no_text(tmp_path: Path) -> None:
    writer = PdfWriter()
    for number, form in enumerate(("- 1 -", "2", "Page 3 of 9", "4/9", "v", "Página 6")):
        write(tmp_path / f"{number}.pdf", (72, 100, f"Sentence number {'abcdef'[number]} of the text."), (280, 800, form))
        writer.append(tmp_path / f"{number}.pdf")
    writer.write(tmp_path / "a.pdf")
    assert texts(read(tmp_path / "a.pdf")) == [f"Sentence number {letter} of the text." for letter in "abcdef"]


def test_page_labels_are_what_the_file_says(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.append(write(tmp_path / "t.pdf", (72, 100, "The text of a page."), pages=3))
    writer.set_page_label(0, 1, "/r")
    writer.set_page_label(2, 2, "/D")
    writer.write(tmp_path / "a.pdf")
    assert [(page.number, page.label) for page in read(tmp_path / "a.pdf").pages] == [(1, "i"), (2, "ii"), (3, "1")]


def locked(path: Path, password: str) -> Path:
    canvas = Canvas(str(path), pagesize=A4, encrypt=StandardEncryption(password, ownerPassword="owner", strength=128))
    canvas.drawString(72, 700, "Behind the lock there is a sentence.")
    canvas.save()
    return path


def test_a_file_locked_against_changes_is_read_and_one_with_a_password_is_named(tmp_path: Path) -> None:
    assert texts(read(locked(tmp_path / "open.pdf", ""))) == ["Behind the lock there is a sentence."]
    with pytest.raises(SourceFileError, match=r"shut\.pdf is protected by a password\. Save a copy"):
        read(locked(tmp_path / "shut.pdf", "secret"))


def test_a_file_that_was_cut_off_gives_what_is_left_or_says_so(tmp_path: Path) -> None:
    documents.directory_table(tmp_path / "whole.pdf")
    data = (tmp_path / "whole.pdf").read_bytes()
    for share in (0.02, 0.3, 0.5, 0.8, 0.95, 0.99):
        (tmp_path / "cut.pdf").write_bytes(data[: int(len(data) * share)])
        try:
            reading = read(tmp_path / "cut.pdf")
        except SourceFileError as error:
            assert "cut.pdf" in str(error) and "Traceback" not in str(error)
        else:
            assert reading.canonical.strip()
    (tmp_path / "none.pdf").write_bytes(b"%PDF-1.7\nnothing here")
    with pytest.raises(SourceFileError, match=r"none\.pdf is damaged or no PDF file"):
        read(tmp_path / "none.pdf")
    with pytest.raises(SourceFileError, match="Its pages are empty or hold drawings only"):
        read(write(tmp_path / "blank.pdf"))


def raw(path: Path, content: bytes, *more: str, resources: str = "/Font << /F1 4 0 R >>", page: str = "", packed: bool = False) -> Path:
    """A file of one page from its operators; object 4 is a font, *more* are the objects from 6 on."""
    body = zlib.compress(content) if packed else content
    stream = f"<< /Length {len(body)}{' /Filter /FlateDecode' if packed else ''} >>\nstream\n".encode() + body + b"\nendstream"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << {resources} >> {page} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        stream,
        *(entry.encode("latin-1") for entry in more),
    ]
    out, places = io.BytesIO(b"%PDF-1.7\n"), []
    out.seek(0, 2)
    for number, entry in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, entry))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    path.write_bytes(out.getvalue())
    return path


def test_a_font_without_letters_counts_as_no_text_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "languages", lambda: ())
    font = "<< /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+Some /Encoding /Identity-H /DescendantFonts [7 0 R] >>"
    inner = "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+Some /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) >> >>"
    codes = b"BT /F2 12 Tf 72 700 Td <0024002500260027002800290030003100320033> Tj ET\n" * 5
    raw(tmp_path / "a.pdf", codes, font, inner, resources="/Font << /F1 4 0 R /F2 6 0 R >>")
    with pytest.raises(SourceFileError, match="page 1 is set in fonts without a map to letters"):
        read(tmp_path / "a.pdf")


LINE = b"BT /F1 10 Tf 72 700 Td (A sentence that can be read.) Tj ET\n"
FORM = "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >> /Length 6 >>\nstream\n/X Do \nendstream"


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (LINE + b"/X Do", {"more": (FORM,), "resources": "/Font << /F1 4 0 R >> /XObject << /X 6 0 R >>"}),
        (LINE + b"q " * 100_000, {}),
        (LINE + b"[" * 50_000, {}),
        (LINE + b"1 0 0 1 0 0 cm " * 60_000, {"packed": True}),
        (LINE + b" " * 90_000_000, {"packed": True}),
        (LINE, {"page": "/CropBox [-1e30 -1e30 1e30 1e30] /UserUnit 75000 /Rotate 45"}),
        (LINE + b"BT /F1 1e308 Tf 1e308 0 0 1e308 1e308 1e308 Tm (x) Tj ET /F9 1 Tf (y) Tj Tf Tm cm re TJ", {}),
        (LINE + b"0 0 m 9 9 l S " * 30_000, {"packed": True}),
        (LINE + b"BT /F1 5 Tf 1 1 Td " + b"(abcdefgh) Tj " * 60_000 + b"ET", {"packed": True}),
    ],
    ids=["cycle", "saved states", "brackets", "matrices", "bomb", "box", "numbers", "drawing", "letters"],
)
def test_hostile_pages_are_read_or_named(tmp_path: Path, content: bytes, options: dict[str, Any]) -> None:
    more = options.pop("more", ())
    raw(tmp_path / "a.pdf", content, *more, **options)
    try:
        reading = read(tmp_path / "a.pdf")
    except SourceFileError as error:
        assert "a.pdf" in str(error)
    else:
        assert "A sentence that can be read." in reading.canonical or reading.notes


def coloured(picture: bytes) -> tuple[int, int, int, int] | None:
    """The box that holds the marked (yellowish) dots of a PNG."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    red, _, blue = image.split()
    return ImageChops.subtract(red, blue).point(lambda value: 255 if value > 60 else 0).getbbox()


def test_a_page_is_shown_with_the_quotation_marked(tmp_path: Path) -> None:
    facts = documents.study(tmp_path / "a.pdf")
    plain = render_page(tmp_path / "a.pdf", 1, scale=1.0)
    assert Image.open(io.BytesIO(plain)).size == (596, 480)  # 595.28 points wide
    assert render_page(tmp_path / "a.pdf", 1, "These words are not on the page at all.", scale=1.0) == plain
    marked = render_page(tmp_path / "a.pdf", 1, facts.paragraphs[2], scale=1.0)  # hyphens and line breaks differ on the page
    assert marked != plain
    write(tmp_path / "b.pdf", (100, 200, "Mark me"), (100, 600, "Not me"))
    box = coloured(render_page(tmp_path / "b.pdf", 1, ["Mark me"], scale=2.0))
    assert box is not None and 180 < box[0] < 210 and box[1] > 360 and box[3] < 420
    with pytest.raises(SourceFileError, match=r"has no page 7; its pages are 1 to 1"):
        render_page(tmp_path / "b.pdf", 7)
