"""Metrics against scikit-learn, ir_measures and set arithmetic on random input; doctests by hand."""

import dataclasses
import doctest
import importlib
import math

import ir_measures
import numpy as np
import pytest
import scipy.stats
import sklearn.calibration
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from assistant.types import Answer, Citation, Coverage
from evals.cases import Case, GoldQuote, Quote
from evals.example import PASSAGES, TEXT, judged
from evals.example import cite as cited
from evals.groups import STATISTICS, Outcomes, group_differences, group_figures, outcomes
from evals.judged import MEASURES
from evals.metrics import METRICS, score
from evals.records import ALL_FIGURES
from evals.spans import covered, occurrences, relevant, resolve, share_accepted, supports
from evals.stats import (
    RETRIEVAL_MEASURES,
    auroc,
    bootstrap,
    calibration_error,
    paired_difference,
    precision_recall_f1,
    reliability,
    retrieval_scores,
)

unit = st.floats(0, 1, allow_nan=False)
spans = st.builds(lambda source, start, size: (source, start, start + size), st.sampled_from("ab"), st.integers(0, 60), st.integers(1, 30))


@pytest.mark.parametrize("name", ["spans", "prose", "judged", "metrics", "groups", "stats", "console", "support"])
def test_worked_examples(name):
    result = doctest.testmod(importlib.import_module(f"evals.{name}"))
    assert result.attempted > 0 and result.failed == 0


@given(st.lists(unit, min_size=1), st.lists(unit, min_size=1))
def test_auroc_is_sklearns(positive, negative):
    truth = [1] * len(positive) + [0] * len(negative)
    assert auroc(positive, negative) == pytest.approx(sklearn.metrics.roc_auc_score(truth, positive + negative))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_precision_recall_f1_are_sklearns(pairs):
    truth, guess = [a for a, _ in pairs], [b for _, b in pairs]
    ours = precision_recall_f1(sum(a and b for a, b in pairs), sum(guess), sum(truth))
    theirs = sklearn.metrics.precision_recall_fscore_support(truth, guess, average="binary", zero_division=np.nan)[:3]
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine is None and math.isnan(other)) or mine == pytest.approx(other)


@given(st.lists(st.tuples(unit.filter(lambda x: min(abs(x - edge / 10) for edge in range(1, 10)) > 1e-9), st.booleans()), min_size=1))
def test_calibration_is_sklearns_curve_weighted_by_counts(pairs):
    confidence, correct = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    share, stated = sklearn.calibration.calibration_curve(correct, confidence, n_bins=10, pos_label=True)
    counts = np.histogram(confidence, np.linspace(0, 1, 11))[0]
    expected = np.abs(share - stated) @ counts[counts > 0] / len(pairs)
    assert calibration_error(confidence, correct) == pytest.approx(expected)
    assert [n for _, _, n in reliability(confidence, correct)] == list(counts[counts > 0])


@given(
    st.dictionaries(st.sampled_from("qrst"), st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3), min_size=1), min_size=1),
    st.dictionaries(st.sampled_from("qrst"), st.permutations("abcdefgh")),
)
def test_retrieval_scores_are_those_of_ir_measures_and_sklearn(qrels, ranking):
    scores = retrieval_scores(qrels, ranking)
    assert set(scores) == set(qrels) and all(set(row) == set(RETRIEVAL_MEASURES) for row in scores.values())
    for query, grades in qrels.items():
        if query not in ranking:
            assert set(scores[query].values()) == {0.0}
            continue
        gain = [grades.get(doc, 0) for doc in ranking[query]]
        ideal = sorted(grades.values(), reverse=True)
        dcg = sum(g / math.log2(rank + 2) for rank, g in enumerate(gain[:10]))
        best = sum(g / math.log2(rank + 2) for rank, g in enumerate(ideal[:10]))
        assert scores[query]["nDCG@10"] == pytest.approx(dcg / best if best else 0.0)
        count = sum(g > 0 for g in ideal)
        assert scores[query]["R@5"] == pytest.approx(sum(g > 0 for g in gain[:5]) / count if count else 0.0)
        first = next((rank for rank, g in enumerate(gain, start=1) if g > 0), None)
        assert scores[query]["RR@10"] == pytest.approx(1 / first if first else 0.0)
    flat = [ir_measures.Qrel(q, d, g) for q, docs in qrels.items() for d, g in docs.items()]
    run = [ir_measures.ScoredDoc(q, d, -rank) for q, docs in ranking.items() for rank, d in enumerate(docs)]
    overall = ir_measures.calc_aggregate([ir_measures.nDCG @ 10], flat, run) if run else {ir_measures.nDCG @ 10: 0.0}
    assert np.mean([row["nDCG@10"] for row in scores.values()]) == pytest.approx(overall[ir_measures.nDCG @ 10])


@given(st.lists(spans), st.lists(spans, min_size=1, max_size=3))
def test_support_and_cover_agree_with_sets_of_characters(citations, gold):
    def characters(span):
        return {(span[0], at) for at in range(span[1], span[2])}

    union = set().union(*map(characters, citations)) if citations else set()
    expected = False
    for target in gold:
        wanted = characters(target)
        assert covered(target, citations) == len(wanted & union)
        expected |= any(2 * len(characters(c) & wanted) >= len(wanted) for c in citations)
        expected |= any(characters(c) <= wanted for c in citations) and 2 * len(union & wanted) >= len(wanted)
    assert supports(citations, gold) is expected
    accepted = set().union(*map(characters, gold))
    assert share_accepted(citations, gold) == (pytest.approx(len(union & accepted) / len(union)) if union else None)
    for citation in citations:
        cited = characters(citation)
        halves = (2 * len(cited & characters(t)) >= min(len(cited), len(characters(t))) for t in gold)
        assert relevant(citation, gold) is any(halves)


@given(st.lists(st.one_of(st.none(), unit)))
def test_interval_holds_the_mean_and_leaves_the_unscored_out(values):
    figure = bootstrap(values)
    scored = [v for v in values if v is not None]
    assert figure.n == len(scored) and figure == bootstrap(values)
    if scored and set(scored) in ({0.0}, {1.0}):  # no variation: the exact interval, as scipy has it
        exact = scipy.stats.binomtest(int(sum(scored)), len(scored)).proportion_ci(0.95, "exact")
        assert (figure.low, figure.high) == pytest.approx((exact.low, exact.high)) and figure.value == scored[0]
    elif scored:
        assert figure.value == pytest.approx(np.mean(scored)) and min(scored) - 1e-9 <= figure.low <= figure.high <= max(scored) + 1e-9
    else:
        assert figure.value is figure.low is figure.high is None


def test_bootstrap_covers_about_95_percent():
    rng = np.random.default_rng(3)
    inside = [(f := bootstrap(rng.random(80) < 0.7, seed=i)).low <= 0.7 <= f.high for i in range(200)]
    assert 0.90 <= np.mean(inside) <= 0.99


rows = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.booleans(), st.sampled_from([0.03, 0.25, 0.5, 0.77, 1.0])), min_size=1, max_size=30
)


@given(rows, st.data())
def test_group_figures_are_sklearns_for_any_weights(cases, data):
    o = outcomes(*cases)
    w = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(cases), max_size=len(cases))), dtype=float)
    w[0] += 1  # a sample holds at least one case
    found = {name: float(statistic(o, w[None, :])[0]) for name, statistic in STATISTICS.items()}
    silent = ~o.answerable
    theirs = sklearn.metrics.precision_recall_fscore_support(silent, o.abstained, sample_weight=w, average="binary", zero_division=np.nan)
    if w @ silent:
        assert found["abstention_f1"] == pytest.approx(theirs[2])
    else:
        assert math.isnan(found["abstention_f1"])
    assert found["abstention_precision"] == pytest.approx(theirs[0], nan_ok=True)
    if w @ silent and w @ o.answerable:
        assert found["auroc"] == pytest.approx(sklearn.metrics.roc_auc_score(o.answerable, o.confidence, sample_weight=w))
    else:
        assert math.isnan(found["auroc"])
    drawn = np.repeat(np.arange(len(cases)), w.astype(int))
    given_answers = drawn[o.given[drawn]]
    expected = calibration_error(o.confidence[given_answers], o.complete[given_answers])
    assert found["ece"] == pytest.approx(math.nan if expected is None else expected, nan_ok=True)


@given(rows)
def test_group_intervals_hold_their_figure_and_nothing_differs_from_itself(cases):
    o = outcomes(*cases)
    for name, figure in group_figures(o).items():
        assert (figure.value is None) == (figure.n == 0 or figure.low is None), name
        if figure.value is not None:
            assert 0 <= figure.low <= figure.value + 1e-9 and figure.value - 1e-9 <= figure.high
    assert group_differences(o, o) == {}


def test_group_figures_of_nothing_are_unscored():
    empty = Outcomes(*(np.array([], dtype=bool) for _ in range(4)), np.array([]))
    assert {(figure.value, figure.n) for figure in group_figures(empty).values()} == {(None, 0)} and group_differences(empty, empty) == {}
    silent = group_figures(outcomes((False, True, False, 0.1)))
    assert silent["ece"].value is None and silent["auroc"].value is None and silent["abstention_f1"].value == 1.0


@pytest.mark.parametrize(("share", "truth"), [(0.5, 0.25), (0.8, 0.1)])
def test_the_calibration_interval_covers_the_true_error(share, truth):
    rng, inside = np.random.default_rng(5), 0
    for _ in range(40):
        stated = rng.random(150)
        hits = rng.random(150) < share * stated  # right less often than stated, by (1 - share) / 2 on average
        figure = group_figures(outcomes(*((True, False, bool(hit), float(c)) for c, hit in zip(stated, hits, strict=True))))["ece"]
        inside += figure.low <= truth <= figure.high
    assert inside >= 34


def test_group_differences_find_what_is_there():
    worse = [(index % 2 == 0, False, True, 0.5 + index % 2 * 0.1) for index in range(60)]
    better = [(index % 2 == 0, index % 2 == 1, True, 0.9 - index % 2 * 0.8) for index in range(60)]
    found = group_differences(outcomes(*worse), outcomes(*better))
    assert found["auroc"][:2] == (0.0, 1.0) and found["auroc"][4] < 0.01 and found["abstention_f1"][:2] == (0.0, 1.0)


def test_every_metric_has_a_definition_and_a_worked_example():
    for name, measure in MEASURES.items():
        assert ">>>" in measure.__doc__ and METRICS[name][1], name
    for name, statistic in STATISTICS.items():
        assert ">>>" in statistic.__doc__ and ALL_FIGURES[name][1], name
    assert set(ALL_FIGURES) == set(METRICS) | set(STATISTICS)


def test_pages_count_only_where_there_are_pages():
    no_pages = {identity: dataclasses.replace(passage, page=None) for identity, passage in PASSAGES.items()}
    j = judged(["Plant trees."], [cited(1, "Plant trees.", page=None)])
    for passages, expected in ((PASSAGES, 0.0), (no_pages, None), ({}, None)):
        assert score(j.case, j.answer, {"doc": TEXT}, passages).values["page"] == expected
    invented = judged(["Plant trees."], [cited(1, "Plant trees.", page=7)])
    assert score(invented.case, invented.answer, {"doc": TEXT}, no_pages).values["page"] == 0.0


def test_lists_are_whole_or_not():
    items = ["Plant trees.", "Clean squares.", "Repair lamps."]
    measure = MEASURES["list_completeness"]
    assert measure(judged(items, items[::-1])) == 1.0 and measure(judged(items, items, status="not_in_corpus")) == 0.0
    assert measure(judged([TEXT[:40]], items)) == 1.0  # one gold quotation over the whole list
    assert measure(judged(["The committee meets in spring."], items)) is None and measure(judged([], items)) is None
    assert MEASURES["list_claim"](judged(items, items, claim=(2, 2))) == 0.0  # "2 of 2" is not the list of three


@pytest.mark.parametrize("name", ["false_premise", "adversarial"])
def test_handling_counts_only_its_category(name):
    category, measure = name.replace("_", "-"), MEASURES[name]
    assert measure(judged(["Plant trees."], ["Plant trees."])) is None
    assert measure(judged(["Plant trees."], ["Plant trees."], category=category)) == 1.0
    assert measure(judged(["Plant trees."], ["Clean squares."], category=category)) == 0.0
    assert measure(judged(["Plant trees."], category=category, status="refused")) == 0.0
    assert measure(judged(category=category, status="refused")) == 1.0
    assert measure(judged(category=category, status="refused", text="Yes: four.", must_not_claim=["yes: FOUR"])) == 0.0


def test_paired_tests_find_what_is_there_and_nothing_else():
    assert paired_difference([0.0] * 20, [1.0] * 20)[3] < 1e-5
    assert paired_difference([1.0, 0.0], [0.0, 1.0])[3] == 1.0
    rng = np.random.default_rng(1)
    noise = rng.random(100)
    assert paired_difference(list(noise), list(noise + 0.3))[3] < 0.01
    assert paired_difference(list(noise), list(noise + rng.normal(0, 0.2, 100) - 0.0))[3] > 0.01


def case(**fields):
    return Case(**({"id": "x", "question": "q", "language": "en", "category": "fact", "answerable": True} | fields))


def cite(canonical, quote, number=1, passage_id="", locator=""):
    start = canonical.find(quote)
    return Citation(number, passage_id, "doc", "", locator, None, quote, start, start + len(quote), None)


CANONICAL = "Alpha beta gamma delta. Second sentence here. Alpha beta gamma delta. The end of it."


def test_every_occurrence_and_every_equivalent_counts():
    gold = (GoldQuote(source="doc", quote="Alpha beta gamma delta.", equivalents=(Quote(source="doc", quote="The end of it."),)),)
    assert occurrences(CANONICAL, "Alpha beta gamma delta.") == ((0, 23), (46, 69))
    for quote in ("Alpha beta gamma delta.", "The end of it."):
        answer = Answer(None, "q", "en", "answered", "", citations=(cite(CANONICAL, quote),))
        assert score(case(gold=gold), answer, {"doc": CANONICAL}, {}).values["complete"] == 1.0
    second = Citation(1, "", "doc", "", "", None, "Alpha beta gamma delta.", 46, 69, None)
    assert score(case(gold=gold), Answer(None, "q", "en", "answered", "", citations=(second,)), {"doc": CANONICAL}, {}).missing == ()
    assert resolve([Quote(source="elsewhere", quote="Alpha")], {"doc": CANONICAL}) == []


def test_unscored_is_none_and_never_zero():
    silent = Answer(None, "q", "en", "not_in_corpus", "")
    unanswerable = score(case(answerable=False, category="unanswerable"), silent, {"doc": CANONICAL}, {}).values
    assert set(unanswerable) == set(METRICS)
    assert unanswerable["abstention"] == unanswerable["correct"] == 1.0
    for name in ("complete", "quote_recall", "citation_precision", "false_abstention", "exactness", "locator", "coverage", "claims"):
        assert unanswerable[name] is None
    gold = (GoldQuote(source="doc", quote="The end of it."),)
    missed = score(case(gold=gold), silent, {"doc": CANONICAL}, {}).values
    assert (missed["complete"], missed["quote_recall"], missed["false_abstention"]) == (0.0, 0.0, 1.0)
    assert missed["citation_precision"] is None and missed["abstention"] is None


def test_precision_flags_and_smalltalk():
    gold = (GoldQuote(source="doc", quote="The end of it."),)
    citations = (cite(CANONICAL, "The end of it."), cite(CANONICAL, "Second sentence here.", 2))
    answer = Answer(None, "q", "es", "answered", "The END of it: 5  million.", citations=citations, coverage=Coverage("l", 2, 2))
    made = score(case(gold=gold, must_not_claim=("5 Million",)), answer, {"doc": CANONICAL}, {})
    assert made.extra == (2,) and made.values["citation_precision"] == 0.5
    assert (made.values["claims"], made.values["language"], made.values["coverage"], made.values["exactness"]) == (1.0, 0.0, 1.0, 1.0)
    allowed = case(gold=gold, acceptable=(Quote(source="doc", quote="Second sentence here."),))
    assert score(allowed, answer, {"doc": CANONICAL}, {}).extra == ()
    hello = case(category="smalltalk", answerable=False)
    assert score(hello, Answer(None, "q", "en", "answered", "Good day"), {}, {}).values["smalltalk"] == 1.0
    assert score(hello, answer, {"doc": CANONICAL}, {}).values["smalltalk"] == 0.0
    assert score(hello, answer, {"doc": CANONICAL}, {}).values["abstention"] is None


def test_locators_and_false_coverage(assistant, texts):
    item = next(p for p in assistant.passages if p.kind == "list_item")
    right = cite(texts.canonical["doc"], item.text, passage_id=item.id, locator=item.locator)
    wrong = cite(texts.canonical["doc"], item.text, passage_id=item.id, locator="elsewhere")
    gold = (GoldQuote(source="doc", quote=item.text), GoldQuote(source="doc", quote="The secretariat keeps the minutes."))
    answer = Answer(None, "q", "en", "answered", "", citations=(right, wrong), coverage=Coverage("actions", 1, 1))
    made = score(case(gold=gold), answer, texts.canonical, texts.passages)
    assert made.values["locator"] == 0.5
    assert made.values["coverage"] == 0.0  # says "all of them" while a gold quotation is missing
