"""A linear probe: which target a question is after, read off its embedding.

Multinomial logistic regression from the vectors of the expected questions to their targets (Alain and
Bengio, "Understanding intermediate layers using linear classifier probes", 2016). It is fitted when the
index is built and stored in it, one vector a target. Fitting needs the vectors of all expected questions,
minutes of work, so the fit for the default embeddings ships as ``corpus/questions/probe.npz``; it is used
only for the questions and the embeddings that it was made from.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ingest.editorial import ExpectedQuestion
from ingest.errors import CorpusError
from vectorstore.embeddings import VectorEmbeddings, Vectors
from vectorstore.tuned import Adapter, restored, stored

Progress = Callable[[int, int], None]
_C = 5.0
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Tuned:
    """A probe on E5 tuned to the questions: its weights (targets, 384 + 1; the intercept last), the mean (384,) of the questions and
    what was trained beside the model (see :mod:`vectorstore.tuned`).
    """

    weights: Vectors
    mean: Vectors
    adapter: Adapter


@dataclass(frozen=True, slots=True)
class Probe:
    """Target ids, their weights (targets, dimension + 1; the intercept last) and the mean of the questions (dimension,)."""

    targets: tuple[str, ...]
    weights: Vectors
    mean: Vectors
    tuned: Tuned | None = None


def centre(vectors: Vectors, mean: Vectors) -> Vectors:
    """Vectors (or one vector) without *mean*, at unit length: E5's crowd together, and the mean says nothing."""
    moved = vectors - mean
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-9), dtype=np.float32)


def probe_input(vectors: Vectors, means: Vectors, parts: dict[str, tuple[int, int]]) -> Vectors:
    """The vectors with each part centred and normalised by itself."""
    return np.concatenate([centre(vectors[..., a:b], means[..., a:b]) for a, b in parts.values()], axis=-1)


def questions_digest(questions: tuple[ExpectedQuestion, ...]) -> str:
    """A sum over the questions and their targets, whatever their order."""
    lines = sorted(f"{item.language}\x1f{item.target_id}\x1f{item.text}" for item in questions)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def fit_probe(
    embeddings: VectorEmbeddings, questions: tuple[ExpectedQuestion, ...], progress: Progress = lambda done, total: None
) -> Probe:
    """Embed the questions and fit; without at least two targets there is nothing to tell apart."""
    owners = [item.target_id for item in questions]
    names = sorted(set(owners))
    if len(names) < 2:
        return Probe((), np.zeros((0, embeddings.dimension + 1), dtype=np.float32), np.zeros(embeddings.dimension, dtype=np.float32))
    from sklearn.linear_model import LogisticRegression

    vectors = np.zeros((len(questions), embeddings.dimension), dtype=np.float32)
    for begin in range(0, len(questions), _BATCH):
        batch = [item.text for item in questions[begin : begin + _BATCH]]
        vectors[begin : begin + len(batch)] = embeddings.encode(batch, query=True)
        progress(begin + len(batch), len(questions))
    mean = vectors.mean(0)
    model = LogisticRegression(C=_C, max_iter=200, tol=1e-3)
    model.fit(probe_input(vectors, mean, embeddings.parts), owners)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(names) == 2:  # scikit-learn keeps one row for two classes
        coefficients, intercepts = np.vstack([-coefficients / 2, coefficients / 2]), np.array([-intercepts[0] / 2, intercepts[0] / 2])
    weights = np.column_stack([coefficients, intercepts]).astype(np.float16).astype(np.float32)  # as it is stored
    return Probe(tuple(str(name) for name in model.classes_), weights, mean.astype(np.float32))


def save_probe(probe: Probe, path: Path, embedding: str, digest: str) -> None:
    """Write *probe* with the names of what it was made from."""
    arrays: dict[str, Any] = {"targets": np.array(probe.targets), "weights": probe.weights.astype(np.float16), "mean": probe.mean}
    if probe.tuned:
        own = {"weights": probe.tuned.weights.astype(np.float16), "mean": probe.tuned.mean.astype(np.float16)}
        arrays |= {f"tuned_{name}": value for name, value in (own | stored(probe.tuned.adapter)).items()}
    np.savez_compressed(path, made_from=np.array([embedding, digest]), **arrays)


def load_probe(path: Path, embedding: str, digest: str) -> Probe | None:
    """The stored probe, or ``None`` when there is none for these embeddings and questions.

    Raises:
        CorpusError: the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as data:
            if data["made_from"].tolist() != [embedding, digest]:
                return None
            tuned = None
            if "tuned_weights" in data:
                weights, mean = (data[f"tuned_{name}"].astype(np.float32) for name in ("weights", "mean"))
                tuned = Tuned(weights, mean, restored(data, "tuned_"))
            return Probe(tuple(data["targets"].tolist()), data["weights"].astype(np.float32), data["mean"], tuned)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise CorpusError(f"{path} is damaged ({type(error).__name__}). Restore it, or delete it and it is fitted anew.") from None
