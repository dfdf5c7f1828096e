"""What stands at the edges of pages and not in the flow of the text: running heads and feet, page numbers, footnotes."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from ingest.readers.pdf_lines import Line, rows_of
from ingest.readers.pdf_shapes import Word
from ingest.readers.pdf_tables import Table

_PAGE_NUMBER = re.compile(
    r"[\[(\s–—-]*(?:(?:page|página|pagina|pág\.?|pag\.?|p\.|seite)\s*)?(?:\d{1,4}|[ivxlc]{1,7}|[A-Z]{1,3}-\d{1,3})"
    r"(?:\s*(?:/|of|de|sur|von|out of)\s*\d{1,4})?[\])\s–—.-]*",
    re.IGNORECASE,
)
NOTE = re.compile(r"([⁰¹²³⁴-⁹]{1,3}(?=\s*\S)|(?:\[?\d{1,3}\]?|[*†‡§]{1,3})(?:[.):]|\s*/)?(?=\s|[A-ZÀ-Þ“\"(¿]))\s*(?=\S)")
_MARGIN = 0.2  # of the page's height: running heads and feet stand no farther in
_HEAD = 0.085  # of the page's height: text of the flow begins farther down
_EDGE_ROWS = 4
TABLE_SIZE = 1.0  # the type size of what stands for a ruled table while the columns are found


@dataclass(slots=True)
class Sheet:
    """A page on its way from words to text."""

    number: int
    width: float
    height: float
    words: list[Word]
    tables: list[Table] = field(default_factory=list)
    columns: list[list[Line]] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)
    ocr: bool = False


def body_size(words: list[Word], default: float = 10.0) -> float:
    """The type size in which most characters are set."""
    sizes: Counter[float] = Counter()
    for word in words:
        sizes[round(word.size * 2) / 2] += len(word.text)
    return sizes.most_common(1)[0][0] if sizes else default


def drop_running_lines(sheets: list[Sheet], body: float) -> None:
    """Take the lines that repeat at the same place of many pages, and page numbers, out of *sheets*; *body* is the usual type size."""
    edges: dict[int, list[tuple[str, list[Word], bool]]] = {}
    seen: dict[str, set[int]] = defaultdict(set)
    for sheet in sheets:
        rows = rows_of(sheet.words)
        near = [(row, True) for row in rows[:_EDGE_ROWS] if row[0].y < _MARGIN * sheet.height]
        near += [(row, False) for row in rows[-_EDGE_ROWS:] if row[0].y > (1 - _MARGIN) * sheet.height]
        edges[sheet.number] = []
        for row, top in near:
            if not sheet.ocr and max(word.size for word in row) > 1.3 * body:
                continue  # a heading
            key = f"{_pattern(Line(row).text)}@{round(row[0].y / 6)}"
            edges[sheet.number].append((key, row, top))
            seen[key].add(sheet.number)
    enough = 2 if len(sheets) <= 4 else 3
    places = _running_places(sheets, edges, seen)
    gone: set[int] = set()
    for sheet in sheets:
        rows_here = edges[sheet.number]
        for top in (True, False):
            found = [(key, row) for key, row, at_top in rows_here if at_top == top]
            found = found if top else found[::-1]
            running = [position for position, (key, row) in enumerate(found) if _is_running(key, row, seen, enough, len(sheets))]
            if found and (top, round(found[0][1][0].y / 6)) in places and 0 not in running:
                running.insert(0, 0)
            last = max(running, default=-1)
            for position, (_, row) in enumerate(found[: last + 2]):
                numbered = position == last + 1 and _PAGE_NUMBER.fullmatch(Line(row).text)
                if position in running or numbered:
                    gone.update(id(word) for word in row)
    if 3 * len(gone) > 2 * sum(len(sheet.words) for sheet in sheets):
        return  # a file of nothing but running lines: forms, labels, slides
    for sheet in sheets:
        sheet.words = [word for word in sheet.words if id(word) not in gone]


def _running_places(
    sheets: list[Sheet], edges: dict[int, list[tuple[str, list[Word], bool]]], seen: dict[str, set[int]]
) -> set[tuple[bool, int]]:
    """The heights at which the outermost line of most pages stands and often repeats: running heads that change with the chapter."""
    outermost: dict[tuple[bool, int], list[bool]] = defaultdict(list)
    for sheet in sheets:
        for top in (True, False):
            rows = [(key, row) for key, row, at_top in edges[sheet.number] if at_top == top]
            if rows:
                key, row = rows[0] if top else rows[-1]
                # Above where text begins on any page, with a blank under it: a head, even if its words change on every page.
                apart = top and row[0].y < _HEAD * sheet.height and len(rows) > 1 and rows[1][1][0].y - row[0].y > 2.2 * row[0].size
                for step in (-1, 0, 1):
                    outermost[(top, round(row[0].y / 6) + step)].append(len(seen[key]) > 1 or apart)
    return {place for place, often in outermost.items() if len(often) >= max(4, 0.4 * len(sheets)) and sum(often) >= 0.5 * len(often)}


def _pattern(text: str) -> str:
    """*text* with what changes from page to page made alike."""
    if _PAGE_NUMBER.fullmatch(text):
        return "#"
    # Only a number at either end counts pages; "3.1" and "10" in the middle are sections and symbols.
    text = re.sub(r"^(?:\d+|[ivxlc]+)(?=\s)|(?:\d+(?:\s*(?:/|of|de|sur)\s*\d+)?|(?<=\s)[ivxlc]+)\W*$", "#", text.casefold())
    return " ".join(text.split())


def _is_running(key: str, row: list[Word], seen: dict[str, set[int]], enough: int, pages: int) -> bool:
    if _PAGE_NUMBER.fullmatch(Line(row).text):
        return True
    place = int(key.rpartition("@")[2])
    text = key.rpartition("@")[0]
    found = set().union(*(seen.get(f"{text}@{place + step}", set()) for step in (-1, 0, 1)))
    if len(Line(row).cells) > 2 and not re.search(r"\d", Line(row).text):
        return False  # more likely the column heads of a table that goes on
    return len(found) >= enough and (len(found) >= 0.08 * pages or len(found) >= 5)


def split_notes(columns: list[list[Line]], height: float, body: float) -> tuple[list[list[Line]], list[Line]]:
    """The columns without the footnotes at their feet, and the lines of the notes."""
    notes: list[Line] = []
    kept: list[list[Line]] = []
    for column in columns:
        start = len(column)
        while start and TABLE_SIZE < column[start - 1].size < 0.93 * body and column[start - 1].y > 0.3 * height:
            start -= 1
        first = next((position for position in range(start, len(column)) if NOTE.match(column[position].text)), None)
        if first is None:
            kept.append(column)
            continue
        if start and notes == [] and start < first and first - start <= 6 and column[start].y - column[start - 1].y > 1.8 * body:
            first = start  # the end of a note that began on the page before
        notes += column[first:]
        kept.append(column[:first])
    return [column for column in kept if column], notes


def settle_edges(sheets: list[Sheet]) -> None:
    """Give a column that holds only indented or short lines the edges that columns at its place have on other pages."""
    lefts: dict[tuple[int, int, int], list[float]] = defaultdict(list)
    for sheet in sheets:
        for column in sheet.columns:
            lefts[(sheet.number % 2, len(sheet.columns) > 1, round(sheet.width))].append(column[0].left)
    common = {
        key: [place * 2.0 for place, times in Counter(round(left / 2) for left in values).items() if times >= max(2, 0.3 * len(values))]
        for key, values in lefts.items()
    }
    rights: dict[tuple[int, int, int], float] = {}
    for sheet in sheets:
        for column in sheet.columns:
            key = (sheet.number % 2, len(sheet.columns) > 1, round(sheet.width))
            left = min((place for place in common[key] if column[0].left - 90 < place < column[0].left - 3), default=column[0].left)
            for line in column:
                line.left = left
    for sheet in sheets:
        for column in sheet.columns:
            if len(column) >= 4:
                place = (len(sheet.columns) > 1, round(column[0].left / 4), round(sheet.width))
                rights[place] = max(rights.get(place, 0.0), sorted(line.x1 for line in column)[len(column) * 3 // 4])
    for sheet in sheets:
        for column in sheet.columns:
            place = (len(sheet.columns) > 1, round(column[0].left / 4), round(sheet.width))
            for line in column:
                line.right = max(line.right, rights.get(place, 0.0))
