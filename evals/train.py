"""Fit the coefficients of relevance on the development half of the cases; the unseen half takes no part."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.decide import SILENT, Decider, Decision
from assistant.matching import FEATURES
from assistant.relevance import SIGNALS, Relevance
from evals.cases import Case, Located
from evals.metrics import Span, relevant, resolve, supports
from ingest.editorial import ExpectedQuestion, Quote, load_editorial
from ingest.errors import UserError
from ingest.manifest import load_manifest, read_canonical
from ingest.settings import Settings
from ingest.structure import build_document
from vectorstore.embeddings import load_embeddings
from vectorstore.index import Index
from vectorstore.probe import Progress, fit_probe, load_probe, questions_digest, save_probe

_PRIOR = 1e-2
_FOLDS = 5
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def fit(index: Index, cases: Sequence[Located]) -> tuple[Relevance, dict[str, float]]:
    """Fit both models; also returns cross-validated figures.

    The conditional logit is fitted first; the decisions that its held-out folds make are what the model of
    confidence learns from, so that confidence does not know the answers.
    """
    usable = [item.case for item in cases if not item.case.history]
    decider = Decider(index, blank())
    queries = [decider.query(case.question, case.language) for case in usable]
    features = np.stack([decider.matcher.features(query) for query in queries]).astype(np.float64)
    right = np.array([right_targets(case, decider, index) for case in usable])
    flat = features.reshape(-1, features.shape[2])
    mean, scale = flat.mean(0), np.maximum(flat.std(0), 1e-4)
    scaled = (features - mean) / scale
    learnable = right.any(1)
    folds = np.random.default_rng(0).integers(0, _FOLDS, len(usable))
    model = replace(blank(), mean=tuple_of(mean), scale=tuple_of(scale))
    decisions: list[Decision | None] = [None] * len(usable)
    for fold in range(_FOLDS):
        chosen = (folds != fold) & learnable
        decider.relevance = replace(model, weights=tuple_of(conditional_logit(scaled[chosen], right[chosen])))
        for row in np.flatnonzero(folds == fold):
            decisions[row] = decider.decide(queries[row], features[row].astype(np.float32))
    model = replace(model, weights=tuple_of(conditional_logit(scaled[learnable], right[learnable])))
    rows = [row for row, case in enumerate(usable) if case.category != "smalltalk"]
    signals = np.array([[decisions[row].signals[name] for name in SIGNALS] for row in rows])  # type: ignore[union-attr]
    good = np.array([answers(usable[row], decisions[row].quotes, index) for row in rows])  # type: ignore[union-attr]
    logistic, held_out = _logistic(signals, good)
    model = replace(model, signal_weights=tuple_of(logistic.coef_[0]), intercept=round(float(logistic.intercept_[0]), 5))
    from sklearn.metrics import brier_score_loss, roc_auc_score

    figures = {"cases": float(len(rows)), "auroc": float(roc_auc_score(good, held_out)), "brier": float(brier_score_loss(good, held_out))}
    return model, figures


def blank() -> Relevance:
    """Coefficients that weigh nothing."""

    def fill(value: float, names: tuple[str, ...]) -> tuple[float, ...]:
        return tuple(value for _ in names)

    return Relevance(FEATURES, fill(0, FEATURES), fill(1, FEATURES), fill(0, FEATURES), SIGNALS, fill(0, SIGNALS), 0.0, 0.3)


def tuple_of(values: Floats) -> tuple[float, ...]:
    """Coefficients as they are stored."""
    return tuple(round(float(value), 5) for value in values)


def spans_of(quotes: Sequence[Quote]) -> list[Span]:
    """Quotations as intervals of their sources."""
    return [(quote.source_id, quote.start, quote.end) for quote in quotes]


def worth(case: Case, quotes: Sequence[Quote], index: Index) -> tuple[bool, float]:
    """Whether citing *quotes* answers *case* completely, and the share of them that are relevant to it."""
    spans = spans_of(quotes)
    golds = [resolve([gold, *gold.equivalents], index.canonical) for gold in case.gold]
    accepted = [span for found in golds for span in found] + resolve(case.acceptable, index.canonical)
    share = sum(relevant(span, accepted) for span in spans) / max(len(spans), 1)
    return case.answerable and bool(quotes) and all(supports(spans, found) for found in golds), share


def answers(case: Case, quotes: Sequence[Quote], index: Index, precision: float = 0.6) -> bool:
    """Whether citing *quotes* answers *case* completely and with at least this precision."""
    complete, share = worth(case, quotes, index)
    return complete and share >= precision


def right_targets(case: Case, decider: Decider, index: Index) -> list[bool]:
    """For each target, whether it is what *case* is after."""
    if case.category == "smalltalk":
        return [target.kind == "help" for target in decider.matcher.targets]
    if not case.answerable:
        return [target.kind in SILENT for target in decider.matcher.targets]
    return [target.kind not in SILENT and answers(case, target.quotes, index) for target in decider.matcher.targets]


def conditional_logit(features: Floats, right: Bools) -> Floats:
    """Maximum a posteriori weights; *features* (questions, targets, features), *right* (questions, targets)."""
    from scipy.optimize import minimize

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = features @ weights
        scores = np.exp(scores - scores.max(1, keepdims=True))
        every = scores / scores.sum(1, keepdims=True)
        of_right = np.where(right, scores, 0.0)
        mass = np.maximum(of_right.sum(1, keepdims=True), 1e-12)
        value = -np.log(mass[:, 0] / scores.sum(1)).mean() + _PRIOR * float(weights @ weights)
        gradient = ((every - of_right / mass)[:, :, None] * features).sum(1).mean(0) + 2 * _PRIOR * weights
        return float(value), gradient

    return np.asarray(minimize(loss, np.zeros(features.shape[2]), jac=True, method="L-BFGS-B").x)


def _logistic(signals: Floats, good: Bools) -> tuple[Any, Floats]:
    """The model of confidence, and its cross-validated probabilities."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    model: Any = LogisticRegression(C=0.5, max_iter=1000)
    held_out = cross_val_predict(model, signals, good, cv=_FOLDS, method="predict_proba")[:, 1]
    return model.fit(signals, good), held_out


def expected_questions(settings: Settings, targets: Sequence[str] = ()) -> tuple[ExpectedQuestion, ...]:
    """The expected questions of the corpus that ships, or those that lead to *targets*."""
    sources = load_manifest(settings.corpus_dir / "sources.toml")
    documents = tuple(build_document(source, read_canonical(source)) for source in sources if source.path)
    questions = load_editorial(settings.corpus_dir, documents).questions
    return tuple(question for question in questions if not targets or question.target_id in targets)


def refit_probe(settings: Settings, progress: Progress = lambda done, total: None) -> bool:
    """Fit ``corpus/questions/probe.npz`` anew where the expected questions have changed since; minutes. Returns whether it did.

    A probe that is fitted anew has no tuned model beside it (:func:`tune_probe`).
    """
    questions = expected_questions(settings)
    path, digest = settings.corpus_dir / "questions" / "probe.npz", questions_digest(questions)
    if load_probe(path, settings.embeddings, digest) is not None:
        return False
    embeddings = load_embeddings(settings.embeddings, settings.data_dir / "models")
    save_probe(fit_probe(embeddings, questions, progress), path, embeddings.name, digest)
    return True


def tune_probe(settings: Settings, progress: Progress = lambda done, total: None) -> None:
    """Tune E5 to the expected questions and put the outcome into ``corpus/questions/probe.npz``; half an hour or more.

    Raises:
        UserError: the embeddings have no part that can be tuned, or the probe is not for these questions.
    """
    from evals.tune import tune
    from vectorstore.embeddings import e5_file

    questions = expected_questions(settings)
    path, digest = settings.corpus_dir / "questions" / "probe.npz", questions_digest(questions)
    probe = load_probe(path, settings.embeddings, digest)
    if probe is None or load_embeddings(settings.embeddings, settings.data_dir / "models").tune is None:
        raise UserError("There is no probe for these questions and embeddings to tune with E5. Run first: python -m evals train")
    tuned = tune(e5_file(), questions, probe.targets, progress)
    save_probe(replace(probe, tuned=tuned), path, settings.embeddings, digest)


def save(model: Relevance, path: Path) -> None:
    """Write the coefficients as JSON, one field a line."""
    fields = {name: getattr(model, name) for name in model.__slots__}
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
