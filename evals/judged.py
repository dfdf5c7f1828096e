"""An answer beside its case with the evidence settled, and the table that metrics enter themselves into."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from assistant.types import Answer, Citation
from evals.cases import Case
from evals.spans import Span, covered, overlap, relevant, resolve, supports
from ingest.types import Passage

ANSWERED = frozenset({"answered", "partial"})
ABSTAINED = frozenset({"not_in_corpus", "refused"})
Translations = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer beside its case, with the evidence settled.

    ``cited`` are the spans of the citations, ``wanted`` those of each gold quotation and its equivalents, ``accepted``
    all of these and the acceptable ones; ``found`` says of each gold quotation whether it is supported, ``rests`` of each
    citation whether it rests on accepted text. ``translations`` maps passage ids to language to working translation.
    """

    case: Case
    answer: Answer
    canonical: Mapping[str, str]
    passages: Mapping[str, Passage]
    cited: tuple[Span, ...]
    wanted: tuple[tuple[Span, ...], ...]
    accepted: tuple[Span, ...]
    found: tuple[bool, ...]
    rests: tuple[bool, ...]
    translations: Translations = field(default_factory=dict)

    @property
    def extra(self) -> tuple[int, ...]:
        """The numbers of the citations that rest on nothing accepted."""
        return tuple(c.number for c, rests in zip(self.answer.citations, self.rests, strict=True) if not rests)


Measure = Callable[[Judged], float | None]
# name -> (heading, definition in a line, whether higher is better); the order is that of the tables.
METRICS: dict[str, tuple[str, str, bool]] = {}
MEASURES: dict[str, Measure] = {}


def metric(heading: str, *, higher: bool = True) -> Callable[[Measure], Measure]:
    """Enter a function into :data:`METRICS` under its name, with the first line of its docstring as its definition."""

    def enter(measure: Measure) -> Measure:
        definition = (measure.__doc__ or "").split("\n", 1)[0].replace("``", "").rstrip(".")
        METRICS[measure.__name__] = (heading, definition, higher)
        MEASURES[measure.__name__] = measure
        return measure

    return enter


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of the scored values, ``None`` when there is none.

    >>> mean([1.0, None, 0.0]), mean([None])
    (0.5, None)
    """
    scored = [value for value in values if value is not None]
    return sum(scored) / len(scored) if scored else None


def spans_of(citations: Iterable[Citation]) -> tuple[Span, ...]:
    """The spans of an answer's citations."""
    return tuple((citation.source_id, citation.start, citation.end) for citation in citations)


def judge(
    case: Case, answer: Answer, canonical: Mapping[str, str], passages: Mapping[str, Passage], translations: Translations | None = None
) -> Judged:
    """Settle which gold quotations *answer* supports and which of its citations rest on accepted text."""
    cited = spans_of(answer.citations)
    wanted = tuple(tuple(resolve((gold, *gold.equivalents), canonical)) for gold in case.gold)
    accepted = (*(span for spans in wanted for span in spans), *resolve(case.acceptable, canonical))
    found = tuple(supports(cited, spans) for spans in wanted)
    rests = tuple(relevant(span, accepted) for span in cited)
    return Judged(case, answer, canonical, passages, cited, wanted, accepted, found, rests, translations or {})


def whole_lists(j: Judged) -> list[tuple[int, bool]]:
    """(number of items, whether all gold on them is supported) of each list of at least 2 items that the gold takes in whole.

    An item belongs to the gold when gold quotations cover at least half of its characters.
    """
    gold = [span for spans in j.wanted for span in spans]
    members: dict[str, list[Span]] = {}
    for passage in j.passages.values():
        if passage.list_id:
            members.setdefault(passage.list_id, []).append((passage.source_id, passage.start, passage.end))
    whole = [items for items in members.values() if len(items) > 1 and all(2 * covered(i, gold) >= i[2] - i[1] for i in items)]
    return [
        (len(items), all(f for f, spans in zip(j.found, j.wanted, strict=True) if any(overlap(s, i) for s in spans for i in items)))
        for items in whole
    ]
