"""What every reader makes of a file: the canonical text, its blocks and its pages."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.blocks import Block


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the file: ``canonical[start:end]`` is its text. ``number`` counts from 1, ``label`` is what is printed on it.

    ``ocr`` says that the text was recognised from an image.
    """

    number: int
    label: str
    start: int
    end: int
    ocr: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as a reader understood it.

    ``blocks`` are in text order and do not overlap; ``None`` leaves finding them to the rules for plain text. ``pages`` is
    empty for formats without pages. ``notes`` are what the person who ingests should know ("pages 3-5 have no text layer …").
    """

    canonical: str
    blocks: tuple[Block, ...] | None = None
    pages: tuple[Page, ...] = ()
    notes: tuple[str, ...] = ()


Reader = Callable[[Path], Reading]  # raises ingest.errors.SourceFileError with file, page and what to do
