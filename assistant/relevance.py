"""Calibrated relevance: a conditional logit over targets, and a logistic model of answerability.

The first gives each target the probability that it is what the question is after (McFadden, 1974); targets
that end in an abstention or a refusal take part like all others. The second gives the probability that the
answer so chosen is right, and is what the product shows as confidence. Both are a few stored coefficients,
fitted by ``python -m evals train`` on the expected questions with each question left out in turn.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
SIGNALS = (
    "answerable_log_odds",
    "best_probability",
    "best_e5",
    "best_words",
    "unknown_words",
    "uncovered_concepts",
    "unknown_names",
    "unknown_numbers",
    "passage_dense",
    "passage_words",
)


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
    return Relevance(**{name: tuple(value) if isinstance(value, list) else value for name, value in data.items()})
