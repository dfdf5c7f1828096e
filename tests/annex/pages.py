"""Makes PDF documents of descriptions in JSON: pages as a secretariat lays them out, with running heads and footnotes.

Needs reportlab (extra ``dev``). What a description holds is fictitious, and its running head says so on every page.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4, letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageBreak, PageTemplate, Paragraph, Spacer, Table, TableStyle

_SIZES = {"letter": letter, "a4": A4}
_GREY, _BLUE = colors.HexColor("#e4e4e4"), colors.HexColor("#d9e2ec")


def make_pages(folder: Path, out: Path) -> Path:
    """Make the PDF of every description in *folder* in *out*, with the list of the documents beside them."""
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        if path.name == "sources.json":
            (out / path.name).write_text(text, encoding="utf-8")
        else:
            _Document(json.loads(text), out).make()
    return out


class _Note(Flowable):
    """A footnote of the page on which it falls."""

    def __init__(self, number: int, text: str, notes: list[tuple[int, str]]) -> None:
        super().__init__()
        self.note, self.notes = (number, text), notes
        self.keepWithNext = 1

    def wrap(self, *_: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self.notes.append(self.note)


class _Document(BaseDocTemplate):
    def __init__(self, told: dict[str, Any], out: Path) -> None:
        size = _SIZES[told["size"]]
        super().__init__(str(out / told["name"]), pagesize=size, title=told["title"], invariant=1)
        self.told, self.notes = told, list[tuple[int, str]]()
        frame = Frame(2.5 * cm, 3.4 * cm, size[0] - 5 * cm, size[1] - 6.2 * cm, 0, 0, 0, 0)
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self._head, onPageEnd=self._foot))
        self.styles = self._styles()

    def make(self) -> None:
        self.build([self._flowable(part) for part in self.told["flow"]])

    def _styles(self) -> dict[str, ParagraphStyle]:
        plain, bold, size = self.told["font"], self.told["bold"], self.told["body"]
        body = ParagraphStyle("body", fontName=plain, fontSize=size, leading=size * 1.3, alignment=TA_JUSTIFY, spaceAfter=7)
        h1 = ParagraphStyle("h1", fontName=bold, fontSize=12.5, leading=16, spaceBefore=10, spaceAfter=6, keepWithNext=1)
        items = [
            ParagraphStyle(f"l{depth}", body, leftIndent=20 + 20 * depth, bulletIndent=4 + 20 * depth, spaceAfter=4, bulletFontSize=size)
            for depth in range(3)
        ]
        styles = (
            body,
            h1,
            *items,
            ParagraphStyle("title", fontName=bold, fontSize=14, leading=18, alignment=TA_CENTER, spaceAfter=6),
            ParagraphStyle("sub", fontName=plain, fontSize=10.5, leading=14, alignment=TA_CENTER, spaceAfter=12),
            ParagraphStyle("h1c", h1, alignment=TA_CENTER),
            ParagraphStyle("h2", fontName=bold, fontSize=size, leading=size * 1.3, spaceBefore=6, spaceAfter=4, keepWithNext=1),
            ParagraphStyle(
                "cap", fontName=bold, fontSize=9.5, leading=12, alignment=TA_CENTER, spaceBefore=6, spaceAfter=4, keepWithNext=1
            ),
            ParagraphStyle("cell", fontName=plain, fontSize=9, leading=11),
            ParagraphStyle("head", fontName=bold, fontSize=9, leading=11),
            ParagraphStyle("src", fontName=plain, fontSize=8.5, leading=11, spaceBefore=3, spaceAfter=8),
            ParagraphStyle("note", fontName=plain, fontSize=8, leading=9.5),
        )
        return {style.name: style for style in styles}

    def _flowable(self, part: dict[str, Any]) -> Flowable:
        if "note" in part:
            return _Note(part["number"], part["note"], self.notes)
        if "space" in part:
            return Spacer(1, part["space"])
        if "break" in part:
            return PageBreak()
        if "figures" in part:
            rows = [[self._text(cell, "cell" if row else "head") for cell in cells] for row, cells in enumerate(part["figures"])]
            table = Table(rows, colWidths=[width * cm for width in part["widths"]], repeatRows=1)
            table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black"), ("BACKGROUND", (0, 0), (-1, 0), _GREY)]))
            return table
        if "entry" in part:
            (title, _), *rest = part["entry"]
            cells = [[self._text(title, "head"), ""], *([self._text(label, "head"), self._text(value, "cell")] for label, value in rest)]
            table = Table(cells, colWidths=[3.4 * cm, 13.1 * cm])
            look = [("SPAN", (0, 0), (1, 0)), ("BACKGROUND", (0, 0), (1, 0), _BLUE), ("GRID", (0, 0), (-1, -1), 0.4, "grey")]
            table.setStyle(TableStyle([*look, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("NOSPLIT", (0, 0), (0, 1))]))
            return table
        return Paragraph(part["text"], self.styles[part["style"]], bulletText=part.get("bullet"))

    def _text(self, text: str | list[str], style: str) -> Paragraph | list[Paragraph]:
        return [Paragraph(line, self.styles[style]) for line in text] if isinstance(text, list) else Paragraph(text, self.styles[style])

    def _head(self, canvas: Canvas, _: Any) -> None:
        width, height = self.pagesize
        self.notes.clear()
        canvas.setFont(self.told["font"], 8.5)
        canvas.drawString(2.5 * cm, height - 1.6 * cm, self.told["left"])
        canvas.drawRightString(width - 2.5 * cm, height - 1.6 * cm, self.told["right"])
        canvas.line(2.5 * cm, height - 1.8 * cm, width - 2.5 * cm, height - 1.8 * cm)

    def _foot(self, canvas: Canvas, _: Any) -> None:
        width = self.pagesize[0]
        place = 3.1 * cm
        if self.notes:
            canvas.line(2.5 * cm, place, 7.5 * cm, place)
            place -= 3
        for number, text in self.notes:
            note = Paragraph(f"{number}. {text}", self.styles["note"])
            place -= note.wrap(width - 5 * cm, 100)[1] + 1
            note.drawOn(canvas, 2.5 * cm, place)
        canvas.setFont(self.told["font"], 9)
        canvas.drawCentredString(width / 2, 1.2 * cm, self.told["foot"].format(canvas.getPageNumber()))
