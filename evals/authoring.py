"""How cases are made by people: asked for at the terminal, drafted from readers' feedback, appended to a case file."""

import json
import os
import re
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from assistant.feedback import Feedback
from assistant.types import Answer, Turn
from evals.cases import DEFAULT_CASES, DRAFT, Case, CaseError, GoldQuote, Located, PastTurn, Quote, check_cases, load_cases
from evals.console import table

if TYPE_CHECKING:
    from assistant.core import Assistant

DRAFTS_FILE = "drafts.jsonl"  # in the data folder
FURTHER = 12  # passages shown beside those that the answer cites
_ALIKE = {char: f"[{group}]" for group in ("'‘’", '"“”„', "‐‑–—-") for char in group}
_NUMBERS = re.compile(r"[\d\s,;-]+")


def find_verbatim(text: str, canonical: Mapping[str, str]) -> Quote | None:
    """The stretch of a document that *text* quotes, word for word as the document has it, or ``None``.

    *text* may differ in its spacing and in the shapes of quotation marks and dashes, which copying and office programs change.
    """
    words = ["".join(_ALIKE.get(char, re.escape(char)) for char in word) for word in text.split()]
    pattern = re.compile(r"\s+".join(words))
    for source, document in canonical.items():
        if words and (found := pattern.search(document)):
            return Quote(source=source, quote=found.group())
    return None


def make_case(**fields: Any) -> Case:
    """A case of *fields*.

    Raises:
        CaseError: a field is wrong; the message names it.
    """
    try:
        return Case(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise CaseError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


def new_id(language: str, category: str, taken: Collection[str]) -> str:
    """The next free id of the form ``<language>-<category>-NNN``.

    >>> new_id("en", "fact", {"en-fact-002", "en-fact-x", "es-fact-007"})
    'en-fact-003'
    """
    stem = f"{language}-{category.replace(' ', '-')}-"
    numbers = [int(found[1]) for name in taken if (found := re.fullmatch(re.escape(stem) + r"(\d{1,9})", name))]
    return f"{stem}{max(numbers, default=0) + 1:03d}"


def question_key(case: Case) -> tuple[object, ...]:
    """What two cases that ask the same have in common, as ``check_cases`` sees it."""
    return (" ".join(case.question.casefold().split()), case.history)


def suggest_category(answer: Mapping[str, Any], *, answerable: bool, history: bool) -> str:
    """A category to begin with, from the JSON form of an answer (empty where nothing was asked)."""
    if not answerable:
        greeted = answer.get("status") == "answered" and not answer.get("citations")
        return "adversarial" if answer.get("status") == "refused" else "smalltalk" if greeted else "unanswerable"
    if history:
        return "follow-up"
    if coverage := answer.get("coverage"):
        return "list" if coverage["shown"] == coverage["total"] else "subset"
    return "fact"


def known_cases(target: Path) -> list[Case]:
    """The cases that a new one in *target* must differ from: those of the product and those of the file."""
    known = load_cases(DEFAULT_CASES)
    path = target.resolve()
    if not path.is_relative_to(DEFAULT_CASES) and path.is_file() and path.read_bytes().strip():
        known += load_cases(path)
    return [located.case for located in known]


def append_cases(path: Path, cases: Sequence[Case]) -> None:
    """Add *cases* to the end of a case file, all or none, keeping what is there byte for byte.

    The new file is written beside the old one and takes its place in one step. As in Git, it serves as the lock meanwhile.

    Raises:
        CaseError: the file cannot be written, another command is writing to it, or it has a case of the same id.
    """
    path = path.resolve()
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = lock.open("xb")
    except OSError as error:
        if isinstance(error, FileExistsError) and path.parent.is_dir():
            raise CaseError(f"Another command is writing to {path}. If none is, it was killed: delete {lock} and try again.") from None
        raise CaseError(f"{path} cannot be written: {error}. Name another file.") from None
    try:
        with stream:
            stream.write(_extended(path, cases))
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            shutil.copymode(path, lock)
        lock.replace(path)
    except BaseException as error:  # an interruption too must leave nothing behind
        lock.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CaseError(f"{path} cannot be written: {error}. Name another file.") from None
        raise


def _extended(path: Path, cases: Sequence[Case]) -> bytes:
    kept = path.read_bytes() if path.exists() else b""
    used = {located.case.id for located in load_cases(path)} if kept.strip() else set()
    if twice := sorted(used & {case.id for case in cases}):
        raise CaseError(f"{path} has a case with the id {twice[0]!r} by now. Nothing was written; run the command again.")
    lines = (json.dumps(case.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False) + "\n" for case in cases)
    return kept + (b"" if not kept or kept.endswith(b"\n") else b"\n") + "".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Drafted:
    """Cases made of feedback: *ready* ones, *drafts* that lack their gold, and how many judgements ask what is asked already."""

    ready: tuple[Case, ...]
    drafts: tuple[Case, ...]
    duplicates: int


def draft_cases(feedback: Iterable[Feedback], known: Iterable[Case], canonical: Mapping[str, str]) -> Drafted:
    """Cases of the judgements whose question (after the same history) is in no *known* case; one case per question.

    Where readers disagree, the answer found bad decides: what one of them doubts is not gold.

    Raises:
        CaseError: a judgement does not hold what an answer has; the message names its time.
    """
    known = list(known)
    taken, asked = {case.id for case in known}, {question_key(case) for case in known}
    made: list[Case] = []
    judged = sorted(feedback, key=lambda item: item.verdict != "bad")
    for item in judged:
        try:
            case = _draft(item, canonical, taken)
        except (CaseError, KeyError, TypeError, AttributeError) as error:
            raise CaseError(f"The feedback of {item.time} cannot be understood ({error}). Delete its line and try again.") from None
        if question_key(case) not in asked:
            made.append(case)
            taken.add(case.id)
            asked.add(question_key(case))
    ready = tuple(case for case in made if case.category != DRAFT)
    return Drafted(ready, tuple(case for case in made if case.category == DRAFT), len(judged) - len(made))


def _draft(item: Feedback, canonical: Mapping[str, str], taken: Collection[str]) -> Case:
    answer = item.answer
    quotes = list(dict.fromkeys((str(citation["source_id"]), str(citation["quote"])) for citation in answer["citations"]))
    lost = [source for source, quote in quotes if quote not in canonical.get(source, "")]
    abstained = answer["status"] in ("not_in_corpus", "refused")
    history = tuple(PastTurn(role=turn.role, content=turn.text) for turn in item.history if turn.text)
    fields: dict[str, Any] = {"question": item.question, "history": history, "language": item.language}
    comment = f"; comment: {item.comment}" if item.comment else ""
    if item.verdict == "bad" or (lost and not abstained):
        # What a bad answer cites goes into the notes and not among the acceptable, where it would count as right.
        reason = "judged bad" if item.verdict == "bad" else f"judged good, but what it cites is no longer in {lost[0]}"
        cited = "".join(f"\n{source}: {quote}" for source, quote in quotes) or " nothing"
        notes = f"draft: feedback of {item.time}, {reason}{comment}; the answer ({answer['status']}) cited:{cited}"
        return make_case(id=new_id(item.language, DRAFT, taken), category=DRAFT, answerable=True, notes=notes, **fields)
    gold = () if abstained else tuple(GoldQuote(source=source, quote=quote) for source, quote in quotes)
    category = suggest_category(answer, answerable=bool(gold), history=bool(history))
    notes = f"feedback of {item.time}, judged good{comment}"
    fields |= {"category": category, "answerable": bool(gold), "gold": gold, "notes": notes}
    return make_case(id=new_id(item.language, category, taken), **fields)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A numbered passage on the screen."""

    locator: str
    quote: Quote
    cited: bool


def candidates(assistant: "Assistant", answer: Answer, history: Sequence[PastTurn]) -> list[Candidate]:
    """What *answer* cites, then further passages of the hybrid search, which a good answer may have missed."""
    earlier = [turn.content for turn in history if turn.role == "user"][-1:]
    hits = assistant.index.search(" ".join([*earlier, answer.question]), len(answer.citations) + FURTHER, language=answer.language)
    found = [Candidate(c.locator, Quote(source=c.source_id, quote=c.quote), True) for c in answer.citations]
    seen = {citation.passage_id for citation in answer.citations}
    further = [hit.passage for hit in hits if hit.passage.id not in seen][:FURTHER]
    return found + [Candidate(p.locator, Quote(source=p.source_id, quote=p.text), False) for p in further]


def parse_numbers(text: str, count: int) -> list[int]:
    """Numbers and ranges as people write them, each in 1..*count*, in the order given.

    Raises:
        CaseError: a number is out of range or a range runs backwards.

    >>> parse_numbers("1, 3 - 5", 9)
    [1, 3, 4, 5]
    """
    chosen: list[int] = []
    for part in re.split(r"[,;\s]+", re.sub(r"\s*-\s*", "-", text.strip()).strip(",; ")):
        found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last <= count:
            raise CaseError(f"{part!r} is not one of the numbers 1 to {count}, or a range of them such as 2-4.")
        chosen += range(first, last + 1)
    return list(dict.fromkeys(chosen))


def _marked(line: str, shown: Sequence[Candidate], canonical: Mapping[str, str]) -> list[Quote]:
    if _NUMBERS.fullmatch(line):
        return [shown[number - 1].quote for number in parse_numbers(line, len(shown))]
    if quote := find_verbatim(line, canonical):
        return [quote]
    raise CaseError("That stands in no document word for word. Copy it from the document, or give a number.")


def _ask_quotes(console: Console, label: str, shown: Sequence[Candidate], canonical: Mapping[str, str], needed: bool) -> list[Quote]:
    """Lines of numbers or quotations until an empty one. Where something is *needed*, only ``none`` says that there is nothing."""
    marked: list[Quote] = []
    while True:
        line = str(typer.prompt("  more, or Enter" if marked else label, default="", show_default=False)).strip()
        if not marked and (line.casefold() == "none" or (not line and not needed)):
            return []
        if not line and marked:
            return marked
        try:
            if not line:
                raise CaseError("Mark at least one, or write none if the documents do not answer.")
            marked = list(dict.fromkeys([*marked, *_marked(line, shown, canonical)]))
        except CaseError as error:
            console.print(f"  {error}", style="red", markup=False, highlight=False)


def _show(console: Console, answer: Answer, shown: Sequence[Candidate]) -> None:
    console.print(f"\nThe assistant: {answer.status}, confidence {answer.confidence:.2f}", highlight=False)
    rows = [(number, "cited" if item.cited else "", item.locator, item.quote.quote) for number, item in enumerate(shown, start=1)]
    made = table("What it cites, and further passages", ("", "", "Where", "Text"), rows)
    for column in made.columns:
        column.justify = "left"
    console.print(made)


def _ask_question(known: Sequence[Case], history: Sequence[PastTurn], console: Console) -> str:
    asked = {question_key(case): case.id for case in known}
    while True:
        question = str(typer.prompt("Question")).strip()
        other = asked.get((" ".join(question.casefold().split()), tuple(history)))
        if question and not other:
            return question
        console.print(f"  {other} asks this already." if other else "  Write a question.", style="red", highlight=False)


def check_category(category: str) -> str:
    """*category* in the form that cases have it.

    Raises:
        CaseError: it has other characters than letters, spaces and hyphens, or is the one that marks drafts.
    """
    name = " ".join(category.casefold().split())
    if name == DRAFT or not re.fullmatch(r"[a-z][a-z -]*", name):
        raise CaseError(f"{category!r} cannot be a category. Use letters a to z, spaces and hyphens, such as fact or follow-up.")
    return name


def _ask_category(console: Console, suggested: str) -> str:
    while True:
        try:
            return check_category(str(typer.prompt("Category", default=suggested)))
        except CaseError as error:
            console.print(f"  {error}", style="red", markup=False, highlight=False)


def author_case(
    console: Console,
    assistant: "Assistant",
    known: Sequence[Case],
    *,
    history: tuple[PastTurn, ...] = (),
    language: str | None = None,
    category: str | None = None,
) -> Case:
    """Ask for a case at the terminal: question, what a complete answer rests on, what may be cited besides, category, notes.

    *category* is one that :func:`check_category` has passed.

    Raises:
        UserError: the assistant cannot take the question or the language.
        typer.Abort: the user broke off (Ctrl-C or the end of the input).
    """
    question = _ask_question(known, history, console)
    answer = assistant.answer(question, [Turn(turn.role, turn.content) for turn in history], language=language)
    shown, canonical = candidates(assistant, answer, history), assistant.index.canonical
    _show(console, answer, shown)
    console.print("Mark by numbers (1,3-5) or paste a quotation; several lines are taken, an empty one ends.", highlight=False)
    label = "A complete answer rests on (none: the documents do not answer)"
    gold = _ask_quotes(console, label, shown, canonical, needed=True)
    acceptable = _ask_quotes(console, "May be cited besides (Enter: nothing)", shown, canonical, needed=False)
    suggested = suggest_category(answer.to_dict(), answerable=bool(gold), history=bool(history))
    category = category or _ask_category(console, suggested)
    notes = str(typer.prompt("Notes (Enter: none)", default="", show_default=False)).strip()
    case = make_case(
        id=new_id(answer.language, category, {case.id for case in known}),
        question=question,
        history=history,
        language=answer.language,
        category=category,
        answerable=bool(gold),
        gold=tuple(GoldQuote(source=quote.source, quote=quote.quote) for quote in gold),
        acceptable=tuple(quote for quote in acceptable if quote not in gold),
        notes=notes,
    )
    if faults := check_cases([Located(case, "dev", Path("this case"), 1)], canonical):
        raise CaseError(faults[0])
    return case
