"""What an index holds, made from documents and editorial data one record at a time."""

import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ingest.agencies import find_agencies
from ingest.editorial import LANGUAGES, Editorial
from ingest.sentences import sentence_spans
from ingest.types import Document, Passage, Source
from vectorstore.embeddings import Vectors
from vectorstore.lexical import fold, stems
from vectorstore.probe import Probe, Tuned
from vectorstore.store import Record
from vectorstore.tuned import restored, stored
from vectorstore.vocabulary import Vocabulary

_PROBE_KINDS = ("probe", "probe_mean", "tuned", "tuned_mean")
_FOREIGN = 0.1
_NAMED = 0.3  # share of a target's questions that must name a concept for it to be the target's


def embedded_text(passage: Passage, text: str | None = None) -> str:
    """What the models see of a passage: its headings, then *text* (the whole passage by default)."""
    return ": ".join((*passage.heading_path, text if text is not None else passage.text))


class Records:
    """All records of an index as (record, text to embed), made anew each time they are gone through; no text means no vector of its own.

    A build goes through them twice, and never holds them all.
    """

    def __init__(self, sources: tuple[Source, ...], documents: tuple[Document, ...], editorial: Editorial, *, sentences: bool) -> None:
        self._sources, self._documents, self._editorial, self._sentences = sources, documents, editorial, sentences
        self._corpus: Record | None = None

    def __iter__(self) -> Iterator[tuple[Record, str]]:
        seen: set[str] = set()  # a document given twice is one
        for document in self._documents:
            for record, text in self._of(document):
                if record.id not in seen:
                    seen.add(record.id)
                    yield record, text
        self._corpus = self._corpus or Record("corpus", "corpus", "corpus", self._whole())
        yield self._corpus, ""

    def _of(self, document: Document) -> Iterator[tuple[Record, str]]:
        lists = [asdict(found) for found in document.lists]
        yield Record(f"document:{document.source.id}", "document", document.canonical, {"lists": lists}), ""
        for passage in document.passages:
            payload: dict[str, Any] = {
                "passage": {key: value for key, value in asdict(passage).items() if key != "text"},
                "translations": self._editorial.translations.get((passage.source_id, passage.text), {}),
            }
            yield Record(passage.id, "passage", passage.text, payload), embedded_text(passage)
            split = self._sentences and passage.kind == "paragraph"
            spans = sentence_spans(passage.text, passage.language) if split else ()
            for start, end in spans if len(spans) > 1 else ():
                text = passage.text[start:end]
                place = {"passage_id": passage.id, "start": passage.start + start, "end": passage.start + end}
                yield Record(f"{passage.id}:{start}", "sentence", text, place), embedded_text(passage, text)

    def _whole(self) -> dict[str, Any]:
        """What is known of the corpus as a whole."""
        editorial = self._editorial
        return {
            "sources": [{key: value for key, value in asdict(source).items() if key != "path"} for source in self._sources],
            "targets": [asdict(target) for target in editorial.targets],
            "concepts": [asdict(concept) for concept in editorial.concepts],
            "lexicon": _lexicons(editorial),
            "target_concepts": _target_concepts(editorial),
            "target_words": _target_words(editorial),
            "questions": len(editorial.questions),
            "agencies": [asdict(agency) for agency in find_agencies(self._documents, editorial.concepts)],
        }


def make_records(sources: tuple[Source, ...], documents: tuple[Document, ...], editorial: Editorial, *, sentences: bool = True) -> Records:
    """The records of *documents*: their texts, passages, sentences (of paragraphs with several, where *sentences*), and the corpus."""
    return Records(sources, documents, editorial, sentences=sentences)


def probe_records(probe: Probe | None) -> Iterator[tuple[Record, Vectors]]:
    """The probe as records: Chroma gets unit vectors of its dimension, length and intercept stand in the payload."""
    if probe is None or not len(probe.targets):
        return
    yield from _rows_as_records("probe", probe.targets, probe.weights, len(probe.mean))
    yield _as_record("probe_mean", "mean", probe.mean, len(probe.mean))
    if tuned := probe.tuned:
        yield from _rows_as_records("tuned", probe.targets, tuned.weights, len(probe.mean))
        yield _as_record("tuned_mean", "mean", tuned.mean, len(probe.mean))
        values = {
            name: [array.dtype.str, *array.shape, b64encode(array.tobytes()).decode()] for name, array in stored(tuned.adapter).items()
        }
        yield Record("tuned_adapter:adapter", "tuned_adapter", "adapter", {"arrays": values}), _unit(probe.mean)


def _rows_as_records(kind: str, names: tuple[str, ...], weights: Vectors, dimension: int) -> Iterator[tuple[Record, Vectors]]:
    for name, row in zip(names, weights, strict=True):
        yield _as_record(kind, name, row[:-1], dimension, intercept=float(row[-1]))


def _as_record(kind: str, name: str, values: Vectors, dimension: int, **payload: float) -> tuple[Record, Vectors]:
    """*values*, at most *dimension* of them, as a unit vector; their number and length go into the payload."""
    vector = np.pad(values, (0, dimension - len(values)))
    return Record(f"{kind}:{name}", kind, name, {"norm": float(np.linalg.norm(values)), "size": len(values), **payload}), _unit(vector)


def read_probe(records: Sequence[Record], vectors: Vectors) -> Probe | None:
    """The probe among *records* with their *vectors*, as :func:`probe_records` put it there."""
    kept: dict[str, dict[str, Vectors]] = {}
    for record, vector in zip(records, vectors, strict=True):
        if record.kind in _PROBE_KINDS:
            values = vector[: record.payload["size"]] * np.float32(record.payload["norm"])
            end = [record.payload["intercept"]] if "intercept" in record.payload else []
            kept.setdefault(record.kind, {})[record.text] = np.append(values, np.array(end, dtype=np.float32)).astype(np.float32)
    if "probe" not in kept:
        return None
    names = tuple(kept["probe"])
    tuned = None
    if "tuned" in kept:
        values = next(record.payload["arrays"] for record in records if record.kind == "tuned_adapter")
        arrays = {name: np.frombuffer(b64decode(packed), dtype).reshape(shape) for name, (dtype, *shape, packed) in values.items()}
        tuned = Tuned(np.stack([kept["tuned"][name] for name in names]), kept["tuned_mean"]["mean"], restored(arrays))
    return Probe(names, np.stack(list(kept["probe"].values())), kept["probe_mean"]["mean"], tuned)


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)


def _lexicons(editorial: Editorial) -> dict[str, dict[str, list[str]]]:
    """For each language the words of the expected questions, and the stems of those that have an answer.

    A word that another language uses ten times as often is a name or a slip there, and no word of this language.
    """
    silent = {target.id for target in editorial.targets if target.kind in ("none", "refuse")}
    words: dict[str, Counter[str]] = {language: Counter() for language in LANGUAGES}
    asked: dict[str, Counter[str]] = {language: Counter() for language in LANGUAGES}
    for question in editorial.questions:
        words[question.language].update(re.findall(r"[^\W\d_]+", fold(question.text)))
        if question.target_id not in silent:
            asked[question.language].update(set(spoken_stems(question.text, question.language)))
    most = {word: max(found[word] for found in words.values()) for word in set().union(*words.values())}
    return {
        language: {
            "words": sorted(word for word, count in words[language].items() if count > _FOREIGN * most[word]),
            "asked": sorted(stem for stem, count in asked[language].items() if count > 1),
        }
        for language in LANGUAGES
    }


def spoken_stems(text: str, language: str) -> list[str]:
    """The stems of a question, elided articles apart."""
    return stems(text.replace("'", " ").replace("’", " "), language)


def _target_words(editorial: Editorial) -> dict[str, dict[str, dict[str, int]]]:
    """How often a target's expected questions in each language have each stem."""
    found: dict[str, dict[str, Counter[str]]] = {}
    for question in editorial.questions:
        said = found.setdefault(question.target_id, {}).setdefault(question.language, Counter())
        said.update(spoken_stems(question.text, question.language))
    return {name: {language: dict(sorted(words.items())) for language, words in by.items()} for name, by in found.items()}


def _target_concepts(editorial: Editorial) -> dict[str, list[str]]:
    """The concepts that a good part of a target's expected questions name."""
    vocabulary = Vocabulary(editorial.concepts)
    counts: dict[str, Counter[str]] = {}
    sizes: Counter[str] = Counter()
    for question in editorial.questions:
        sizes[question.target_id] += 1
        counts.setdefault(question.target_id, Counter()).update(vocabulary.concepts(question.text, question.language))
    return {name: sorted(concept for concept, n in found.items() if n >= _NAMED * sizes[name]) for name, found in counts.items()}
