"""From plain text to blocks: headings, paragraphs, list items, table cells, links, footnotes.

A block is a stretch of the canonical text with a kind. The rules speak of layout (markers, tabs, blank
lines, capitals, punctuation) and of a few words of official style in four languages (annex labels, the
titles under a signature); none of them knows a particular document.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

BlockKind = Literal["heading", "numeral", "paragraph", "item", "cell", "row", "title", "link", "label", "footnote", "signature"]

_BULLETS = "·•▪◦‣●○■□–—*-"
_BULLET = re.compile(rf"[{re.escape(_BULLETS)}][ \t]+(?=\S)")
_NUMBERED = re.compile(r"(?:(\d{1,3})[.)]|[a-z]\)|\(([a-z]|\d{1,3})\))[ \t]+(?=\S)")
_ROMAN = re.compile(r"(?=[IVXL])(X{0,3}(?:IX|IV|V?I{0,3}))\.(?:[ \t]+(?=\S)|$)")
_LINK = re.compile(r"(?:https?|ftp)://\S+$")
_FOOTNOTE = re.compile(rf"[^\w\s{re.escape(_BULLETS)}]{{1,2}}\.?\t+(?=\w)")
_LABEL = re.compile(r"(?:annex|annexe|anexo|appendix|apéndice|apêndice|appendice)\s+([IVXL]+|\d+)\b(\s*[:.–-])?", re.IGNORECASE)
_NAME = re.compile(r"(?:[A-ZÀ-Þ][\w’'.-]*)(?: (?:de|da|do|del|la|van|von|[A-ZÀ-Þ][\w’'.-]*)){1,4}$")
_OFFICE = re.compile(
    r"(?:permanent|alternate|interim|acting|vice|deputy|under|co)?[ -]?(?:representative|chair(?:man|woman|person)?|president|ambassador|"
    r"minister|secretary|director|coordinator|rapporteur|head|representante|presidente|presidenta|embajador[a]?|embaixador[a]?|"
    r"ministr[oa]|secretari[oa]|director[a]?|diretor[a]?|coordinador[a]?|représentante?|président[e]?|ambassadeur|ministre|secrétaire|directeur)\b",
    re.IGNORECASE,
)
_NARROW, _WIDE = 60, 120  # characters in the longest line of a text with hard line ends
_FULL = 0.8  # share of the longest line that a full line has at least
_SMALL_WORDS = 3  # words of at most this length keep their case in a title ("of", "the", "to")


@dataclass(frozen=True, slots=True)
class Block:
    """``canonical[start:end]`` is the block's text without its marker; ``marker`` is the marker's text.

    ``level`` is set by readers that know it: of a heading (1 is the highest) or of an item in a nested list (1 is the
    outermost); 0 leaves it to the outline. A ``row`` is a table row; rows with the same ``marker`` are of one table. A ``title``
    is the heading that names what the row after it is about.
    """

    kind: BlockKind
    start: int
    end: int
    marker: str = ""
    blank_before: bool = False
    level: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str
    tabbed: bool
    blanks_before: int
    indent: int = 0


def scan_blocks(canonical: str) -> list[Block]:
    """Split *canonical* into blocks in text order.

    Blocks never overlap and hold every visible character but list markers, table tabs and the mark before a
    footnote.
    """
    lines = _lines(canonical)
    width = _wrapped_at(lines)
    blocks: list[Block] = []
    in_cell = False
    for position, line in enumerate(lines):
        following = lines[position + 1] if position + 1 < len(lines) else None
        block = _classify(line, following)
        if in_cell and not line.tabbed and (line.blanks_before > 2 or block.kind in ("numeral", "footnote")):
            in_cell = False
        if line.tabbed and block.kind != "footnote":
            in_cell = True
            blocks.append(Block("cell", line.start, line.start))
        fills_cell = in_cell and blocks[-1].kind == "cell" and block.kind in ("heading", "signature", "label", "paragraph")
        filled = bool(width and position and not line.blanks_before and lines[position - 1].end - lines[position - 1].start >= width)
        wrapped = filled and block.kind in ("paragraph", "heading") and bool(blocks) and blocks[-1].kind in ("paragraph", "item")
        if fills_cell or wrapped or (blocks and _continues(blocks[-1], block, canonical)):
            blocks[-1] = replace(blocks[-1], end=line.end)
        else:
            blocks.append(block)
    return _nest(_sign(_join_numerals(blocks, canonical), canonical), {line.start: line.indent for line in lines if not line.tabbed})


def _wrapped_at(lines: list[_Line]) -> int:
    """The length from which a line of a text with hard line ends is full, so that the next one goes on with it; 0 for other texts."""
    inner = [lines[at].indent + len(lines[at].text) for at in range(len(lines) - 1) if not lines[at + 1].blanks_before]
    longest = max((line.indent + len(line.text) for line in lines), default=0)
    full = [length for length in inner if length >= _FULL * longest]
    return int(_FULL * longest) if _NARROW <= longest <= _WIDE and len(full) >= 3 and 2 * len(full) >= len(inner) else 0


def _nest(blocks: list[Block], indents: dict[int, int]) -> list[Block]:
    """Give items the level of their indentation, where a run of items has several."""
    nested = list(blocks)
    position = 0
    while position < len(nested):
        end = position
        while end < len(nested) and nested[end].kind == "item":
            end += 1
        found = {at: indents.get(nested[at].start - _marked(nested[at], indents), 0) for at in range(position, end)}
        steps = sorted(set(found.values()))
        if len(steps) > 1:
            for at, indent in found.items():
                nested[at] = replace(nested[at], level=steps.index(indent) + 1)
        position = max(end, position + 1)
    return nested


def _marked(block: Block, indents: dict[int, int]) -> int:
    """How many characters before its text the line of an item begins."""
    return next((gap for gap in range(1, 12) if block.start - gap in indents), 0)


def _lines(canonical: str) -> list[_Line]:
    lines = []
    offset = blanks = 0
    for raw in canonical.split("\n"):
        text = raw.strip()
        if text:
            start = offset + raw.index(text[0])
            lines.append(_Line(start, start + len(text), text, raw.startswith("\t"), blanks, len(raw) - len(raw.lstrip())))
            blanks = 0
        else:
            blanks += 1
        offset += len(raw) + 1
    return lines


def _classify(line: _Line, following: _Line | None) -> Block:
    def block(kind: BlockKind, skip: int = 0) -> Block:
        return Block(kind, line.start + skip, line.end, line.text[:skip].strip(), line.blanks_before > 0)

    text = line.text
    if match := _FOOTNOTE.match(text):
        return block("footnote", match.end())
    if match := _BULLET.match(text):
        return block("item", match.end())
    if (match := _ROMAN.match(text)) and (not text[match.end() :] or _is_heading(text[match.end() :])):
        return block("numeral", match.end())
    if match := _NUMBERED.match(text):
        return block("item", match.end())
    if _LINK.match(text):
        return block("link")
    if (match := _LABEL.match(text)) and match.group(2) and following and _LINK.match(following.text):
        return block("label")
    return block("heading" if _is_heading(text) else "paragraph")


def _is_heading(text: str) -> bool:
    """A line that ends without a full stop and is set in capitals, in title case, or very short."""
    if text[-1] in ".;,?!" or not text[0].isupper() or len(text) > 200:
        return False
    words = re.findall(r"[^\W\d_]+", text)
    letters = "".join(words)
    if not letters or (text[-1] == ":" and not letters.isupper()):
        return False
    long_words = [word for word in words if len(word) > _SMALL_WORDS]
    titled = sum(word[0].isupper() for word in long_words)
    return letters.isupper() or len(words) <= 4 or (len(long_words) >= 3 and titled >= 0.8 * len(long_words))


def _continues(previous: Block, block: Block, canonical: str) -> bool:
    """A line goes on with the block before it when that has not ended and this starts in lower case or
    with a stray reference mark.
    """
    if block.kind not in ("paragraph", "heading") or previous.kind in ("link", "cell", "numeral"):
        return False
    first = canonical[block.start]
    unfinished = canonical[previous.end - 1] not in '.:;?!”")'
    return unfinished and (first.islower() or first in "/†‡")


def _join_numerals(blocks: list[Block], canonical: str) -> list[Block]:
    """Join a numeral that stands alone on its line with the heading on the next one."""
    joined: list[Block] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if last and last.kind == "numeral" and last.end == last.start and block.kind in ("heading", "paragraph"):
            joined[-1] = Block("numeral", block.start, block.end, last.marker, last.blank_before)
        else:
            joined.append(block)
    for position, block in enumerate(joined):
        if block.kind == "numeral" and block.end == block.start:  # a numeral with nothing to number: plain text
            start = canonical.rfind(block.marker, 0, block.start)
            joined[position] = Block("paragraph", start, start + len(block.marker), "", block.blank_before)
    return joined


def _sign(blocks: list[Block], canonical: str) -> list[Block]:
    """Join a person's name and the offices under it into one signature block."""
    signed: list[Block] = []
    for block in blocks:
        text = canonical[block.start : block.end]
        last = signed[-1] if signed else None
        if last and last.kind in ("heading", "signature") and _OFFICE.match(text) and block.kind in ("heading", "paragraph"):
            name = canonical[last.start : last.end]
            if last.kind == "signature" or _NAME.match(name):
                signed[-1] = replace(last, kind="signature", end=block.end)
                continue
        signed.append(block)
    return signed


def label_of(text: str) -> tuple[str, str] | None:
    """The label and numeral that *text* starts with, if any.

    >>> label_of("ANNEX IV includes, for information, an executive summary")
    ('Annex', 'IV')
    """
    match = _LABEL.match(text)
    return (match.group(0).split()[0].capitalize(), match.group(1).upper()) if match else None
