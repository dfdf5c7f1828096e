"""Makers of fictitious PDF documents in the manner of the Strategy's annexes; each returns the facts that it wrote.

Nothing in them is true: the agencies do not exist, and every page says so. Needs reportlab (extra ``dev``).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from document_agencies import Agency, agencies
from document_pages import BODY, CELL, H1, H2, HEAD_CELL, JUSTIFIED, TITLE, build, frame, running
from reportlab.lib.pagesizes import A4, letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Frame,
    FrameBreak,
    ListFlowable,
    ListItem,
    LongTable,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)

_TABLE_COUNTRIES = ("Honduras", "El Salvador", "Guatemala", "Jamaica")
_BLOCK_COUNTRIES = ("Belize", "Costa Rica", "Panama", "Trinidad and Tobago")


def directory_table(path: Path) -> list[Agency]:
    """Annex I as a ruled table over several pages, its head row repeated on each; returns the agencies in it."""
    found = agencies(_TABLE_COUNTRIES)
    heads = ("Agency", "Country", "Sector", "Works on", "Programme", "Contact")
    rows = [[Paragraph(head, HEAD_CELL) for head in heads]]
    for a in found:
        cells = (a.name, a.country, a.sector, ", ".join(a.topics), f"The agency {a.programme}.", a.contact)
        rows.append([Paragraph(cell, CELL) for cell in cells])
    table = LongTable(rows, colWidths=[92, 58, 42, 70, 122, 98], repeatRows=1)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black"), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    story = [
        Paragraph("Annex I. Directory of agencies and initiatives", TITLE),
        Paragraph("The agencies in this directory are made up. The table lists them by country with the fields that they work on.", BODY),
        table,
    ]
    draw = running("Annex I – Directory", lambda n: f"- {n} -", letter)
    wide = Frame(65, 80, letter[0] - 130, letter[1] - 152, leftPadding=0, rightPadding=0)
    build(path, story, [PageTemplate("all", [wide], onPage=draw)], letter, "Directory")
    return found


def directory_blocks(path: Path) -> list[Agency]:
    """Annex I as labelled blocks under a heading for each country; returns the agencies in it."""
    found = agencies(_BLOCK_COUNTRIES)
    story: list[Any] = [Paragraph("Annex I. Directory of agencies and initiatives (second part)", TITLE)]
    plain = ParagraphStyle("entry", BODY, spaceAfter=0)
    country = ""
    for a in found:
        if a.country != country:
            country = a.country
            story.append(Paragraph(country.upper(), H1))
        for label, value in (
            ("Name", a.name),
            ("Country", a.country),
            ("Sector", a.sector),
            ("Works on", ", ".join(a.topics)),
            ("Programme", f"The agency {a.programme}, and it shares what it has learnt with the other agencies of the region once a year."),
            ("Contact", a.contact),
        ):
            story.append(Paragraph(f"<b>{label}:</b> {value}", plain))
        story.append(Spacer(1, 9))
    draw = running("Annex I – Directory, second part", lambda n: f"Page {n}", A4)
    build(path, story, [PageTemplate("all", [frame(A4)], onPage=draw)], A4, "Directory, second part")
    return found


@dataclass(frozen=True)
class Contribution:
    """What a fictitious contribution says: its sections with their items, each item with its sub-items; the footnotes."""

    sections: dict[str, dict[str, tuple[str, ...]]]
    notes: tuple[str, ...]
    paragraphs: tuple[str, ...]


def _lines(text: str) -> list[tuple[str, str]]:
    """The lines of a small notation: (mark before the first blank, text); an indented line goes on with the one before it."""
    joined = text.strip().replace("\n  ", " ")
    return [
        (mark, rest) if set(mark) <= set("#*-") else ("", line) for line in joined.split("\n") for mark, _, rest in [line.partition(" ")]
    ]


_CONTRIBUTION = """
# CONTRIBUTION OF HONDURAS
* Schools that stay open after class until eight in the evening
- homework groups led by retired teachers
- football and basketball for girls and boys
- a warm meal on every school day
* Early warning in the classroom, in which teachers note absences and tell the families within two days
* Mediation between pupils who have quarrelled
- training of forty peer mediators
- a room for talks in each school
* Scholarships for those who come back to school after a year or more of absence
# CONTRIBUTION OF EL SALVADOR
* Workshops in prisons for carpentry, baking and the repair of mobile telephones
- tools that the ministry of labour lends
- certificates that do not name the prison
* Visits of families on weekdays, with transport from the provinces
* Houses for the first ninety days after release
- beds for twenty-four persons
- advice on debts and documents
* Non-custodial measures for first offenders under the supervision of the municipality
# CONTRIBUTION OF JAMAICA
* Radio drama written by adolescents about leaving a gang
- two seasons of twelve episodes
- a telephone line after each episode
* Guidelines for newspapers on the reporting of violent deaths
* Police youth clubs in nine parishes, each with an instructor and a hall
- boxing and netball
- reading circles
- music bands
* A fund for small grants that residents' councils award themselves
"""


def _sections() -> dict[str, dict[str, tuple[str, ...]]]:
    sections: dict[str, dict[str, tuple[str, ...]]] = {}
    for mark, text in _lines(_CONTRIBUTION):
        if mark == "#":
            sections[text] = items = {}
        elif mark == "*":
            items[text] = ()
            last = text
        else:
            items[last] += (text,)
    return sections


_FILLER = (
    "The delegation recalled that the measures set out below were first tried in two municipalities, that an evaluation followed after "
    "eighteen months, and that the number of complaints fell in both of them, although the reasons for the decline are not certain.",
    "It added that the measures cost little, that they depend on the good will of neighbours, teachers and police officers, and that "
    "no measure should be copied without asking those who live in the place what they need and what they fear.",
)


def contributions(path: Path) -> Contribution:
    """Annexes II and III: nested bullets over page breaks, footnotes, running heads and feet, and a word with a hyphen of its own."""
    notes = (
        "The evaluation was made by the University of Nowhere and is not published.",
        "Figures of the year 2009; those of 2010 were not at hand.",
    )
    sections = _sections()
    item = ParagraphStyle("item", JUSTIFIED, spaceAfter=3)
    story: list[Any] = [Paragraph("Annex II. Contributions of member states", TITLE)]
    paragraphs = []
    for title, items in sections.items():
        story.append(Paragraph(title, H1))
        for number, text in enumerate(_FILLER):
            said = f"{title.removeprefix('CONTRIBUTION OF ').title()}. {text}" if number == 0 else text
            paragraphs.append(said)
            mark = f"<super size='6'>{len(paragraphs)}</super>" if len(paragraphs) <= 2 else ""
            story.append(Paragraph(said.rstrip(".") + "." + mark, JUSTIFIED))
        for heading, chosen in (("Programmes under way", list(items)[:2]), ("Programmes in preparation", list(items)[2:])):
            story.append(Paragraph(heading, H2))
            bullets = []
            for text in chosen:
                inside: list[Any] = [Paragraph(f"{text}.", item)]
                if items[text]:
                    nested = [ListItem(Paragraph(f"{sub};", item), leftIndent=18) for sub in items[text]]
                    inside.append(ListFlowable(nested, bulletType="bullet", start="–", leftIndent=18, bulletFontName="Helvetica"))
                bullets.append(ListItem(inside, leftIndent=18))
            story.append(ListFlowable(bullets, bulletType="bullet", start="•", leftIndent=18))
    shown = {1: [f"1 {notes[0]}", f"2 {notes[1]}"]}
    small = (letter[0], 500.0)  # low pages, so that lists run over their ends
    draw = running("OEA/Ser.G CP/CSH-0000/10 – Annex II", lambda n: f"Page {n} of 9", small, shown)
    build(path, story, [PageTemplate("all", [frame(small)], onPage=draw)], small, "Contributions")
    return Contribution(sections, notes, tuple(paragraphs))


@dataclass(frozen=True)
class Study:
    """The headings with their levels and the paragraphs of the fictitious study."""

    headings: tuple[tuple[str, int], ...]
    paragraphs: tuple[str, ...]


_STUDY = """
# Summary
This study asks what people mean when they say gang. It compares forty definitions from laws, newspapers and interviews, and
  proposes a classification in three groups. It is meant to help governments to cooperate and not to label persons.
# 1. Definitions
Laws define gangs by the number of members, by the offences that they commit or by the signs that they wear. None of these
  characteristics distinguishes a gang from a group of adolescents at a street corner, and several of them punish appearance and not
  conduct.
Interviews with two hundred and twelve residents in nine neighbourhoods give another picture: a gang is whoever decides who may
  walk through a street after dark. This definition is territorial; it says nothing about age, and it includes armed groups that
  call themselves self-defence committees.
## 1.1 Youth groups
Youth groups share music, clothing and a meeting place. They have no hierarchy and no common fund. Prevention through schools and
  sports reaches them without difficulty, and most of the members leave before they are twenty.
## 1.2 Territorial gangs
Territorial gangs collect money from shops and transport companies. Their leaders are between twenty and thirty-five years old.
  Imprisonment without rehabilitation strengthens them, because prisons become their meeting places and their schools.
# 2. Recommendations
Governments should count incidents and not members. They should publish the figures by municipality, keep the names of minors out
  of every database, and let independent researchers verify the collection of the data every two years.
Cooperation should begin with socio-economic prevention programmes, in which results are comparable, and only then extend to
  investigations.
"""


def study(path: Path) -> Study:
    """Annex IV: a title over two justified columns with words broken at line ends, and bookmarks."""
    page = width, height = A4[0], 480.0  # low pages, so that the text runs over columns and pages
    gutter, column = 18.0, (A4[0] - 144 - 18) / 2
    narrow = ParagraphStyle("narrow", JUSTIFIED, embeddedHyphenation=1, fontSize=9.5, leading=11.5, firstLineIndent=12, spaceAfter=0)
    first = [
        Frame(72, height - 190, width - 144, 118, id="title", leftPadding=0, rightPadding=0),
        Frame(72, 80, column, height - 270, id="left", leftPadding=0, rightPadding=0),
        Frame(72 + column + gutter, 80, column, height - 270, id="right", leftPadding=0, rightPadding=0),
    ]
    later = [
        Frame(72, 80, column, height - 152, id="left2", leftPadding=0, rightPadding=0),
        Frame(72 + column + gutter, 80, column, height - 152, id="right2", leftPadding=0, rightPadding=0),
    ]
    intro = "Executive summary of a study that nobody wrote, prepared for the tests of a reader of documents; it is set in two columns."
    story: list[Any] = [
        NextPageTemplate("later"),
        Paragraph("Annex IV. Definition and Classification of Gangs", TITLE),
        Paragraph(intro, BODY),
        FrameBreak(),
    ]
    headings, paragraphs = [("Annex IV. Definition and Classification of Gangs", 1)], [intro]
    for mark, text in _lines(_STUDY):
        if mark:
            story.append(_Bookmarked(text, H1 if len(mark) == 1 else H2, len(mark)))
            headings.append((text, len(mark)))
        else:
            # A long word gets places where it may break; reportlab sets a hyphen there as other programs do.
            story.append(Paragraph(_breakable(text), narrow))
            paragraphs.append(text)
    draw = running("Annex IV – Study", lambda n: f"{n}/2", page)
    templates = [PageTemplate("first", first, onPage=draw), PageTemplate("later", later, onPage=draw)]
    build(path, story, templates, page, "Study")
    return Study(tuple(headings), tuple(paragraphs))


class _Bookmarked(Paragraph):
    """A heading that the PDF outline lists."""

    def __init__(self, text: str, style: ParagraphStyle, level: int) -> None:
        super().__init__(text, style)
        self.entry = (text, level)

    def draw(self) -> None:
        text, level = self.entry
        self.canv.bookmarkPage(text)
        self.canv.addOutlineEntry(text, text, level - 1)
        super().draw()


def _breakable(text: str) -> str:
    return " ".join(f"{word[:4]}\u00ad{word[4:8]}\u00ad{word[8:]}" if len(word) > 10 and word.isalpha() else word for word in text.split())


def scanned(path: Path) -> list[str]:
    """A page that is only a picture of text; returns its sentences."""
    from PIL import Image, ImageDraw, ImageFont
    from reportlab.lib.utils import ImageReader

    sentences = [
        "FICTITIOUS TEST DOCUMENT",
        "The ministry keeps thirty schools open in the evening.",
        "Former prisoners receive training as bakers and carpenters.",
        "The police report to the mayor every month.",
    ]
    picture = Image.new("L", (1700, 2200), 255)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=44)
    for number, sentence in enumerate(sentences):
        draw.text((150, 200 + 130 * number), sentence, fill=0, font=font)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    stream.seek(0)
    canvas = Canvas(str(path), pagesize=letter, invariant=True)
    canvas.drawImage(ImageReader(stream), 0, 0, letter[0], letter[1])
    canvas.showPage()
    canvas.save()
    return sentences


_SPANISH = {
    "I. PREVENCIÓN": (
        "Escuelas abiertas: ampliación de los horarios y actividades deportivas los fines de semana.",
        "Capacitación de jóvenes en oficios, en coordinación con las cámaras de comercio.",
        "Campañas en los medios de comunicación dirigidas a niñas, niños y adolescentes.",
    ),
    "II. REHABILITACIÓN Y REINSERCIÓN SOCIAL": (
        "Atención psicológica y tratamiento de las adicciones en los centros de reclusión.",
        "Acompañamiento de los jóvenes que salen en libertad durante el primer año.",
    ),
    "III. APLICACIÓN DE LA LEY": (
        "Creación de unidades policiales especializadas que respeten los derechos humanos.",
        "Intercambio de información entre fiscalías según los tratados vigentes.",
    ),
}


def spanish(path: Path) -> dict[str, tuple[str, ...]]:
    """A contribution in Spanish with accents and numbered lists; returns its headings with their items."""
    story: list[Any] = [
        Paragraph("Anexo II. Contribución de la República Dominicana", TITLE),
        Paragraph("DOCUMENTO FICTICIO. Lo que sigue se escribió para una prueba; ningún programa de esta página existe.", BODY),
    ]
    for heading, items in _SPANISH.items():
        story.append(Paragraph(heading, H1))
        story.append(ListFlowable([ListItem(Paragraph(text, BODY)) for text in items], bulletType="1", bulletFormat="%s."))
    draw = running("Anexo II – Contribuciones", lambda n: f"Página {n}", A4)
    build(path, story, [PageTemplate("all", [frame(A4)], onPage=draw)], A4, "Contribución")
    return _SPANISH
