"""Web pages (HTML), through selectolax, whose parser follows the HTML standard. Nothing is fetched, no script is run."""

import re
from dataclasses import dataclass
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.blocks import BlockKind
from ingest.readers.compose import BULLET, Composer, foreign, read_limited, shown, too_deep
from ingest.readers.html_parts import attribute, decode, is_layout, is_note, is_seen, piece, table_rows
from ingest.reading import Reading

_MEGABYTES = 50
_NESTING = 1000  # parsing takes time with the square of the depth; no page is nested a tenth as deep
_CONTAINER = re.compile(
    r"<(/?)(?:div|ul|ol|menu|dl|section|article|main|blockquote|center|fieldset|details|figure|address|nav|aside|header|footer|form|button|"
    r"pre|table)\b",
    re.IGNORECASE,
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = {"ul", "ol", "menu", "dir", "dl"}
_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_BLOCKS = {
    *_HEADINGS,
    "p",
    "div",
    "section",
    "article",
    "main",
    "blockquote",
    "center",
    "fieldset",
    "details",
    "summary",
    "figure",
    "table",
}
_BLOCKS |= {"address", "pre", "hr", "header", "hgroup", "tr", "td", "th", "caption", "form", "legend", "aside", "footer", "li", "dt", "dd"}
_BLOCKS |= {"figure", "figcaption"}
_NOTE_MARK = re.compile(r"\s*(?:[\[(](\d{1,3}|[*†‡§]{1,3})[\])]|([⁰¹²³⁴-⁹]{1,3}|[*†‡§]{1,3}))\s*(?=\S)")


def read(path: Path) -> Reading:
    """Read a web page as its visitor sees it, without what surrounds the text on every page of a site.

    Raises:
        SourceFileError: it is nested too deeply, too large, or holds no text.
    """
    raw = read_limited(path, _MEGABYTES)
    with foreign(path, "HTML"):
        text, notes = decode(raw)
        depth = 0
        for tag in _CONTAINER.finditer(text):
            depth = max(depth - 1, 0) if tag.group(1) else depth + 1
            if depth > _NESTING:
                raise too_deep(path)
        body = LexborHTMLParser(text).body
        walk = _Walk(Composer(path))
        if body is not None:
            walk.all(body)
        return walk.composer.reading(notes)


@dataclass(slots=True)
class _Open:
    """A list that is open: its next number (None for bullets), the form of its numbers, and how far its item is."""

    number: int | None = None
    form: str = "decimal"
    state: str = ""  # "term" and "item" while the item's text gathers, "under" after it had a list of its own
    marker: str = BULLET


class _Walk:
    """The way through the page: inline text gathers until an element that stands on lines of its own begins or ends."""

    def __init__(self, composer: Composer) -> None:
        self.composer = composer
        self.gathered: list[str] = []
        self.lists: list[_Open] = []
        self.heading = self.notes = self.pre = 0  # the level of the open heading; how many such elements are open

    def all(self, body: LexborNode) -> None:
        """Go through everything under *body*; with a stack of its own, for pages may be nested deeper than Python may call."""
        stack: list[tuple[LexborNode, bool]] = [(body, False)]
        while stack:
            node, done = stack.pop()
            if done:
                self._leave(node, node.tag or "")
            elif self._enter(node, node.tag or ""):
                stack.append((node, True))
                child = node.last_child
                while child is not None:
                    stack.append((child, False))
                    child = child.prev
        self._flush()

    def _enter(self, node: LexborNode, tag: str) -> bool:
        """Whether to go on with what is inside."""
        if tag == "-text":
            self.gathered.append(piece(node, self.pre > 0))
            return False
        if not is_seen(node, self.notes > 0):
            return False
        if tag == "table" and not is_layout(node):
            self._flush()
            caption, rows, heads = table_rows(node)
            self.composer.add("paragraph", caption)
            self.composer.table(rows, heads)
            return False
        if tag in _LISTS:
            self._flush()
            start = attribute(node, "start")
            number = int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1
            self.lists.append(_Open(number if tag == "ol" else None, _FORMS.get(attribute(node, "type"), "decimal")))
        elif tag in ("li", "dt", "dd") and self.lists:
            self._item(node, tag)
        elif tag in _HEADINGS and not self.lists:
            self._flush()
            self.heading = _HEADINGS[tag]
        elif tag == "br":
            self.gathered.append("\n")
        elif tag in _BLOCKS:
            self._gap()
        if is_note(node):
            self._gap()
            self.notes += 1
        self.pre += tag == "pre"
        return True

    def _leave(self, node: LexborNode, tag: str) -> None:
        self.pre -= tag == "pre"
        if tag in _LISTS:
            self._flush()
            self.lists.pop()
            if self.lists:
                self.lists[-1].state = "under"
        elif tag == "dt" and self.lists:
            self.gathered.append(": ")
            self.lists[-1].state = "term"
        elif tag in ("li", "dd") and self.lists:
            self._flush()
            self.lists[-1].state = ""
        elif tag in _HEADINGS and not self.lists:
            self._flush()
            self.heading = 0
        elif tag in _BLOCKS:
            self._gap()
        if is_note(node):
            self._gap()
            self.notes -= 1

    def _item(self, node: LexborNode, tag: str) -> None:
        """Begin an item, or go on with one whose terms have been given."""
        found = self.lists[-1]
        if found.state == "term":
            found.state = "term" if tag == "dt" else "item"
            return
        self._flush()
        found.state = "item"
        if found.number is not None:
            own = attribute(node, "value")
            found.number = int(own) if re.fullmatch(r"[0-9]{1,6}", own) else found.number
            found.marker = f"{shown(found.number, found.form)}."
            found.number += 1

    def _gap(self) -> None:
        """A block begins or ends: inside an item its text goes on, for an item is one passage."""
        if self.lists and self.lists[-1].state in ("item", "term"):
            self.gathered.append(" ")
        else:
            self._flush()

    def _flush(self) -> None:
        text, self.gathered = "".join(self.gathered), []
        kind: BlockKind = "heading" if self.heading else "paragraph"
        marker, level = "", self.heading
        if self.lists and self.lists[-1].state in ("item", "term"):
            kind, level, marker = "item", len(self.lists), self.lists[-1].marker
        if self.notes:
            if match := _NOTE_MARK.match(text):
                marker, text = match.group(1) or match.group(2), text[match.end() :]
            self.composer.add("footnote", text, marker=marker.rstrip("."))
            return
        for part in re.split(r"\n\s*\n", text) if kind == "paragraph" else [text]:
            self.composer.add(kind, part, level, marker)
