"""Markdown (CommonMark with tables and footnotes), through markdown-it-py."""

import re
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from ingest.errors import SourceFileError
from ingest.readers.compose import BULLET, Cell, Composer, foreign, read_limited, too_deep
from ingest.readers.hygiene import raised
from ingest.reading import Reading

_NESTING = 50  # the parser drops without a word what is deeper, and raising the bound risks the interpreter's stack
_MEGABYTES = 20
_TAG = re.compile(r"<(/?)(script|style|sup|br)\b", re.IGNORECASE)


def read(path: Path) -> Reading:
    """Read a Markdown file; raw HTML and front matter are left out, links are their text.

    Raises:
        SourceFileError: it is not UTF-8, is nested too deeply, or holds no text.
    """
    try:
        text = read_limited(path, _MEGABYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceFileError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8 and try again.") from None
    with foreign(path, "Markdown"):
        parser = MarkdownIt("commonmark", {"maxNesting": _NESTING, "html": True}).enable("table")
        tokens = parser.use(footnote_plugin, inline=False).use(front_matter_plugin).parse(text)
        if any(token.level >= _NESTING - 1 for token in tokens):
            raise too_deep(path)
        walk = _Walk(Composer(path))
        for before, token in zip([None, *tokens[:-1]], tokens, strict=True):
            walk.take(token, before)
        dropped = sum(token.type == "html_block" for token in tokens)
        return walk.composer.reading([f"{dropped} blocks of raw HTML were left out."] if dropped else [])


class _Walk:
    """The way along the parser's tokens, which come in document order."""

    def __init__(self, composer: Composer) -> None:
        self.composer = composer
        self.lists: list[int | None] = []  # the open lists: the number of the next item, None for bullets
        self.marker = ""  # of the item that has no text yet
        self.goes_on = False  # what comes next in the list belongs to the item before it
        self.note = ""  # the footnote that is open
        self.rows: list[list[Cell]] = []

    def take(self, token: Token, before: Token | None) -> None:
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            self.lists.append(int(token.attrs.get("start", 1)) if kind == "ordered_list_open" else None)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
            self.goes_on = False
        elif kind == "list_item_open":
            number = self.lists[-1]
            self.marker, self.goes_on = (BULLET if number is None else f"{number}{token.markup}"), False
            self.lists[-1] = None if number is None else number + 1
        elif kind == "footnote_open":
            self.note = str(token.meta.get("label", token.meta["id"] + 1))
        elif kind == "footnote_close":
            self.note = ""
        elif kind == "tr_open":
            self.rows.append([])
        elif kind == "table_close":
            self.composer.table(self.rows, heads=1)
            self.rows, self.goes_on = [], False
        elif kind in ("inline", "fence", "code_block"):
            self._text(token, before)

    def _text(self, token: Token, before: Token | None) -> None:
        text = _plain(token) if token.type == "inline" else token.content
        if self.rows:
            self.rows[-1].append((len(self.rows[-1]), 1, text))
        elif self.note:
            self.composer.add("footnote", text, marker=self.note)
        elif self.marker:
            self.composer.add("item", text, len(self.lists), self.marker)
            self.marker, self.goes_on = "", True
        elif self.goes_on:
            self.composer.extend(text)
        elif before is not None and before.type == "heading_open":
            self.composer.add("heading", text, int(before.tag[1]))
        else:
            self.composer.add("paragraph", text)


def _plain(inline: Token) -> str:
    """The text of a run of inline tokens; tags fall away, with what stands in scripts and styles."""
    parts = []
    inside = ""
    for token in inline.children or ():
        if token.type == "html_inline" and (match := _TAG.match(token.content)):
            tag = match.group(2).lower()
            if tag == "br":
                parts.append(" ")
            else:
                inside = "" if match.group(1) else tag
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type in ("text", "text_special", "code_inline", "image") and inside not in ("script", "style"):
            parts.append(raised(token.content) if inside == "sup" else token.content)
    return "".join(parts)
