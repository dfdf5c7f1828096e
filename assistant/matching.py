"""How well each target fits a question.

Every target gets a row of features; the relevance model turns rows into probabilities. The features are the
linear probe's opinion, the similarity between the question and the target's passages, and the concepts of
the controlled vocabulary on both sides.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.asked import asks_many, content_keys
from assistant.expected import KINDS, NAMES, expected_kind, has_kind
from assistant.references import named_parts, parts_of
from assistant.wording import Wording
from ingest.editorial import Target
from vectorstore.glossary import load_glossary
from vectorstore.index import Index
from vectorstore.probe import centre, probe_input

Floats = npt.NDArray[np.float32]
FEATURES = (
    "probe_log_probability",
    "tuned_log_probability",
    "words_log_probability",
    "passage_dense",
    "passage_words",
    "concepts_shared",
    "concepts_foreign",
    "concepts_missing",
    "asked_words",
    "parts_shared",
    "parts_foreign",
    "many_single",
    "many_several",
    "one_list",
    "told",
    "untold",
)


@dataclass(frozen=True, slots=True)
class Query:
    """A standalone question with what is computed from it once."""

    text: str
    language: str
    vector: Floats
    concepts: frozenset[str]


class Matcher:
    """The targets of an index that expected questions lead to."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.targets: tuple[Target, ...] = tuple(index.targets[name] for name in index.probe.targets) if index.probe else ()
        self._main = "e5" if "e5" in index.embeddings.parts else next(iter(index.embeddings.parts))
        found = [sorted({index.row_of[quote.passage_id] for quote in (*target.quotes, *target.also)}) for target in self.targets]
        self._passages = np.full((len(found), max((len(rows) for rows in found), default=0)), -1, dtype=np.int64)
        for number, rows in enumerate(found):
            self._passages[number, : len(rows)] = rows
        self._wording = Wording([target.id for target in self.targets], index.target_words)
        tuned = index.probe.tuned if index.probe else None
        self._tuned = index.embeddings.tune(tuned.adapter) if tuned and index.embeddings.tune else None
        glossary = load_glossary()
        keys: dict[str, frozenset[str]] = {}
        owners: dict[str, set[int]] = {}  # the targets that a word, by one of its keys, is expected in questions for
        for number, target in enumerate(self.targets):
            for language, said in index.target_words.get(target.id, {}).items():
                for key in {key for stem in said for key in glossary.stem_keys(stem, language)}:
                    owners.setdefault(key, set()).add(number)
            for identity in {quote.passage_id for quote in target.quotes}:
                if identity not in keys:
                    keys[identity] = glossary.all_keys(index.by_id[identity].text, index.by_id[identity].language)
                for key in keys[identity]:
                    owners.setdefault(key, set()).add(number)
        self._owners = {key: np.array(sorted(numbers), dtype=np.int64) for key, numbers in owners.items()}
        parts = [frozenset(tag for quote in target.quotes for tag in parts_of(index, quote.passage_id)) for target in self.targets]
        self._part_names = sorted(frozenset().union(*parts)) if parts else []
        self._parts = np.array([[name in found for name in self._part_names] for found in parts], dtype=np.float32).reshape(len(parts), -1)
        self._spoken = np.array([bool(target.quotes) for target in self.targets])
        self._several = np.array([len({quote.passage_id for quote in target.quotes}) > 1 for target in self.targets])
        self._whole = np.array([target.kind in ("list", "group") for target in self.targets])
        texts = ["\n".join(index.canonical[quote.source_id][quote.start : quote.end] for quote in target.quotes) for target in self.targets]
        spoken = [index.sources[target.quotes[0].source_id].language if target.quotes else "en" for target in self.targets]
        self._told = {kind: np.array([has_kind(kind, *one) for one in zip(texts, spoken, strict=True)], dtype=bool) for kind in KINDS}
        self._told["number"] |= self._several  # a list can be counted
        self._concept_names = sorted({concept.id for concept in index.concepts})
        self._concepts = np.array(
            [[name in index.target_concepts.get(target.id, ()) for name in self._concept_names] for target in self.targets],
            dtype=np.float32,
        ).reshape(len(self.targets), len(self._concept_names))

    def features(self, query: Query) -> Floats:
        """Shape (targets, len(FEATURES))."""
        if not self.targets:
            return np.zeros((0, len(FEATURES)), dtype=np.float32)
        columns = self._of_models(query) | self._of_concepts(query) | self._of_form(query)
        nothing = np.zeros(len(self.targets), dtype=np.float32)
        return np.column_stack([np.asarray(columns.get(name, nothing), dtype=np.float32) for name in FEATURES])

    def _of_models(self, query: Query) -> dict[str, Floats]:
        """What the probe, the tuned model, the words and the similarity with the passages say."""
        index, probe, columns = self._index, self._index.probe, {}
        if probe:
            columns["probe_log_probability"] = _log_probabilities(
                probe.weights, probe_input(query.vector, probe.mean, index.embeddings.parts)
            )
        if probe and probe.tuned and self._tuned:
            vector = centre(self._tuned.encode([query.text])[0], probe.tuned.mean)
            columns["tuned_log_probability"] = _log_probabilities(probe.tuned.weights, vector)
        columns["words_log_probability"] = self._wording.log_probabilities(query.text, query.language)
        columns["asked_words"] = self._asked_words(query)
        dense = index.dense_scores(query.vector)[self._main]
        lexical = index.lexical_scores(query.text, query.language)
        held = self._passages >= 0
        nearest = np.where(held, dense[self._passages], -np.inf).max(1, initial=-np.inf)
        columns["passage_dense"] = np.where(held.any(1), nearest - dense.mean(), 0.0)
        words = np.where(held, lexical[self._passages], 0.0).sum(1) / np.maximum(held.sum(1), 1)
        columns["passage_words"] = words / max(float(lexical.max(initial=0.0)), 1e-9)
        return columns

    def _of_concepts(self, query: Query) -> dict[str, Floats]:
        """How the concepts of the vocabulary on both sides agree."""
        asked = np.array([concept in query.concepts for concept in self._concept_names], dtype=np.float32)
        shared, count, sizes = self._concepts @ asked, float(len(query.concepts)), self._concepts.sum(1)
        return {
            "concepts_shared": shared / np.maximum(count + sizes - shared, 1),
            "concepts_foreign": (count - shared) / max(count, 1),
            "concepts_missing": (sizes - shared) / np.maximum(sizes, 1),
        }

    def _of_form(self, query: Query) -> dict[str, Any]:
        """What the question names and wants by its form: parts of documents, many or one, a kind of thing."""
        many, columns = asks_many(query.text, query.language), {}
        named = named_parts(query.text)
        if named & set(self._part_names):
            asked = np.array([name in named for name in self._part_names], dtype=np.float32)
            shared = self._parts @ asked
            columns["parts_shared"] = np.where(self._spoken, shared / np.maximum(asked.sum() + self._parts.sum(1) - shared, 1), 0.0)
            columns["parts_foreign"] = np.where(self._spoken, 1.0 - shared / asked.sum(), 0.0)
        columns["many_single"] = many & self._spoken & ~self._several
        columns["many_several"] = many & self._several
        columns["one_list"] = (not many) & self._whole
        if (kind := expected_kind(query.text)) and kind not in NAMES:
            columns["told"], columns["untold"] = self._spoken & self._told[kind], self._spoken & ~self._told[kind]
        return columns

    def _asked_words(self, query: Query) -> Floats:
        """For each target the share of the question's words, weighted by their rarity, that its expected questions or quotations have."""
        total, whole = np.zeros(len(self.targets), dtype=np.float32), 0.0
        for keys in content_keys(query.text, query.language):
            has = np.zeros(len(self.targets), dtype=bool)
            for key in keys:
                if key in self._owners:
                    has[self._owners[key]] = True
            weight = float(np.log1p(len(has) / (has.sum() + 0.5)))
            total += weight * has
            whole += weight
        return np.asarray(total / whole if whole else total, dtype=np.float32)


def _log_probabilities(weights: Floats, vector: Floats) -> Floats:
    """Of a linear probe whose last column is the intercepts."""
    scores = weights[:, :-1] @ vector + weights[:, -1]
    return np.asarray(scores - np.logaddexp.reduce(scores), dtype=np.float32)
