"""What the ingest room produces. All types are frozen; all offsets count characters of the canonical text."""

from dataclasses import dataclass
from typing import Literal

SourceKind = Literal["strategy", "work plan", "annex", "other"]
PassageKind = Literal["paragraph", "list_item", "table_row", "heading", "footnote", "signature", "standing_item", "table_head"]


@dataclass(frozen=True, slots=True)
class Source:
    """One document of the manifest.

    ``path`` is absolute when the document is at hand and ``None`` when it is known by title and ``url``
    only; ``sha256`` is the hex digest that the file must have, where the manifest records one. ``version_of`` is the id of
    the source that this one renders in another language.
    """

    id: str
    title: str
    short_title: str
    kind: SourceKind
    language: str
    path: str | None = None
    url: str | None = None
    symbol: str | None = None
    sha256: str | None = None
    version_of: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of citation: a paragraph, list item, table row, heading or footnote.

    Always true: ``canonical[start:end] == text``. ``id`` is derived from source, position in the outline
    and text, so it survives re-ingest of unchanged text. ``unit`` and ``number`` name the passage inside
    its section ("action", 3); ``number`` counts from 1. ``page`` is 1-based and ``None`` without pages; ``ocr`` says
    that the text was recognised from an image of the page.
    """

    id: str
    source_id: str
    kind: PassageKind
    heading_path: tuple[str, ...]
    locator: str
    language: str
    start: int
    end: int
    text: str
    unit: str
    number: int | None = None
    list_id: str | None = None
    page: int | None = None
    ocr: bool = False


@dataclass(frozen=True, slots=True)
class PassageList:
    """A list as the document has it; ``passage_ids`` are its items in document order.

    ``title`` is the sentence or heading that introduces the list and ``intro_id`` the passage it stands in.
    """

    id: str
    source_id: str
    title: str
    locator: str
    unit: str
    heading_path: tuple[str, ...]
    passage_ids: tuple[str, ...]
    intro_id: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A source that was read: its canonical text and what it consists of, in document order.

    ``notes`` are what the person who ingests should know of the reading; they are no part of the text.
    """

    source: Source
    canonical: str
    passages: tuple[Passage, ...]
    lists: tuple[PassageList, ...]
    notes: tuple[str, ...] = ()
