"""An opened index version: passages, lists, texts and editorial data in memory, and hybrid search over them."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.agencies import Agency
from ingest.editorial import LANGUAGES, Concept, Quote, Target
from ingest.structure import display_heading
from ingest.types import Passage, PassageList, Source
from vectorstore.embeddings import VectorEmbeddings
from vectorstore.errors import DamagedIndexError, IndexMismatchError
from vectorstore.glossary import load_glossary
from vectorstore.lexical import LexicalIndex, stems
from vectorstore.probe import Probe
from vectorstore.records import read_probe
from vectorstore.store import SCHEMA, Record, Store
from vectorstore.types import Hit, IndexManifest
from vectorstore.versions import Ids, counterparts

# Weight of BM25 beside the dense parts; on FAQs in English and French less than 1 was better (docs/decisions/0004).
_LEXICAL = 0.4
_GROUP = 8  # passages of a language from which their mean and deviation can be told
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage: ``canonical[start:end]``."""

    passage_id: str
    start: int
    end: int
    text: str


class Index:
    """One index version, read once. Everything in it is immutable; searches may run in parallel."""

    def __init__(self, manifest: IndexManifest, embeddings: VectorEmbeddings, records: list[Record], vectors: Vectors) -> None:
        self.manifest = manifest
        self.embeddings = embeddings
        rows: dict[str, list[int]] = {}
        for row, record in enumerate(records):
            rows.setdefault(record.kind, []).append(row)
        passages = sorted(
            ((_passage(records[row]), row) for row in rows.get("passage", [])), key=lambda item: (item[0].source_id, item[0].start)
        )
        self.passages: tuple[Passage, ...] = tuple(passage for passage, _ in passages)
        self.by_id: dict[str, Passage] = {passage.id: passage for passage in self.passages}
        self.row_of: dict[str, int] = {passage.id: row for row, passage in enumerate(self.passages)}
        self.translations: dict[str, dict[str, str]] = {p.id: records[row].payload["translations"] for p, row in passages}
        self.passage_vectors: Vectors = vectors[[row for _, row in passages]]
        self.canonical: dict[str, str] = {}
        self.lists: dict[str, PassageList] = {}
        for row in rows.get("document", []):
            source_id = records[row].id.removeprefix("document:")
            self.canonical[source_id] = records[row].text
            for entry in records[row].payload["lists"]:
                found = _list(entry)
                self.lists[found.id] = found
        self.sentences: tuple[Sentence, ...] = tuple(_sentence(records[row]) for row in rows.get("sentence", []))
        self.sentence_vectors: Vectors = vectors[rows.get("sentence", [])]
        self.probe: Probe | None = read_probe(records, vectors)
        corpus = records[rows["corpus"][0]].payload
        self.sources: dict[str, Source] = {entry["id"]: Source(**entry) for entry in corpus["sources"]}
        self.targets: dict[str, Target] = {entry["id"]: _target(entry) for entry in corpus["targets"]}
        self.concepts: tuple[Concept, ...] = tuple(_concept(entry) for entry in corpus["concepts"])
        self.question_words: dict[str, frozenset[str]] = {lang: frozenset(x["words"]) for lang, x in corpus["lexicon"].items()}
        self.asked_stems: dict[str, frozenset[str]] = {lang: frozenset(x["asked"]) for lang, x in corpus["lexicon"].items()}
        self.target_concepts: dict[str, frozenset[str]] = {name: frozenset(x) for name, x in corpus["target_concepts"].items()}
        self.target_words: dict[str, dict[str, dict[str, int]]] = corpus["target_words"]
        self.agencies: tuple[Agency, ...] = tuple(_agency(entry) for entry in corpus["agencies"])
        readable = {lang: sum(lang in (p.language, *self.translations[p.id]) for p in self.passages) for lang in LANGUAGES}
        self._covered = {language for language, count in readable.items() if count * 2 > len(self.passages)}
        # The passages of each language: a model finds texts in the question's own language nearer, whatever they say.
        spoken = [passage.language for passage in self.passages]
        groups = [np.array([row for row, other in enumerate(spoken) if other == language]) for language in sorted(set(spoken))]
        self._languages = tuple(group for group in groups if len(group) >= _GROUP) if len(groups) > 1 else ()
        self._lexical = {language: self._make_lexical(language) for language in LANGUAGES}
        self._unread = {
            language: np.array(
                [row for row, p in enumerate(self.passages) if language not in (p.language, *self.translations[p.id])], dtype=np.int64
            )
            for language in LANGUAGES
        }

    @classmethod
    def open(cls, store: Store, embeddings: VectorEmbeddings) -> "Index":
        """Open the serving version.

        Raises:
            NoIndexError: nothing has been ingested.
            IndexMismatchError: it was built with other embeddings or by another version of the product.
            DamagedIndexError: its records cannot be understood.
        """
        _fits(store.serving(), embeddings)  # before everything is read
        manifest, records, vectors = store.read_serving()
        _fits(manifest, embeddings)
        try:
            index = cls(manifest, embeddings, records, vectors)
            if len(index.passages) != manifest.passages or not {p.source_id for p in index.passages} <= index.canonical.keys():
                raise ValueError("records are missing")
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise DamagedIndexError(f"The index is damaged ({error}). Move the data folder away and run: python -m ingest") from error
        return index

    def text(self, passage_id: str, language: str) -> str:
        """The passage in *language* where a translation is kept, else as it is."""
        return self.translations[passage_id].get(language, self.by_id[passage_id].text)

    def counterpart(self, identity: str, language: str) -> Ids | None:
        """The passages (for a list: the list) that say the same in the version of the document in *language*, where that is certain."""
        return self._counterparts.get(identity, {}).get(language)

    @cached_property
    def _counterparts(self) -> dict[str, dict[str, Ids]]:
        return counterparts(self.passages, self.sources, self.canonical)

    @cached_property
    def headings(self) -> dict[tuple[str, str], dict[str, str]]:
        """Headings in other languages, by language: by document and heading as it is shown, and by "" and heading."""
        made: dict[tuple[str, str], dict[str, str]] = {}
        for passage in (one for one in self.passages if one.kind in ("heading", "table_row")):  # a row heads what its other cells say
            official = {code: self.by_id[ids[0]].text for code in LANGUAGES if (ids := self.counterpart(passage.id, code))}
            found = {**self.translations.get(passage.id, {}), **official}
            for source in (passage.source_id, "") if found else ():
                known = made.setdefault((source, display_heading(passage.text)), {})
                known |= {code: text for code, text in found.items() if code not in known}
        return made

    def covers(self, language: str) -> bool:
        """Whether a good part of the passages can be read in *language*, so that words can be compared."""
        return language in self._covered

    def lexical_scores(self, text: str, language: str) -> Vectors:
        """BM25 of *text* against all passages in *language* (their translation where there is one)."""
        return self._lexical[language].scores(stems(text, language))

    def word_scores(self, text: str, language: str) -> Vectors:
        """Like :meth:`lexical_scores`, but passages that cannot be read in *language* are compared through the glossary."""
        scores = self.lexical_scores(text, language)
        if len(unread := self._unread[language]):
            scores[unread] = self._across.best_scores(load_glossary().keys(text, language))[unread]
        return scores

    @cached_property
    def _across(self) -> LexicalIndex:
        glossary = load_glossary()
        texts = ((_with_headings(passage), passage.language) for passage in self.passages)
        return LexicalIndex([[key for keys in glossary.keys(text, language) for key in keys] for text, language in texts])

    def lexical_share(self, text: str, language: str) -> float:
        """The best BM25 score of a passage for *text*, as a share in 0..1 of what a passage that said all of it would get."""
        words = stems(text, language)
        most = self._lexical[language].greatest(words)
        return float(self._lexical[language].scores(words).max(initial=0.0)) / most if most > 0 else 0.0

    def share(self, said: Collection[frozenset[str]], passage: Passage, keys: Collection[str] | None = None) -> float:
        """The share in 0..1 of the words *said*, given by their keys and weighted by rarity, that *passage* and its headings have.

        *keys* are those of the text that is to have them, where they are known or it is another.
        """
        has = frozenset(keys) if keys is not None else load_glossary().all_keys(_with_headings(passage), passage.language)
        weights = {keys: self._across.rarity(keys) for keys in said}
        whole = sum(weights.values())
        return sum(weight for keys, weight in weights.items() if keys & has) / whole if whole > 0 else 0.0

    def knows_word(self, stem: str, language: str) -> bool:
        """Whether a stemmed word occurs in the passages as they read in *language*."""
        return self._lexical[language].knows(stem)

    def dense_scores(self, vector: Vectors) -> dict[str, Vectors]:
        """Cosine of a query vector with every passage, part by part."""
        return {name: _cosine(self.passage_vectors, vector, span) for name, span in self.embeddings.parts.items()}

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        language: str = "en",
        vector: Vectors | None = None,
        among: npt.NDArray[np.int64] | None = None,
    ) -> list[Hit]:
        """The *k* best passages by the sum of the standardised scores of the dense parts and BM25, best first.

        *vector* is that of the question where it is known; *among* are the rows that may be given, all by default.

        ``relevance`` is the fused score on a scale from 0 (the worst passage) to 1 (the best). Where the question is not in English the
        English-only model is left out; words of passages in other languages are compared through the glossary.
        """
        if not self.passages or not question.strip():
            return []
        query = self.embeddings.encode([question], query=True)[0] if vector is None else vector
        components = self.dense_scores(query)
        usable = dict(components)
        if language != "en" and len(usable) > 1:
            usable.pop("minilm", None)
        lexical = self.word_scores(question, language)
        unread = self._unread[language]
        groups = (unread, np.setdiff1d(np.arange(len(lexical)), unread)) if 0 < len(unread) < len(lexical) else ()
        fused = _LEXICAL * _standard(lexical, groups)
        for scores in usable.values():
            fused += _standard(scores, self._languages)
        rows = np.arange(len(fused)) if among is None else among
        best = rows[np.argsort(-fused[rows], kind="stable")[:k]]
        low, high = float(fused.min()), float(fused.max())
        return [
            Hit(
                self.passages[row],
                (float(fused[row]) - low) / (high - low) if high > low else 1.0,
                {name: float(scores[row]) for name, scores in {**components, "lexical": lexical}.items()},
            )
            for row in best
        ]

    def _make_lexical(self, language: str) -> LexicalIndex:
        return LexicalIndex(
            [stems(" ".join((*passage.heading_path, self.text(passage.id, language))), language) for passage in self.passages]
        )


def _fits(manifest: IndexManifest, embeddings: VectorEmbeddings) -> None:
    if manifest.embedding != embeddings.name or manifest.dimension != embeddings.dimension:
        raise IndexMismatchError(
            f"The index was built with the embeddings {manifest.embedding!r}, but {embeddings.name!r} is configured. "
            "Run: python -m ingest (or set ASSISTANT_EMBEDDINGS back)"
        )
    if manifest.schema != SCHEMA:
        raise IndexMismatchError("The index was built by another version of this product. Run: python -m ingest")


def _standard(scores: Vectors, groups: tuple[npt.NDArray[np.int64], ...]) -> npt.NDArray[np.float64]:
    """Zero mean and unit deviation over all passages, and over each of *groups* by itself."""
    made = np.asarray((scores - scores.mean()) / max(float(scores.std()), 1e-9), dtype=np.float64)
    for group in groups:
        made[group] = (scores[group] - scores[group].mean()) / max(float(scores[group].std()), 1e-9)
    return made


def _cosine(matrix: Vectors, vector: Vectors, span: tuple[int, int]) -> Vectors:
    part = vector[span[0] : span[1]]
    scale = float(part @ part)  # every part has the same length in every vector
    return np.asarray(matrix[:, span[0] : span[1]] @ part / max(scale, 1e-9), dtype=np.float32)


def _passage(record: Record) -> Passage:
    fields: dict[str, Any] = dict(record.payload["passage"])
    fields["heading_path"] = tuple(fields["heading_path"])
    return Passage(text=record.text, **fields)


def _list(entry: dict[str, Any]) -> PassageList:
    return PassageList(**{**entry, "heading_path": tuple(entry["heading_path"]), "passage_ids": tuple(entry["passage_ids"])})


def _sentence(record: Record) -> Sentence:
    return Sentence(record.payload["passage_id"], record.payload["start"], record.payload["end"], record.text)


def _target(entry: dict[str, Any]) -> Target:
    quotes, also = (tuple(Quote(**quote) for quote in entry[name]) for name in ("quotes", "also"))
    span = tuple(entry["span"]) if entry["span"] else None
    return Target(entry["id"], entry["kind"], quotes, also, span, tuple((language, text) for language, text in entry["reason"]))


def _concept(entry: dict[str, Any]) -> Concept:
    pairs = {name: tuple((language, term) for language, term in entry[name]) for name in ("preferred", "terms")}
    return Concept(entry["id"], pairs["preferred"], pairs["terms"], entry["broader"], entry["covered"])


def _agency(entry: dict[str, Any]) -> Agency:
    lists = {name: tuple(entry[name]) for name in ("programmes", "entries", "mentions")}
    return Agency(**{**entry, **lists, "variants": tuple((language, name) for language, name in entry["variants"])})


def _with_headings(passage: Passage) -> str:
    return " ".join((*passage.heading_path, passage.text))
