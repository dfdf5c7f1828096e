"""Text recognition for pages without a text layer, by the ``tesseract`` program where it is installed."""

import csv
import functools
import shutil
import statistics
import subprocess
from collections import defaultdict
from pathlib import Path

from ingest.readers.hygiene import clean
from ingest.readers.pdf_image import render_page
from ingest.readers.pdf_shapes import Word

INSTALL = "apt-get install tesseract-ocr tesseract-ocr-spa tesseract-ocr-por tesseract-ocr-fra"
_LANGUAGES = ("eng", "spa", "por", "fra")
_DOTS = 300 / 72  # image dots per point: 300 dpi is what tesseract is trained for
_SECONDS = 30  # for one page
_SURE = 25.0  # per cent: what is recognised with less confidence is specks and lines


class RecognitionError(Exception):
    """A page could not be recognised."""


@functools.cache
def languages() -> tuple[str, ...]:
    """Which of the corpus's languages tesseract can read; none when it is not installed."""
    program = shutil.which("tesseract")
    if not program:
        return ()
    try:
        listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError):
        return ()
    found = (listed.stdout + listed.stderr).split()
    return tuple(language for language in _LANGUAGES if language in found)


def recognise(path: Path, page: int, width: float) -> list[Word]:
    """The words on the image of *page* (from 1), placed in points on a page *width* points wide.

    Raises:
        RecognitionError: tesseract is missing, fails or takes too long.
    """
    picture = render_page(path, page, scale=_DOTS)
    command = ["tesseract", "stdin", "stdout", "-l", "+".join(languages()), "--dpi", "300", "tsv"]
    try:
        done = subprocess.run(command, input=picture, capture_output=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise RecognitionError(f"page {page}: {error}") from None
    rows = list(csv.DictReader(done.stdout.decode("utf-8", "replace").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    wide = next((int(row["width"]) for row in rows if row["level"] == "1"), 0)
    return _words(rows, width / wide) if wide else []


def _words(rows: list[dict[str, str]], scale: float) -> list[Word]:
    lines: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        if row["level"] == "5" and (row["text"] or "").strip() and float(row["conf"]) >= _SURE:
            lines[(row["block_num"], row["par_num"], row["line_num"])].append(row)
    words = []
    # The height of a line depends on its letters; one size for the page keeps headings to what their words show.
    size = statistics.median(int(row["height"]) for line in lines.values() for row in line) * scale * 1.15 if lines else 0.0
    for line in lines.values():
        bottom = statistics.median(int(row["top"]) + int(row["height"]) for row in line) * scale
        for row in line:
            x0 = int(row["left"]) * scale
            words.append(Word(clean(row["text"]), x0, x0 + int(row["width"]) * scale, bottom, size, spaced=True))
    return [word for word in words if word.text]
