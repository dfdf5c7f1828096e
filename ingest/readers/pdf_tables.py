"""Tables of a PDF page: by their ruled lines, or by columns of cells that stand one under another."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.readers.pdf_lines import LABEL, Line, rows_of
from ingest.readers.pdf_shapes import Rule, Word

_TOUCH = 3.0  # points: lines that come so near to each other touch
_MOST_RULES = 1_500  # more merged lines than that are a drawing
_MARKER = re.compile(r"(?:[^\w\s]{1,2}|o|\(?(?:\d{1,3}|[a-z]|[ivxlIVXL]{1,6})[.)])")
_MOST_LINES = 12  # of a row between two level lines
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")  # a head may be one
_HEAD_LENGTH = 80  # characters: a longer cell is no column head


@dataclass(slots=True)
class Cell:
    """The lines of one cell; ``wide`` counts the columns that it spans."""

    lines: list[str]
    bold: bool = False
    wide: int = 1


@dataclass(slots=True)
class Table:
    """A table on one page. A cell that spans several rows stands in each of them, one that spans columns in the first."""

    top: float
    bottom: float
    edges: list[float]  # of the columns, from the left
    rows: list[list[Cell | None]] = field(default_factory=list)
    page: int = 0
    ruled: bool = True

    def head_rows(self) -> int:
        """How many of the first rows are column heads (0 to 2)."""
        cells = [cell for row in self.rows[:1] for cell in row if cell]
        if len(self.rows) < 2 or sum(cell.wide for cell in cells) < max(2, 0.6 * len(self.edges) - 0.6):
            return 0
        texts = [" ".join(cell.lines) for cell in cells]
        if any(len(text) > _HEAD_LENGTH or sum(map(str.isdigit, _YEAR.sub("", text))) > 0.3 * len(text) for text in texts):
            return 0
        others = [cell for row in self.rows[1:] for cell in row if cell]
        marked = all(cell.bold or text.isupper() for cell, text in zip(cells, texts, strict=True))
        if not marked and any(cell.bold for cell in others) and all(row[0] is None or row[0].bold for row in self.rows):
            return 0  # the first column is the head
        deep = any(1 < cell.wide < len(self.rows[0]) for cell in cells) and len(self.rows) > 2
        return 2 if deep and all(cell.bold for row in self.rows[:2] for cell in row if cell) == marked else 1

    def labelled(self) -> bool:
        """Whether this is a list of labels and values in two columns and not a table with column heads."""
        if len(self.edges) != 3 or len(self.rows) < 2:
            return False
        first = [row[0] for row in self.rows if row[0]]
        second = [row[1] for row in self.rows if row[1]]
        if not first or not second:
            return False
        if sum(cell.lines[-1].endswith(":") for cell in first) > 0.6 * len(first):
            return True
        return all(cell.bold for cell in first) and not second[0].bold


def ruled_tables(words: list[Word], rules: list[Rule]) -> tuple[list[Table], list[Word]]:
    """The tables that *rules* draw, and the words outside them."""
    level = _merge([rule for rule in rules if rule.x1 - rule.x0 >= rule.y1 - rule.y0], flat=True)
    upright = _merge([rule for rule in rules if rule.x1 - rule.x0 < rule.y1 - rule.y0], flat=False)
    tables: list[Table] = []
    if not level or len(level) + len(upright) > _MOST_RULES:
        return tables, words

    def take(table: Table, inside: list[Word]) -> list[Word]:
        tables.append(table)
        held = {id(word) for word in inside}
        return [word for word in words if id(word) not in held]

    free = list(level)
    for across, down in _connected(level, upright):
        xs = _cluster([rule.x0 for rule in down] + [rule.x0 for rule in across] + [rule.x1 for rule in across])
        ys = _cluster([rule.y0 for rule in across] + [rule.y0 for rule in down] + [rule.y1 for rule in down])
        if len(xs) < 3 or len(ys) < 3 or len(xs) * len(ys) > 20_000:
            continue
        inside = [w for w in words if xs[0] < (w.x0 + w.x1) / 2 < xs[-1] and ys[0] < w.y - 0.3 * w.size < ys[-1]]
        table = _grid(inside, across, down, xs, ys)
        if table:
            words = take(table, inside)
            free = [rule for rule in free if rule not in across]
    for stack in _stacks(free):
        near = [w for w in words if stack[0].x0 - 5 < w.x0 and w.x1 < stack[0].x1 + 5]
        ys = _with_open_ends(near, [rule.y0 for rule in stack])
        inside = [w for w in near if ys[0] < w.y - 0.3 * w.size < ys[-1]]
        table = _between(inside, ys)
        if table:
            words = take(table, inside)
    return tables, words


def _stacks(level: list[Rule]) -> list[list[Rule]]:
    """Runs of at least three level lines of the same length, one under the other."""
    stacks: list[list[Rule]] = []
    for rule in sorted(level, key=lambda rule: rule.y0):
        home = next((s for s in stacks if abs(s[-1].x0 - rule.x0) < _TOUCH and abs(s[-1].x1 - rule.x1) < _TOUCH), None)
        if home and rule.y0 - home[-1].y0 > _TOUCH and rule.x1 - rule.x0 > 100:
            home.append(rule)
        elif not home:
            stacks.append([rule])
    return [stack for stack in stacks if len(stack) >= 3]


def _with_open_ends(words: list[Word], ys: list[float]) -> list[float]:
    """*ys* with room for a head above the first line and a row below the last one, where such stand."""
    deepest = max(b - a for a, b in pairwise(ys))
    rows = rows_of(words)
    head = next((row for row in reversed(rows) if row[0].y <= ys[0]), None)
    if head and ys[0] - head[0].y < 1.2 * head[0].size and len(Line(head).cells) > 1:
        ys = [head[0].y - 1.5 * head[0].size, *ys]
    below = [row for row in rows if ys[-1] < row[0].y - 0.3 * row[0].size]
    if below and below[0][0].y - ys[-1] < 2.2 * below[0][0].size and len(Line(below[0]).cells) > 1 and len(ys) > 3:
        end = below[0][0].y
        for row in below[1:]:
            if row[0].y - end > 1.5 * row[0].size or row[0].y - ys[-1] > deepest:
                break
            end = row[0].y
        ys = [*ys, end + 1]
    return ys


def _between(words: list[Word], ys: list[float]) -> Table | None:
    """A table with level lines only: under its head and round it, or also between its rows."""
    columns: list[tuple[float, float]] = []
    for word in words:
        columns = _union(columns, [(word.x0 - 0.15 * word.size, word.x1 + 0.15 * word.size)])
    if len(columns) < 2:
        return None
    bands = [[Line(row) for row in rows_of([w for w in words if top < w.y - 0.3 * w.size < bottom])] for top, bottom in pairwise(ys)]
    bands = [band for band in bands if band]
    if len(bands) < 2 or max(len(band) for band in bands[:-1]) > _MOST_LINES:
        return None
    apart = len(bands) >= 4 or all(len(band) == 1 for band in bands)
    table = Table(ys[0], ys[-1], [x0 for x0, _ in columns] + [columns[-1][1]])
    for number, band in enumerate(bands):
        groups = [band] if number == 0 or (apart and len(band) <= _MOST_LINES) else _rows_by_first(band, columns[0][1])
        for lines in groups:
            row: list[Cell | None] = [None] * len(columns)
            for line in lines:
                for place, column in enumerate(columns):
                    inside = [w for w in line.words if column[0] - 1 <= (w.x0 + w.x1) / 2 <= column[1] + 1]
                    if inside:
                        part, held = Line(inside), row[place]
                        row[place] = Cell([*held.lines, part.text] if held else [part.text], part.bold and (not held or held.bold))
            table.rows.append(row)
    return table if len(table.rows) >= 3 and sum(1 for row in table.rows for cell in row if cell) >= 1.5 * len(table.rows) else None


def _rows_by_first(lines: list[Line], edge: float) -> list[list[Line]]:
    """Lines grouped so that each group begins with one that has something in the first column."""
    groups: list[list[Line]] = []
    for line in lines:
        if groups and line.x0 > edge:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _merge(rules: list[Rule], flat: bool) -> list[Rule]:
    """Join the pieces of one line; cells are often drawn one by one."""
    merged: list[Rule] = []
    for rule in sorted(rules, key=lambda r: (round(r.y0 / 2), r.x0) if flat else (round(r.x0 / 2), r.y0)):
        last = merged[-1] if merged else None
        if last and flat and abs(last.y0 - rule.y0) < 2 and rule.x0 <= last.x1 + _TOUCH:
            last.x1 = max(last.x1, rule.x1)
        elif last and not flat and abs(last.x0 - rule.x0) < 2 and rule.y0 <= last.y1 + _TOUCH:
            last.y1 = max(last.y1, rule.y1)
        else:
            merged.append(Rule(rule.x0, rule.y0, rule.x1, rule.y1))
    return merged


def _connected(level: list[Rule], upright: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Groups of lines that touch one another, directly or through others."""
    group = list(range(len(level) + len(upright)))

    def root(member: int) -> int:
        while group[member] != member:
            group[member] = member = group[group[member]]
        return member

    for i, across in enumerate(level):
        for j, down in enumerate(upright, start=len(level)):
            if across.x0 - _TOUCH <= down.x0 <= across.x1 + _TOUCH and down.y0 - _TOUCH <= across.y0 <= down.y1 + _TOUCH:
                group[root(j)] = root(i)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for member, rule in enumerate(level + upright):
        groups.setdefault(root(member), ([], []))[member >= len(level)].append(rule)
    return [(across, down) for across, down in groups.values() if across and down]


def _cluster(values: list[float]) -> list[float]:
    result: list[float] = []
    for value in sorted(values):
        if not result or value - result[-1] > _TOUCH:
            result.append(value)
    return result


def _grid(words: list[Word], across: list[Rule], down: list[Rule], xs: list[float], ys: list[float]) -> Table | None:
    """Fill the grid; neighbours without a line between them are one cell."""
    columns, depth = len(xs) - 1, len(ys) - 1
    group = {(r, c): (r, c) for r in range(depth) for c in range(columns)}

    def root(place: tuple[int, int]) -> tuple[int, int]:
        while group[place] != place:
            place = group[place]
        return place

    for r in range(depth):
        for c in range(columns):
            x, y = (xs[c] + xs[c + 1]) / 2, (ys[r] + ys[r + 1]) / 2
            if c + 1 < columns and not any(abs(rule.x0 - xs[c + 1]) <= _TOUCH and rule.y0 <= y <= rule.y1 for rule in down):
                group[root((r, c + 1))] = root((r, c))
            if r + 1 < depth and not any(abs(rule.y0 - ys[r + 1]) <= _TOUCH and rule.x0 <= x <= rule.x1 for rule in across):
                group[root((r + 1, c))] = root((r, c))
    members: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for place in group:
        members.setdefault(root(place), []).append(place)
    held: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        x, y = (word.x0 + word.x1) / 2, word.y - 0.3 * word.size
        c = max(i for i in range(columns) if xs[i] < x)
        r = max(i for i in range(depth) if ys[i] < y)
        held.setdefault(root((r, c)), []).append(word)
    if len(held) < 3:
        return None  # a frame, a drawing, a form to fill in
    table = Table(ys[0], ys[-1], xs, [[None] * columns for _ in range(depth)])
    for place, inside in held.items():
        lines = [Line(row) for row in rows_of(inside)]
        rows, cols = {r for r, _ in members[place]}, [c for _, c in members[place]]
        texts = _unbroken(lines, xs[max(cols) + 1])
        cell = Cell(texts, all(line.bold for line in lines), max(cols) - min(cols) + 1)
        for r in rows:
            table.rows[r][min(cols)] = cell
    table.rows = [part for row in table.rows if any(row) for part in _figures(row)]
    return table


def _figures(row: list[Cell | None]) -> list[list[Cell | None]]:
    """*row*, or the rows that it holds: columns of figures are often ruled from top to bottom only."""
    first, others = row[0], [cell for cell in row[1:] if cell]
    count = len(first.lines) if first else 0
    words = [line for cell in others for line in cell.lines if sum(map(str.isalpha, line)) > 2]
    if count < 3 or len(others) < len(row) - 1 or words or any(len(cell.lines) != count for cell in others):
        return [row]
    return [[Cell([cell.lines[place]], cell.bold) if cell else None for cell in row] for place in range(count)]


def _unbroken(lines: list[Line], edge: float) -> list[str]:
    """The lines of a cell; an address that runs into its right *edge* goes on without a space on the next line."""
    texts: list[str] = []
    for position, line in enumerate(lines):
        before = lines[position - 1] if position else None
        if before and re.search(r"(?:@|://|www\.)\S*$", before.text) and before.x1 + 8 + 0.5 * before.size > edge:
            texts[-1] += line.text
        else:
            texts.append(line.text)
    return texts


def aligned_tables(lines: list[Line]) -> list[Line | Table]:
    """*lines* of one column with each run of lines whose cells stand in columns made a table."""
    result: list[Line | Table] = []
    position = 0
    while position < len(lines):
        end = _run(lines, position)
        table = _align(lines[position:end]) if end - position >= 3 else None
        result.append(table or lines[position])
        position = end if table else position + 1
    return result


def _spans(line: Line) -> list[tuple[float, float, str]]:
    """The cells of a line; a list marker and the text after it are one."""
    cells = line.cells
    if len(cells) > 1 and _MARKER.fullmatch(cells[0][2]):
        cells = [(cells[0][0], cells[1][1], f"{cells[0][2]} {cells[1][2]}"), *cells[2:]]
    return cells


def _run(lines: list[Line], start: int) -> int:
    """The end of the run of lines from *start* on that leave the same upright blanks free."""
    if len(_spans(lines[start])) < 2 or LABEL.fullmatch(lines[start].cells[0][2]):
        return start
    columns = [(x0, x1) for x0, x1, _ in _spans(lines[start])]
    several, end = 1, start + 1
    for position in range(start + 1, len(lines)):
        line, before = lines[position], lines[position - 1]
        spans = _spans(line)
        if line.y - before.y > 4 * line.size or re.search(r"\.{4}|(?:\. ){4}", line.text):
            break
        merged = _union(columns, [(x0, x1) for x0, x1, _ in spans])
        if len(merged) < max(2, len(columns) - (several < 2)) or (len(spans) == 1 and _MARKER.fullmatch(line.text.split()[0])):
            break
        columns = merged
        if len(spans) > 1:
            several += 1
            end = position + 1
        elif line.y - before.y < 1.6 * line.size:
            end = position + 1
    return end if several >= 3 else start


def _union(first: list[tuple[float, float]], second: list[tuple[float, float]]) -> list[tuple[float, float]]:
    result: list[tuple[float, float]] = []
    for x0, x1 in sorted(first + second):
        if result and x0 < result[-1][1] + 4:
            result[-1] = (result[-1][0], max(result[-1][1], x1))
        else:
            result.append((x0, x1))
    return result


def _align(lines: list[Line]) -> Table | None:
    columns: list[tuple[float, float]] = []
    for line in lines:
        columns = _union(columns, [(x0, x1) for x0, x1, _ in _spans(line)])
    if len(columns) < 2 or sum(len(_spans(line)) > 1 for line in lines) < 0.5 * len(lines):
        return None
    table = Table(lines[0].y - lines[0].size, lines[-1].y, [x0 for x0, _ in columns] + [columns[-1][1]], page=lines[0].page, ruled=False)
    gaps = [b.y - a.y for a, b in pairwise(lines)]
    spaced = max(gaps) > 1.25 * min(gaps)
    for position, line in enumerate(lines):
        cells: list[Cell | None] = [None] * len(columns)
        for x0, _, text in _spans(line):
            place = max(i for i, column in enumerate(columns) if column[0] <= x0 + 0.1)
            held = cells[place]
            cells[place] = Cell([f"{held.lines[0]} {text}" if held else text], line.bold)
        near = position > 0 and (gaps[position - 1] <= 1.25 * min(gaps) if spaced else True)
        if table.rows and near and (cells[0] is None or spaced):
            for place, cell in enumerate(cells):
                above = table.rows[-1][place]
                if cell and above:
                    above.lines += cell.lines
                elif cell:
                    table.rows[-1][place] = cell
        else:
            table.rows.append(cells)
    complete = sum(all(row) for row in table.rows) >= 0.6 * len(table.rows) and all(table.rows[0])
    return table if len(table.rows) >= 3 and complete and table.head_rows() else None
