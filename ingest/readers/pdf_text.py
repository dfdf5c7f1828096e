"""From pieces of pages to the canonical text: words broken at line ends joined, offsets, pages, heading levels."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ingest.blocks import Block, BlockKind
from ingest.readers.hygiene import clean
from ingest.reading import Page

_HYPHENS = "-\u2010\u00ad"
_WORD = re.compile(r"\w+(?:[-\u2010]\w+)*")
_LONGEST_HEADING = 250
_DEEPEST = 6


@dataclass(slots=True)
class Piece:
    """A block in the making: ``parts`` are its lines (or, split by line feeds, several) with the page each stands on."""

    kind: BlockKind
    parts: list[tuple[int, str]]
    marker: str = ""
    level: int = 0
    style: tuple[float, bool, bool, int] = (0.0, False, False, 0)  # of a heading: size, capitals, bold, depth of its number


def letters_of(text: str) -> str:
    """The letters and digits of *text* in lower case, for comparing what was typeset differently."""
    return "".join(ch for ch in unicodedata.normalize("NFKC", text).casefold() if ch.isalnum())


class Vocabulary:
    """The words of a document, which tell a word broken at a line's end from one that has a hyphen of its own."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.words: Counter[str] = Counter()
        for line in lines:
            inner = line.rstrip()
            words = _WORD.findall(inner.casefold())
            self.words.update(words[:-1] if inner.endswith(tuple(_HYPHENS)) else words)

    def join(self, before: str, after: str) -> str:
        """*before*, the end of a line, and *after*, the beginning of the next one."""
        if not before or not after:
            return before + after
        if before[-1] == "\u00ad":
            return before[:-1] + after
        if before[-1] not in _HYPHENS or len(before) < 2 or not before[-2].isalnum() or not after[0].isalnum():
            glued = before[-1] == "/" and len(before) > 1 and before[-2] != " " and after[0] != " "
            return before + ("" if glued else " ") + after
        head, tail = re.search(r"[\w-]*$", before[:-1]), re.match(r"\w+(?:-\w+)*", after)
        left, right = (head.group().casefold() if head else ""), (tail.group().casefold() if tail else "")
        whole, hyphened = self.words[left + right], self.words[f"{left}-{right}"]
        capitals = before[-2].isupper() and after[0].isupper()
        split = capitals or (before[-2].isalpha() and after[0].islower())  # a word: not "1990-2000", "Inter-American"
        if hyphened > whole or (not whole and not split):
            return before[:-1] + "-" + after
        return before[:-1] + after


def tidy(text: str) -> str:
    """*text* cleaned, and without the code points that only one font could show."""
    return clean("".join(ch for ch in clean(text) if unicodedata.category(ch) != "Co"))


def set_levels(pieces: list[Piece]) -> None:
    """Give the headings without a bookmark's level one by the order of their type: larger, capitals, bold, number's depth."""
    for piece in pieces:
        if piece.kind == "heading" and not piece.level and sum(len(text) for _, text in piece.parts) > _LONGEST_HEADING:
            piece.kind = "paragraph"
    headings = [piece for piece in pieces if piece.kind == "heading"]
    known: dict[tuple[float, bool, bool, int], int] = {}
    for piece in headings:
        if piece.level:
            known.setdefault(piece.style, piece.level)
    deepest = 0
    for style in sorted({piece.style for piece in headings}, reverse=True):
        deepest = known.get(style, deepest + 1)
        known[style] = min(deepest, _DEEPEST)
    for piece in headings:
        piece.level = min(piece.level or known[piece.style], _DEEPEST)


class Composer:
    """Writes pieces one under the other and keeps where each block and each page begins."""

    def __init__(self, words: Vocabulary) -> None:
        self.words = words
        self.text: list[str] = []
        self.length = 0
        self.blocks: list[Block] = []
        self.starts: list[tuple[int, int]] = []  # (page, where its text begins)

    def add(self, piece: Piece) -> None:
        """Write one piece; a piece without visible text leaves no trace."""
        lead = f"{piece.marker} " if piece.marker and piece.kind in ("item", "footnote") else ""
        body, places = "", []
        for page, part in piece.parts:
            for line in part.split("\n"):
                before = len(body)
                body = self.words.join(body, tidy(line) + ("\u00ad" if line.rstrip().endswith("\u00ad") else ""))
                places.append((page, max(len(body) - len(tidy(line)), 0) if before else 0))
        body = tidy(body)
        if not body:
            return
        start = self.length + len(lead)
        for page, place in places:
            if not self.starts or self.starts[-1][0] != page:
                self.starts.append((page, start + min(place, len(body)) if place else self.length))
        self.blocks.append(Block(piece.kind, start, start + len(body), piece.marker, bool(self.text), piece.level))
        line = f"{lead}{body}\n\n"
        self.text.append(line)
        self.length += len(line)

    def pages(self, labels: list[str], read_by_machine: set[int]) -> list[Page]:
        """The stretches of the pages, which bear *labels*, in text order; a page whose notes stand at the end has two."""
        ends = [start for _, start in self.starts[1:]] + [self.length]
        stretches = [(page, start, end) for (page, start), end in zip(self.starts, ends, strict=False)]
        shown = {page for page, _, _ in stretches}
        for number in range(1, len(labels) + 1):
            if number not in shown:  # an empty page stands where the next one begins
                place = next((start for page, start, _ in stretches if page > number), self.length)
                stretches.append((number, place, place))
        stretches.sort(key=lambda entry: (entry[1], entry[2], entry[0]))
        return [Page(number, labels[number - 1], start, end, number in read_by_machine) for number, start, end in stretches]
