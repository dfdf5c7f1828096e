"""Test cases: their published schema, the loader and the validator. Gold is verbatim quotation, never an id."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.errors import UserError
from ingest.manifest import load_manifest, read_canonical

DEFAULT_CASES = Path(__file__).resolve().parent / "cases"
HALVES = ("dev", "unseen")
DRAFT = "draft"  # the category of a case whose gold is still to be found
Text = Annotated[str, Field(min_length=1)]


class CaseError(UserError):
    """A case file cannot be used; the message names the file and the line."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Quote(_Strict):
    """A stretch of a document, word for word."""

    source: Text = Field(description="Id of the source in sources.toml.")
    quote: Text = Field(description="Verbatim text of the source's canonical text.")


class GoldQuote(Quote):
    """A quotation that a complete answer must rest on, or one of its equivalents."""

    equivalents: tuple[Quote, ...] = Field((), description="Quotations that serve as well as this one.")


class PastTurn(_Strict):
    """A turn of the conversation before the question."""

    role: Literal["user", "assistant"]
    content: Text


class Case(_Strict):
    """One question and what a good answer to it rests on."""

    id: Text = Field(description="Unique over all files.")
    question: Text
    history: tuple[PastTurn, ...] = Field((), description="The turns before the question, oldest first.")
    language: Literal["en", "es", "pt", "fr"] = Field(description="Language that the answer must be framed in.")
    category: str = Field(pattern=r"^[a-z][a-z -]*$", description="What is tested; figures are given per category.")
    answerable: bool = Field(description="Whether the documents answer the question.")
    gold: tuple[GoldQuote, ...] = Field((), description="Everything that a complete answer rests on; empty when not answerable.")
    acceptable: tuple[Quote, ...] = Field((), description="Quotations that may be cited besides the gold.")
    must_not_claim: tuple[Text, ...] = Field((), description="Strings that betray a false claim when they occur in the answer.")
    notes: str = ""

    @property
    def smalltalk(self) -> bool:
        """Whether the case is a greeting or the like: to be answered without citations, kept out of abstention figures."""
        return self.category == "smalltalk"


@dataclass(frozen=True, slots=True)
class Located:
    """A case and where it stands. ``half`` is the name of its folder (``dev`` or ``unseen``), ``dev`` elsewhere."""

    case: Case
    half: str
    path: Path
    line: int

    @property
    def where(self) -> str:
        """File and line, for messages."""
        return f"{self.path}, line {self.line}"


def load_cases(path: Path = DEFAULT_CASES, half: str = "all") -> list[Located]:
    """Read a JSONL file or every one below a folder, in the order of paths and lines.

    Raises:
        CaseError: nothing is there, a line is not a case, an id is used twice, or no case is of that half.
    """
    if half not in (*HALVES, "all"):
        raise CaseError(f"There is no half {half!r}. Choose dev, unseen or all.")
    files = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise CaseError(f"There are no case files (*.jsonl) at {path}.")
    found = [located for file in files for located in _read(file)]
    seen: dict[str, Located] = {}
    for located in found:
        if other := seen.get(located.case.id):
            raise CaseError(f"{located.where}: the id {located.case.id!r} is used already in {other.where}.")
        seen[located.case.id] = located
    chosen = [located for located in found if half in (located.half, "all")]
    if not chosen:
        raise CaseError(f"{path} holds no case of the half {half!r}.")
    return chosen


def _read(file: Path) -> list[Located]:
    half = file.parent.name if file.parent.name in HALVES else "dev"
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"{file} cannot be read: {error}.") from None
    cases = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            cases.append(Located(_parse(line, f"{file}, line {number}"), half, file, number))
    return cases


def _parse(line: str, where: str) -> Case:
    try:
        return Case.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CaseError(f"{where}: {f'field {place}: ' if place else ''}{first['msg']}.") from None


def read_corpus(corpus_dir: Path) -> dict[str, str]:
    """The canonical text of every source at hand, by source id."""
    return {source.id: read_canonical(source) for source in load_manifest(corpus_dir / "sources.toml") if source.path}


def check_cases(cases: Iterable[Located], canonical: Mapping[str, str]) -> list[str]:
    """What is wrong with *cases*, one message per fault, without the text of any question."""
    faults: list[str] = []
    questions: dict[tuple[object, ...], Located] = {}
    for located in cases:
        case = located.case
        if case.answerable != bool(case.gold):
            what = "an answerable case needs gold" if case.answerable else "a case that is not answerable has gold"
            faults.append(f"{located.where}: {case.id}: {what}")
        if case.category == DRAFT:
            faults.append(
                f'{located.where}: {case.id}: still a draft, from feedback; give it its gold (or "answerable": false) and its category'
            )
        quotes: list[tuple[str, Quote]] = [("gold", quote) for quote in case.gold] + [("acceptable", quote) for quote in case.acceptable]
        quotes += [("equivalent", quote) for gold in case.gold for quote in gold.equivalents]
        for role, quote in quotes:
            if quote.source not in canonical:
                faults.append(f"{located.where}: {case.id}: unknown source {quote.source!r} (there are: {', '.join(sorted(canonical))})")
            elif " ".join(quote.quote.split()) not in " ".join(canonical[quote.source].split()):  # a line end is a space
                faults.append(f"{located.where}: {case.id}: {role} quotation is not verbatim in {quote.source}: {quote.quote[:60]!r}")
        key = (" ".join(case.question.casefold().split()), case.history)
        if (other := questions.setdefault(key, located)) is not located:
            faults.append(f"{located.where}: {case.id}: asks the same question as {other.case.id}")
    return faults


def json_schema() -> dict[str, Any]:
    """The JSON Schema of one line of a case file."""
    schema = Case.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def case_digest(case: Case) -> str:
    """A stable fingerprint of everything in a case."""
    import hashlib

    return hashlib.sha256(json.dumps(case.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()[:16]
