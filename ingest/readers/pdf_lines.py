"""From the words of a page to its lines in reading order: raised marks, base lines, columns."""

import re
import statistics
from dataclasses import dataclass, field

from ingest.readers.pdf_shapes import Word

_BIN = 2.0  # points: columns are looked for at this resolution
_WIDE = 1.6  # a gap of so many times the type size parts two cells
_GLUE = 0.13  # pieces nearer than so many times the type size are one word
_MARK = re.compile(r"[\[(]?(?:[\d⁰¹²³⁴-⁹]{1,3}|[*†‡§¶]{1,3})[\])]?[,.;]?")
_ACCENT = re.compile(r"([´ˆ˜¨ˇ¸˚])([A-Za-zıȷ])|(c)(¸)")
_COMBINING = {"´": "\u0301", "ˆ": "\u0302", "˜": "\u0303", "¨": "\u0308", "ˇ": "\u030c", "¸": "\u0327", "˚": "\u030a"}
LABEL = re.compile(r"[A-ZÀ-ÞΑ-Ω][^\s:.;?!]*(?: [^\s:.;?!]+){0,4} ?:(?=\s|$)(?! ?//)")


@dataclass(slots=True)
class Line:
    """A line of one column. ``left`` and ``right`` are the edges of the column; ``cells`` are its parts between wide gaps."""

    words: list[Word]
    page: int = 0
    left: float = 0.0
    right: float = 0.0
    column: int = 0  # counts the columns of a page in reading order
    cells: list[tuple[float, float, str]] = field(default_factory=list)
    text: str = ""
    size: float = 0.0
    bold: bool = False
    y: float = 0.0

    def __post_init__(self) -> None:
        self.words = sorted(self.words, key=lambda word: word.x0)
        self.size = statistics.multimode(round(word.size, 1) for word in self.words for _ in word.text[:20])[0]
        self.bold = all(word.bold for word in self.words if any(map(str.isalnum, word.text)))
        self.y = statistics.median(word.y for word in self.words)
        self.cells = _cells(self.words)
        self.text = " ".join(text for _, _, text in self.cells)

    @property
    def x0(self) -> float:
        """Where the line begins."""
        return self.words[0].x0

    @property
    def x1(self) -> float:
        """Where the line ends."""
        return max(word.x1 for word in self.words)


def _cells(words: list[Word]) -> list[tuple[float, float, str]]:
    cells: list[tuple[float, float, str]] = []
    last: Word | None = None
    for word in words:
        if last is None or word.x0 - last.x1 > _WIDE * max(word.size, last.size):
            cells.append((word.x0, word.x1, word.text))
        elif last.text == word.text and abs(word.x0 - last.x0) < 0.2 * word.size:
            continue  # drawn twice to look bold
        else:
            x0, x1, text = cells[-1]
            glue = "" if word.x0 - last.x1 < _GLUE * min(word.size, last.size) and not word.spaced else " "
            cells[-1] = (x0, max(x1, word.x1), text + glue + word.text)
        last = word
    return [(x0, x1, _ACCENT.sub(_compose, text)) for x0, x1, text in cells]


def _compose(match: re.Match[str]) -> str:
    """Some typesetters draw an accent and its letter as two glyphs."""
    accent, letter = (match.group(1), match.group(2)) if match.group(1) else (match.group(4), match.group(3))
    return {"ı": "i", "ȷ": "j"}.get(letter, letter) + _COMBINING[accent]


def settle_marks(words: list[Word]) -> list[Word]:
    """*words* without the raised reference marks; a mark that begins a line (of a note) comes down to its base line.

    Raised letters ("1er") join their word and a raised 2 or 3 after a unit of length stays.
    """
    if not words:
        return words
    by_end: dict[int, list[Word]] = {}
    by_start: dict[int, list[Word]] = {}
    for word in words:
        by_end.setdefault(int(word.x1 // 8), []).append(word)
        by_start.setdefault(int(word.x0 // 8), []).append(word)

    def host(word: Word, index: dict[int, list[Word]], x: float, after: bool) -> Word | None:
        near = (other for key in (-1, 0, 1) for other in index.get(int(x // 8) + key, []))
        for other in near:
            raised = 0.1 * other.size < other.y - word.y < 0.7 * other.size and other.size > 1.15 * word.size
            distance = word.x0 - other.x1 if after else other.x0 - word.x1
            if raised and -0.3 * other.size < distance < (0.8 if after else 1.3) * other.size:
                return other
        return None

    kept = []
    for word in words:
        if len(word.text) <= 5 and (found := host(word, by_end, word.x0, after=True)):
            if re.search(r"(?:^|\d)(?:[kcmd]?m)$", found.text) and word.text in "23":
                found.text += "²³"[word.text == "3"]
            elif not _MARK.fullmatch(word.text) and word.text.isalpha():
                found.text += word.text
            elif not _MARK.fullmatch(word.text):
                kept.append(word)
            continue
        if _MARK.fullmatch(word.text) and (found := host(word, by_start, word.x1, after=False)):
            word.y = found.y
            found.spaced = True
        kept.append(word)
    return kept


def rows_of(words: list[Word]) -> list[list[Word]]:
    """The words by base line, from top to bottom."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.y, word.x0)):
        if rows and word.y - rows[-1][0].y <= 0.3 * min(word.size, rows[-1][0].size):
            rows[-1].append(word)
        else:
            rows.append([word])
    return rows


def read_columns(rows: list[list[Word]], depth: int = 0) -> list[list[Line]]:
    """The lines in reading order, one list for each column or stretch across the columns."""
    if not rows:
        return []
    found = _gutter(rows) if depth < 3 and len(rows) >= 6 else None
    if not found:
        left = min(word.x0 for row in rows for word in row)
        right = _edge([max(word.x1 for word in row) for row in rows])
        return [[Line(row, left=left, right=right) for row in rows]]
    cut, bands = found
    result: list[list[Line]] = []
    done = 0
    for start, end in bands:
        result += read_columns(rows[done:start], depth + 1)
        for side in (False, True):
            part = [[word for word in row if (word.x0 + word.x1 > 2 * cut) == side] for row in rows[start:end]]
            result += read_columns([row for row in part if row], depth + 1)
        done = end
    return result + read_columns(rows[done:], depth + 1)


def _edge(ends: list[float]) -> float:
    """The right edge of a column: one line that sticks out does not move it."""
    ordered = sorted(ends)
    return ordered[-2] if len(ordered) > 8 and ordered[-1] - ordered[-2] > 20 else ordered[-1]


def _gutter(rows: list[list[Word]]) -> tuple[float, list[tuple[int, int]]] | None:
    """The upright blank that parts most rows into columns of running text: its place and the bands of rows it parts."""
    left = min(word.x0 for row in rows for word in row)
    right = max(word.x1 for row in rows for word in row)
    masks = []
    for row in rows:
        mask, end = 0, -1e9
        for word in sorted(row, key=lambda word: word.x0):
            start = end if 0 < word.x0 - end < 0.6 * word.size else word.x0
            first, last = int((max(start, left) - left) // _BIN), int((min(word.x1, right) - left) // _BIN)
            mask |= ((1 << max(last - first + 1, 1)) - 1) << max(first, 0)
            end = word.x1
        masks.append(mask)
    bins = int((right - left) // _BIN)
    crossed = {place: sum(mask >> place & 0b111 > 0 for mask in masks) for place in range(int(bins * 0.15), int(bins * 0.85))}
    best: tuple[int, float, list[tuple[int, int]]] | None = None
    tried: list[int] = []
    for place in sorted(crossed, key=lambda place: (crossed[place], abs(place - bins / 2))):
        if len(tried) == 4 or crossed[place] > 0.75 * len(rows):
            break
        if any(abs(place - other) < 8 for other in tried):
            continue
        tried.append(place)
        cut = left + (place + 1.5) * _BIN
        bands = [band for band in _bands(masks, place) if _is_columns(rows[band[0] : band[1]], cut)]
        covered = sum(end - start for start, end in bands)
        if covered and (best is None or covered > best[0]):
            best = covered, cut, bands
    return (best[1], best[2]) if best else None


def _bands(masks: list[int], place: int) -> list[tuple[int, int]]:
    bands, start = [], 0
    for position in range(len(masks) + 1):
        if position == len(masks) or masks[position] >> place & 0b111:
            if position - start >= 3:
                bands.append((start, position))
            start = position + 1
    return bands


def _is_columns(rows: list[list[Word]], cut: float) -> bool:
    """Whether both sides of *cut* are running text or labelled lines, not the cells of a table."""
    for side in (False, True):
        part = [[word for word in row if (word.x0 + word.x1 > 2 * cut) == side] for row in rows]
        part = [row for row in part if row]
        if len(part) < 3:
            return False
        lines = [Line(row) for row in part]
        left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
        if sum(bool(LABEL.match(line.text)) for line in lines) >= 0.3 * len(lines) and any(" " in line.text for line in lines):
            continue
        fill = statistics.median((line.x1 - line.x0) / max(right - left, 1) for line in lines)
        if fill < (0.5 if side else 0.6) or statistics.median(len(line.text) for line in lines) < 15:
            return False
        if sum(len(line.cells) > 1 for line in lines) > 0.3 * len(lines):
            return False  # more columns of cells inside: a table
    return True
