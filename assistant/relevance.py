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

from assistant.asked import content_keys
from ingest.sentences import sentence_spans

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
    "asked_words",
    "parts_foreign",
    "told",
    "untold",
)


# Of each sign of :func:`retrieval_signs`: its mean, its deviation and its weight in a logistic regression on questions and
# answers of published software FAQs and on the expected questions of the Strategy, its texts taken as they are, some of the
# answers taken out (docs/decisions/0004). A model that was not among those measured is taken to behave like MiniLM.
_WITHIN = {
    "gap_e5": (0.021, 0.015, 0.26),
    "gap_minilm": (0.122, 0.084, 0.43),
    "gap_dense": (0.122, 0.084, 0.43),
    "sentence_e5": (0.855, 0.032, 0.25),
    "sentence_minilm": (0.487, 0.183, 0.63),
    "sentence_dense": (0.487, 0.183, 0.63),
    "words": (0.382, 0.267, 0.66),
}
# Where most of the best passages are in another language than the question; how the best stands out tells nothing then.
_ACROSS = {"sentence_e5": (0.832, 0.023, 0.52), "words": (0.343, 0.275, 0.76)}
_INTERCEPT = {False: -0.31, True: -0.17}
_DEPTH = 10  # passages among which the best stands out or does not
_READ = 5  # of them are read sentence by sentence


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


def retrieval_signs(index: "Index", question: str, language: str, hits: "Sequence[Hit]", vector: Floats | None = None) -> dict[str, float]:
    """How much the best passages look like an answer to *question*, in signs that compare across corpora.

    How far the best cosine stands above the next ones, model by model; the best cosine of a single sentence; the share of
    the question's words of content, weighted by their rarity, that one passage has. A sign is missing where it would not
    mean anything: the English model for other languages, how the best stands out across languages.
    """
    across = _across(hits, language)
    query = index.embeddings.encode([question], query=True)[0] if vector is None else vector
    signs: dict[str, float] = {}
    several = len(index.embeddings.parts) > 1
    for name, scores in () if across else index.dense_scores(query).items():
        top = np.sort(scores)[::-1][:_DEPTH]
        if len(top) > 1 and not (several and name == "minilm" and language != "en"):
            signs[f"gap_{name}"] = float(top[0] - top[1:].mean())
    texts = [hit.passage.text[start:end] for hit in hits[:_READ] for start, end in sentence_spans(hit.passage.text, hit.passage.language)]
    for reader in index.embeddings.members or (index.embeddings,) if texts else ():
        if several and reader.name == "minilm" and (across or language != "en"):
            continue
        asked = reader.encode([question], query=True)[0]
        part = reader.name if reader.name in reader.parts else "dense"
        signs[f"sentence_{part}"] = float((reader.encode_sentences(texts) @ asked).max())
    if said := content_keys(question, language):
        signs["words"] = max((index.share(said, hit.passage) for hit in hits[:_READ]), default=0.0)
    return signs


def _across(hits: "Sequence[Hit]", language: str) -> bool:
    return sum(hit.passage.language != language for hit in hits[:_READ]) * 2 > len(hits[:_READ])


def retrieval_score(index: "Index", question: str, language: str, hits: "Sequence[Hit]", vector: Floats | None = None) -> float:
    """The log odds that the best passages answer *question*, for documents without editorial data."""
    across = _across(hits, language)
    table = _ACROSS if across else _WITHIN
    signs = retrieval_signs(index, question, language, hits, vector)
    known = [(value, *table[name]) for name, value in signs.items() if name in table]
    weight = sum(weight for *_, weight in known)
    if not weight:
        return _INTERCEPT[across]
    # Signs that are missing are taken to say what the others say.
    names = ("gap_e5", "gap_minilm", "sentence_e5", "sentence_minilm", "words")
    whole = sum(table[name][2] for name in names if name in table)
    return float(_INTERCEPT[across] + whole / weight * sum(part * (value - mean) / deviation for value, mean, deviation, part in known))


def retrieval_confidence(index: "Index", question: str, language: str, hits: "Sequence[Hit]", vector: Floats | None = None) -> float:
    """How likely it is, in 0..1, that the best passages answer *question*, by :func:`retrieval_score`."""
    return float(1.0 / (1.0 + np.exp(-retrieval_score(index, question, language, hits, vector)))) if hits else 0.0
