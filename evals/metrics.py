"""The score of one answer against its case: exact, by intervals of the canonical texts; unscored is ``None``, never 0.

Quotations are resolved to *spans* ``(source, start, end)``: every occurrence of their text in the canonical text
of their source, in characters. Whoever repeats a text in a document has said it in each of these places.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.types import Answer, Citation
from evals.cases import Case, Quote
from ingest.types import Passage

Span = tuple[str, int, int]
ANSWERED = frozenset({"answered", "partial"})
ABSTAINED = frozenset({"not_in_corpus", "refused"})

# name -> (heading, definition in a line, whether higher is better); the order is that of the tables.
METRICS: dict[str, tuple[str, str, bool]] = {
    "correct": ("Correct", "complete when answerable, abstained when not, greeted without citations for smalltalk", True),
    "complete": ("Complete answers", "answered, and every gold quotation is supported by a citation", True),
    "quote_recall": ("Quote recall", "share of the gold quotations that a citation supports", True),
    "citation_precision": ("Citation precision", "share of the citations that rest on gold, equivalent or acceptable text", True),
    "focus": ("Citation focus", "share of the cited characters that are gold, equivalent or acceptable text", True),
    "abstention": ("Abstention", "unanswerable questions on which the assistant abstained (recall of abstention)", True),
    "false_abstention": ("False abstention", "answerable questions on which it abstained", False),
    "exactness": ("Quotation exactness", "citations whose quotation is verbatim at its offsets", True),
    "locator": ("Locator accuracy", "citations with the locator and page of the passage that holds them", True),
    "coverage": ("Coverage claims", "claims 'n of m items' that hold", True),
    "language": ("Answer language", "answers in the language of the question", True),
    "claims": ("Forbidden claims", "answers in which a string of must_not_claim occurs (a flag to look at, not a verdict)", False),
    "smalltalk": ("Smalltalk", "greetings answered without citations", True),
}


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one answer.

    ``values`` maps each name of :data:`METRICS` to 0..1 or ``None`` (not scored); ``missing`` are the gold
    quotations without support, ``extra`` the numbers of the citations that rest on nothing accepted.
    """

    values: dict[str, float | None]
    missing: tuple[str, ...]
    extra: tuple[int, ...]


def occurrences(canonical: str, quote: str) -> list[tuple[int, int]]:
    """All (start, end) of *quote* in *canonical*, overlapping ones too.

    >>> occurrences("abab ab", "ab")
    [(0, 2), (2, 4), (5, 7)]
    """
    found, start = [], canonical.find(quote) if quote else -1
    while start >= 0:
        found.append((start, start + len(quote)))
        start = canonical.find(quote, start + 1)
    return found


def resolve(quotes: Iterable[Quote], canonical: Mapping[str, str]) -> list[Span]:
    """The spans of all occurrences of *quotes*; a quotation that does not occur has none."""
    return [(quote.source, *found) for quote in quotes for found in occurrences(canonical.get(quote.source, ""), quote.quote)]


def overlap(a: Span, b: Span) -> int:
    """Characters that two spans share.

    >>> overlap(("s", 0, 10), ("s", 6, 20)), overlap(("s", 0, 10), ("t", 6, 20))
    (4, 0)
    """
    return max(0, min(a[2], b[2]) - max(a[1], b[1])) if a[0] == b[0] else 0


def union(spans: Iterable[Span]) -> list[Span]:
    """The characters of *spans* as disjoint spans in order.

    >>> union([("s", 2, 6), ("s", 0, 4), ("s", 9, 12)])
    [('s', 0, 6), ('s', 9, 12)]
    """
    merged: list[Span] = []
    for source, start, end in sorted(spans):
        if merged and merged[-1][0] == source and start <= merged[-1][2]:
            merged[-1] = (source, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((source, start, end))
    return merged


def covered(target: Span, spans: Iterable[Span]) -> int:
    """Characters of *target* in the union of *spans*; none counts twice.

    >>> covered(("s", 0, 10), [("s", 0, 4), ("s", 2, 6), ("s", 9, 12)])
    7
    """
    return sum(overlap(target, span) for span in union(spans))


def supports(citations: Sequence[Span], gold: Sequence[Span]) -> bool:
    """Whether *citations* support a quotation that occurs at the spans *gold* (equivalents included).

    They do when, for one occurrence, a single citation covers at least half of its characters, or a citation
    lies inside the occurrence and all citations together cover at least half of it. Half, because a shorter
    or longer cut of the same sentence is the same evidence (partial match of spans as in the SemEval-2013
    task 9 evaluation and in FEVER's evidence recall, Thorne et al. 2018).

    >>> supports([("s", 0, 50)], [("s", 40, 60)]), supports([("s", 0, 49)], [("s", 40, 60)])
    (True, False)
    >>> supports([("s", 0, 4), ("s", 6, 8)], [("s", 0, 12)])  # 6 of 12, in two pieces inside
    True
    """
    for target in gold:
        size = target[2] - target[1]
        if any(2 * overlap(target, cited) >= size for cited in citations):
            return True
        inside = any(overlap(target, cited) == cited[2] - cited[1] > 0 for cited in citations)
        if inside and 2 * covered(target, citations) >= size:
            return True
    return False


def relevant(citation: Span, accepted: Iterable[Span]) -> bool:
    """Whether a citation shares at least half of its own or of an accepted span's characters with that span.

    >>> relevant(("s", 0, 10), [("s", 5, 100)]), relevant(("s", 0, 10), [("s", 6, 100)]), relevant(("s", 0, 99), [("s", 6, 9)])
    (True, False, True)
    """
    for span in accepted:
        shared = 2 * overlap(citation, span)
        if shared and (shared >= citation[2] - citation[1] or shared >= span[2] - span[1]):
            return True
    return False


def focus(citations: Sequence[Span], accepted: Sequence[Span]) -> float | None:
    """Share of the cited characters that are accepted text: what tells a quotation from a page that contains it.

    Citation precision forgives a citation that is much longer than its evidence; this does not. It is no goal of its
    own, since the sentence around a short gold quotation is fair to cite.

    >>> focus([("s", 0, 10), ("s", 5, 20)], [("s", 0, 5)]), focus([], [("s", 0, 5)])
    (0.25, None)
    """
    cited = union(citations)
    size = sum(end - start for _, start, end in cited)
    return sum(covered(span, accepted) for span in cited) / size if size else None


def spans_of(citations: Iterable[Citation]) -> list[Span]:
    """The spans of an answer's citations."""
    return [(citation.source_id, citation.start, citation.end) for citation in citations]


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of the scored values, ``None`` when there is none.

    >>> mean([1.0, None, 0.0]), mean([None])
    (0.5, None)
    """
    scored = [value for value in values if value is not None]
    return sum(scored) / len(scored) if scored else None


def quotation_exactness(citations: Sequence[Citation], canonical: Mapping[str, str]) -> float | None:
    """Share of citations with ``canonical[start:end] == quote``; anything below 1 is a defect of the product."""
    return mean(float(c.quote != "" and canonical.get(c.source_id, "")[c.start : c.end] == c.quote) for c in citations)


def locator_accuracy(citations: Sequence[Citation], passages: Mapping[str, Passage]) -> float | None:
    """Share of citations whose locator and page are those of the passage that holds them.

    A citation must lie inside the passage that its ``passage_id`` names.
    """

    def right(citation: Citation) -> bool:
        passage = passages.get(citation.passage_id)
        return passage is not None and (
            (passage.source_id, passage.locator, passage.page) == (citation.source_id, citation.locator, citation.page)
            and passage.start <= citation.start <= citation.end <= passage.end
        )

    return mean(float(right(citation)) for citation in citations)


def coverage_holds(answer: Answer, gold: int, missing: int) -> float | None:
    """Whether a claim "n of m items" is true; ``None`` without a claim.

    True when 0 <= shown <= total, at least *shown* different spans are cited, and a claim to have shown all does not
    go with an incomplete answer. An answer that misses all *gold* quotations is about another list, of which the
    claim may well be true: what is wrong with it shows in ``complete``.

    >>> from assistant.types import Coverage
    >>> answer = Answer(None, "", "en", "answered", "", coverage=Coverage("actions", 0, 0))
    >>> coverage_holds(answer, 3, 0), coverage_holds(answer, 3, 1), coverage_holds(answer, 3, 3)
    (1.0, 0.0, 1.0)
    """
    if answer.coverage is None:
        return None
    shown, total = answer.coverage.shown, answer.coverage.total
    overstated = shown == total and 0 < missing < gold
    return float(0 <= shown <= total and len(set(spans_of(answer.citations))) >= shown and not overstated)


def forbidden(case: Case, text: str) -> float | None:
    """1 when a string of ``must_not_claim`` occurs in *text*, whatever its case; ``None`` when the case has none."""
    if not case.must_not_claim:
        return None
    return float(any(" ".join(claim.casefold().split()) in " ".join(text.casefold().split()) for claim in case.must_not_claim))


def score(case: Case, answer: Answer, canonical: Mapping[str, str], passages: Mapping[str, Passage]) -> Score:
    """Score *answer*; *passages* maps passage ids to passages.

    ``complete`` and ``quote_recall`` (recall of evidence; TREC QA nugget recall, Voorhees 2003, with exact nuggets)
    are scored on answerable cases only, so silence never enters recall. ``citation_precision`` (Liu, Zhang and Liang,
    "Evaluating Verifiability in Generative Search Engines", 2023, decided by offsets instead of a reader) is scored
    on answerable cases with citations; an unanswerable case has nothing that could be relevant, its
    measure is ``abstention`` (SQuAD 2.0, Rajpurkar et al. 2018).
    """
    cited = spans_of(answer.citations)
    equivalents = [resolve((gold, *gold.equivalents), canonical) for gold in case.gold]
    missing = tuple(gold.quote for gold, spans in zip(case.gold, equivalents, strict=True) if not supports(cited, spans))
    accepted = [span for spans in equivalents for span in spans] + resolve(case.acceptable, canonical)
    extra = tuple(c.number for c, span in zip(answer.citations, cited, strict=True) if not relevant(span, accepted))
    abstained = float(answer.status in ABSTAINED)
    values: dict[str, float | None] = dict.fromkeys(METRICS)
    if case.answerable:
        values["complete"] = values["correct"] = float(not missing and answer.status in ANSWERED)
        values["quote_recall"] = 1 - len(missing) / len(case.gold)
        values["citation_precision"] = 1 - len(extra) / len(cited) if cited else None
        values["focus"] = focus(cited, accepted)
        values["false_abstention"] = abstained
    elif case.smalltalk:
        values["smalltalk"] = values["correct"] = float(answer.status == "answered" and not cited)
    else:
        values["abstention"] = values["correct"] = abstained
    values["exactness"] = quotation_exactness(answer.citations, canonical)
    values["locator"] = locator_accuracy(answer.citations, passages)
    values["coverage"] = coverage_holds(answer, len(case.gold), len(missing))
    values["language"] = float(answer.language == case.language)
    values["claims"] = forbidden(case, answer.text)
    return Score(values, missing, extra)
