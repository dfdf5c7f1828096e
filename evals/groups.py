"""Figures that only a group of cases has: precision and F1 of abstention, AUROC and calibration of the confidence.

Each is a function of :class:`Outcomes` and of weights, an array (samples, cases) that says how often each case counts.
With weights of 1 it is the figure; with bootstrap weights it gives the interval, and over two runs the paired test.
Smalltalk is in none of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evals.stats import Figure, Floats, certain, share_beyond, weights

BINS = 10


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What the group figures are made of, one row per case.

    Whether it is answerable, was abstained on, got an answer, and whether that was complete (an answer to an unanswerable question
    never is); ``confidence`` in 0..1.
    """

    answerable: npt.NDArray[np.bool_]
    abstained: npt.NDArray[np.bool_]
    given: npt.NDArray[np.bool_]
    complete: npt.NDArray[np.bool_]
    confidence: Floats


Statistic = Callable[[Outcomes, Floats], Floats]
# name -> (heading, definition in a line, whether higher is better); the order is that of the tables.
GROUP_FIGURES: dict[str, tuple[str, str, bool]] = {}
STATISTICS: dict[str, Statistic] = {}


def outcomes(*rows: tuple[bool, bool, bool, float]) -> Outcomes:
    """Rows (answerable, abstained, complete, confidence); what was not abstained on was answered."""
    answerable, abstained, complete, confidence = (np.array(column) for column in zip(*rows, strict=True))
    return Outcomes(
        answerable.astype(bool), abstained.astype(bool), ~abstained.astype(bool), complete.astype(bool), confidence.astype(float)
    )


def _figure(heading: str, *, higher: bool = True) -> Callable[[Statistic], Statistic]:
    def enter(statistic: Statistic) -> Statistic:
        definition = (statistic.__doc__ or "").split("\n", 1)[0].rstrip(".")
        GROUP_FIGURES[statistic.__name__], STATISTICS[statistic.__name__] = (heading, definition, higher), statistic
        return statistic

    return enter


def _share(part: Floats, whole: Floats) -> Floats:
    """Part over whole, NaN where the whole is 0."""
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))


@_figure("Abstention precision")
def abstention_precision(o: Outcomes, w: Floats) -> Floats:
    """Abstentions that were right: share of unanswerable questions among those on which the assistant abstained.

    van Rijsbergen, "Information Retrieval", 1979, ch. 7, with abstaining as the positive class.

    >>> o = outcomes((True, True, False, 0.1), (False, True, False, 0.2), (False, False, False, 0.3))
    >>> abstention_precision(o, np.ones((1, 3)))  # two abstentions, one of them right
    array([0.5])
    """
    return _share(w @ (o.abstained & ~o.answerable), w @ o.abstained)


@_figure("Abstention F1")
def abstention_f1(o: Outcomes, w: Floats) -> Floats:
    """Harmonic mean of the precision and the recall of abstention; not scored where every question is answerable.

    van Rijsbergen, 1979, ch. 7.

    >>> o = outcomes((True, True, False, 0.1), (False, True, False, 0.2), (False, False, False, 0.3))
    >>> abstention_f1(o, np.ones((1, 3)))  # precision 1/2, recall 1/2
    array([0.5])
    """
    actual = w @ ~o.answerable
    f1 = _share(2 * (w @ (o.abstained & ~o.answerable)), w @ o.abstained + actual)
    return np.where(actual > 0, f1, np.nan)


@_figure("Confidence AUROC")
def auroc(o: Outcomes, w: Floats) -> Floats:
    """Chance that an answerable question gets the higher confidence than an unanswerable one, ties counting half.

    Mann and Whitney, 1947; Fawcett, "An introduction to ROC analysis", 2006. 0.5 is a coin.

    >>> o = outcomes((True, False, True, 0.9), (True, False, True, 0.5), (False, True, False, 0.5), (False, True, False, 0.1))
    >>> auroc(o, np.ones((1, 4)))  # of four pairs three are right and one is a tie
    array([0.875])
    """
    high, low = o.confidence[o.answerable][:, None], o.confidence[~o.answerable]
    better = (high > low) + 0.5 * (high == low)
    positive, negative = w[:, o.answerable], w[:, ~o.answerable]
    return _share(((positive @ better) * negative).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))


@_figure("Calibration error", higher=False)
def ece(o: Outcomes, w: Floats) -> Floats:
    """Expected calibration error of the confidence of given answers: mean gap to the share complete over 10 equal bins.

    Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.

    >>> o = outcomes((True, False, True, 0.5), (True, False, False, 0.5), (True, False, True, 1.0), (True, False, False, 1.0))
    >>> ece(o, np.ones((1, 4)))  # half of the cases are 0.5 off
    array([0.25])
    """
    gap = w * np.where(o.given, o.confidence - o.complete, 0.0)
    which = np.minimum((o.confidence * BINS).astype(int), BINS - 1)
    off = sum((np.abs(gap[:, which == b].sum(axis=1)) for b in range(BINS)), np.zeros(len(w)))
    return _share(off, w @ o.given)


def _counted(name: str, o: Outcomes) -> int:
    """How many cases a figure is made of."""
    return int({"abstention_precision": o.abstained.sum(), "ece": o.given.sum()}.get(name, len(o.answerable)))


def group_figures(o: Outcomes) -> dict[str, Figure]:
    """Every group figure with the 95 % bootstrap interval over cases.

    The calibration error of a sample is above the true one, and that of its bootstrap samples is higher still, so its interval is the
    basic one (Davison and Hinkley, 1997, ch. 5.2), cut at 0: it takes off as much as the bootstrap put on.
    """
    n = len(o.answerable)
    if not n:
        return {name: Figure(None, None, None, 0) for name in STATISTICS}
    drawn = weights(n)
    figures = {}
    for name, statistic in STATISTICS.items():
        value = float(statistic(o, np.ones((1, n)))[0])
        if np.isnan(value):
            figures[name] = Figure(None, None, None, 0)
            continue
        low, high = (float(x) for x in np.nanpercentile(statistic(o, drawn), [2.5, 97.5]))
        if name == "ece":
            low, high = max(0.0, min(value, 2 * value - high)), max(value, 2 * value - low)
        if name == "abstention_precision" and (exact := certain((~o.answerable[o.abstained]).astype(float))):
            low, high = exact
        figures[name] = Figure(value, low, high, _counted(name, o))
    return figures


def group_differences(before: Outcomes, after: Outcomes) -> Mapping[str, tuple[float, float, float, float, float, int]]:
    """(before, after, low and high of the change, p, n) of the figures that differ between two systems on the same cases.

    Paired bootstrap (Efron and Tibshirani, 1993, ch. 16; Koehn, 2004): both systems are measured on each sample of cases.
    """
    n = len(before.answerable)
    drawn, found = weights(n) if n else np.ones((1, 0)), {}
    for name, statistic in STATISTICS.items():
        first, second = (float(statistic(o, np.ones((1, n)))[0]) if n else np.nan for o in (before, after))
        if np.isnan(first) or np.isnan(second) or abs(first - second) < 1e-12:
            continue
        change = statistic(after, drawn) - statistic(before, drawn)
        change = change[~np.isnan(change)]
        low, high = (float(x) for x in np.percentile(change, [2.5, 97.5]))
        found[name] = (first, second, low, high, share_beyond(change), n)
    return found
