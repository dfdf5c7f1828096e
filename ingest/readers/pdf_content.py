"""From a PDF page's drawing operators to words with places, ruled lines and what the page hides from a reader of text.

pypdf parses the file, its streams and its fonts; the walk over the operators is here because tables need the ruled lines, and
columns, headings and notes need the place and size of every word, which ``extract_text`` gives per fragment only (and, inside
a form, without the form's own place). Operators and text state: ISO 32000-2, 8.4 and 9.3-9.4.
"""

import itertools
import math
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject
from pypdf.errors import PyPdfError
from pypdf.generic import ContentStream, DictionaryObject, StreamObject

from ingest.readers.pdf_font import Face
from ingest.readers.pdf_shapes import Content, Rule, Word

_OPERATORS = 400_000  # operators walked on one page
_CHARACTERS = 200_000  # characters kept of one page
_RULES = 20_000
_NESTING = 12  # forms inside forms
_THIN = 3.0  # points: a filled shape no wider than this is a ruled line
_SIDE = 14_400.0  # points: the largest page side that PDF allows (ISO 32000-2, annex C)
_IDENTITY = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

Matrix = tuple[float, float, float, float, float, float]


def multiply(first: Matrix, then: Matrix) -> Matrix:
    """The transformation that does *first* and *then* the other."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _box(page: PageObject) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of what is shown of *page*; of a page without a usable box, those of A4."""
    for name in ("cropbox", "mediabox"):
        try:
            box = getattr(page, name)
            sides = [max(-1e5, min(1e5, float(value))) for value in (box.left, box.bottom, box.right, box.top)]
        except (PyPdfError, ValueError, TypeError, AttributeError):
            continue
        if sides[2] > sides[0] and sides[3] > sides[1]:
            return sides[0], sides[1], sides[2], sides[3]
    return 0.0, 0.0, 595.0, 842.0


@dataclass(slots=True)
class _State:
    """The graphics and text state that ``q`` saves."""

    ctm: Matrix
    face: Face | None = None
    size: float = 0.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    stretch: float = 1.0
    leading: float = 0.0
    rise: float = 0.0

    def copy(self) -> "_State":
        return _State(self.ctm, self.face, self.size, self.spacing, self.word_spacing, self.stretch, self.leading, self.rise)


class PageWalk:
    """Walks the operators of one page; ``content()`` is the result. ``faces`` is shared by the pages of a file."""

    def __init__(self, page: PageObject, faces: dict[Any, Face | None]) -> None:
        left, bottom, right, top = _box(page)
        width, height = min(max(right - left, 1.0), _SIDE), min(max(top - bottom, 1.0), _SIDE)
        turn = (page.rotation or 0) % 360
        base: Matrix = {
            90: (0.0, 1.0, 1.0, 0.0, -bottom, -left),
            180: (-1.0, 0.0, 0.0, 1.0, right, -bottom),
            270: (0.0, -1.0, -1.0, 0.0, top, right),
        }.get(turn, (1.0, 0.0, 0.0, -1.0, -left, top))
        self.width, self.height = (height, width) if turn in (90, 270) else (width, height)
        self.page, self.faces = page, faces
        self.state, self.stack = _State(base), list[_State]()
        self.tm = self.line = _IDENTITY
        self.spaced = False
        self.words: list[tuple[int, Word]] = []
        self.rules: list[Rule] = []
        self.path: list[list[tuple[float, float]]] = []
        self.work = self.characters = self.unmapped = self.shapes = 0
        self.pictures = 0.0
        self.cut = False

    def content(self) -> Content:
        """The page's words and lines."""
        contents = self.page.get("/Contents")
        if contents is not None and (found := contents.get_object()) is not None:
            self._walk(ContentStream(found, self.page.pdf, "bytes"), self.page.get("/Resources"), 0, set())
        return self._turned()

    def _walk(self, stream: ContentStream, resources: Any, depth: int, open_forms: set[int]) -> None:
        resources = resources.get_object() if resources is not None else DictionaryObject()
        try:
            operations = stream.operations
        except (PyPdfError, ValueError, AssertionError, RecursionError):
            operations = stream.operations  # what was parsed before the damage (or the limit); raises again if there is nothing
            self.cut = True
        for operands, operator in operations:
            self.work += 1
            if self.work > _OPERATORS or self.characters > _CHARACTERS:
                self.cut = True
                return
            try:
                if operator == b"Do":
                    self._draw(resources, operands, depth, open_forms)
                elif operator == b"Tf":
                    self.state.face = self._face(resources, operands[0])
                    self.state.size = float(operands[1])
                elif operator == b"INLINE IMAGE":
                    self._picture()
                else:
                    self._apply(operator, operands)
            except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError):
                continue  # an operator with senseless operands draws nothing

    def _face(self, resources: Any, name: Any) -> Face | None:
        fonts = resources["/Font"].get_object()
        reference = fonts.raw_get(name)
        key = (reference.idnum, reference.generation) if hasattr(reference, "idnum") else id(reference)
        if key not in self.faces:
            self.faces[key] = None  # a font that cannot be read is tried once
            self.faces[key] = Face(reference.get_object())
        return self.faces[key]

    def _draw(self, resources: Any, operands: list[Any], depth: int, open_forms: set[int]) -> None:
        drawn = resources["/XObject"].get_object()[operands[0]].get_object()
        if not isinstance(drawn, StreamObject):
            return
        if drawn.get("/Subtype") == "/Image":
            self._picture()
        elif depth < _NESTING and id(drawn) not in open_forms:
            outer = self.state, self.stack, self.tm, self.line
            self.state, self.stack = self.state.copy(), []
            if "/Matrix" in drawn:
                matrix: Any = drawn["/Matrix"].get_object()
                a, b, c, d, e, f = (float(value) for value in matrix)
                self.state.ctm = multiply((a, b, c, d, e, f), self.state.ctm)
            inner = drawn.get("/Resources", resources)
            self._walk(ContentStream(drawn, self.page.pdf, "bytes"), inner, depth + 1, open_forms | {id(drawn)})
            self.state, self.stack, self.tm, self.line = outer

    def _picture(self) -> None:
        a, b, c, d, e, f = self.state.ctm
        xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
        wide = min(max(xs), self.width) - max(min(xs), 0.0)
        high = min(max(ys), self.height) - max(min(ys), 0.0)
        if wide > 0 and high > 0:
            self.pictures = min(1.0, self.pictures + wide * high / (self.width * self.height))

    def _apply(self, operator: bytes, operands: list[Any]) -> None:
        state = self.state
        if operator in (b"Tj", b"TJ", b"'", b'"'):
            self._show(operator, operands)
        elif operator in (b"Td", b"TD"):
            if operator == b"TD":
                state.leading = -float(operands[1])
            self._move(float(operands[0]), float(operands[1]))
        elif operator == b"Tm":
            a, b, c, d, e, f = (float(value) for value in operands)
            self.tm = self.line = (a, b, c, d, e, f)
        elif operator == b"T*":
            self._move(0.0, -state.leading)
        elif operator == b"BT":
            self.tm = self.line = _IDENTITY
        elif operator == b"q":
            if len(self.stack) < 500:
                self.stack.append(state.copy())
        elif operator == b"Q":
            if self.stack:
                self.state = self.stack.pop()
        elif operator == b"cm":
            a, b, c, d, e, f = (float(value) for value in operands)
            state.ctm = multiply((a, b, c, d, e, f), state.ctm)
        elif operator == b"Tc":
            state.spacing = float(operands[0])
        elif operator == b"Tw":
            state.word_spacing = float(operands[0])
        elif operator == b"Tz":
            state.stretch = float(operands[0]) / 100
        elif operator == b"TL":
            state.leading = float(operands[0])
        elif operator == b"Ts":
            state.rise = float(operands[0])
        else:
            self._trace(operator, operands)

    def _move(self, x: float, y: float) -> None:
        self.line = self.tm = multiply((1.0, 0.0, 0.0, 1.0, x, y), self.line)

    def _show(self, operator: bytes, operands: list[Any]) -> None:
        state = self.state
        if operator == b'"':
            state.word_spacing, state.spacing = float(operands[0]), float(operands[1])
        if operator in (b"'", b'"'):
            self._move(0.0, -state.leading)
        face = state.face
        if face is None:
            self.unmapped += 1
            return
        pieces = operands[0] if operator == b"TJ" else [operands[-1]]
        matrix = multiply((1.0, 0.0, 0.0, 1.0, 0.0, state.rise), multiply(self.tm, state.ctm))
        angle = math.atan2(matrix[1], matrix[0])
        quarter = round(angle / (math.pi / 2))
        straight = abs(angle - quarter * math.pi / 2) < 0.1  # a slanted text is a watermark
        size = abs(state.size) * math.hypot(matrix[2], matrix[3]) * face.tall
        pen, letters, start, end = 0.0, list[str](), 0.0, 0.0

        def close() -> None:
            if letters and straight and size > 0.5:
                place = multiply((1.0, 0.0, 0.0, 1.0, start, 0.0), matrix)
                length = (end - start) * math.hypot(matrix[0], matrix[1])
                self._word(quarter % 4, "".join(letters), place[4], place[5], length, size)
            letters.clear()

        for piece in pieces:
            if isinstance(piece, (int, float)):
                pen -= float(piece) / 1000 * state.size * state.stretch
                continue
            raw = piece if isinstance(piece, bytes) else str(piece).encode("latin-1", "ignore")
            for text, width, blank in face.show(raw):
                if letters and abs(pen - end) > 0.13 * abs(state.size) + abs(state.spacing):
                    close()
                if face.blind or "\ufffd" in text:
                    self.unmapped += 1
                    text = "" if not face.symbol else "•"
                if text.strip():
                    if not letters:
                        start = pen
                    letters.append("•" if face.symbol and text in "·\uf0b7" else text)
                    end = pen + width * state.size * state.stretch
                elif text or blank:
                    close()
                    self.spaced = True
                pen += (width * state.size + state.spacing + (state.word_spacing if blank else 0.0)) * state.stretch
                if text.strip():
                    end = max(end, pen)  # letter spacing belongs to the word
        close()
        self.tm = multiply((1.0, 0.0, 0.0, 1.0, pen, 0.0), self.tm)

    def _word(self, quarter: int, text: str, x: float, y: float, length: float, size: float) -> None:
        """Keep a word, in the coordinates in which text of its direction stands upright."""
        self.characters += len(text)
        if not (-5 <= x <= self.width + 5 and -5 <= y <= self.height + 5):
            return  # off the page: nobody sees it (nor a place that is no number)
        if not (length < 10 * _SIDE and size < _SIDE):
            return
        x, y = ((x, y), (y, self.width - x), (self.width - x, self.height - y), (self.height - y, x))[quarter]
        bold = bool(self.state.face and self.state.face.bold)
        self.words.append((quarter, Word(text.strip(), x, x + length, y, size, bold, self.spaced or text != text.lstrip())))
        self.spaced = text != text.rstrip()

    def _trace(self, operator: bytes, operands: list[Any]) -> None:
        """Follow path construction and keep painted straight lines."""
        if operator == b"m":
            self.path.append([self._point(operands[0], operands[1])])
        elif operator == b"l" and self.path:
            self.path[-1].append(self._point(operands[0], operands[1]))
        elif operator in (b"c", b"v", b"y") and self.path:
            self.path[-1].append((math.nan, math.nan))
            self.path[-1].append(self._point(operands[-2], operands[-1]))
        elif operator == b"re":
            x, y, w, h = (float(value) for value in operands)
            self.path.append(
                [self._point(x, y), self._point(x + w, y), self._point(x + w, y + h), self._point(x, y + h), self._point(x, y)]
            )
        elif operator == b"h" and self.path:
            self.path[-1].append(self.path[-1][0])
        elif operator in (b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"n"):
            for points in self.path:
                if operator != b"n":
                    self._paint(points, stroked=operator not in (b"f", b"F", b"f*"))
            self.path = []

    def _point(self, x: Any, y: Any) -> tuple[float, float]:
        a, b, c, d, e, f = self.state.ctm
        return float(x) * a + float(y) * c + e, float(x) * b + float(y) * d + f

    def _paint(self, points: list[tuple[float, float]], stroked: bool) -> None:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        if len(self.rules) >= _RULES or any(math.isnan(x) for x in xs):
            self.shapes += 1
            return
        wide, high = max(xs) - min(xs), max(ys) - min(ys)
        if min(wide, high) <= _THIN:
            if max(wide, high) > 2 * _THIN:
                middle = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
                level = wide > high
                self.rules.append(Rule(min(xs), middle[1], max(xs), middle[1]) if level else Rule(middle[0], min(ys), middle[0], max(ys)))
        elif stroked:
            for (x0, y0), (x1, y1) in itertools.pairwise(points):
                if abs(x1 - x0) < 0.5 or abs(y1 - y0) < 0.5:
                    self.rules.append(Rule(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
        else:
            self.shapes += 1

    def _turned(self) -> Content:
        """The content in the direction in which most of the text runs; the rest (margin stamps) is left out."""
        votes = [0, 0, 0, 0]
        for quarter, word in self.words:
            votes[quarter] += len(word.text)
        main = votes.index(max(votes))
        width, height = (self.height, self.width) if main % 2 else (self.width, self.height)
        words = [word for quarter, word in self.words if quarter == main]
        rules = [self._turn(rule, main) for rule in self.rules]
        mapped = sum(votes)
        return Content(width, height, words, rules, self.pictures, self.shapes, self.unmapped, mapped, self.cut, self.work)

    def _turn(self, rule: Rule, quarter: int) -> Rule:
        x0, y0, x1, y1 = rule.x0, rule.y0, rule.x1, rule.y1
        if quarter == 1:
            return Rule(y0, self.width - x1, y1, self.width - x0)
        if quarter == 2:
            return Rule(self.width - x1, self.height - y1, self.width - x0, self.height - y0)
        if quarter == 3:
            return Rule(self.height - y1, x0, self.height - y0, x1)
        return rule
