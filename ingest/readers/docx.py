"""Word documents (DOCX), through python-docx."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.parser import parse_xml
from lxml import etree

from ingest.errors import SourceFileError
from ingest.readers.compose import Cell, Composer, foreign
from ingest.readers.hygiene import clean, raised
from ingest.readers.word_styles import MATH, Numbering, Styles, W, is_on, value
from ingest.reading import Reading

_MAX_ENTRIES = 10_000
_MAX_XML = 100_000_000  # bytes of all XML parts; in memory they take about ten times as much
_MAX_TOTAL = 400_000_000  # bytes, pictures included: python-docx holds every part
_MAX_RATIO = 200  # of text that says something the worst measured is about 40
# What is no part of the text as it stands: deleted and moved text, properties, the older twin of a drawing.
_DROPPED = {f"{W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "tblPr", "tcPr", "sdtPr")}
_DROPPED.add("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
_GAPS = {f"{W}{name}" for name in ("tab", "ptab", "br", "cr")}
_NOTES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}


def read(path: Path) -> Reading:
    """Read a Word document as it would be printed with all changes accepted, without headers and footers.

    Raises:
        SourceFileError: it is damaged, protected, made to exhaust the machine, or holds no text.
    """
    with foreign(path, "a Word document"):
        _check_archive(path)
        return _Body(path).reading()


def _check_archive(path: Path) -> None:
    """Refuse archives that unpack to more than a document needs, and XML with declarations of its own.

    Nothing is unpacked to disk. Word writes no DOCTYPE; whoever does wants entities, which expand without end or fetch files.
    """
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        parts = [entry for entry in entries if entry.filename.lower().endswith((".xml", ".rels"))]
        total = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries)
        large = total > _MAX_TOTAL or sum(part.file_size for part in parts) > _MAX_XML or len(entries) > _MAX_ENTRIES
        if large or total > _MAX_RATIO * packed + 10_000_000:
            size = f"{len(entries)} parts of {total // 1_000_000} MB"
            raise SourceFileError(f"{path} unpacks to {size}, more than a document needs. Save its text anew as DOCX or PDF.")
        if any(entry.flag_bits & 1 for entry in entries):
            raise SourceFileError(f"{path} is protected by a password. Save it without one.")
        for part in parts:
            if b"<!DOCTYPE" in archive.read(part).replace(b"\0", b""):  # without the zeros that UTF-16 puts between
                raise SourceFileError(f"{path} holds XML declarations that Word does not write. Open it in Word and save it anew.")


class _Body:
    """The way through the document's body, in which paragraphs and tables come in order."""

    def __init__(self, path: Path) -> None:
        document = docx.Document(str(path))
        self.part = document.part
        self.root: etree._Element = document.element.body
        self.styles = Styles(document.styles.element)
        related = {relation.reltype: relation.target_part for relation in self.part.rels.values() if not relation.is_external}
        numbering = related.get(RELATIONSHIP_TYPE.NUMBERING)
        self.numbering = Numbering(None if numbering is None else parse_xml(numbering.blob), self.styles)
        self.note_parts = {"footnote": related.get(RELATIONSHIP_TYPE.FOOTNOTES), "endnote": related.get(RELATIONSHIP_TYPE.ENDNOTES)}
        self.composer = Composer(path)
        self.noted: dict[tuple[str, str], int] = {}  # (kind, id) of each note in order of mention: its number
        self.boxes: list[etree._Element] = []
        self.carried = ""  # the text of a paragraph whose end was deleted: it goes on in the next one
        self.below_title = 0
        self.styled = any(self.styles.heading_level(paragraph) for paragraph in _flow(self.root) if paragraph.tag == f"{W}p")

    def reading(self) -> Reading:
        """The whole document."""
        for element in _flow(self.root):
            self._take(element)
            while self.boxes:
                for inner in _flow(self.boxes.pop(0)):
                    self._take(inner)
        self.composer.add("paragraph", self.carried)
        self._notes()
        return self.composer.reading()

    def _take(self, element: etree._Element) -> None:
        if element.tag == f"{W}tbl":
            self.composer.add("paragraph", self.carried)
            self.carried = ""
            self._table(element)
            return
        style = self.styles.name(element)
        text = self.carried + self.text(element)
        self.carried = ""
        if element.find(f"{W}pPr/{W}rPr/{W}del") is not None:
            self.carried = text
            return
        if style.startswith("toc ") or not clean(text):  # a table of contents would have every heading twice
            return
        marker, depth = self.numbering.marker(element)
        if level := self.styles.heading_level(element):
            self.below_title = 1 if style == "title" else self.below_title
            level += 0 if style == "title" else self.below_title
            self.composer.add("heading", f"{marker} {text}", level)
        elif marker:
            self.composer.add("item", text, depth, marker)
        elif style.startswith("list continue"):
            self.composer.extend(text)
        elif not self.styled and self._stands_out(element, clean(text)):
            self.composer.add("heading", text)
        else:
            self.composer.add("paragraph", text)

    def _stands_out(self, paragraph: etree._Element, text: str) -> bool:
        """In documents without heading styles a short bold line without an end mark is a heading."""
        runs = [run for run in paragraph.iter(f"{W}r") if clean("".join(run.itertext(f"{W}t")))]
        return len(text) <= 150 and text[-1] not in ".;,:" and all(is_on(run, "b") for run in runs)

    def text(self, root: etree._Element) -> str:
        """The text under *root*; text boxes and notes on the way are kept for later."""
        parts: list[str] = []
        stack = [root]
        while stack:
            node = stack.pop()
            if node.tag in _DROPPED or not isinstance(node.tag, str) or (node.tag == f"{W}r" and is_on(node, "vanish")):
                continue
            if node.tag in (f"{W}t", f"{MATH}t"):
                up = node.getparent()
                high = up is not None and value(up.find(f"{W}rPr/{W}vertAlign")) == "superscript"
                parts.append(raised(node.text or "") if high else node.text or "")
            elif node.tag in _GAPS:
                parts.append(" ")
            elif node.tag == f"{W}noBreakHyphen":
                parts.append("-")
            elif node.tag in _NOTES:
                self.noted.setdefault((_NOTES[node.tag], node.get(f"{W}id", "")), len(self.noted) + 1)
            elif node.tag == f"{W}txbxContent":
                self.boxes.append(node)
            else:
                stack.extend(reversed(node))
        return "".join(parts)

    def _table(self, table: etree._Element) -> None:
        rows: list[list[Cell]] = []
        heads = 0
        for row in _children(table, "tr"):
            if row.find(f"{W}trPr/{W}del") is not None:
                continue
            cells: list[Cell] = []
            column = _number(row.find(f"{W}trPr/{W}gridBefore"))
            for cell in _children(row, "tc"):
                span = max(_number(cell.find(f"{W}tcPr/{W}gridSpan")), 1)
                merge = cell.find(f"{W}tcPr/{W}vMerge")
                if merge is None or value(merge) == "restart":
                    cells.append((column, span, " ".join(self._cell(cell))))
                column += span
            if is_on(row, "tblHeader", "trPr") and heads == len(rows):
                heads += 1
            rows.append(cells)
        look = table.find(f"{W}tblPr/{W}tblLook")
        headless = look is not None and look.get(f"{W}firstRow") == "0"
        self.composer.table(rows, heads or (0 if headless else 1))

    def _cell(self, cell: etree._Element) -> Iterator[str]:
        for element in _flow(cell):
            paragraphs = element.iter(f"{W}p") if element.tag == f"{W}tbl" else iter([element])
            for paragraph in paragraphs:
                text = self.text(paragraph)
                if clean(text):
                    yield f"{self.numbering.marker(paragraph)[0]} {text}"

    def _notes(self) -> None:
        bodies: dict[tuple[str, str], etree._Element] = {}
        for kind, part in self.note_parts.items():
            if part is not None:
                bodies |= {(kind, note.get(f"{W}id", "")): note for note in parse_xml(part.blob).iter(f"{W}{kind}")}
        for key, number in self.noted.copy().items():
            if key in bodies:
                text = " ".join(self.text(paragraph) for paragraph in bodies[key].iter(f"{W}p"))
                self.composer.add("footnote", text, marker=str(number))


def _flow(root: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs and tables right under *root*, also those that content controls or tracked changes wrap."""
    stack = list(reversed(root))
    while stack:
        node = stack.pop()
        if node.tag in (f"{W}p", f"{W}tbl"):
            yield node
        elif node.tag not in _DROPPED:
            stack.extend(reversed(node))


def _children(root: etree._Element, name: str) -> Iterator[etree._Element]:
    """The rows of a table or the cells of a row, also those in content controls, not those of nested tables."""
    stack = list(reversed(root))
    while stack:
        node = stack.pop()
        if node.tag == f"{W}{name}":
            yield node
        elif node.tag not in (*_DROPPED, f"{W}tc"):
            stack.extend(reversed(node))


def _number(element: etree._Element | None) -> int:
    digits = re.match(r"\d{1,4}$", value(element))
    return int(digits.group()) if digits else 0
