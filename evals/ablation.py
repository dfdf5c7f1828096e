"""What each signal of relevance contributes: both models fitted and tested without it, on the development half."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.decide import Decider
from assistant.matching import FEATURES
from assistant.relevance import SIGNALS, Relevance
from evals.cases import Case, Located
from evals.train import answers, blank, conditional_logit, right_targets, tuple_of, worth
from vectorstore.index import Index

_FOLDS = 5
# Of each row of the table: the features and the signals of confidence that are left out.
GROUPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "all signals": ((), ()),
    "without the probe of expected questions": (("probe_log_probability",), ()),
    "without the model tuned to them": (("tuned_log_probability",), ()),
    "without the words of expected questions": (("words_log_probability", "asked_words"), ("asked_words",)),
    "without expected questions at all": (
        ("probe_log_probability", "tuned_log_probability", "words_log_probability", "asked_words"),
        ("asked_words", "unknown_words"),
    ),
    "without dense similarity": (("passage_dense",), ("passage_dense",)),
    "without lexical similarity": (("passage_words",), ("passage_words",)),
    "without the controlled vocabulary": (("concepts_shared", "concepts_foreign", "concepts_missing"), ("uncovered_concepts",)),
    "without list and heading structure": (("parts_shared", "parts_foreign"), ("parts_foreign",)),
    "without the form of the question": (("many_single", "many_several", "one_list", "told", "untold"), ()),
    "without names and numbers": ((), ("unknown_names", "unknown_numbers")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Held-out figures with some signals left out; shares in 0..1."""

    name: str
    complete: float
    precision: float
    auroc: float


def ablation(index: Index, cases: Sequence[Located]) -> list[Row]:
    """One row per group of signals: answers of the decider alone (no follow-ups, no parts of questions), cross-validated."""
    usable = [item.case for item in cases if not item.case.history and item.case.category != "smalltalk"]
    decider = Decider(index, blank())
    queries = [decider.query(case.question, case.language) for case in usable]
    features = np.stack([decider.matcher.features(query) for query in queries]).astype(np.float64)
    flat = features.reshape(-1, features.shape[2])
    mean, scale = flat.mean(0), np.maximum(flat.std(0), 1e-4)
    right = np.array([right_targets(case, decider, index) for case in usable])
    folds = np.random.default_rng(0).integers(0, _FOLDS, len(usable))
    model = replace(blank(), mean=tuple_of(mean), scale=tuple_of(scale))
    rows = []
    for name, (left_out, signs_out) in GROUPS.items():
        kept = np.array([feature not in left_out for feature in FEATURES])
        scaled = (features - mean) / scale * kept
        rows.append(_row(name, decider, model, usable, queries, features, scaled, right, folds, signs_out))
    return rows


def _row(
    name: str,
    decider: Decider,
    model: Relevance,
    cases: list[Case],
    queries: list[Any],
    features: npt.NDArray[np.float64],
    scaled: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
    folds: npt.NDArray[np.int64],
    signs_out: tuple[str, ...],
) -> Row:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict

    complete: list[bool] = []
    precision: list[float] = []
    good = np.zeros(len(cases), dtype=bool)
    signals = np.zeros((len(cases), len(SIGNALS)))
    for fold in range(_FOLDS):
        chosen = (folds != fold) & right.any(1)
        decider.relevance = replace(model, weights=tuple_of(conditional_logit(scaled[chosen], right[chosen])))
        for row in np.flatnonzero(folds == fold):
            decision = decider.decide(queries[row], features[row].astype(np.float32))
            signals[row] = [0.0 if sign in signs_out else decision.signals[sign] for sign in SIGNALS]
            good[row] = answers(cases[row], decision.quotes, decider.index)
            if cases[row].answerable:
                whole, share = worth(cases[row], decision.quotes, decider.index)
                complete.append(whole)
                precision.append(share)
    held_out = cross_val_predict(LogisticRegression(C=0.5, max_iter=1000), signals, good, cv=_FOLDS, method="predict_proba")[:, 1]
    return Row(name, float(np.mean(complete)), float(np.mean(precision)), float(roc_auc_score(good, held_out)))
