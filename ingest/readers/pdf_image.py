"""Pictures of PDF pages, with the place of a quotation marked, through pdfium."""

import io
import re
import unicodedata
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageDraw

from ingest.errors import SourceFileError

_MOST_DOTS = 25_000_000  # of one picture: a page may claim to be 200 inches wide
_MARKER = (255, 214, 0, 90)  # red, green, blue, opacity
_SEED = 24  # letters at the beginning of a quotation that find it when its middle was set differently


def rewritten(path: Path) -> io.BytesIO:
    """The file as pdfium understands it, written anew without encryption (the empty password is tried) and with its damage mended.

    Raises:
        SourceFileError: pdfium cannot open it.
    """
    try:
        with pdfium.PdfDocument(path) as document:
            made = io.BytesIO()
            document.save(made, flags=pdfium.raw.FPDF_REMOVE_SECURITY)
            made.seek(0)
            return made
    except (pdfium.PdfiumError, OSError) as error:
        raise SourceFileError(f"pdfium: {error}") from None


def render_page(path: Path, page_number: int, highlights: str | list[str] = (), *, scale: float = 2.0) -> bytes:  # type: ignore[assignment]
    """A PNG picture of page *page_number* (from 1), *scale* dots to a point, with the text of *highlights* marked where it is found.

    Spaces, hyphens and line breaks do not matter; what is not found (recognised text, text of another page) is not marked.

    Raises:
        SourceFileError: the file cannot be opened or has no such page.
    """
    try:
        with pdfium.PdfDocument(path) as document:
            if not 1 <= page_number <= len(document):
                raise SourceFileError(f"{path} has no page {page_number}; its pages are 1 to {len(document)}.")
            page = document[page_number - 1]
            width, height = page.get_size()
            scale = min(scale, (_MOST_DOTS / max(width * height, 1.0)) ** 0.5)
            picture = page.render(scale=scale).to_pil().convert("RGB")
            wanted = [highlights] if isinstance(highlights, str) else list(highlights)
            if any(wanted):
                boxes = _boxes(page, [text for text in wanted if text])
                picture = _marked(picture, page, boxes, scale)
    except (pdfium.PdfiumError, OSError, ValueError) as error:
        raise SourceFileError(f"{path}, page {page_number}, cannot be shown ({error}). Get the file again.") from None
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _letters(text: str) -> list[tuple[int, str]]:
    """The letters and digits of *text*, folded, each with its place in it."""
    return [(place, letter) for place, ch in enumerate(text) for letter in unicodedata.normalize("NFKC", ch).casefold() if letter.isalnum()]


def _boxes(page: Any, wanted: list[str]) -> list[tuple[float, float, float, float]]:
    """The rectangles (left, bottom, right, top; page space) of the lines that hold the *wanted* texts."""
    textpage = page.get_textpage()
    count = textpage.count_chars()
    # One entry for each character of the page, so that places in the text are places on the page.
    shown = "".join(chr(code) if (code := pdfium.raw.FPDFText_GetUnicode(textpage, n)) < 0x110000 else " " for n in range(count))
    letters = _letters(shown)
    stream = "".join(letter for _, letter in letters)
    boxes: list[tuple[float, float, float, float]] = []
    for text in wanted:
        for start, end in _found(stream, text):
            first, last = letters[start][0], letters[end - 1][0]
            for number in range(textpage.count_rects(first, last - first + 1)):
                boxes.append(textpage.get_rect(number))
    return boxes


def _found(stream: str, text: str) -> list[tuple[int, int]]:
    """Where the letters of *text* stand in *stream*: the whole, else the cells of a table row, else as much as its beginning or end."""
    whole = "".join(letter for _, letter in _letters(text))
    if not whole:
        return []
    if (place := stream.find(whole)) >= 0:
        return [(place, place + len(whole))]
    cells = [cell.partition(": ")[2] or cell for cell in text.split(" | ")] if " | " in text else re.split(r"(?<=[.;:!?])\s+", text)
    result, after = [], 0
    for cell in cells:
        part = "".join(letter for _, letter in _letters(cell))
        place = stream.find(part, after)
        if place < 0:
            place = stream.find(part)
        if len(part) > 2 and place >= 0:
            result.append((place, place + len(part)))
            after = place
    if result:
        return result
    # Text that goes on over a page break: its beginning is the end of this page, or its end the beginning.
    for size in range(len(whole) - 1, _SEED - 1, -1):
        if (place := stream.find(whole[:size])) >= 0:
            return [(place, place + size)]
        if (place := stream.find(whole[-size:])) >= 0:
            return [(place, place + size)]
    return []


def _marked(picture: Image.Image, page: Any, boxes: list[tuple[float, float, float, float]], scale: float) -> Image.Image:
    layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    for left, bottom, right, top in boxes:
        corners = [_to_picture(page, picture, x, y) for x, y in ((left, bottom), (right, top))]
        (x0, x1), (y0, y1) = sorted(x for x, _ in corners), sorted(y for _, y in corners)
        draw.rectangle((x0 - scale, y0 - scale, x1 + scale, y1 + scale), fill=_MARKER)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _to_picture(page: Any, picture: Image.Image, x: float, y: float) -> tuple[float, float]:
    """A point of the page in the picture, whatever the page's rotation and crop box."""
    device_x, device_y = pdfium.raw.c_int(), pdfium.raw.c_int()
    pdfium.raw.FPDF_PageToDevice(page, 0, 0, picture.width, picture.height, 0, x, y, device_x, device_y)
    return device_x.value, device_y.value
