"""The canonical text of a file that has none of its own: composed from what a reader found, with the blocks' offsets."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingest.blocks import Block, BlockKind
from ingest.errors import SourceFileError, UserError
from ingest.readers.hygiene import clean
from ingest.reading import Reading

BULLET = "•"
# More than this is no document that anyone reads, but a file made to exhaust the machine (2,000 pages have about 6 million
# characters); the bounds keep what a small file can be blown up to within what later steps can hold.
MAX_CHARACTERS = 20_000_000
MAX_BLOCKS = 200_000
MAX_COLUMNS = 1000  # also the bound that HTML sets
_MAX_LEVEL = 20
_LONGEST_HEADING = 500  # longer ones are paragraphs set as headings; every passage under them would carry them
_LONGEST_HEAD = 200  # of a table's column, for the same reason
_TYPED = re.compile(r"([·•▪◦‣●○■□–—*-]|\d{1,3}[.)]|\((?:[a-z]|\d{1,3})\))\s+(?=\S)")  # a marker typed by hand
_ROMAN = (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")
_ROMAN_UNITS = (9, "ix"), (5, "v"), (4, "iv"), (1, "i")

Cell = tuple[int, int, str]
"""A table cell: its column (from 0), the number of columns it spans, its text."""


class Composer:
    """Collects a document's blocks in order and joins them into its canonical text."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts: list[tuple[BlockKind, str, int, str]] = []
        self._footnotes: list[tuple[BlockKind, str, int, str]] = []
        self._size = self._tables = 0

    def add(self, kind: BlockKind, text: str, level: int = 0, marker: str = "") -> None:
        """Add a block; one without visible text is none. Footnotes go to the end of the document.

        Raises:
            SourceFileError: the document is larger than any that is meant to be read.
        """
        text, marker = clean(text), clean(marker)
        if not text:
            return
        if kind == "heading" and len(text) > _LONGEST_HEADING:
            kind, level = "paragraph", 0
        if kind == "paragraph" and (match := _TYPED.match(text)):
            kind, marker, text = "item", match.group(1), text[match.end() :]
        self._size += len(text)
        if self._size > MAX_CHARACTERS or len(self._parts) + len(self._footnotes) >= MAX_BLOCKS:
            raise SourceFileError(f"{self._path} holds more text than can be read as one document. Split it into parts.")
        (self._footnotes if kind == "footnote" else self._parts).append((kind, text, min(level, _MAX_LEVEL), marker))

    def extend(self, text: str) -> None:
        """Go on with the item added last; after anything else the text is a paragraph."""
        if self._parts and self._parts[-1][0] == "item" and clean(text):
            kind, before, level, marker = self._parts.pop()
            self._size -= len(before)
            self.add(kind, f"{before} {text}", level, marker)
        else:
            self.add("paragraph", text)

    def table(self, rows: Sequence[Sequence[Cell]], heads: int) -> None:
        """Add a table whose first *heads* rows name its columns: one block for each further row, ``Head: cell | Head: cell``."""
        rows = [[(column, span, clean(text)) for column, span, text in row if clean(text)] for row in rows]
        if sum(map(len, rows)) == 1:  # a frame around a text
            self.add("paragraph", next(text for row in rows for _, _, text in row))
            return
        if not any(rows[heads:]) or any(len(text) > _LONGEST_HEAD for row in rows[:heads] for _, _, text in row):
            heads = 0
        names: dict[int, str] = {}
        for column, span, text in (cell for row in rows[:heads] for cell in row):
            for covered in range(column, min(column + span, MAX_COLUMNS)):
                above = names.get(covered, text)
                names[covered] = (text if above == text else f"{above}, {text}").rstrip(":")
        self._tables += 1
        for row in rows[heads:]:
            whole = len(row) == 1 and row[0][1] > 1  # a line across the table belongs to no column
            cells = [text if whole or not names.get(column) else f"{names[column]}: {text}" for column, _, text in row]
            self.add("row", " | ".join(cells), marker=f"table {self._tables}")

    def reading(self, notes: Sequence[str] = ()) -> Reading:
        """What was collected: items and rows on lines of their own, other blocks set off by a blank line.

        Raises:
            SourceFileError: there is no text.
        """
        pieces: list[str] = []
        blocks: list[Block] = []
        offset, previous = 0, ""
        for kind, text, level, marker in self._parts + self._footnotes:
            close = kind == previous and kind in ("item", "row", "footnote")
            before = ("\n" if close else "\n\n") if pieces else ""
            if marker and kind in ("item", "footnote"):
                before += "  " * (level - 1) + marker + " "
            start = offset + len(before)
            blocks.append(Block(kind, start, start + len(text), marker, not close, level))
            pieces += before, text
            offset, previous = start + len(text), kind
        if not blocks:
            raise SourceFileError(f"{self._path} holds no text that can be read. If it shows images of text, make it a PDF.")
        return Reading("".join(pieces), tuple(blocks), notes=tuple(notes))


def read_limited(path: Path, megabytes: int) -> bytes:
    """The bytes of the file at *path*.

    Raises:
        SourceFileError: it cannot be read or is larger than *megabytes*.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(megabytes * 1_000_000 + 1)
    except OSError as error:
        raise SourceFileError(f"The document cannot be read from {path} ({error.strerror}). Put the file there.") from None
    if len(raw) > megabytes * 1_000_000:
        raise SourceFileError(f"{path} is larger than {megabytes} MB. Split it into parts.")
    return raw


@contextmanager
def foreign(path: Path, what: str) -> Iterator[None]:
    """Turn whatever a parser raises on the file of others into an error in the user's words; memory is the guard's matter."""
    try:
        yield
    except (UserError, MemoryError):
        raise
    except RecursionError as error:
        raise too_deep(path) from error
    except Exception as error:  # parsers raise anything on damaged files, KeyError and AssertionError included
        reason = clean(str(error))[:200] or type(error).__name__
        raise SourceFileError(f"{path} cannot be read as {what} ({reason}). It may be damaged: save it anew or get it again.") from error


def too_deep(path: Path) -> SourceFileError:
    """The error for a document nested beyond reason."""
    return SourceFileError(f"{path} is nested too deeply to be read. Save it as plain text or PDF.")


def shown(number: int, form: str) -> str:
    """A number as a list of that form shows it: arabic, roman, or letters, which are doubled after z.

    >>> shown(4, "upperRoman"), shown(28, "lowerLetter"), shown(3, "decimal")
    ('IV', 'bb', '3')
    """
    if form in ("lowerLetter", "upperLetter") and 0 < number < 300:
        text = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
    elif form in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        text, rest = "", number
        for size, sign in _ROMAN + _ROMAN_UNITS:
            text, rest = text + sign * (rest // size), rest % size
    else:
        return f"{number:02}" if form == "decimalZero" else "" if form == "none" else str(number)
    return text.upper() if form.startswith("upper") else text
