"""Stretches of the documents as intervals, and when one counts as evidence for another.

Quotations are resolved to *spans* ``(source, start, end)``: every occurrence of their text in the canonical text
of their source, in characters. Whoever repeats a text in a document has said it in each of these places.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from evals.cases import Quote

Span = tuple[str, int, int]


@lru_cache(maxsize=20_000)  # the same quotation is looked for with every answer, and with every target in training
def occurrences(canonical: str, quote: str) -> tuple[tuple[int, int], ...]:
    r"""All (start, end) of *quote* in *canonical*, overlapping ones too; a line end in one is a space in the other.

    >>> occurrences("abab ab", "ab")
    ((0, 2), (2, 4), (5, 7))
    >>> occurrences("one\ntwo", "one two")
    ((0, 7),)
    """
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    return tuple((match.start(1), match.end(1)) for match in re.finditer(rf"(?=({pattern}))", canonical)) if pattern else ()


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


def share_accepted(citations: Sequence[Span], accepted: Sequence[Span]) -> float | None:
    """Share of the cited characters that are accepted text; ``None`` where nothing is cited.

    >>> share_accepted([("s", 0, 10), ("s", 5, 20)], [("s", 0, 5)]), share_accepted([], [("s", 0, 5)])
    (0.25, None)
    """
    cited = union(citations)
    size = sum(end - start for _, start, end in cited)
    return sum(covered(span, accepted) for span in cited) / size if size else None
