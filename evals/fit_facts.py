"""The coefficients of facts in documents without editorial data (:mod:`assistant.facts`), fitted on cases over such documents.

The choice among sentences is fitted on the answerable cases: a conditional logit (McFadden, 1974) whose good outcomes are the sentences
that have any of the gold. The confidence is fitted on what is then chosen for these, for near misses over the same documents, for
questions about the documents of the next set, which do not answer them, and for questions of general knowledge. Figures are
held out: each set of documents is judged by coefficients from the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.facts import FEATURES, LIKELY, SIGNALS, Candidates, FactModel, load_fact_model
from assistant.find import Finder
from evals.cases import Case, load_cases
from evals.spans import Span, resolve, supports
from ingest.editorial import ExpectedQuestion
from ingest.errors import UserError
from ingest.settings import Settings
from vectorstore.embeddings import load_embeddings
from vectorstore.index import Index
from vectorstore.store import Store, StoreConfig
from vectorstore.vocabulary import Vocabulary

Floats = npt.NDArray[np.float64]
_SAY = {"own": 1.0, "near miss": 1.0, "other": 0.5, "general": 0.5}  # so that each kind of question has about the same say
_GENERAL = 15
_RIDGE = 0.02
_FEW = 2  # questions with more gold than this ask for lists


@dataclass(frozen=True, slots=True)
class _Question:
    number: int  # of the set of documents over which it is asked
    kind: str
    text: str
    language: str
    candidates: Candidates
    good: npt.NDArray[np.bool_]  # of each candidate whether it has gold, and whether its passage has
    whole: npt.NDArray[np.bool_]


def fit_facts(
    settings: Settings, sets: Sequence[tuple[Path, Path]], questions: Sequence[ExpectedQuestion]
) -> tuple[FactModel, dict[str, float]]:
    """The coefficients and held-out figures, from pairs of a data folder with an index and a file of cases over it.

    *questions* are expected questions that no document answers. Figures: of the answerable questions for facts the share whose right
    passage is chosen, and the share whose right passage is quoted at the threshold of the product; of each other kind the share that is
    met with silence. One set of documents is its own judge.

    Raises:
        UserError: the sets hold no question for a fact.
    """
    cases = [[located.case for located in load_cases(path) if not located.case.history] for _, path in sets]
    chosen = [questions[row] for row in np.random.default_rng(0).permutation(len(questions))[:_GENERAL]]
    embeddings = load_embeddings(settings.embeddings, settings.data_dir / "models")
    finders = []
    for data, _ in sets:
        index = Index.open(Store(StoreConfig(data)), embeddings)
        covered = {quote.source_id for target in index.targets.values() for quote in target.quotes}
        finders.append(Finder(index, Vocabulary(index.concepts), covered))
    numbers = range(len(sets))
    model = load_fact_model()  # its weights choose the passages that are read: after great changes fit twice
    asked = [one for number in numbers for one in _asked(number, finders[number], cases, chosen, model)]
    model = FactModel(_choice(asked), model.signal_weights, model.intercept)
    others = [[one for one in asked if one.number != number] or asked for number in numbers]
    held_out = [FactModel(_choice(rest), (), 0.0) for rest in others]
    signals, right = _chosen(asked, [held_out[one.number] for one in asked], finders)
    probabilities = np.zeros(len(asked))
    for number in numbers:
        own = np.array([one.number == number for one in asked])
        rest = ~own if len(sets) > 1 else own
        fitted = _confidence([one for one, ok in zip(asked, rest, strict=True) if ok], signals[rest], right[rest], model.weights)
        probabilities[own] = [fitted.confidence(dict(zip(SIGNALS, row, strict=True))) for row in signals[own]]
    kinds = np.array([one.kind for one in asked])
    mine = (kinds == "own") & np.array([bool(one.good.any() or one.whole.any()) for one in asked])
    said = probabilities >= LIKELY
    figures = {"right passage chosen": float(right[mine].mean()), "right passage quoted": float((right & said)[mine].mean())}
    figures |= {
        f"{kind}: silent": float((~said)[kinds == kind].mean()) for kind in ("near miss", "other", "general") if (kinds == kind).any()
    }
    return _confidence(asked, signals, right, model.weights), figures


def _asked(
    number: int, finder: Finder, cases: Sequence[Sequence[Case]], general: Sequence[ExpectedQuestion], model: FactModel
) -> Iterator[_Question]:
    canonical = finder.index.canonical
    every: list[tuple[str, str, str, Case | None]] = [("general", one.text, one.language, None) for one in general]
    for place, members in enumerate(cases):
        own = place == number
        for case in members:
            if own:
                every.append(("own" if case.answerable else "near miss", case.question, case.language, case))
            elif place == (number + 1) % len(cases) and not own and case.answerable:
                every.append(("other", case.question, case.language, None))
    for kind, question, language, asking in every:
        found = finder.facts_of(question, language, model)
        golds = [resolve([gold, *gold.equivalents], canonical) for gold in asking.gold] if asking else []
        passages = [finder.passages[row] for row in found.rows]
        # Of a question for a list the sentence that introduces it is right, too.
        below = [_spans(finder, row) if len(golds) > _FEW else [] for row in found.rows]
        places = [[(p.source_id, p.start + a, p.start + b), *more] for p, (a, b), more in zip(passages, found.spans, below, strict=True)]
        whole_places = [[(p.source_id, p.start, p.end), *more] for p, more in zip(passages, below, strict=True)]
        good = np.array([_has_gold(one, golds) for one in places], dtype=bool)
        whole = np.array([_has_gold(one, golds) for one in whole_places], dtype=bool)
        if found.rows:
            yield _Question(number, kind, question, language, found, good, whole)


def _spans(finder: Finder, row: int) -> list[Span]:
    """The items that a passage introduces."""
    items = (finder.passages[other] for other in finder.below(row))
    return [(item.source_id, item.start, item.end) for item in items]


def _has_gold(places: list[Span], golds: list[list[Span]]) -> bool:
    """Whether *places* have any of the *golds*, or, of a list, half of them."""
    return sum(supports(places, gold) for gold in golds) >= (1 if len(golds) <= _FEW else len(golds) / 2)


def _choice(asked: Sequence[_Question]) -> tuple[float, ...]:
    """The weights of the conditional logit.

    Raises:
        UserError: no question has a right sentence among its candidates.
    """
    from scipy.optimize import minimize

    useful = [(one.candidates.features, one.good) for one in asked if one.good.any()]
    if not useful:
        raise UserError("These cases ask for no fact that the documents have: none of the sentences found has any of their gold.")

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = _RIDGE * float(weights @ weights), 2 * _RIDGE * weights
        for features, good in useful:
            scores = features @ weights
            every = np.exp(scores - scores.max())
            share = np.where(good, every, 0.0) / every[good].sum()
            total -= float(np.log(every[good].sum() / every.sum())) / len(useful)
            slope += features.T @ (every / every.sum() - share) / len(useful)
        return total, slope

    found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B")
    return tuple(float(value) for value in found.x)


def _chosen(asked: Sequence[_Question], models: Sequence[FactModel], finders: Sequence[Finder]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """For each question the signals of what its model chooses, and whether that is right."""
    signals, right = [], []
    for one, model in zip(asked, models, strict=True):
        fact = finders[one.number].fact_among(one.text, one.language, one.candidates, model)
        signals.append([fact.signals[name] for name in SIGNALS])
        right.append(bool(one.whole[one.candidates.rows.index(fact.row)]))
    return np.array(signals), np.array(right, dtype=bool)


def _confidence(asked: Sequence[_Question], signals: Floats, right: npt.NDArray[np.bool_], weights: tuple[float, ...]) -> FactModel:
    from sklearn.linear_model import LogisticRegression

    say = np.array([_SAY[one.kind] for one in asked])
    deviation = signals.std(0) + 1e-6
    model = LogisticRegression(C=0.3).fit((signals - signals.mean(0)) / deviation, right, sample_weight=say)
    scaled = model.coef_[0] / deviation
    return FactModel(weights, tuple(float(value) for value in scaled), float(model.intercept_[0] - scaled @ signals.mean(0)))
