"""From the tables of the pages to rows of text, over page breaks and with the column heads of their table."""

from ingest.readers.pdf_tables import Cell, Table
from ingest.readers.pdf_text import Piece, letters_of

_UNDER_ALL = (0.0, False, False, 0)  # the style of what stands deeper than any heading outside tables


class RowMaker:
    """Takes the tables of a document in order. A table that goes on after a page break keeps its key and its column heads."""

    def __init__(self) -> None:
        self.count = 0
        self.open: Table | None = None  # the last table, while nothing has followed it
        self.head: list[str] = []
        self.row: list[str] = []  # the last row
        self.section = ""  # the line across the table above it
        self.piece: Piece | None = None

    def close(self) -> None:
        """Something else has followed the last table."""
        self.open = None

    def take(self, table: Table) -> list[Piece]:
        """The rows of *table*, or its lines where it is only a list of labels and values."""
        if table.labelled():
            self.open = None
            return [_labelled(row, table) for row in table.rows]
        rows = list(table.rows)
        goes_on = self._goes_on(table)
        if not goes_on:
            self.count += 1
            self.section, self.piece, self.head = "", None, []
        sections: list[str] = []
        while rows and (crossing := _crossing(rows[0])):
            sections.append(crossing)  # a title, or a line that heads the rows under it
            rows = rows[1:]
        table.rows = rows
        heads = table.head_rows()
        head = [" ".join(dict.fromkeys(filter(None, (_over(row, c) for row in rows[:heads])))) for c in range(len(table.edges) - 1)]
        repeated = bool(self.head) and [letters_of(cell) for cell in head] == [letters_of(cell) for cell in self.head]
        if goes_on and not repeated:
            heads = 0
            if rows and self._is_rest(_texts(rows[0])):
                self._join(_texts(rows[0]))
                rows = rows[1:]
        elif not goes_on:
            self.head = head if heads else []
        if sections and not (repeated and sections[-1] == self.section):
            self.section = sections[-1]
        result = []
        for row in rows[heads:]:
            if crossing := _crossing(row):
                self.section = crossing
                continue
            self.row = _texts(row)
            self.piece = Piece("row", [(table.page, self._text())], f"table {self.count}")
            result.append(self.piece)
        self.open = table
        return result

    def _goes_on(self, table: Table) -> bool:
        last = self.open
        if last is None or len(last.edges) != len(table.edges) or table.page not in (last.page, last.page + 1):
            return False
        shift = table.edges[0] - last.edges[0]  # the margins of left and right pages may differ
        return not table.ruled or all(abs(b - a - shift) < 8 for a, b in zip(last.edges, table.edges, strict=True))

    def _is_rest(self, row: list[str]) -> bool:
        """Whether the first row after a page break is the rest of the last row before it."""
        return self.piece is not None and not row[0] and any(cell[:1].islower() for cell in row)

    def _join(self, row: list[str]) -> None:
        self.row = [f"{a}\n{b}" if a and b else a or b for a, b in zip(self.row, row, strict=True)]
        assert self.piece
        self.piece.parts = [(self.piece.parts[0][0], self._text())]

    def _text(self) -> str:
        heads = self.head or [""] * len(self.row)
        cells = [f"{head}: {cell}" if head else cell for head, cell in zip(heads, self.row, strict=True) if cell]
        return " | ".join([self.section, *cells] if self.section else cells)


def _texts(row: list[Cell | None]) -> list[str]:
    return ["\n".join(cell.lines) if cell else "" for cell in row]


def _crossing(row: list[Cell | None]) -> str:
    """The text of a row that is one cell across all columns."""
    held = [cell for cell in row if cell]
    return " ".join(held[0].lines) if len(held) == 1 and held[0].wide == len(row) > 1 else ""


def _over(row: list[Cell | None], column: int) -> str:
    """The column head over *column*, which may belong to a cell that begins further left."""
    for place in range(column, -1, -1):
        cell = row[place]
        if cell:
            return " ".join(cell.lines) if place + cell.wide > column else ""
    return ""


def _labelled(row: list[Cell | None], table: Table) -> Piece:
    """A line of labels and values, or what heads those under it."""
    if title := _crossing(row):
        return Piece("heading", [(table.page, title)], style=_UNDER_ALL)
    label, value = _texts(row)[:2]
    text = f"{label.rstrip(': ')}: {value}" if label and value else label or value
    return Piece("paragraph", [(table.page, text)])
