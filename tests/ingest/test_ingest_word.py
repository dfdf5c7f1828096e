"""Word documents: their structure comes out as their author meant it. All texts are fictitious."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml
from readings import Found, parts

from ingest.documents import read_document
from ingest.readers import docx as docx_reader
from ingest.types import Source

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


@pytest.fixture
def word(tmp_path: Path) -> Callable[[docx.document.Document], list[Found]]:
    def read(document: docx.document.Document) -> list[Found]:
        document.save(str(tmp_path / "doc.docx"))
        return parts(docx_reader.read(tmp_path / "doc.docx"))

    return read


def switch(element: object, path: str, value: str | None = None) -> None:
    """Set a property such as ``w:rPr/w:vanish`` below *element*."""
    for name in path.split("/"):
        child = element.find(qn(name))  # type: ignore[attr-defined]
        if child is None:
            child = OxmlElement(name)
            element.insert(0, child)  # type: ignore[attr-defined]
        element = child
    if value is not None:
        element.set(qn("w:val"), value)  # type: ignore[attr-defined]


class TestWord:
    def test_headings_lists_and_paragraphs(self, word: Callable[[docx.document.Document], list[Found]]) -> None:
        document = docx.Document()
        document.add_heading("Plan de acción", 0)
        document.add_heading("Prevención", 1)
        document.add_paragraph("Las acciones:")
        for text, style in (("uno", "List Number"), ("a", "List Bullet 2"), ("b", "List Bullet 2"), ("dos", "List Number")):
            document.add_paragraph(text, style)
        document.add_paragraph("sigue", "List Continue")
        document.add_heading("Más", 2)
        document.add_paragraph("Fin.").add_run(" secret").font.hidden = True
        assert word(document) == [
            ("heading", 1, "", "Plan de acción"),
            ("heading", 2, "", "Prevención"),
            ("paragraph", 0, "", "Las acciones:"),
            ("item", 1, "1.", "uno"),
            ("item", 2, "•", "a"),
            ("item", 2, "•", "b"),
            ("item", 1, "2.", "dos sigue"),
            ("heading", 3, "", "Más"),
            ("paragraph", 0, "", "Fin."),
        ]

    def test_numbers_are_counted_as_word_counts_them(self, word: Callable[[docx.document.Document], list[Found]]) -> None:
        document = docx.Document()
        levels = "".join(
            f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
            for depth, start, form, text in ((0, 2, "upperRoman", "%1."), (1, 1, "lowerLetter", "%1.%2)"))
        )
        numbering = document.part.numbering_part.element
        numbering.insert(0, parse_xml(f'<w:abstractNum {W} w:abstractNumId="77">{levels}</w:abstractNum>'))
        numbering.append(parse_xml(f'<w:num {W} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
        restart = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
        numbering.append(parse_xml(f'<w:num {W} w:numId="78"><w:abstractNumId w:val="77"/>{restart}</w:num>'))
        document.add_heading("x", 1).text = "Numbered heading"
        for key, depth in (("77", 0), ("77", 1), ("77", 1), ("77", 0), ("77", 1), ("78", 0)):
            paragraph = document.add_paragraph("t")
            paragraph.paragraph_format.element.get_or_add_pPr().append(
                parse_xml(f'<w:numPr {W}><w:ilvl w:val="{depth}"/><w:numId w:val="{key}"/></w:numPr>')
            )
        found = [marker for kind, _, marker, _ in word(document) if kind == "item"]
        assert found == ["II.", "II.a)", "II.b)", "III.", "III.a)", "I."]

    def test_tables_with_merged_cells_stand_in_their_place(self, word: Callable[[docx.document.Document], list[Found]]) -> None:
        document = docx.Document()
        document.add_paragraph("Before.")
        table = document.add_table(4, 3)
        texts = [["State", "Year", "Body"], ["Perú", "2009", "A"], ["", "2010", "B"], ["Total", "", ""]]
        for row, line in zip(table.rows, texts, strict=True):
            for cell, text in zip(row.cells, line, strict=True):
                cell.text = text
        table.cell(1, 0).merge(table.cell(2, 0))
        table.cell(3, 0).merge(table.cell(3, 2))
        document.add_paragraph("After.")
        other = document.add_table(2, 2)
        for row in other.rows:
            for cell in row.cells:
                cell.text = "k"
        look = other._tbl.tblPr.find(qn("w:tblLook"))
        look.set(qn("w:firstRow"), "0")
        assert [(kind, marker, text) for kind, _, marker, text in word(document)] == [
            ("paragraph", "", "Before."),
            ("row", "table 1", "State: Perú | Year: 2009 | Body: A"),
            ("row", "table 1", "Year: 2010 | Body: B"),
            ("row", "table 1", "Total"),
            ("paragraph", "", "After."),
            ("row", "table 2", "k | k"),
            ("row", "table 2", "k | k"),
        ]

    def test_changes_are_accepted_and_links_controls_and_boxes_read(self, word: Callable[[docx.document.Document], list[Found]]) -> None:
        document = docx.Document()
        document.sections[0].header.paragraphs[0].text = "Header"
        body = document.element.body
        box = (
            '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            "<mc:Choice><w:txbxContent><w:p><w:r><w:t>Box</w:t></w:r></w:p></w:txbxContent></mc:Choice>"
            "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>Box</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
        )
        for number, xml in enumerate(
            (
                "<w:p><w:r><w:t>Kept </w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
                "<w:ins><w:r><w:t>new </w:t></w:r></w:ins>"
                f"<w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink>{box}</w:p>",
                "<w:sdt><w:sdtContent><w:p><w:r><w:t>Controlled</w:t><w:tab/><w:t>text</w:t><w:noBreakHyphen/></w:r></w:p></w:sdtContent></w:sdt>",
                "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>One </w:t></w:r></w:p>",
                '<w:p><w:r><w:t>paragraph</w:t></w:r><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>2</w:t></w:r></w:p>',
            )
        ):
            body.insert(number, parse_xml(xml.replace(">", f" {W}>", 1)))
        assert [text for *_, text in word(document)] == ["Kept new link", "Box", "Controlled text-", "One paragraph²"]

    def test_without_styles_bold_lines_are_headings(self, word: Callable[[docx.document.Document], list[Found]]) -> None:
        document = docx.Document()
        document.add_paragraph().add_run("II. REHABILITATION").bold = True
        document.add_paragraph("Plain text here.")
        document.add_paragraph().add_run("A bold sentence is none.").bold = True
        assert [kind for kind, *_ in word(document)] == ["heading", "paragraph", "paragraph"]

    def test_localized_and_outline_headings(self, word: Callable[[docx.document.Document], list[Found]]) -> None:
        document = docx.Document()
        document.styles.add_style("Título 2", 1)
        document.styles.add_style("Own", 1)
        document.styles["Own"].base_style = document.styles["Título 2"]
        document.add_paragraph("Sección", "Own")
        outlined = document.add_paragraph("Outlined")
        switch(outlined._p, "w:pPr/w:outlineLvl", "3")
        document.add_paragraph("Body")
        assert [found[:2] for found in word(document)] == [("heading", 2), ("heading", 4), ("paragraph", 0)]

    def test_footnotes(self, tmp_path: Path) -> None:
        path = with_footnotes(tmp_path / "notes.docx")
        found = parts(docx_reader.read(path))
        assert found[-2:] == [("footnote", 0, "1", "Second in the file."), ("footnote", 0, "2", "First in the file, niñez.")]
        assert found[0][3] == "Text goes on."

    def test_from_file_to_passages(self, tmp_path: Path) -> None:
        document = docx.Document()
        document.add_heading("Acciones", 1)
        document.add_paragraph("Los Estados adoptan las siguientes medidas:")
        for text in ("una", "dos", "tres"):
            document.add_paragraph(text, "List Bullet")
        document.save(str(tmp_path / "doc.bin"))
        made = read_document(Source("d", "D", "D", "other", "es", path=str(tmp_path / "doc.bin")))
        assert len(made.lists) == 1 and len(made.lists[0].passage_ids) == 3
        assert all(made.canonical[passage.start : passage.end] == passage.text for passage in made.passages)


def with_footnotes(path: Path) -> Path:
    """A document whose text mentions two footnotes in the order opposite to the file's."""
    document = docx.Document()
    paragraph = document.add_paragraph("Text")
    for identity, text in (("3", " goes"), ("2", " on.")):
        paragraph._p.append(parse_xml(f'<w:r {W}><w:footnoteReference w:id="{identity}"/></w:r>'))
        paragraph.add_run(text)
    notes = "".join(
        f'<w:footnote w:id="{identity}"><w:p><w:r><w:footnoteRef/><w:t xml:space="preserve"> {text}</w:t></w:r></w:p></w:footnote>'
        for identity, text in (("-1", "separator"), ("2", "First in the file, niñez."), ("3", "Second in the file."))
    )
    blob = f"<w:footnotes {W}>{notes}</w:footnotes>".encode()
    part = Part(PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, blob, document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    document.save(str(path))
    return path
