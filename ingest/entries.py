"""Labelled entries: what a table row or a block of "Label: value" lines says, field by field."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ingest.blocks import Block
from ingest.labels import has_name

_FIELD = re.compile(r"\s*([^\W\d_][^:|\n]{0,60}?)\s*:\s+(\S.*?)\s*", re.DOTALL)
_OPEN = re.compile(r"\s*([^\W\d_][^:|\n]{0,60}?)\s*:\s*")  # the value stands on the next lines
_MARK = re.compile(r"\s*(?:[·•▪◦‣●○■□–—*-]|\d{1,3}[.)])\s+")
_LABEL_WORDS = 6  # what stands before the colon of a sentence is longer
_NAME = "Name"  # the label of a name that has none
_PARTS = ("heading", "paragraph", "item", "link")  # the kinds of block that an entry may be written in


def fields(text: str) -> tuple[tuple[str, str], ...]:
    """The (label, value) pairs of an entry, in order; empty when *text* is no entry of at least two fields.

    Fields are separated by " | " (rows of a table) or by line ends (labelled blocks); a line without a label goes on
    with the value before it, after "; " where it is an item of a list. One above all labels is the name.

    >>> fields("Country: Honduras | Agency: Department of Schools")
    (('Country', 'Honduras'), ('Agency', 'Department of Schools'))
    >>> fields("A sentence: with a colon.")
    ()
    """
    found: list[tuple[str, str]] = []
    for part in re.split(r" \| |\n", text):
        mark = _MARK.match(part)
        plain = part[mark.end() if mark else 0 :]
        if match := _FIELD.fullmatch(plain):
            found.append((match.group(1), match.group(2)))
        elif (match := _OPEN.fullmatch(plain)) and "\n" in text:
            found.append((match.group(1), ""))
        elif found and plain.strip():
            label, value = found[-1]
            found[-1] = (label, f"{value}{('; ' if mark else ' ') if value else ''}{plain.strip()}")
        elif plain.strip() and "\n" in text:
            found.append((_NAME, " ".join(plain.split())))
        elif plain.strip():
            return ()
    found = [(label, value) for label, value in found if value]
    return tuple(found) if sum(label != _NAME for label, _ in found) >= 2 else ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a block; ``label`` is in lower case and empty where there is none, ``block`` counts the blocks."""

    start: int
    end: int
    label: str
    valued: bool
    block: int


@dataclass
class _Family:
    """Runs of lines with the same labels; ``order`` ranks the labels, the one that starts an entry first."""

    order: dict[str, int]
    entries: list[list[_Line]] = field(default_factory=list)

    def take(self, run: list[_Line]) -> None:
        """Cut *run* into entries: each starts where the labels start again, even if the first of them is missing."""
        before, seen, start = "", set[str](), True
        for line in run:
            if line.label:
                rank = self.order.setdefault(line.label, len(self.order))
                again = line.label in seen and line.label != before and rank < self.order[before]
                start = start or rank == 0 or again
            if start:
                self.entries.append([])
                seen.clear()
                start = False
            self.entries[-1].append(line)
            before = line.label or before
            seen.add(before)

    def whole(self) -> list[list[_Line]]:
        """The entries, if at least two of their labels come back: each with at least two labels."""
        labels = [{line.label for line in entry if line.label} for entry in self.entries]
        counts = Counter(label for found in labels for label in found)
        entries = [entry for entry, found in zip(self.entries, labels, strict=True) if len(found) > 1]
        return entries if len(entries) > 1 and sum(count > 1 for count in counts.values()) > 1 else []


def merge_entries(blocks: list[Block], canonical: str) -> list[Block]:
    """Make one ``row`` of each entry that is written as lines "Label: value", where the same labels come back.

    Everything else stays as it is. Entries with the same labels get the same marker, and so form one list.
    """
    lines = [line for number, block in enumerate(blocks) if block.kind in _PARTS for line in _lines(block, number, canonical)]
    counts = Counter(line.label for line in lines if line.label)
    again = {label for label, count in counts.items() if count > 1}
    if len(again) < 2:
        return blocks
    families: list[_Family] = []
    for run in _runs(lines, again, blocks, canonical):
        labels = {line.label for line in run} & again
        known = next((family for family in families if len(labels & family.order.keys()) > 1), None)
        if known is None and len(labels) > 1:
            known = _Family({})
            families.append(known)
        if known is not None:
            known.take(run)
    key, rows = 0, []
    for family in families:
        entries = family.whole()
        key += bool(entries)
        rows += [(entry, f"entries {key}") for entry in entries]
    return _titled(list(_replaced(blocks, lines, rows)), canonical)


def _titled(blocks: list[Block], canonical: str) -> list[Block]:
    """*blocks* with the headings of single entries that have no name among their labels made titles, where several are so."""

    def entry(position: int) -> bool:
        return position < len(blocks) and blocks[position].kind == "row" and blocks[position].marker.startswith("entries")

    found: dict[str, list[int]] = {}
    for position, block in enumerate(blocks):
        if block.kind == "heading" and entry(position + 1) and not entry(position + 2):
            row = blocks[position + 1]
            if not has_name(fields(canonical[row.start : row.end])):
                found.setdefault(row.marker, []).append(position)
    titles = {position for places in found.values() if len(places) > 1 for position in places}
    return [replace(block, kind="title") if position in titles else block for position, block in enumerate(blocks)]


def _lines(block: Block, number: int, canonical: str) -> Iterator[_Line]:
    offset = block.start
    for raw in canonical[block.start : block.end].split("\n"):
        if text := raw.strip():
            start = offset + raw.index(text[0])
            plain = text[mark.end() :] if offset > block.start and (mark := _MARK.match(text)) else text
            match = _FIELD.fullmatch(plain) or _OPEN.fullmatch(plain)
            label = " ".join(match.group(1).casefold().split()) if match and plain[0].isupper() else ""
            if len(label.split()) > _LABEL_WORDS:
                label = ""
            yield _Line(start, start + len(text), label, bool(match and match.re is _FIELD), number)
        offset += len(raw) + 1


def _runs(lines: list[_Line], again: set[str], blocks: list[Block], canonical: str) -> Iterator[list[_Line]]:
    """The stretches of labelled lines and of what continues them; a run starts with a label that comes back."""
    run: list[_Line] = []
    for position, line in enumerate(lines):
        following = lines[position + 1] if position + 1 < len(lines) else None
        if run and (line.block - run[-1].block > 1 or not _goes_on(run, line, following, blocks, canonical)):
            yield run
            run = []
        if run or line.label in again:
            run.append(line)
    if run:
        yield run


def _goes_on(run: list[_Line], line: _Line, following: _Line | None, blocks: list[Block], canonical: str) -> bool:
    """Whether *line* belongs to the run: by its label, or as the continuation of a value."""
    last, block = run[-1], blocks[line.block]
    if line.label or line.block == last.block:
        return True
    waits = bool(last.label) and not last.valued
    if block.kind == "item":
        return waits or (not last.label and blocks[last.block].kind == "item")
    if block.level or canonical.count("\n", last.end, line.start) > 1:
        return waits and not block.level
    return not (block.kind == "heading" and following is not None and following.label == run[0].label and not waits)


def _replaced(blocks: list[Block], lines: list[_Line], rows: list[tuple[list[_Line], str]]) -> Iterator[Block]:
    """*blocks* with a row for the lines of every entry, and what is left of the blocks that the lines are from."""
    starts = {entry[0].start: Block("row", entry[0].start, entry[-1].end, marker) for entry, marker in rows}
    taken = {line.start for entry, _ in rows for line in entry}
    touched = {line.block for entry, _ in rows for line in entry}
    of_block: dict[int, list[_Line]] = {}
    for line in lines:
        of_block.setdefault(line.block, []).append(line)
    for number, block in enumerate(blocks):
        if number not in touched:
            yield block
            continue
        rest: list[_Line] = []
        for line in of_block[number]:
            if line.start not in taken:
                rest.append(line)
                continue
            if rest:
                yield replace(block, start=rest[0].start, end=rest[-1].end)
                rest = []
            if line.start in starts:
                yield starts[line.start]
        if rest:
            yield replace(block, start=rest[0].start, end=rest[-1].end)
