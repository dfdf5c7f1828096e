"""From lines in reading order to headings, paragraphs, list items and table rows, over column and page breaks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.blocks import BlockKind
from ingest.readers.pdf_lines import LABEL, Line
from ingest.readers.pdf_rows import RowMaker
from ingest.readers.pdf_tables import Table
from ingest.readers.pdf_text import Piece, letters_of

_BULLET = re.compile(r"(?:([·•▪◦‣●○■□➢➤✓❖⁃\ue000-\uf8ff]|\*(?=\s))\s*|([–—‐-])\s+)(?=\S)")
_NUMBER = re.compile(
    r"((?:\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})\)|\d{1,3}\.-?|\d{1,2}(?:\.\d{1,2}){1,2}\.?|[a-hj-uw-z]\.|[ivx]{1,5}\.|[A-Z]\))(?=\s))\s+(?=\S)"
)
_ENUMERATED = re.compile(r"((?:[IVXL]+|[A-Z]|\d+(?:\.\d+)*)[.)]?)\s+(?=\S)")
_ROMAN = re.compile(r"[IVXL]+\.\s+\S")
_LEADERS = re.compile(r"\s*(?:\.{4,}|(?:\. ?){4,}|…{2,})\s*")
_ENDED = '.!?:;”"»'
_SAME = 3.0  # points: places nearer than this are the same


@dataclass(slots=True)
class _Open:
    """What is known of the piece that may go on with the next line."""

    piece: Piece
    line: Line  # its last line
    edge: float  # where its first line begins (for an item: its marker), from the column's left edge
    rest: float | None  # where its other lines begin
    gap: float = 0.0
    label: bool = False


def stopped_early(last: Line, line: Line) -> bool:
    """Whether the first word of *line* would still have fitted on the *last* one, which was therefore ended on purpose."""
    first = line.words[0]
    return last.x1 + 0.3 * last.size + (first.x1 - first.x0) < last.right - 0.2 * last.size


def _same_title(text: str, title: str) -> bool:
    """Whether the letters of a line are those of a bookmark, which often lacks the number before them or has one more."""
    short, long = sorted((text, title), key=len)
    return text == title or (len(short) > 3 and long.endswith(short) and _is_number(long[: -len(short)]))


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"(?:chapter|chapitre|capítulo|annex|anexo|annexe|appendix|section|part)?(?:\d+|[ivxlc]+|[a-z])?", text))


class Flow:
    """Takes lines and tables in reading order; ``pieces`` is what they make. ``titles`` are a page's bookmarks with levels."""

    def __init__(self, body: float, leading: float, titles: dict[int, list[tuple[str, int]]]) -> None:
        self.body, self.leading, self.titles = body, leading, titles
        self.pieces: list[Piece] = []
        self.open: _Open | None = None
        self.stack: list[float] = []  # where the markers of the open list's levels stand
        self.rows = RowMaker()

    def add(self, column: list[Line | Table], plain: bool = False) -> None:
        """Add one column; *plain* says that type sizes mean nothing (recognised text)."""
        before: Line | None = None
        lines = [item for item in column if isinstance(item, Line)]
        marked = dict(self._bookmarked(lines))
        position = 0
        for item in column:
            if isinstance(item, Table):
                self.open, self.stack, before = None, [], None
                self.pieces += self.rows.take(item)
                continue
            gap = item.y - before.y if before else None
            following = lines[position + 1] if position + 1 < len(lines) else None
            self._take(item, gap, following, marked.get(position), plain)
            before, position = item, position + 1

    def _take(self, line: Line, gap: float | None, following: Line | None, bookmark: tuple[int, bool] | None, plain: bool) -> None:
        self.rows.close()
        text = line.text
        if bookmark:
            self._heading(line, bookmark[0], goes_on=bookmark[1])
        elif _LEADERS.search(text):
            self._start("paragraph", line, _LEADERS.sub(" … ", text).strip())
            self.open = None
        elif self._is_heading(line, gap, following, plain):
            self._heading(line, 0, goes_on=self._heading_goes_on(line, gap))
        elif (marker := self._marker(line, gap)) is not None:
            self._item(line, *marker)
        elif self._is_label(line, following):
            self._start("paragraph", line, text)
            assert self.open
            self.open.label = True
        elif self._goes_on(line, gap):
            self._extend(line, gap)
        else:
            if not self.stack or line.x0 - line.left < self.stack[0] + _SAME:
                self.stack = []
            self._start("paragraph", line, text)

    def _start(self, kind: BlockKind, line: Line, text: str, marker: str = "", level: int = 0) -> Piece:
        piece = Piece(kind, [(line.page, text)], marker, level)
        self.pieces.append(piece)
        self.open = _Open(piece, line, line.x0 - line.left, None)
        return piece

    def _extend(self, line: Line, gap: float | None) -> None:
        assert self.open
        self.open.piece.parts.append((line.page, line.text))
        if gap:
            self.open.gap = gap
        if self.open.rest is None or self.open.piece.kind == "paragraph":
            self.open.rest = line.x0 - line.left
        self.open.line = line

    # Headings

    def _bookmarked(self, lines: list[Line]) -> Iterator[tuple[int, tuple[int, bool]]]:
        """Which lines are (part of) the title of a bookmark: position, level, whether it goes on with the title of the line before."""
        position = 0
        while position < len(lines):
            titles = [entry for step in (0, -1) for entry in self.titles.get(lines[position].page + step, [])]
            matched = 0
            for count in (1, 2, 3):
                joined = letters_of(" ".join(line.text for line in lines[position : position + count]))
                level = next((level for title, level in titles if _same_title(joined, title)), None) if len(joined) < 300 else None
                if level is not None and position + count <= len(lines):
                    for step in range(count):
                        yield position + step, (level, step > 0)
                    matched = count
                    break
            position += matched or 1

    def _is_heading(self, line: Line, gap: float | None, following: Line | None, plain: bool) -> bool:
        text = line.text
        letters = [ch for ch in text if ch.isalpha()]
        if len(letters) < 3 or len(text) > 200 or text[-1] in ".,;" or len(line.cells) > 2 or _BULLET.match(text):
            return False
        if len(line.cells) > 1 and line.cells[-1][2].isdigit():
            return False  # a line of a table of contents
        caps = text.isupper() and len(letters) >= 4
        if LABEL.match(text) and not caps and (not line.bold or text[-1] == ":" or not LABEL.fullmatch(text)):
            return False
        if not (text[0].isupper() or text[0].isdigit() or text[0] in '¿¡“"('):
            return False
        if not plain and line.size > 1.12 * self.body:
            return True
        apart = gap is None or gap > 1.2 * self.leading * line.size or self._broken_before(line)
        if self.open and self.open.piece.kind == "heading":
            apart = True
        if _ROMAN.match(text) and len(text) < 80 and apart and text[-1] not in _ENDED and following and _BULLET.match(following.text):
            return True  # over a list of its own
        if line.bold and not plain:
            inside = self.open and self.open.piece.kind != "heading" and not apart
            return not inside and not (following and following.bold and _NUMBER.match(text) and following.x0 > line.x0 + _SAME)
        return caps and apart and len(text) <= 120 and (not following or not following.text.isupper() or len(text) < 90)

    def _broken_before(self, line: Line) -> bool:
        """Whether the text before *line* has come to an end."""
        if self.open is None:
            return True
        last = self.open.line
        return last.text[-1] in _ENDED or stopped_early(last, line)

    def _heading_goes_on(self, line: Line, gap: float | None) -> bool:
        if not self.open or self.open.piece.kind != "heading" or gap is None or gap > 1.5 * self.leading * line.size:
            return False
        last = self.open.line
        same = abs(last.size - line.size) < 0.6 and last.bold == line.bold and last.text.isupper() == line.text.isupper()
        return same and not _ENUMERATED.match(line.text) and last.text[-1] not in ":.?!"

    def _heading(self, line: Line, level: int, goes_on: bool) -> None:
        if goes_on and self.open and self.open.piece.kind == "heading":
            self.open.piece.parts.append((line.page, line.text))
            self.open.line = line
            return
        number = re.match(r"\d+(?:\.\d+)*", line.text)
        piece = self._start("heading", line, line.text, level=level)
        piece.style = (round(line.size), line.text.isupper(), line.bold, -number.group().count(".") if number else 0)
        self.stack = []

    # Items, labels, paragraphs

    def _marker(self, line: Line, gap: float | None) -> tuple[str, str] | None:
        """The list marker that *line* begins with and the text after it."""
        text = line.text
        if match := _BULLET.match(text):
            marker = match.group(1) or match.group(2)
            if not match.group(1) and self._mid_sentence(line, gap):
                return None  # a dash inside a sentence
            return ("•" if marker >= "\ue000" else marker), text[match.end() :]
        if text.startswith("o ") and len(line.words) > 1 and line.words[1].x0 - line.words[0].x1 > 0.8 * line.size:
            return "o", text[2:]
        match = _NUMBER.match(text)
        if not match:
            return None
        marker = match.group(1)
        if self._mid_sentence(line, gap) and not self._follows(marker):
            return None  # a number or a year inside a sentence
        return marker, text[match.end() :]

    def _mid_sentence(self, line: Line, gap: float | None) -> bool:
        """Whether the line before *line* was full and its sentence goes on, so that what looks like a marker is none."""
        last = self.open.line if self.open else None
        return last is not None and self._goes_on(line, gap) and last.text[-1] not in _ENDED + "," and not stopped_early(last, line)

    def _follows(self, marker: str) -> bool:
        """Whether *marker* is the successor of an earlier item's marker."""
        key = re.sub(r"\W", "", marker)
        for piece in reversed(self.pieces[-12:]):
            before = re.sub(r"\W", "", piece.marker)
            if piece.kind == "item" and before and re.sub(r"\w+", "", piece.marker) == re.sub(r"\w+", "", marker):
                if before.isdigit() and key.isdigit():
                    return int(key) == int(before) + 1
                return len(before) == len(key) == 1 and ord(key) == ord(before) + 1
        return False

    def _item(self, line: Line, marker: str, text: str) -> None:
        place = line.x0 - line.left
        while self.stack and place < self.stack[-1] - _SAME:
            self.stack.pop()
        if not self.stack or place > self.stack[-1] + _SAME:
            self.stack.append(place)
        self._start("item", line, text, marker, len(self.stack))
        assert self.open
        if len(line.words) > 1 and line.words[0].text.rstrip() == marker:
            self.open.rest = line.words[1].x0 - line.left

    def _is_label(self, line: Line, following: Line | None) -> bool:
        match = LABEL.match(line.text)
        if not match:
            return False
        if self.open is None or self.open.label or self.open.piece.kind == "heading" or line.words[0].bold:
            return True
        near = following and abs(following.x0 - line.x0) < _SAME and LABEL.match(following.text)
        return bool(near) and self._broken_before(line)

    def _goes_on(self, line: Line, gap: float | None) -> bool:
        """Whether *line* continues the open piece."""
        now = self.open
        if now is None or now.piece.kind == "heading" or abs(now.line.size - line.size) > 0.09 * line.size:
            return False
        place = line.x0 - line.left
        ended = now.line.text.rstrip()[-1:] in _ENDED
        starts_low = line.text[0].islower() or line.text[0] in "(&/"
        early = stopped_early(now.line, line)
        item = now.piece.kind == "item"
        hangs = item and now.rest is not None and now.rest > now.edge + 0.5 * line.size and abs(place - now.rest) < _SAME
        if item and place < now.edge - 0.5 * line.size:
            return False
        if gap is None:  # over a column or page break
            return now.line.text[-1] in "-\u00ad" or (starts_low and not ended) or (hangs and place > _SAME) or not (ended or early)
        usual = now.gap or self.leading * line.size
        if gap > 1.3 * usual:
            return hangs and place > _SAME and gap < 2.6 * self.leading * line.size
        if hangs or now.label or (item and place > now.edge + _SAME and (now.rest is None or not early)):
            return True
        if not item and now.rest is not None and abs(place - now.rest) > 0.8 * line.size and (ended or early):
            return False
        return starts_low or not early if not ended else not early
