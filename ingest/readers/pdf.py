"""PDF: the text of the pages as headings, paragraphs, list items, table rows and footnotes, in reading order."""

import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from unicodedata import normalize

from pypdf import PdfReader, apply_configuration
from pypdf.generic import Destination

from ingest.errors import SourceFileError
from ingest.readers import ocr
from ingest.readers.pdf_content import PageWalk
from ingest.readers.pdf_flow import Flow
from ingest.readers.pdf_image import rewritten
from ingest.readers.pdf_lines import Line, read_columns, rows_of, settle_marks
from ingest.readers.pdf_margins import NOTE, TABLE_SIZE, Sheet, body_size, drop_running_lines, settle_edges, split_notes
from ingest.readers.pdf_shapes import Content, Word
from ingest.readers.pdf_tables import Table, aligned_tables, ruled_tables
from ingest.readers.pdf_text import Composer, Piece, Vocabulary, letters_of, set_levels
from ingest.reading import Reading

_MOST_PAGES = 5_000
_MOST_CHARACTERS = 20_000_000  # of a whole file
_MOST_WORK = 20_000_000  # drawing operators of a whole file; a page of text has a few thousand
_PAGE_TOKENS = 1_000_000  # operators and operands of one page
_RECOGNITION = 80.0  # seconds after which no further page is recognised; the guard ends a reading that takes 120
_PLACEHOLDER = "\ue123table"  # stands for a ruled table while the columns are found


def read(path: Path) -> Reading:
    """Read a PDF file.

    Raised reference marks are left out of the text and the notes that they refer to stand at its end. Pages without a text layer are
    recognised where ``tesseract`` is installed, and named in the notes where it is not.

    Raises:
        SourceFileError: the file is damaged, protected by a password or too long, or no page of it holds text that can be read.
    """
    with _quiet():
        reader = _open(path)
        try:
            return _read(path, reader)
        except (SourceFileError, MemoryError):
            raise
        except Exception as error:  # a file odd beyond what the rules foresee is the file's matter, not a traceback
            raise SourceFileError(f"{path} could not be made sense of ({type(error).__name__}). Save it anew as PDF.") from error


def _read(path: Path, reader: PdfReader) -> Reading:
    notes: list[str] = []
    contents = _contents(path, reader, notes)
    sheets = [_sheet(number, found) for number, found in contents.items() if found.has_text]
    blind = [number for number, found in contents.items() if not found.has_text and not found.is_blank]
    sheets += _recognise(path, contents, blind, notes)
    if not any(sheet.words or sheet.tables for sheet in sheets):
        why = notes or ["Its pages are empty or hold drawings only."]
        raise SourceFileError(" ".join([f"{path} holds no text that can be read.", *why]))
    sheets.sort(key=lambda sheet: sheet.number)
    return _compose(sheets, _titles(reader), _labels(reader, len(reader.pages)), notes)


@contextmanager
def _quiet() -> Iterator[None]:
    """While pypdf works: it reports every oddity of a file on its logger, and what matters is in the notes."""
    logger = logging.getLogger("pypdf")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(), apply_configuration(stream_parsing_work_maximum_count=_PAGE_TOKENS):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def _open(path: Path) -> PdfReader:
    """The file as pypdf reads it; what it cannot open goes through pdfium, which mends and decrypts."""
    try:
        reader = PdfReader(path, strict=False)
        count = 0 if reader.is_encrypted else len(reader.pages)  # pypdf alone lacks the newer ciphers
    except Exception:  # damage shows as many kinds of exception
        count = 0
    if not count:
        try:
            reader = PdfReader(rewritten(path), strict=False)
            count = len(reader.pages)
        except Exception as error:
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            if "password" in reason:
                raise SourceFileError(
                    f"{path} is protected by a password. Save a copy without password protection (open it, then print or export to PDF)."
                ) from None
            if "security scheme" in reason:
                raise SourceFileError(
                    f"{path} is encrypted for the holders of a certificate, or in a way that is not known. Save a copy without protection."
                ) from None
            raise SourceFileError(f"{path} is damaged or no PDF file ({reason}). Get it again, or open it and save it as PDF.") from None
    if not count:
        raise SourceFileError(f"{path} has no pages. Get it again, or open it and save it as PDF.")
    if count > _MOST_PAGES:
        raise SourceFileError(f"{path} has {count:,} pages; at most {_MOST_PAGES:,} are read. Split it.")
    return reader


def _contents(path: Path, reader: PdfReader, notes: list[str]) -> dict[int, Content]:
    faces: dict[Any, Any] = {}
    contents: dict[int, Content] = {}
    failed: dict[int, str] = {}
    characters = work = 0
    for number in range(1, len(reader.pages) + 1):
        try:
            contents[number] = found = PageWalk(reader.pages[number - 1], faces).content()
        except Exception as error:  # one bad page does not cost the others
            failed[number] = type(error).__name__
            continue
        characters, work = characters + found.mapped, work + found.work
        if found.cut:
            notes.append(f"{path}: page {number} is damaged or holds more than is read of one page; its end was left out.")
        if characters > _MOST_CHARACTERS or work > _MOST_WORK:
            notes.append(f"{path}: the file holds more than is read of one document; the pages after {number} were left out. Split it.")
            break
    if failed:
        reasons = ", ".join(sorted(set(failed.values())))
        notes.append(f"{path}: {pages_named(list(failed))} could not be read ({reasons}). Get the file again, or save it anew as PDF.")
    return contents


def pages_named(numbers: list[int]) -> str:
    """Page numbers as one says them.

    >>> pages_named([3, 4, 5, 9])
    'pages 3-5, 9'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    named = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"page{'s' if len(numbers) > 1 else ''} {named}"


def _sheet(number: int, found: Content) -> Sheet:
    words = settle_marks(found.words)
    tables, words = ruled_tables(words, found.rules)
    for table in tables:
        table.page = number
    return Sheet(number, found.width, found.height, words, tables)


def _recognise(path: Path, contents: dict[int, Content], blind: list[int], notes: list[str]) -> list[Sheet]:
    """The pages without a text layer as the text recognition reads them; *notes* say which."""
    if not blind:
        return []
    named = pages_named(blind)
    one = len(blind) == 1
    garbled = [number for number in blind if contents[number].unmapped > contents[number].mapped / 3]
    why = "has no text layer" if one else "have no text layer"
    if len(garbled) == len(blind):
        why = f"{'is' if one else 'are'} set in fonts without a map to letters"
    if not ocr.languages():
        notes.append(f"{path}: {named} {why}. To read {'it' if one else 'them'} install tesseract ({ocr.INSTALL}) and ingest again.")
        return []
    sheets, failed, late = [], [], []
    started = time.monotonic()
    for number in blind:
        if time.monotonic() - started > _RECOGNITION:
            late.append(number)
            continue
        try:
            words = ocr.recognise(path, number, contents[number].width)
        except (ocr.RecognitionError, SourceFileError):
            words = []
        if words:
            sheets.append(Sheet(number, contents[number].width, contents[number].height, words, ocr=True))
        else:
            failed.append(number)
    if sheets:
        read_pages = pages_named([sheet.number for sheet in sheets])
        notes.append(f"{path}: {named} {why}; the text of {read_pages} was recognised from the image and may hold errors.")
    if failed:
        notes.append(f"{path}: no text could be recognised on {pages_named(failed)}.")
    if late:
        notes.append(f"{path}: no time was left to recognise the text of {pages_named(late)}. Split the file and add its parts.")
    return sheets


def _titles(reader: PdfReader) -> dict[int, list[tuple[str, int]]]:
    """The bookmarks: for each page the letters of the titles and their levels."""
    titles: dict[int, list[tuple[str, int]]] = {}

    def collect(entries: Any, level: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                collect(entry, level + 1)
            elif isinstance(entry, Destination) and (page := reader.get_destination_page_number(entry)) is not None:
                titles.setdefault(page + 1, []).append((letters_of(str(entry.title or "")), min(level, 6)))

    with suppress(Exception):  # a file without usable bookmarks has headings all the same
        collect(reader.outline, 1)
    return titles


def _labels(reader: PdfReader, count: int) -> list[str]:
    labels: list[str] = []
    with suppress(Exception):  # a damaged label tree: pages are counted
        labels = [str(label) for label in reader.page_labels]
    return [labels[number] if number < len(labels) and labels[number].strip() else str(number + 1) for number in range(count)]


def _compose(sheets: list[Sheet], titles: dict[int, list[tuple[str, int]]], labels: list[str], notes: list[str]) -> Reading:
    drop_running_lines(sheets, _body(sheets))
    body = _body(sheets)  # on pages of tables there may be more of the running lines than of any text
    for sheet in sheets:
        own = body_size(sheet.words, body)
        usual = sum(abs(word.size - body) < 0.6 for word in sheet.words) > 0.1 * len(sheet.words)
        places = [_placeholder(number, table) for number, table in enumerate(sheet.tables)]
        columns = read_columns(rows_of(sheet.words + places))
        for position, column in enumerate(columns):
            for line in column:
                line.page, line.column = sheet.number, position
        sheet.columns, sheet.notes = (columns, []) if sheet.ocr else split_notes(columns, sheet.height, body if usual else own)
    settle_edges(sheets)
    flow = Flow(body, _leading(sheets), titles)
    for sheet in sheets:
        for column in sheet.columns:
            flow.add(_with_tables(column, sheet), plain=sheet.ocr)
    pieces = flow.pieces
    set_levels(pieces)
    composer = Composer(Vocabulary(_all_lines(sheets)))
    for piece in pieces + _notes(sheets):
        composer.add(piece)
    machine = {sheet.number for sheet in sheets if sheet.ocr}
    text = "".join(composer.text).rstrip("\n") + "\n"
    return Reading(text, tuple(composer.blocks), tuple(composer.pages(labels, machine)), tuple(notes))


def _body(sheets: list[Sheet]) -> float:
    """The usual type size, that of recognised pages only where there are no others."""
    printed = body_size([word for sheet in sheets for word in sheet.words if not sheet.ocr], default=0.0)
    return printed or body_size([word for sheet in sheets for word in sheet.words])


def _placeholder(number: int, table: Table) -> Word:
    return Word(f"{_PLACEHOLDER}{number}", table.edges[0], table.edges[-1], (table.top + table.bottom) / 2, TABLE_SIZE)


def _with_tables(column: list[Line], sheet: Sheet) -> list[Line | Table]:
    """The lines of a column with the ruled tables in their places and the aligned ones made."""
    result: list[Line | Table] = []
    plain: list[Line] = []
    for line in column:
        if line.text.startswith(_PLACEHOLDER):
            result += aligned_tables(plain)
            plain = []
            result.append(sheet.tables[int(line.words[0].text.removeprefix(_PLACEHOLDER))])
        else:
            plain.append(line)
    return result + aligned_tables(plain)


def _leading(sheets: list[Sheet]) -> float:
    """How far apart the lines of running text stand, in type sizes."""
    steps = []
    for sheet in sheets:
        for column in sheet.columns:
            for above, below in pairwise(column):
                step = (below.y - above.y) / below.size
                if abs(above.size - below.size) < 0.6 and 0.9 < step < 2.5 and len(above.text) > 30:
                    steps.append(step)
    return median(steps) if len(steps) >= 3 else 1.25


def _all_lines(sheets: list[Sheet]) -> Iterator[str]:
    for sheet in sheets:
        for line in [line for column in sheet.columns for line in column] + sheet.notes:
            yield line.text
        for table in sheet.tables:
            for row in table.rows:
                for cell in row:
                    yield from cell.lines if cell else ()


def _notes(sheets: list[Sheet]) -> list[Piece]:
    """The footnotes of all pages in their order; a note may go on at the foot of the next page."""
    pieces: list[Piece] = []
    for sheet in sheets:
        for line in sheet.notes:
            match = NOTE.match(line.text)
            if match or not pieces:
                mark, text = (normalize("NFKC", match.group(1)).rstrip(".):/ "), line.text[match.end() :]) if match else ("", line.text)
                pieces.append(Piece("footnote", [(sheet.number, text)], mark))
            else:
                pieces[-1].parts.append((sheet.number, line.text))
    return pieces
