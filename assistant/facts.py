"""The sentence that answers a question for a fact best, in documents without editorial data, and how likely it does.

A conditional logit chooses among the sentences of the passages that come into question; a logistic model says how likely the
choice is right. Both are a few stored coefficients, fitted by ``python -m evals fit-facts`` on cases over fictitious annexes
(docs/decisions/0006).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.asked import asks_many, asks_one, content_keys
from assistant.expected import NAMES, expected_kind, has_kind
from assistant.subjects import Named, Subjects, words_of
from ingest.entries import fields
from ingest.sentences import sentence_spans
from ingest.types import Passage
from vectorstore.glossary import load_glossary
from vectorstore.index import Index, Vectors
from vectorstore.reader import Reader, load_reader, windows
from vectorstore.types import Hit

Floats = npt.NDArray[np.float64]
# Of a passage: how it stands out by the vectors of the main model, by those of the English one, and by words; the share of the question's
# words, names and topics that it and its headings have; whether it is among those that have all names and states; whether it
# introduces a list and one is asked for; the relevance of the hybrid search. Of a sentence: the same by vectors and words; whether it
# has the kind of thing that is asked for; the logarithm of its length. Last, of the passage again, what the reader says: it takes time,
# so that it reads only those that the others put first.
FEATURES = (
    *("dense", "english", "words", "share", "names", "topics", "fitting", "listed", "relevance"),
    *("sentence", "sentence_share", "told", "length", "read"),
)
_PASSAGE = 9  # so many of them are of the passage alone
# The probability of the best passage among all, and what speaks for and against it: see FEATURES; ``aligned`` is how near the
# farthest of the words that it lacks comes to one of its own; ``read`` is what the reader says of it, and
# ``read_probable`` that times the probability.
SIGNALS = (
    "probability",
    "read",
    "read_probable",
    "share",
    "told",
    "aligned",
    "names_lacking",
    "states_lacking",
    "topics_lacking",
    "named",
    "across",
)
LIKELY = 0.25  # from which a passage is quoted (docs/decisions/0008)
_READ = 6  # passages that are read sentence by sentence, and by the reader (some 25 ms each)
_ABOVE = 2  # headings that a passage is read under
_MARGIN = 0.35  # a further sentence is marked when it scores within this of the best
_SPREAD = 0.02  # about the deviation of cosines of sentences with a question


@dataclass(frozen=True, slots=True)
class FactModel:
    """The stored coefficients of :data:`FEATURES` and :data:`SIGNALS`."""

    weights: tuple[float, ...]
    signal_weights: tuple[float, ...]
    intercept: float

    def confidence(self, signals: dict[str, float]) -> float:
        """How likely it is, in 0..1, that the chosen sentence is right."""
        score = self.intercept + sum(weight * signals[name] for name, weight in zip(SIGNALS, self.signal_weights, strict=True))
        return float(1.0 / (1.0 + np.exp(-score)))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Sentences that may answer: the row of each one's passage, its span in it, and its features, of shape (n, len(FEATURES))."""

    rows: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    features: Floats


@dataclass(frozen=True, slots=True)
class Fact:
    """The best passage by its row, the spans of its good sentences, and the signals of how likely it answers."""

    row: int
    spans: tuple[tuple[int, int], ...]
    signals: dict[str, float]


@lru_cache(maxsize=1)
def load_fact_model() -> FactModel:
    """The coefficients that ship with the product."""
    data: dict[str, Any] = json.loads(files("assistant").joinpath("facts.json").read_text(encoding="utf-8"))
    # A feature that is new has no weight until the next fit.
    weights = tuple(float(data["weights"].get(name, 0.0)) for name in FEATURES)
    return FactModel(weights, tuple(float(data["signals"].get(name, 0.0)) for name in SIGNALS), float(data["intercept"]))


class Facts:
    """Chooses among the *passages* of an index, by what *subjects* knows of them; ``rows`` are their rows in the index."""

    def __init__(self, index: Index, subjects: Subjects, passages: Sequence[Passage], rows: npt.NDArray[np.int64]) -> None:
        self._index, self._subjects, self._passages, self._rows = index, subjects, passages, rows
        self._place = {passage.id: row for row, passage in enumerate(passages)}
        self._main = "e5" if "e5" in index.embeddings.parts else next(iter(index.embeddings.parts))
        self._encoder = next((one for one in index.embeddings.members if one.name == self._main), index.embeddings)

    @cached_property
    def _reader(self) -> Reader | None:
        return load_reader(self._index.embeddings)  # a second model, that nobody needs who adds no documents

    def candidates(
        self, question: str, language: str, named: Named, fitting: Sequence[int], hits: Sequence[Hit], vector: Vectors, model: FactModel
    ) -> Candidates:
        """The sentences of the best of the passages of *hits*, with what tells them apart."""
        relevance: dict[int, float] = {}
        for hit in hits:
            if hit.passage.kind != "heading" and not hit.passage.text.isupper():
                row = self._place[hit.passage.id]
                relevance[row] = max(relevance.get(row, 0.0), hit.relevance)
        rows = list(relevance)
        about = self._of_passages(question, language, named, set(fitting), rows, vector)
        about[:, _PASSAGE - 1] = [relevance[row] for row in rows]
        order = np.argsort(-(about @ np.array(model.weights[:_PASSAGE])), kind="stable")[:_READ]
        found = [(place, span) for place in order for span in sentences_of(self._passages[rows[place]])]
        of_sentences = self._of_sentences(question, language, [(self._passages[rows[place]], span) for place, span in found])
        if found:
            read = dict(zip(order, self.read(question, [self._passages[rows[place]] for place in order]), strict=True))
            of_sentences[:, -1] = [read[place] for place, _ in found]
        matrix = np.hstack([about[[place for place, _ in found]], of_sentences]) if found else np.zeros((0, len(FEATURES)))
        return Candidates(tuple(rows[place] for place, _ in found), tuple(span for _, span in found), matrix)

    def best(self, question: str, language: str, named: Named, candidates: Candidates, model: FactModel) -> Fact:
        """The best of at least one of *candidates*."""
        scores = candidates.features @ np.array(model.weights)
        best = int(np.argmax(scores))
        row = candidates.rows[best]
        own = np.array(candidates.rows) == row
        shares = np.exp(scores - scores.max())
        good = [span for number, span in enumerate(candidates.spans) if own[number] and scores[number] >= scores[best] - _MARGIN]
        probability, read = float(shares[own].sum() / shares.sum()), float(candidates.features[best, -1])
        own_signs = {"probability": probability, "read": read, "read_probable": read * probability}
        return Fact(row, tuple(good), own_signs | self._signals(question, language, named, row))

    def _of_passages(
        self, question: str, language: str, named: Named, fitting: set[int], rows: list[int], vector: Vectors
    ) -> npt.NDArray[np.float64]:
        index, subjects = self._index, self._subjects
        dense = index.dense_scores(vector)
        table = np.zeros((len(rows), _PASSAGE))
        places = self._rows[rows]
        table[:, 0] = _standing(dense[self._main][self._rows], dense[self._main][places])
        if language == "en" and "minilm" in dense and len(dense) > 1:
            english = np.array([self._passages[row].language == "en" for row in rows])
            table[:, 1] = english * _standing(dense["minilm"][self._rows], dense["minilm"][places])
        words = index.word_scores(question, language)
        table[:, 2] = _standing(words[self._rows], words[places])
        said = content_keys(question, language)
        many = asks_many(question, language) and not asks_one(question)
        narrowed = 0 < len(fitting) < len(self._passages)
        for number, row in enumerate(rows):
            table[number, 3] = index.share(said, self._passages[row], subjects.keys[row])
            names, _, topics = subjects.lacking(named, row)
            table[number, 4:6] = [1.0 - lacking if has else 0.0 for lacking, has in (names, topics)]
            table[number, 6] = float(narrowed and row in fitting)
            table[number, 7] = float(many and self._passages[row].id in subjects.introduced)
        return table

    def read(self, question: str, passages: Sequence[Passage]) -> Vectors:
        """What the reader says of *passages*, nought where there is none."""
        if self._reader is None:
            return np.zeros(len(passages), dtype=np.float32)
        # The heading above that of its section often names the state or the body that speaks.
        above = [", ".join(p.heading_path[-_ABOVE:]) for p in passages]
        texts = [windows(part, self._subjects.introduction(p), p.text, p.language) for part, p in zip(above, passages, strict=True)]
        return self._reader.scores(question, texts)

    def _of_sentences(self, question: str, language: str, found: list[tuple[Passage, tuple[int, int]]]) -> npt.NDArray[np.float64]:
        texts = [passage.text[start:end] for passage, (start, end) in found]
        table = np.zeros((len(texts), len(FEATURES) - _PASSAGE))
        if not texts:
            return table
        near = self._encoder.encode_sentences(texts) @ self._encoder.encode([question], query=True)[0]
        table[:, 0] = (near - near.mean()) / _SPREAD
        said, kind = content_keys(question, language), expected_kind(question)
        for number, ((passage, _), text) in enumerate(zip(found, texts, strict=True)):
            table[number, 1] = self._index.share(said, passage, load_glossary().all_keys(text, passage.language))
            table[number, 2] = _told(kind, text, passage.language)
            table[number, 3] = np.log(len(text) + 1)
        return table

    def _signals(self, question: str, language: str, named: Named, row: int) -> dict[str, float]:
        passage = self._passages[row]
        (names, any_name), (states, any_state), (topics, _) = self._subjects.lacking(named, row)
        return {
            "share": self._index.share(content_keys(question, language), passage, self._subjects.keys[row]),
            "told": _told(expected_kind(question), passage.text, passage.language),
            "aligned": self._aligned(question, language, row),
            "names_lacking": names,
            "states_lacking": states,
            "topics_lacking": topics,
            "named": float(any_name or any_state),
            "across": float(passage.language != language),
        }

    def _aligned(self, question: str, language: str, row: int) -> float:
        """The least, over the words of content of *question* that a passage lacks, of the best cosine with one of its words."""
        passage, has, glossary = self._passages[row], self._subjects.keys[row], load_glossary()
        asked = [word for word in dict.fromkeys(words_of(question)) if len(word) > 2 and content_keys(word, language)]
        lacking = [word for word in asked if not glossary.all_keys(word, language) & has]
        own = [word for word in dict.fromkeys(words_of("\n".join((*passage.heading_path, passage.text)))) if len(word) > 2]
        if not lacking or not own:
            return 1.0 if not lacking else 0.0
        return float((self._encoder.encode_sentences(lacking) @ self._encoder.encode_sentences(own).T).max(1).min())


def sentences_of(passage: Passage) -> list[tuple[int, int]]:
    """The spans of the sentences of *passage*; an entry of fields is one."""
    split = passage.kind in ("paragraph", "list_item") and not fields(passage.text)
    return (list(sentence_spans(passage.text, passage.language)) if split else []) or [(0, len(passage.text))]


def _told(kind: str, text: str, language: str) -> float:
    """1 when *text* has the kind of thing that is asked for, -1 when not, 0 where the question does not tell or that would say little."""
    if not kind or kind in (*NAMES, "reason"):  # a reason needs no word for it
        return 0.0
    return 1.0 if has_kind(kind, text, language) else -1.0


def _standing(every: Iterable[float] | Vectors, some: Vectors) -> Floats:
    """How many deviations *some* scores stand above the mean of *every* one."""
    scores = np.asarray(every, dtype=np.float64)
    deviation = float(scores.std()) if len(scores) else 0.0
    return np.asarray((some - scores.mean()) / deviation if deviation > 1e-9 else np.zeros(len(some)), dtype=np.float64)
