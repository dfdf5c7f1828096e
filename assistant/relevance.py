"""Calibrated relevance: a conditional logit over targets, and a logistic model of answerability.

The first gives each target the probability that it is what the question is after (McFadden, 1974); targets
that end in an abstention or a refusal take part like all others. The second gives the probability that the
answer so chosen is right, and is what the product shows as confidence. Both are a few stored coefficients,
fitted by ``python -m evals train`` on the development half of the evaluation cases.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vectorstore.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vectorstore.index import Index
    from vectorstore.types import Hit

Floats = npt.NDArray[np.float32]
SIGNALS = (
    "answerable_log_odds",
    "best_probability",
    "unknown_words",
    "uncovered_concepts",
    "unknown_names",
    "unknown_numbers",
    "passage_dense",
    "passage_words",
)


# Where the best cosine of a question with its answer typically lies, and how widely, by model.
_TYPICAL = {"minilm": (0.55, 0.12), "e5": (0.86, 0.025), "dense": (0.55, 0.12)}


@dataclass(frozen=True, slots=True)
class Relevance:
    """The stored coefficients; features are standardised with ``mean`` and ``scale`` first."""

    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    signals: tuple[str, ...]
    signal_weights: tuple[float, ...]
    intercept: float
    threshold: float

    def probabilities(self, features: Floats) -> npt.NDArray[np.float64]:
        """Shape (targets,), summing to 1, from a feature matrix of shape (targets, features)."""
        scores = ((features - np.array(self.mean)) / np.array(self.scale)) @ np.array(self.weights)
        scores = np.exp(scores - scores.max(initial=0.0))
        return np.asarray(scores / scores.sum(), dtype=np.float64)

    def confidence(self, signals: dict[str, float]) -> float:
        """The probability in 0..1 that the chosen answer is right."""
        score = self.intercept + sum(weight * signals[name] for name, weight in zip(self.signals, self.signal_weights, strict=True))
        return float(1.0 / (1.0 + np.exp(-score)))


def load_relevance() -> Relevance:
    """The coefficients that ship with the product."""
    data: dict[str, Any] = json.loads(files("assistant").joinpath("relevance.json").read_text(encoding="utf-8"))
    lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    return Relevance(**{**data, **lists})


def retrieval_confidence(index: "Index", question: str, hits: "Sequence[Hit]") -> float:
    """How likely it is, in 0..1, that the best passages answer *question*, for documents without editorial data.

    Logistic in the best cosine of each dense part and in the share of the question's words that the best
    passage has; the coefficients are fixed, chosen so that 0.5 is a fair guess for an encyclopaedic text.
    """
    if not hits:
        return 0.0
    best: dict[str, float] = {}
    for hit in hits:
        for name, value in hit.scores.items():
            best[name] = max(best.get(name, -1.0), value)
    wanted = set(stems(question, "en"))
    shared = max(len(wanted & set(stems(hit.passage.text, hit.passage.language))) for hit in hits[:3]) / max(len(wanted), 1)
    dense = [(best[name] - centre) / spread for name, (centre, spread) in _TYPICAL.items() if name in best]
    score = sum(dense) / max(len(dense), 1) + 3.0 * (shared - 0.5)
    return float(1.0 / (1.0 + np.exp(-score)))
