"""Fit the coefficients of relevance on the expected questions, each left out in turn.

The evaluation cases take no part: the expected questions are written from the documents, and a question
that is asked of the model has itself, or for half of the unanswerable ones its whole topic, left out.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.decide import Decider
from assistant.matching import FEATURES
from assistant.relevance import SIGNALS, Relevance
from vectorstore.index import Index

_PRIOR = 1e-3


def fit(index: Index, *, questions: int = 2400, seed: int = 0) -> tuple[Relevance, dict[str, float]]:
    """Fit both models on a sample of *questions* expected questions; also returns what was measured on the way."""
    rng = np.random.default_rng(seed)
    blank = Relevance(FEATURES, *(tuple([value] * len(FEATURES)) for value in (0.0, 1.0, 0.0)), SIGNALS, tuple([0.0] * len(SIGNALS)), 0.0, 0.5)
    decider = Decider(index, blank)
    matcher = decider.matcher
    rows = rng.permutation(len(matcher.owner))[:questions]
    features, owners = [], []
    for row in rows:
        item = index.questions[row]
        query = decider.query(item.text, item.language, index.question_vectors[row])
        features.append(matcher.features(query, np.array([row])))
        owners.append(matcher.owner[row])
    stack = np.stack(features).astype(np.float64)
    flat = stack.reshape(-1, stack.shape[2])
    mean, scale = flat.mean(0), flat.std(0) + 1e-6
    same = decider.group[None, :] == decider.group[np.array(owners)][:, None]
    weights = _conditional_logit((stack - mean) / scale, same & (decider.kinds[None, :] != "") & _kind_ok(decider, np.array(owners)))
    model = replace(blank, mean=_tuple(mean), scale=_tuple(scale), weights=_tuple(weights))
    decider.relevance = model
    signals, right = _signals(decider, rng.permutation(len(matcher.owner))[:questions], rng)
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict

    logistic: Any = LogisticRegression(C=1.0, max_iter=1000)
    held_out = cross_val_predict(logistic, signals, right, cv=5, method="predict_proba")[:, 1]
    logistic.fit(signals, right)
    model = replace(model, signal_weights=_tuple(logistic.coef_[0]), intercept=round(float(logistic.intercept_[0]), 5))
    return model, {"questions": float(len(rows)), "confidence_auroc": float(roc_auc_score(right, held_out)), "right": float(right.mean())}


def _tuple(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)


def _kind_ok(decider: Decider, owners: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Targets without quotations share an empty group; only the very same one is right for them."""
    empty = np.array([not target.quotes for target in decider.matcher.targets])
    identical = np.arange(len(empty))[None, :] == owners[:, None]
    return ~empty[None, :] | identical


def _conditional_logit(features: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Maximum a posteriori weights; *features* (questions, targets, features), *right* (questions, targets)."""
    from scipy.optimize import minimize

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        scores = features @ weights
        scores = np.exp(scores - scores.max(1, keepdims=True))
        every = scores / scores.sum(1, keepdims=True)
        of_right = np.where(right, scores, 0.0)
        mass = of_right.sum(1, keepdims=True)
        share = of_right / np.maximum(mass, 1e-12)
        value = -np.log(np.maximum(mass[:, 0], 1e-12) / scores.sum(1)).mean() + _PRIOR * float(weights @ weights)
        gradient = ((every - share)[:, :, None] * features).sum(1).mean(0) + 2 * _PRIOR * weights
        return float(value), gradient

    return np.asarray(minimize(loss, np.zeros(features.shape[2]), jac=True, method="L-BFGS-B").x)


def _signals(
    decider: Decider, rows: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Signals of each question, and whether the answer chosen for it would be right."""
    index, matcher = decider.index, decider.matcher
    signals, right = [], []
    for row in rows:
        item = index.questions[row]
        target = index.targets[item.target_id]
        if target.kind == "help":
            continue
        hide = target.kind in ("none", "refuse") and rng.random() < 0.5
        exclude = np.flatnonzero(matcher.owner == matcher.owner[row]) if hide else np.array([row])
        decision = decider.decide(decider.query(item.text, item.language, index.question_vectors[row]), exclude)
        signals.append([decision.signals[name] for name in SIGNALS])
        wanted, given = set(target.quotes), set(decision.quotes)
        right.append(bool(wanted) and len(wanted & given) >= 0.8 * len(wanted | given))
    return np.array(signals), np.array(right)


def save(model: Relevance, path: Path) -> None:
    """Write the coefficients as JSON, one field a line."""
    fields = {name: getattr(model, name) for name in model.__slots__}
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
