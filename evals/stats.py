"""Figures over many cases: intervals, discrimination, calibration, significance, retrieval measures."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
SEED = 20240601
RETRIEVAL_MEASURES = ("nDCG@10", "R@1", "R@5", "R@10", "RR@10")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over ``n`` scored cases with its 95 % interval; all three values are ``None`` when ``n`` is 0."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def bootstrap(values: Iterable[float | None], seed: int = SEED, resamples: int = RESAMPLES) -> Figure:
    """The mean of the scored values, which lie in 0..1, with its percentile bootstrap interval.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13. A sample that is all 0 or all 1 tells the bootstrap
    nothing, so there the exact binomial interval stands in (Clopper and Pearson, 1934): three of three is not certainty.

    >>> bootstrap([1.0, 0.0, None]).value, bootstrap([None])
    (0.5, Figure(value=None, low=None, high=None, n=0))
    >>> bootstrap([1.0, 1.0, 1.0, None])  # 0.025 ** (1 / 3)
    Figure(value=1.0, low=0.2924017738212866, high=1.0, n=3)
    """
    data = np.array([value for value in values if value is not None], dtype=float)
    if not len(data):
        return Figure(None, None, None, 0)
    if interval := certain(data):
        return Figure(float(data[0]), *interval, len(data))
    low, high = np.percentile(_resample(data, seed, resamples), [2.5, 97.5])
    return Figure(float(data.mean()), float(low), float(high), len(data))


def certain(data: Floats) -> tuple[float, float] | None:
    """The exact 95 % interval of a share whose observations are all 0 or all 1; ``None`` for others.

    >>> certain(np.zeros(2)), certain(np.array([0.0, 1.0]))
    ((0.0, 0.841886116991581), None)
    """
    bound = 0.025 ** (1 / len(data))
    return (0.0, 1 - bound) if (data == 0).all() else (bound, 1.0) if (data == 1).all() else None


def weights(n: int, seed: int = SEED, resamples: int = RESAMPLES) -> Floats:
    """How often each of *n* cases is drawn in each bootstrap sample: an array (resamples, n) whose rows sum to n."""
    picks = np.random.default_rng(seed).integers(0, n, (resamples, n))
    rows = np.repeat(np.arange(resamples), n)
    return np.bincount(rows * n + picks.ravel(), minlength=resamples * n).reshape(resamples, n).astype(float)


def _resample(data: Floats, seed: int, resamples: int) -> Floats:
    picks = np.random.default_rng(seed).integers(0, len(data), (resamples, len(data)))
    return np.asarray(data[picks].mean(axis=1))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Chance that a positive scores above a negative, ties counting half (Mann and Whitney, 1947; Fawcett, 2006).

    >>> auroc([0.9, 0.5], [0.5, 0.1]), auroc([0.9], [])
    (0.875, None)
    """
    if not len(positive) or not len(negative):
        return None
    low = np.sort(np.asarray(negative, dtype=float))
    below = np.searchsorted(low, positive, side="left")
    up_to = np.searchsorted(low, positive, side="right")
    return float((below + up_to).sum() / (2 * len(positive) * len(negative)))


def precision_recall_f1(hits: int, predicted: int, actual: int) -> tuple[float | None, float | None, float | None]:
    """Precision, recall and F1 (van Rijsbergen, 1979); a share of nothing is ``None``.

    >>> precision_recall_f1(1, 2, 4)
    (0.5, 0.25, 0.3333333333333333)
    >>> precision_recall_f1(0, 0, 3)
    (None, 0.0, 0.0)
    """
    f1 = 2 * hits / (predicted + actual) if predicted + actual else None
    return hits / predicted if predicted else None, hits / actual if actual else None, f1


def reliability(confidence: Sequence[float], correct: Sequence[float], bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean confidence, share correct, n) of each non-empty bin of equal width over 0..1; the last bin holds 1.

    >>> [(round(a, 2), b, n) for a, b, n in reliability([0.05, 0.15, 0.19, 1.0], [0, 1, 0, 1])]
    [(0.05, 0.0, 1), (0.17, 0.5, 2), (1.0, 1.0, 1)]
    """
    scores, truth = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
    which = np.minimum((scores * bins).astype(int), bins - 1)
    members = [which == b for b in range(bins) if (which == b).any()]
    return [(float(scores[inside].mean()), float(truth[inside].mean()), int(inside.sum())) for inside in members]


def calibration_error(confidence: Sequence[float], correct: Sequence[float], bins: int = 10) -> float | None:
    """Expected calibration error over equal-width bins (Naeini et al., 2015; Guo et al., 2017).

    >>> calibration_error([0.5, 0.5, 1.0, 1.0], [1, 0, 1, 0])  # half of the cases are 0.5 off
    0.25
    """
    if not len(confidence):
        return None
    return sum(n * abs(stated - seen) for stated, seen, n in reliability(confidence, correct, bins)) / len(confidence)


def percentiles(values: Sequence[float], shares: Sequence[int] = (50, 90, 95, 100)) -> dict[str, float] | None:
    """Percentiles by linear interpolation, named ``p50`` and so on.

    >>> percentiles([1.0, 2.0, 3.0])["p50"]
    2.0
    """
    return {f"p{share}": float(np.percentile(values, share)) for share in shares} if len(values) else None


def percentile_figures(values: Sequence[float], shares: Sequence[int] = (50, 90, 95, 100)) -> dict[str, Figure]:
    """:func:`percentiles` with bootstrap intervals; the largest value (``p100``) has none, since no sample holds a larger one.

    >>> percentile_figures([1.0, 2.0, 3.0])["p100"], percentile_figures([])
    (Figure(value=3.0, low=None, high=None, n=3), {})
    """
    if not len(values):
        return {}
    data = np.asarray(values, dtype=float)
    drawn = data[np.random.default_rng(SEED).integers(0, len(data), (RESAMPLES, len(data)))]
    figures = {}
    for share in shares:
        low, high = (float(x) for x in np.percentile(np.percentile(drawn, share, axis=1), [2.5, 97.5]))
        value, last = float(np.percentile(data, share)), share == 100
        figures[f"p{share}"] = Figure(value, None if last else low, None if last else high, len(data))
    return figures


def paired_difference(before: Sequence[float], after: Sequence[float], seed: int = SEED) -> tuple[float, float, float, float]:
    """(mean of after - before, low, high, p) of paired values.

    Values that are all 0 or 1 are tested exactly on the discordant pairs (McNemar, 1947, in its binomial form);
    others by the paired bootstrap (Koehn, 2004): p is twice the smaller share of resampled differences beyond 0.

    >>> paired_difference([0, 0, 0, 0, 0, 1], [1, 1, 1, 1, 1, 1])[3]  # five flips, all one way: 2 / 2**5
    0.0625
    """
    difference = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    means = _resample(difference, seed, RESAMPLES)
    low, high = (float(x) for x in np.percentile(means, [2.5, 97.5]))
    if set(before) | set(after) <= {0, 1}:
        from scipy.stats import binomtest

        up, down = int((difference > 0).sum()), int((difference < 0).sum())
        p = float(binomtest(up, up + down).pvalue) if up + down else 1.0
    else:
        p = share_beyond(means)
    return float(difference.mean()), low, high, p


def share_beyond(differences: Floats) -> float:
    """Two-sided p of a bootstrap: twice the smaller share of resampled *differences* at or beyond 0, never 0 itself.

    >>> round(share_beyond(np.ones(99)), 2), share_beyond(np.array([-1.0, 1.0]))
    (0.02, 1.0)
    """
    return min(1.0, 2 * (1 + min(int((differences <= 0).sum()), int((differences >= 0).sum()))) / (1 + len(differences)))


def retrieval_scores(qrels: Mapping[str, Mapping[str, int]], ranking: Mapping[str, Sequence[str]]) -> dict[str, dict[str, float]]:
    """Per query the measures of :data:`RETRIEVAL_MEASURES`, computed by ir_measures (MacAvaney et al., 2022).

    *qrels* maps query to document to grade, *ranking* query to documents, best first. A query of *qrels* that has no
    ranking scores 0. nDCG after Järvelin and Kekäläinen (2002), RR after Voorhees (1999).

    >>> scores = retrieval_scores({"a": {"x": 1, "y": 1}, "b": {"z": 1}}, {"a": ["x", "n", "y"]})
    >>> scores["a"]["R@1"], scores["a"]["R@5"], round(scores["a"]["nDCG@10"], 4), scores["b"]["RR@10"]  # (1 + 1/2) / (1 + 1/log2(3))
    (0.5, 1.0, 0.9197, 0.0)
    """
    import ir_measures

    measures = [ir_measures.parse_measure(name) for name in RETRIEVAL_MEASURES]
    scores = {query: dict.fromkeys(RETRIEVAL_MEASURES, 0.0) for query in qrels}
    judged = [ir_measures.Qrel(query, doc, grade) for query, docs in qrels.items() for doc, grade in docs.items()]
    known = [(query, docs) for query, docs in ranking.items() if query in qrels]
    run = [ir_measures.ScoredDoc(query, doc, 1.0 / (rank + 1)) for query, docs in known for rank, doc in enumerate(docs)]
    for metric in ir_measures.iter_calc(measures, judged, run) if run and judged else ():
        if not math.isnan(metric.value):
            scores[metric.query_id][str(metric.measure)] = float(metric.value)
    return scores
