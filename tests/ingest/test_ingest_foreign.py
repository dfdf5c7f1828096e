"""What foreign files taught: kinds told by content, tables beside notes, columns of figures. All texts are fictitious."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from ingest.errors import SourceFileError
from ingest.readers import html, ocr, pdf, sniff
from ingest.readers.pdf_shapes import Word

PAGE = "<html><body><h1>Plan ficticio</h1><p>Año de prueba</p></body></html>"


@pytest.mark.parametrize(
    ("name", "raw", "kind"),
    [
        ("a", b"<!-- saved from somewhere -->\n<!-- twice -->\n<HTML>", "html"),
        ("a.txt", b"<!-- " + b"x" * 5000 + b" --><html>", "html"),
        ("a", b"<META charset=utf-8><p>x", "html"),
        ("a", b"\n <div class=text>x</div>", "html"),
        ("a", b"<?xml version='1.0'?>\n<!-- c -->\n<!DOCTYPE html PUBLIC 'x'>", "html"),
        ("a", PAGE.encode("utf-16"), "html"),
        ("a", b"\xfe\xff" + PAGE.encode("utf-16-be"), "html"),
        ("a", PAGE.encode("utf-16-le"), "html"),
        ("a", b"<html><p>A file of this kind begins with %PDF-1.4 and 1 0 obj</p>", "html"),
        ("a.md", b"<!-- a comment -->\n# Title", "markdown"),
        ("a.md", b"<div align=center>\n\n# Title", "markdown"),
        ("a.md", b"<!doctype html><p>x", "html"),
        ("a", b"<?xml version='1.0'?><feed>", "text"),
        ("a", b"<agency> is a word in angles", "text"),
        ("a", b"A file that begins with %PDF-1.4 is a PDF.", "text"),
        ("a", b"\n\n%PDF-1.3\n", "pdf"),
        ("a", b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.4\n1 0 obj", "pdf"),
        ("a", b"\x00\xff junk %PDF-1.4\n", "pdf"),
    ],
)
def test_kinds_are_told_by_content(tmp_path: Path, name: str, raw: bytes, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    assert sniff(path) == kind


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"ab\x00\x01")
    with pytest.raises(SourceFileError, match="binary"):
        sniff(tmp_path / "a")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_wide_pages_are_read_whatever_marks_them(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(PAGE.encode(encoding))
    assert html.read(path).canonical == "Plan ficticio\n\nAño de prueba"


def _ruled(canvas: Canvas, xs: list[int], ys: list[int]) -> None:
    for y in ys:
        canvas.line(xs[0], y, xs[-1], y)
    for x in xs:
        canvas.line(x, ys[0], x, ys[-1])


def test_a_table_right_above_the_notes_is_none_of_them(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"))
    for line in range(12):
        canvas.drawString(72, 760 - 14 * line, "These words of a paragraph fill the line from here nearly to its end, always.")
    _ruled(canvas, [72, 200, 350], [180, 200, 220, 240])
    for row, cells in enumerate((("Country", "People"), ("Utopia", "120"), ("Ruritania", "340"))):
        for column, cell in enumerate(cells):
            canvas.drawString(76 + 128 * column, 226 - 20 * row, cell)
    canvas.setFontSize(8)
    canvas.drawString(72, 140, "1 An estimate of the year before.")
    canvas.save()
    text = pdf.read(tmp_path / "a.pdf").canonical
    assert "Country: Utopia | People: 120" in text and "table0" not in text and "An estimate" in text


def test_columns_of_figures_ruled_from_top_to_bottom_are_rows(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"))
    _ruled(canvas, [72, 200, 300, 400], [200, 280, 300])
    rows = (("Crime", "Men", "Women"), ("Theft", "10", "7"), ("Fraud", "1.5", "(NA)"), ("Arson", "3", "–"))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            canvas.drawString(76 + (0, 128, 228)[column], 286 - 20 * row, cell)
    canvas.save()
    assert "Crime: Fraud | Men: 1.5 | Women: (NA)" in pdf.read(tmp_path / "a.pdf").canonical


def test_recognition_ends_in_time_and_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"))
    for _ in range(3):
        canvas.drawInlineImage(Image.new("L", (60, 80), 200), 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    clock = iter((0.0, 10.0, pdf._RECOGNITION + 1, pdf._RECOGNITION + 2))
    monkeypatch.setattr(pdf, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(ocr, "languages", lambda: ("eng",))
    monkeypatch.setattr(ocr, "recognise", lambda path, page, width: [Word(f"Page{page}", 72, 120, 100, 12)])
    reading = pdf.read(tmp_path / "a.pdf")
    assert reading.canonical == "Page1\n"
    assert any("no time was left to recognise the text of pages 2-3. Split" in note for note in reading.notes)
