"""The page of the fictitious documents: type styles, running heads and feet, footnotes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

FICTITIOUS = "FICTITIOUS – test document"
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=12.5, spaceAfter=6)
JUSTIFIED = ParagraphStyle("justified", BODY, alignment=4)
CELL = ParagraphStyle("cell", fontName="Helvetica", fontSize=8.5, leading=10)
HEAD_CELL = ParagraphStyle("head cell", CELL, fontName="Helvetica-Bold")
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=16, leading=20, spaceAfter=10)
H1 = ParagraphStyle("h1", fontName="Helvetica-Bold", fontSize=12.5, leading=15, spaceBefore=10, spaceAfter=6)
H2 = ParagraphStyle("h2", fontName="Helvetica-Bold", fontSize=10, leading=12.5, spaceBefore=8, spaceAfter=4)


def frame(page: tuple[float, float], bottom: float = 80) -> Frame:
    return Frame(72, bottom, page[0] - 144, page[1] - 72 - bottom, id="body", leftPadding=0, rightPadding=0)


def running(head: str, foot: Callable[[int], str], page: tuple[float, float], notes: dict[int, list[str]] | None = None) -> Any:
    """A drawer of the running head and foot and, for the pages in *notes*, of footnotes under a short rule."""

    def draw(canvas: Canvas, document: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, page[1] - 44, head)
        canvas.drawRightString(page[0] - 72, page[1] - 44, FICTITIOUS)
        canvas.drawCentredString(page[0] / 2, 34, foot(document.page))
        lines = (notes or {}).get(document.page, [])
        if lines:
            y = 50 + 9.5 * len(lines)
            canvas.line(72, y + 4, 200, y + 4)
            canvas.setFont("Helvetica", 7.5)
            for number, line in enumerate(lines):
                canvas.drawString(72, y - 6 - 9.5 * number, line)

    return draw


def build(path: Path, story: list[Any], templates: list[PageTemplate], page: tuple[float, float], title: str) -> None:
    document = BaseDocTemplate(str(path), pagesize=page, title=title, author=FICTITIOUS, invariant=True)
    document.addPageTemplates(templates)
    document.build(story)
