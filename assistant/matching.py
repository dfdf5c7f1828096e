"""Which expected questions a question resembles, and what follows for each target.

Every target gets a row of features; the relevance model turns rows into probabilities. Similarities are
between questions (dense, lexical), between the question and the target's passages, and between the
concepts of the controlled vocabulary on both sides.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.vocabulary import Vocabulary
from ingest.editorial import LANGUAGES, Target
from vectorstore.index import Index
from vectorstore.lexical import stems

Floats = npt.NDArray[np.float32]
FEATURES = (
    "e5_best",
    "e5_mean3",
    "e5_centroid",
    "minilm_best_en",
    "minilm_best_other",
    "words_best",
    "words_mean3",
    "passage_dense",
    "passage_words",
    "concepts_shared",
    "concepts_foreign",
    "concepts_missing",
)


@dataclass(frozen=True, slots=True)
class Query:
    """A standalone question with what is computed from it once."""

    text: str
    language: str
    vector: Floats
    concepts: frozenset[str]


class _Words:
    """Cosine of idf-weighted bags of stems among the expected questions of one language."""

    def __init__(self, texts: list[str], rows: list[int], language: str) -> None:
        self.rows = np.array(rows, dtype=np.int64)
        self._language = language
        bags = [set(stems(text, language)) for text in texts]
        self._column = {stem: number for number, stem in enumerate(sorted(set().union(*bags)))} if bags else {}
        matrix = np.zeros((len(bags), len(self._column)), dtype=np.float32)
        for row, bag in enumerate(bags):
            matrix[row, [self._column[stem] for stem in bag]] = 1.0
        self._idf = np.log((1 + len(bags)) / (1 + matrix.sum(0))) + 1 if bags else np.zeros(0, dtype=np.float32)
        matrix *= self._idf
        self._matrix = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9) if bags else matrix

    def cosine(self, text: str) -> Floats:
        """Shape (questions of this language,)."""
        bag = set(stems(text, self._language))
        columns = [self._column[stem] for stem in bag if stem in self._column]
        if not columns:
            return np.zeros(len(self.rows), dtype=np.float32)
        weights = self._idf[columns]
        unknown = sum(1 for stem in bag if stem not in self._column) * float(self._idf.max()) ** 2
        norm = float(np.sqrt((weights**2).sum() + unknown))
        return np.asarray(self._matrix[:, columns] @ weights / norm, dtype=np.float32)


class Matcher:
    """The expected questions of an index, arranged by target."""

    def __init__(self, index: Index, vocabulary: Vocabulary) -> None:
        self._index = index
        self._vocabulary = vocabulary
        used = [question.target_id for question in index.questions]
        self.targets: tuple[Target, ...] = tuple(index.targets[name] for name in sorted(set(used)))
        position = {target.id: number for number, target in enumerate(self.targets)}
        self.owner = np.array([position[name] for name in used], dtype=np.int64)
        self.language = np.array([question.language for question in index.questions])
        self.parts = {
            name: _center(index.question_vectors[:, start:end]) for name, (start, end) in index.embeddings.parts.items()
        }
        self._main = "e5" if "e5" in self.parts else next(iter(self.parts), "")
        self._words = {}
        for language in LANGUAGES:
            rows = [row for row, question in enumerate(index.questions) if question.language == language]
            self._words[language] = _Words([index.questions[row].text for row in rows], rows, language)
        self._passages = [
            np.array(sorted({index.row_of[quote.passage_id] for quote in (*target.quotes, *target.also)}), dtype=np.int64)
            for target in self.targets
        ]
        self._concepts = self._target_concepts()

    def _target_concepts(self) -> list[frozenset[str]]:
        """The concepts that a good part of a target's questions name."""
        counts: list[dict[str, int]] = [{} for _ in self.targets]
        for question, owner in zip(self._index.questions, self.owner, strict=True):
            for concept in self._vocabulary.concepts(question.text, question.language):
                counts[owner][concept] = counts[owner].get(concept, 0) + 1
        sizes = np.bincount(self.owner, minlength=len(self.targets))
        return [frozenset(c for c, n in found.items() if n >= 0.3 * size) for found, size in zip(counts, sizes, strict=True)]

    def features(self, query: Query, exclude: npt.NDArray[np.int64] | None = None) -> Floats:
        """Shape (targets, len(FEATURES)); *exclude* are rows of expected questions to leave out (training)."""
        dense = {}
        for name, (matrix, mean) in self.parts.items():
            start, end = self._index.embeddings.parts[name]
            part = query.vector[start:end] - mean
            dense[name] = matrix @ (part / max(float(np.linalg.norm(part)), 1e-9))
        keep = np.ones(len(self.owner), dtype=bool)
        if exclude is not None:
            keep[exclude] = False
        main = dense[self._main]
        words = np.zeros(len(self.owner), dtype=np.float32)
        own = self._words[query.language]
        words[own.rows] = own.cosine(query.text)
        minilm = dense.get("minilm", main)
        english = float(query.language == "en")
        count = len(self.targets)
        same = keep & (self.language == query.language)
        out = np.zeros((count, len(FEATURES)), dtype=np.float32)
        out[:, 0], out[:, 1] = _best(main, self.owner, keep, count)
        out[:, 2] = np.bincount(self.owner[keep], main[keep], count) / np.maximum(np.bincount(self.owner[keep], minlength=count), 1)
        best = _best(minilm, self.owner, same, count)[0]
        out[:, 3], out[:, 4] = best * english, best * (1 - english)
        out[:, 5], out[:, 6] = _best(words, self.owner, same, count)
        passage = self._index.dense_scores(query.vector)[self._main] if self._index.passages else np.zeros(0)
        lexical = self._index.lexical_scores(query.text, query.language)
        top = max(float(lexical.max(initial=0.0)), 1e-9)
        for number, rows in enumerate(self._passages):
            if len(rows):
                out[number, 7] = float(passage[rows].max()) - float(passage.mean())
                out[number, 8] = float(lexical[rows].mean()) / top
        for number, concepts in enumerate(self._concepts):
            shared = len(query.concepts & concepts)
            out[number, 9] = shared / max(len(query.concepts | concepts), 1)
            out[number, 10] = len(query.concepts - concepts) / max(len(query.concepts), 1)
            out[number, 11] = len(concepts - query.concepts) / max(len(concepts), 1)
        return out


def _center(vectors: Floats) -> tuple[Floats, Floats]:
    """Vectors without their mean, at unit length: E5's crowd together, and the mean says nothing."""
    if not len(vectors):
        return vectors, np.zeros(vectors.shape[1], dtype=np.float32)
    mean = vectors.mean(0)
    centred = vectors - mean
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9), mean


def _best(scores: Floats, owner: npt.NDArray[np.int64], keep: npt.NDArray[np.bool_], count: int) -> tuple[Floats, Floats]:
    """Per target the best score and the mean of the best three, over the rows of *keep*."""
    order = np.argsort(-scores, kind="stable")
    order = order[keep[order]]
    owners = owner[order]
    first = np.full(count, 0.0, dtype=np.float32)
    total = np.zeros(count, dtype=np.float32)
    taken = np.zeros(count, dtype=np.int64)
    for _ in range(3):
        _, at = np.unique(owners, return_index=True)
        who = owners[at]
        value = scores[order[at]]
        first[who] = np.where(taken[who] == 0, value, first[who])
        total[who] += value
        taken[who] += 1
        rest = np.ones(len(order), dtype=bool)
        rest[at] = False
        order, owners = order[rest], owners[rest]
    return first, total / np.maximum(taken, 1)
