"""A document of four passages that the worked examples in the docstrings of :mod:`evals.metrics` are about."""

from collections.abc import Sequence

from assistant.types import Answer, Citation, Coverage, Status
from evals.cases import Case, GoldQuote, Quote
from evals.judged import Judged, judge
from ingest.types import Passage

TEXT = "Plant trees. Clean squares. Repair lamps. The committee meets in spring."


def _passage(identity: str, text: str, number: int | None) -> Passage:
    start = TEXT.index(text)
    listed, locator = ("actions", f"action {number}") if number else (None, "paragraph 1")
    kind, unit = ("list_item", "action") if number else ("paragraph", "paragraph")
    return Passage(identity, "doc", kind, (), locator, "en", start, start + len(text), text, unit, number, listed, 1)  # type: ignore[arg-type]


_SENTENCES = ("Plant trees.", "Clean squares.", "Repair lamps.", "The committee meets in spring.")
PASSAGES = {f"p{n}": _passage(f"p{n}", text, n if n < 4 else None) for n, text in enumerate(_SENTENCES, start=1)}


def cite(number: int, quote: str, **changes: str | int | None) -> Citation:
    """A right citation of *quote*; *changes* make it wrong."""
    start = TEXT.index(quote)
    passage = next(p for p in PASSAGES.values() if p.start <= start < p.end)
    made = {"locator": passage.locator, "page": passage.page, "start": start, "end": start + len(quote), "quote": quote} | changes
    return Citation(number, passage.id, "doc", "Document", url=None, **made)  # type: ignore[arg-type]


def judged(
    gold: Sequence[str] = (),
    cited: Sequence[str | Citation] = (),
    *,
    category: str = "fact",
    status: Status = "answered",
    text: str = "It says so.",
    claim: tuple[int, int] | None = None,
    acceptable: Sequence[str] = (),
    must_not_claim: Sequence[str] = (),
) -> Judged:
    """A case with the quotations *gold* (not answerable without), and an answer that cites *cited*, judged.

    *claim* is the answer's "n of m items".
    """
    case = Case(
        id="example",
        question="What is to be done?",
        language="en",
        category=category,
        answerable=bool(gold),
        gold=tuple(GoldQuote(source="doc", quote=quote, equivalents=()) for quote in gold),
        acceptable=tuple(Quote(source="doc", quote=quote) for quote in acceptable),
        must_not_claim=tuple(must_not_claim),
    )
    citations = tuple(quote if isinstance(quote, Citation) else cite(n, quote) for n, quote in enumerate(cited, start=1))
    coverage = Coverage("actions", *claim) if claim else None
    return judge(case, Answer(None, case.question, "en", status, text, citations=citations, coverage=coverage), {"doc": TEXT}, PASSAGES)
