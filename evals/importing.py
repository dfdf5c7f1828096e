"""Cases from elsewhere: a BEIR folder, a CSV table, an Excel workbook. Gold is found in the documents and kept as they have it."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evals.authoring import check_category, find_verbatim, make_case, new_id, question_key, suggest_category
from evals.cases import Case, CaseError, GoldQuote, PastTurn, Quote

Format = Literal["beir", "csv", "excel"]
COLUMNS = (
    "question", "language", "category", "answerable", "gold", "source", "acceptable", "must_not_claim", "notes", "id", "history",
)  # fmt: skip
_FORMATS: dict[str, Format] = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "excel", ".xlsm": "excel"}
_YES, _NO = {"true", "yes", "y", "1", "sí", "si", "sim", "oui"}, {"false", "no", "n", "0", "não", "nao", "non"}


@dataclass(frozen=True, slots=True)
class Row:
    """A case as its source gives it.

    ``place`` names it in messages ("row 5"); ``gold`` holds (name for messages, text) pairs; ``fields`` are the other columns;
    ``fault`` says why no case can be made of it.
    """

    place: str
    fields: Mapping[str, str]
    gold: tuple[tuple[str, str], ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """The cases of the good rows and one message for each bad one."""

    cases: tuple[Case, ...]
    problems: tuple[str, ...]


def read_rows(source: Path, form: Format | None = None) -> list[Row]:
    """The rows of *source*; its format goes by its extension where *form* is ``None``, and a folder is in the format of BEIR.

    Raises:
        UserError: the source cannot be read, has no rows, or its columns are not those of :data:`COLUMNS`.
    """
    if not source.exists():
        raise CaseError(f"There is nothing at {source}. Name a folder in the format of BEIR, a .csv or an .xlsx file.")
    form = form or ("beir" if source.is_dir() else _FORMATS.get(source.suffix.lower()))
    if form is None:
        raise CaseError(f"The format of {source} is not known. Save it as .csv or .xlsx, or say --format beir, csv or excel.")
    if source.is_dir() != (form == "beir"):
        raise CaseError(f"{source} is {'a folder' if source.is_dir() else 'a file'}, which does not go with --format {form}.")
    rows = _beir(source) if form == "beir" else _table(source, _csv(source) if form == "csv" else _excel(source))
    if not rows:
        raise CaseError(f"{source} has no rows below its header. Nothing was imported.")
    return rows


def _beir(folder: Path) -> list[Row]:
    from evals.retrieval import load_beir

    data = load_beir(folder, "", judged=(folder / "qrels").exists())
    rows = []
    for query in data.queries.values():
        relevant = [name for name, grade in data.qrels.get(query.id, {}).items() if grade > 0]
        lost = [name for name in relevant if name not in data.documents]
        fault = f"document {lost[0]!r} is judged relevant, but is not in corpus.jsonl" if lost else ""
        turns = [{"role": turn.role, "content": turn.text} for turn in query.history]
        fields = {"id": query.id, "question": query.text, "language": query.language, "history": json.dumps(turns) if turns else ""}
        if query.answerable is not None:
            fields["answerable"] = str(query.answerable)
        gold = tuple((f"document {name!r}", data.documents[name][1]) for name in relevant if name not in lost)
        rows.append(Row(f"query {query.id!r}", fields, gold, fault))
    return rows


def _csv(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"{path} cannot be read: {error}. Save it as 'CSV UTF-8'.") from None
    first = text.split("\n", 1)[0]
    # The separator under which most of the header is known; a sniffer that looks at the texts is misled by their commas.
    delimiter = max(",;\t", key=lambda char: len({_name(cell) for cell in next(csv.reader([first], delimiter=char), [])} & set(COLUMNS)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        raise CaseError(f"{path}, line {reader.line_num}: not a CSV table ({error}). Check the quotation marks there.") from None


def _excel(path: Path) -> list[list[str]]:
    try:
        import openpyxl
    except ImportError:
        raise CaseError("Excel files need openpyxl. Run: pip install openpyxl (or save the table as CSV UTF-8)") from None
    try:
        with path.open("rb") as stream:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs record a wrong size, or that of a million empty rows
            return [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    except Exception as error:  # a file that is no workbook fails in many ways: zip, XML, missing parts
        raise CaseError(f"{path} cannot be read as an Excel workbook ({type(error).__name__}: {error}). Save it as .xlsx.") from None


def _cell(value: object) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return "" if value is None else str(int(value) if whole and isinstance(value, float) else value)


def _name(cell: str) -> str:
    return re.sub(r"[\s_-]+", "_", cell.strip().casefold())


def _table(path: Path, lines: Sequence[Sequence[str]]) -> list[Row]:
    """The rows under a header; the header is row 1, as a spreadsheet counts."""
    header = [_name(cell) for cell in lines[0]] if lines else []
    while header and not header[-1]:
        header.pop()
    known = f"The columns are: {', '.join(COLUMNS)}."
    if "question" not in header:
        raise CaseError(f"{path}: the first row must name the columns, and one of them must be 'question'. {known}")
    for place, name in enumerate(header):
        if name not in COLUMNS or name in header[:place]:
            raise CaseError(f"{path}: the column {name!r} {'is there twice' if name in COLUMNS else 'is not known'}. {known}")
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(header) :]):
            fault = "has more cells than the header; put a text that holds the separator in quotation marks"
            rows.append(Row(f"row {number}", {}, fault=fault))
            continue
        fields = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        gold = tuple(("gold", text) for text in _several(fields.pop("gold", "")))
        rows.append(Row(f"row {number}", fields, gold))
    return rows


def _several(cell: str) -> list[str]:
    return [text.strip() for text in re.split(r"[|\n]", cell) if text.strip()]


def import_cases(
    rows: Iterable[Row],
    known: Iterable[Case],
    canonical: Mapping[str, str],
    detect: Callable[[str], str],
    source: str | None = None,
) -> Imported:
    """Make a case of every row. *detect* tells the language of a question that does not say its own.

    Quotations are looked for in *source* where it is given (a row's own source comes first), else in every document of *canonical*.
    """
    rows, known = list(rows), list(known)
    used = {case.id for case in known}
    taken = used | {row.fields.get("id", "") for row in rows}
    asked = {question_key(case): case.id for case in known}
    cases: list[Case] = []
    problems: list[str] = []
    for row in rows:
        try:
            case = _case(row, canonical, detect, source, taken)
            if case.id in used:
                raise CaseError(f"the id {case.id!r} is used already")
            if other := asked.get(question_key(case)):
                raise CaseError(f"asks the same question as {other}")
        except CaseError as error:
            problems.append(f"{row.place}: {error}")
        else:
            cases.append(case)
            used.add(case.id)
            taken.add(case.id)
            asked[question_key(case)] = case.id
    return Imported(tuple(cases), tuple(problems))


def _case(row: Row, canonical: Mapping[str, str], detect: Callable[[str], str], source: str | None, taken: set[str]) -> Case:
    if row.fault:
        raise CaseError(row.fault)
    fields = row.fields
    question, history = fields.get("question", ""), _history(fields.get("history", ""))
    if not question.strip():
        raise CaseError("the question is empty")
    answerable = _answerable(fields.get("answerable", ""), bool(row.gold))
    texts = _texts(fields.get("source") or source, canonical)
    gold = tuple(dict.fromkeys(_found(name, text, texts) for name, text in row.gold))
    acceptable = dict.fromkeys(_found("acceptable", text, texts) for text in _several(fields.get("acceptable", "")))
    language = fields.get("language", "").casefold() or detect(question)
    category = check_category(fields.get("category") or suggest_category({}, answerable=answerable, history=bool(history)))
    return make_case(
        id=fields.get("id") or new_id(language, category, taken),
        question=question,
        history=history,
        language=language,
        category=category,
        answerable=answerable,
        gold=tuple(GoldQuote(source=quote.source, quote=quote.quote) for quote in gold),
        acceptable=tuple(quote for quote in acceptable if quote not in gold),
        must_not_claim=tuple(_several(fields.get("must_not_claim", ""))),
        notes=fields.get("notes", ""),
    )


def _answerable(word: str, gold: bool) -> bool:
    if word.casefold() in _NO:
        if gold:
            raise CaseError("answerable is false, and yet there is gold")
        return False
    if word and word.casefold() not in _YES:
        raise CaseError(f"answerable must be true or false, not {word!r}")
    if not gold:
        raise CaseError("there is no gold; give what a complete answer rests on, or answerable: false")
    return True


def _texts(source: str | None, canonical: Mapping[str, str]) -> Mapping[str, str]:
    if source is None:
        return canonical
    if source not in canonical:
        raise CaseError(f"unknown source {source!r} (there are: {', '.join(sorted(canonical))})")
    return {source: canonical[source]}


def _found(name: str, text: str, texts: Mapping[str, str]) -> Quote:
    if quote := find_verbatim(text, texts):
        return quote
    raise CaseError(f"{name} is not word for word in {', '.join(texts)}: {text[:60]!r}")


def _history(cell: str) -> tuple[PastTurn, ...]:
    try:
        turns = json.loads(cell) if cell else []
        return tuple(PastTurn(**turn) for turn in turns)
    except (ValueError, TypeError):
        raise CaseError('history must be JSON such as [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]') from None
