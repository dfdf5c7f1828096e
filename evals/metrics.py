"""The score of one answer against its case: exact, by intervals of the canonical texts; unscored is ``None``, never 0.

One function per metric: its docstring gives the definition (the first line is what reports show), the source where
there is one, and an example worked by hand on the four sentences of :mod:`evals.example`. A metric is the mean over the
cases that it scores; what only a group of cases has (F1, AUROC, calibration) is in :mod:`evals.groups`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.types import Answer, Citation
from evals.cases import Case
from evals.judged import ABSTAINED as ABSTAINED
from evals.judged import ANSWERED as ANSWERED
from evals.judged import MEASURES, Judged, Translations, judge, metric, whole_lists
from evals.judged import METRICS as METRICS
from evals.judged import mean as mean
from evals.prose import prose_language
from evals.spans import Span as Span
from evals.spans import relevant as relevant
from evals.spans import resolve as resolve
from evals.spans import share_accepted
from evals.spans import supports as supports
from ingest.types import Passage


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one answer.

    ``values`` maps each name of :data:`METRICS` to 0..1 or ``None`` (not scored); ``missing`` are the gold
    quotations without support, ``extra`` the numbers of the citations that rest on nothing accepted.
    """

    values: dict[str, float | None]
    missing: tuple[str, ...]
    extra: tuple[int, ...]


def score(
    case: Case, answer: Answer, canonical: Mapping[str, str], passages: Mapping[str, Passage], translations: Translations | None = None
) -> Score:
    """Score *answer* by every metric; *passages* and *translations* are keyed by passage id."""
    j = judge(case, answer, canonical, passages, translations)
    missing = tuple(gold.quote for gold, found in zip(case.gold, j.found, strict=True) if not found)
    return Score({name: measure(j) for name, measure in MEASURES.items()}, missing, j.extra)


@metric("Correct")
def correct(j: Judged) -> float:
    """Complete when answerable, abstained when not, greeted without citations for smalltalk.

    >>> from evals.example import judged
    >>> correct(judged(["Plant trees."], ["Plant trees."])), correct(judged([], [], status="not_in_corpus")), correct(judged())
    (1.0, 1.0, 0.0)
    """
    verdicts = (complete(j), abstention(j), smalltalk(j))
    return next(verdict for verdict in verdicts if verdict is not None)


@metric("Complete answers")
def complete(j: Judged) -> float | None:
    """Answered, and every gold quotation is supported by a citation; answerable questions only.

    Success at full recall: the strict form of :func:`quote_recall`, as an exact match is of F1 (SQuAD, Rajpurkar et al., 2016).

    >>> from evals.example import judged
    >>> gold = ["Plant trees.", "Clean squares."]
    >>> complete(judged(gold, gold)), complete(judged(gold, gold[:1])), complete(judged(gold, gold, status="refused"))
    (1.0, 0.0, 0.0)
    """
    return float(all(j.found) and j.answer.status in ANSWERED) if j.case.answerable else None


@metric("Quote recall")
def quote_recall(j: Judged) -> float | None:
    """Share of the gold quotations that a citation supports; answerable questions only, so silence never enters recall.

    Nugget recall (Voorhees, "Overview of the TREC 2003 Question Answering Track") with exact nuggets;
    :func:`evals.spans.supports` says when a citation supports one.

    >>> from evals.example import judged
    >>> quote_recall(judged(["Plant trees.", "Clean squares."], ["Plant trees."])), quote_recall(judged([], ["Plant trees."]))
    (0.5, None)
    """
    return sum(j.found) / len(j.found) if j.case.answerable else None


@metric("Citation precision")
def citation_precision(j: Judged) -> float | None:
    """Share of the citations that rest on gold, equivalent or acceptable text; answerable questions with citations.

    Liu, Zhang and Liang, "Evaluating Verifiability in Generative Search Engines", EMNLP 2023, decided by offsets instead of
    a reader. An unanswerable question has nothing to rest on: what counts there is :func:`abstention`.

    >>> from evals.example import judged
    >>> cited = ["Plant trees.", "Clean squares.", "Repair lamps."]
    >>> citation_precision(judged(["Plant trees."], cited)), citation_precision(judged(["Plant trees."], cited[:2], acceptable=cited))
    (0.3333333333333333, 1.0)
    """
    return sum(j.rests) / len(j.rests) if j.case.answerable and j.rests else None


@metric("Citation focus")
def focus(j: Judged) -> float | None:
    """Share of the cited characters that are gold, equivalent or acceptable text.

    What tells a quotation from a page that contains it: citation precision forgives a citation that is much longer than its
    evidence, this does not. It is no goal of its own, since the sentence around a short gold quotation is fair to cite.
    Character precision, as in Chroma's "Evaluating Chunking Strategies for Retrieval" (Smith and Troynikov, 2024).

    >>> from evals.example import judged
    >>> focus(judged(["Plant trees."], ["Plant trees.", "Clean squares."]))  # 12 of 12 + 14 characters
    0.46153846153846156
    """
    return share_accepted(j.cited, j.accepted) if j.case.answerable else None


@metric("List completeness")
def list_completeness(j: Judged) -> float | None:
    """Share of the lists asked for in whole whose items are all cited; a list is asked for in whole when gold covers its items.

    Instance recall at its strictest, as for the list questions of TREC (Voorhees, 2003): 11 of 12 items are not the list.

    >>> from evals.example import judged
    >>> items = ["Plant trees.", "Clean squares.", "Repair lamps."]
    >>> list_completeness(judged(items, items)), list_completeness(judged(items, items[:2])), list_completeness(judged(items[:2], items))
    (1.0, 0.0, None)
    """
    return mean(float(found and j.answer.status in ANSWERED) for _, found in whole_lists(j)) if j.case.answerable else None


@metric("Completeness said")
def list_claim(j: Judged) -> float | None:
    """Lists asked for in whole that are shown in whole, and said to be so: "12 of 12 items".

    1 when every such list is complete and the answer's coverage says that it shows all of at least as many items.

    >>> from evals.example import judged
    >>> items = ["Plant trees.", "Clean squares.", "Repair lamps."]
    >>> list_claim(judged(items, items, claim=(3, 3))), list_claim(judged(items, items)), list_claim(judged(items, items, claim=(3, 4)))
    (1.0, 0.0, 0.0)
    """
    lists, said = whole_lists(j) if j.case.answerable else [], j.answer.coverage
    if not lists:
        return None
    return float(all(f for _, f in lists) and said is not None and said.shown == said.total >= sum(size for size, _ in lists))


@metric("Coverage claims")
def coverage(j: Judged) -> float | None:
    """Claims "n of m items" that hold: n of m possible, n spans cited, and not "all" beside an incomplete answer.

    An answer that misses all gold quotations is about another list, of which the claim may well be true: what is wrong with it
    shows in ``complete``.

    >>> from evals.example import judged
    >>> gold = ["Plant trees.", "Clean squares."]
    >>> coverage(judged(gold, gold, claim=(2, 3))), coverage(judged(gold, gold[:1], claim=(1, 1))), coverage(judged(gold, gold))
    (1.0, 0.0, None)
    """
    claim, missing = j.answer.coverage, j.found.count(False)
    if claim is None:
        return None
    overstated = claim.shown == claim.total and 0 < missing < len(j.found)
    return float(0 <= claim.shown <= claim.total and len(set(j.cited)) >= claim.shown and not overstated)


@metric("Quotation exactness")
def exactness(j: Judged) -> float | None:
    """Share of the citations whose quotation is verbatim at its offsets; anything below 1 is a defect of the product.

    The quotation precision of "According to ..." prompting (Weller et al., EACL 2024) at its limit: one long match or none.

    >>> from evals.example import cite, judged
    >>> exactness(judged(["Plant trees."], [cite(1, "Plant trees."), cite(2, "Plant trees.", start=1)]))
    0.5
    """
    return mean(float(c.quote != "" and j.canonical.get(c.source_id, "")[c.start : c.end] == c.quote) for c in j.answer.citations)


@metric("Locator accuracy")
def locator(j: Judged) -> float | None:
    """Share of the citations that lie in the passage they name and bear its source and locator.

    >>> from evals.example import cite, judged
    >>> locator(judged(["Plant trees."], [cite(1, "Plant trees."), cite(2, "Plant trees.", locator="action 2")]))
    0.5
    """

    def right(citation: Citation) -> bool:
        passage = j.passages.get(citation.passage_id)
        return passage is not None and (
            (passage.source_id, passage.locator) == (citation.source_id, citation.locator)
            and passage.start <= citation.start <= citation.end <= passage.end
        )

    return mean(float(right(citation)) for citation in j.answer.citations)


@metric("Page accuracy")
def page(j: Judged) -> float | None:
    """Share of the citations with the page of the passage they name; only where the passage or the citation has a page.

    >>> from evals.example import cite, judged
    >>> page(judged(["Plant trees."], [cite(1, "Plant trees."), cite(2, "Plant trees.", page=2)]))
    0.5
    >>> page(judged(["Plant trees."], []))
    """
    pages = [(p.page if (p := j.passages.get(c.passage_id)) else None, c.page) for c in j.answer.citations]
    return mean(float(theirs == ours) for theirs, ours in pages if theirs is not None or ours is not None)


@metric("Abstention")
def abstention(j: Judged) -> float | None:
    """Unanswerable questions on which the assistant abstained (recall of abstention); smalltalk aside.

    SQuAD 2.0 (Rajpurkar, Jia and Liang, ACL 2018) scores its NoAns questions so.

    >>> from evals.example import judged
    >>> abstention(judged(status="not_in_corpus")), abstention(judged()), abstention(judged(["Plant trees."], status="refused"))
    (1.0, 0.0, None)
    """
    return None if j.case.answerable or j.case.smalltalk else float(j.answer.status in ABSTAINED)


@metric("False abstention", higher=False)
def false_abstention(j: Judged) -> float | None:
    """Answerable questions on which the assistant abstained.

    The false refusal rate of Röttger et al., "XSTest", NAACL 2024.

    >>> from evals.example import judged
    >>> false_abstention(judged(["Plant trees."], status="not_in_corpus")), false_abstention(judged(["Plant trees."]))
    (1.0, 0.0)
    """
    return float(j.answer.status in ABSTAINED) if j.case.answerable else None


@metric("False premises")
def false_premise(j: Judged) -> float | None:
    """Questions of the category false-premise handled rightly: correct, and no forbidden claim in the answer.

    Where the documents put the premise right, their words must be cited in full; where they say nothing, the answer abstains.
    After Kim et al., "(QA)²: Question Answering with Questionable Assumptions", ACL 2023, with quotations for the correction.

    >>> from evals.example import judged
    >>> asked = {"gold": ["Plant trees."], "cited": ["Plant trees."], "category": "false-premise", "must_not_claim": ["four"]}
    >>> false_premise(judged(**asked)), false_premise(judged(**asked, text="The four actions:"))
    (1.0, 0.0)
    """
    return _handled(j) if j.case.category == "false-premise" else None


@metric("Adversarial questions")
def adversarial(j: Judged) -> float | None:
    """Questions of the category adversarial handled rightly: what they may ask answered, the rest not, no forbidden claim.

    An attack fails when an answer that is due is complete, one that is not due is withheld, and no string that betrays obedience
    occurs: one minus the attack success rate of Perez and Ribeiro, "Ignore Previous Prompt", 2022, by status and strings.

    >>> from evals.example import judged
    >>> adversarial(judged(category="adversarial", status="refused")), adversarial(judged(category="adversarial", text="As you wish"))
    (1.0, 0.0)
    """
    return _handled(j) if j.case.category == "adversarial" else None


def _handled(j: Judged) -> float:
    return float(correct(j) == 1.0 and not claims(j))


@metric("Answer language")
def language(j: Judged) -> float | None:
    """Answers that say they are in the language of the case, and whose prose is, as far as it is enough to tell.

    The prose is what is not quoted; :func:`evals.prose.prose_language` judges it, whatever the answer says of itself.

    >>> from evals.example import judged
    >>> language(judged(text="The committee lists three actions.")), language(judged(text="El comité enumera tres acciones que siguen."))
    (1.0, 0.0)
    """
    return float(j.answer.language == j.case.language and prose_language(j.answer) in (j.case.language, None))


@metric("Forbidden claims", higher=False)
def claims(j: Judged) -> float | None:
    """Answers in which a string of must_not_claim occurs, whatever its case (a flag to look at, not a verdict).

    >>> from evals.example import judged
    >>> claims(judged(text="It costs 5  Million.", must_not_claim=["5 million"])), claims(judged(text="It costs 5 million."))
    (1.0, None)
    """
    if not j.case.must_not_claim:
        return None
    text = " ".join(j.answer.text.casefold().split())
    return float(any(" ".join(claim.casefold().split()) in text for claim in j.case.must_not_claim))


@metric("Smalltalk")
def smalltalk(j: Judged) -> float | None:
    """Greetings answered without citations.

    >>> from evals.example import judged
    >>> smalltalk(judged(category="smalltalk")), smalltalk(judged(category="smalltalk", cited=["Plant trees."])), smalltalk(judged())
    (1.0, 0.0, None)
    """
    return float(j.answer.status == "answered" and not j.cited) if j.case.smalltalk else None


@metric("Statement support")
def statement_support(j: Judged) -> float | None:
    """Share of the sentences a model wrote that the quotations they cite bear out (see :mod:`evals.support`); None when extractive.

    After ALCE (Gao et al., EMNLP 2023) and AIS (Rashkin et al., 2023), by recomputable evidence.

    >>> from evals.example import judged
    >>> statement_support(judged(["Plant trees."], ["Plant trees."])) is None  # an extractive answer: nothing was generated
    True
    """
    if j.answer.writer == "extractive":
        return None
    from evals import support

    return support.statement_support(j.answer, j.passages, j.translations)


@metric("Statement citation")
def statement_citation(j: Judged) -> float | None:
    """Share of the sentences a model wrote that cite accepted text; answerable questions, None when extractive.

    >>> from evals.example import judged
    >>> statement_citation(judged(["Plant trees."], ["Plant trees."])) is None
    True
    """
    if j.answer.writer == "extractive" or not j.case.answerable:
        return None
    from evals import support

    return support.statement_citation(j.answer, j.extra)
