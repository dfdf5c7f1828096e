"""What Word says of a paragraph beside its text: its style, its level as a heading, its number or bullet."""

import re
from collections.abc import Iterator

from lxml import etree

from ingest.readers.compose import BULLET, shown

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
# Word itself writes the English names whatever its language; other programs and styles made by hand do not.
_HEADING = re.compile(r"(?:heading|título|titulo|titre|encabezado|cabeçalho|überschrift)\s?([1-9])$")
_TITLE = ("title", "título", "titulo", "titre")
_NESTED = re.compile(r"list (?:bullet|number) ([2-5])$")
_Level = tuple[str, str, int]  # number format, text with %1 for the figure, start


def value(element: etree._Element | None) -> str:
    """The ``w:val`` of a property; empty where there is none."""
    return "" if element is None else element.get(f"{W}val", "")


def is_on(element: etree._Element, name: str, properties: str = "rPr") -> bool:
    """Whether a switch such as bold is set in the element's own properties."""
    found = element.find(f"{W}{properties}/{W}{name}")
    return found is not None and value(found) not in ("0", "false", "off")


class Styles:
    """The paragraph styles, each with those that it is based on."""

    def __init__(self, root: etree._Element) -> None:
        self._styles = {style.get(f"{W}styleId", ""): style for style in root.iter(f"{W}style")}
        self._default = next((key for key, style in self._styles.items() if self._is_default(style)), "")

    @staticmethod
    def _is_default(style: etree._Element) -> bool:
        return style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true", "on")

    def _chain(self, paragraph: etree._Element) -> Iterator[etree._Element]:
        key = value(paragraph.find(f"{W}pPr/{W}pStyle")) or self._default
        for _ in range(20):  # a style may be based on itself in files that no program wrote
            style = self._styles.get(key)
            if style is None:
                return
            yield style
            key = value(style.find(f"{W}basedOn"))

    def name(self, paragraph: etree._Element) -> str:
        """The name of the paragraph's style, in lower case."""
        return next((value(style.find(f"{W}name")).lower() for style in self._chain(paragraph)), "")

    def heading_level(self, paragraph: etree._Element) -> int:
        """1 for the highest, 0 for what is no heading: by outline level or by style."""
        for element in (paragraph, *self._chain(paragraph)):
            if level := value(element.find(f"{W}pPr/{W}outlineLvl")):
                return int(level) + 1 if level in "012345678" else 0
            name = value(element.find(f"{W}name")).lower()
            if name in _TITLE:
                return 1
            if match := _HEADING.match(name):
                return int(match.group(1))
        return 0

    def numbering(self, paragraph: etree._Element) -> tuple[str, int]:
        """The id of the list that the paragraph is numbered in, empty for none, and its depth there from 0."""
        depth = ""
        for element in (paragraph, *self._chain(paragraph)):
            found = element.find(f"{W}pPr/{W}numPr")
            if found is not None:
                depth = depth or value(found.find(f"{W}ilvl"))
                if key := value(found.find(f"{W}numId")):
                    nested = _NESTED.match(self.name(paragraph))  # such styles are lists of their own, all of depth 0
                    return "" if key == "0" else key, min(_figure(depth), 8) or (int(nested.group(1)) - 1 if nested else 0)
        return "", 0


class Numbering:
    """Counts the automatic numbers, which stand nowhere in the file, as Word would show them."""

    def __init__(self, root: etree._Element | None, styles: Styles) -> None:
        self._styles = styles
        self._levels: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, tuple[str, dict[int, int]]] = {}  # by id: the definition it follows, its own starts
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[str] = set()
        for definition in () if root is None else root.iter(f"{W}abstractNum"):
            levels = {_figure(level.get(f"{W}ilvl", "")): _level(level) for level in definition.iter(f"{W}lvl")}
            self._levels[definition.get(f"{W}abstractNumId", "")] = levels
        for found in () if root is None else root.iter(f"{W}num"):
            changes = {change: change.find(f"{W}startOverride") for change in found.iter(f"{W}lvlOverride")}
            starts = {_figure(key.get(f"{W}ilvl", "")): _figure(value(start)) for key, start in changes.items() if start is not None}
            self._lists[found.get(f"{W}numId", "")] = value(found.find(f"{W}abstractNumId")), starts

    def marker(self, paragraph: etree._Element) -> tuple[str, int]:
        """The number or bullet before the paragraph, empty for none, and how deep its list is nested (1 is the outermost)."""
        key, depth = self._styles.numbering(paragraph)
        if not key:
            return "", 0
        definition, starts = self._lists.get(key, ("", {}))
        levels, counts = self._levels.get(definition, {}), self._counts.setdefault(definition, {})
        if key not in self._begun:
            self._begun.add(key)
            counts.update({level: start - 1 for level, start in starts.items()})
        style, text, start = levels.get(depth, ("bullet", "", 1))
        counts[depth] = counts.get(depth, start - 1) + 1
        for deeper in [level for level in counts if level > depth]:
            del counts[deeper]
        if style == "bullet":
            return BULLET, depth + 1

        def show(match: re.Match[str]) -> str:
            level = int(match.group(1)) - 1
            form, _, first = levels.get(level, ("decimal", "", 1))
            return shown(counts.get(level, first), form)

        return re.sub(r"%([1-9])", show, text).strip(), depth + 1


def _level(element: etree._Element) -> _Level:
    start = element.find(f"{W}start")
    return value(element.find(f"{W}numFmt")) or "decimal", value(element.find(f"{W}lvlText")), 1 if start is None else _figure(value(start))


def _figure(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0
