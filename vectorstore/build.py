"""Build an index version from documents and editorial data, and switch to it in one step."""

import hashlib
import json
import os
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from ingest.editorial import LANGUAGES, Editorial
from ingest.sentences import sentence_spans
from ingest.types import Document, Passage, Source
from vectorstore.embeddings import VectorEmbeddings, Vectors
from vectorstore.errors import BuildInProgressError, IndexUnavailableError
from vectorstore.lexical import fold, stems
from vectorstore.probe import Probe
from vectorstore.store import POINTER, SCHEMA, Record, Store
from vectorstore.types import BuildReport, IndexManifest
from vectorstore.vocabulary import Vocabulary

Progress = Callable[[int, int], None]
_BATCH = 64
_NAMED = 0.3  # share of a target's questions that must name a concept for it to be the target's


def embedded_text(passage: Passage, text: str | None = None) -> str:
    """What the models see of a passage: its headings, then *text* (the whole passage by default)."""
    return ": ".join((*passage.heading_path, text if text is not None else passage.text))


def make_records(
    sources: tuple[Source, ...], documents: tuple[Document, ...], editorial: Editorial, *, sentences: bool = True
) -> list[tuple[Record, str]]:
    """All records of an index as (record, text to embed); no text means no vector of its own."""
    records: list[tuple[Record, str]] = []
    for document in documents:
        lists = [asdict(found) for found in document.lists]
        records.append((Record(f"document:{document.source.id}", "document", document.canonical, {"lists": lists}), ""))
        for passage in document.passages:
            translations = editorial.translations.get((passage.source_id, passage.text), {})
            payload: dict[str, Any] = {
                "passage": {key: value for key, value in asdict(passage).items() if key != "text"},
                "translations": translations,
            }
            records.append((Record(passage.id, "passage", passage.text, payload), embedded_text(passage)))
            spans = sentence_spans(passage.text, passage.language) if sentences and passage.kind == "paragraph" else ()
            for start, end in spans if len(spans) > 1 else ():
                text = passage.text[start:end]
                place = {"passage_id": passage.id, "start": passage.start + start, "end": passage.start + end}
                records.append((Record(f"{passage.id}:{start}", "sentence", text, place), embedded_text(passage, text)))
    whole = {
        "sources": [{key: value for key, value in asdict(source).items() if key != "path"} for source in sources],
        "targets": [asdict(target) for target in editorial.targets],
        "concepts": [asdict(concept) for concept in editorial.concepts],
        "lexicon": {language: _lexicon(editorial, language) for language in LANGUAGES},
        "target_concepts": _target_concepts(editorial),
        "questions": len(editorial.questions),
    }
    records.append((Record("corpus", "corpus", "corpus", whole), ""))
    return list({record.id: (record, text) for record, text in records}.values())


def _lexicon(editorial: Editorial, language: str) -> dict[str, list[str]]:
    """The words of the expected questions in a language, and the stems of those that have an answer."""
    silent = {target.id for target in editorial.targets if target.kind in ("none", "refuse")}
    words: set[str] = set()
    asked: Counter[str] = Counter()
    for question in editorial.questions:
        if question.language == language:
            words.update(re.findall(r"[^\W\d_]+", fold(question.text)))
            if question.target_id not in silent:
                asked.update(set(stems(question.text.replace("'", " ").replace("’", " "), language)))
    return {"words": sorted(words), "asked": sorted(stem for stem, count in asked.items() if count > 1)}


def _target_concepts(editorial: Editorial) -> dict[str, list[str]]:
    """The concepts that a good part of a target's expected questions name."""
    vocabulary = Vocabulary(editorial.concepts)
    counts: dict[str, Counter[str]] = {}
    sizes: Counter[str] = Counter()
    for question in editorial.questions:
        sizes[question.target_id] += 1
        counts.setdefault(question.target_id, Counter()).update(vocabulary.concepts(question.text, question.language))
    return {name: sorted(concept for concept, n in found.items() if n >= _NAMED * sizes[name]) for name, found in counts.items()}


def build_index(
    store: Store,
    embeddings: VectorEmbeddings,
    records: list[tuple[Record, str]],
    *,
    lock_dir: Path,
    probe: Probe | None = None,
    progress: Progress = lambda done, total: None,
) -> BuildReport:
    """Write a new version, reuse the vectors of what did not change, switch to it, drop what is older.

    The version that served before stays until the next build, for readers that still have it open. A
    killed build leaves the serving version untouched.

    Raises:
        BuildInProgressError: another process holds the build lock.
    """
    started = time.perf_counter()
    everything = [*records, *((record, "") for record in _probe_records(probe))]
    manifest = _manifest(embeddings, everything)
    embedded = sum(1 for _, text in everything if text)

    def report(new: int, gone: int, switched: bool) -> BuildReport:
        documents = [record for record, _ in records if record.kind == "document"]
        lists = sum(len(record.payload["lists"]) for record in documents)
        seconds = time.perf_counter() - started
        return BuildReport(
            manifest.version, len(documents), manifest.passages, lists, manifest.questions, new, embedded - new, gone, seconds, switched
        )

    with _lock(lock_dir):
        previous = _serving(store)
        if previous == manifest:
            return report(0, 0, False)
        known: dict[tuple[str, str], Any] = {}
        if previous and (previous.embedding, previous.dimension, previous.schema) == (embeddings.name, embeddings.dimension, SCHEMA):
            old, vectors = store.read(previous.version)
            known = {(record.id, record.payload.get("embedded", "")): vectors[row] for row, record in enumerate(old)}
        stamped = [replace(record, payload={**record.payload, "embedded": _digest(text)}) for record, text in everything]
        matrix = np.zeros((len(stamped), embeddings.dimension), dtype=np.float32)
        matrix[:, 0] = 1.0  # records without a vector of their own still need one for Chroma
        if probe is not None and len(probe.targets):
            matrix[-len(probe.targets) - 1 : -1] = _unit(probe.weights[:, :-1])
            matrix[-1] = _unit(probe.mean)
        new = []
        for row, (record, text) in enumerate(everything):
            if text and (vector := known.get((record.id, _digest(text)))) is not None:
                matrix[row] = vector
            elif text:
                new.append(row)
        _embed(embeddings, [text for _, text in everything], new, matrix, progress)
        store.create(manifest)
        store.add(manifest.version, stamped, matrix)
        store.switch(manifest.version)
        for name in store.versions():
            if name != manifest.version and (previous is None or name != previous.version):
                store.drop(name)
    gone = {identity for identity, digest in known if digest} - {record.id for record in stamped}
    return report(len(new), len(gone), True)


def _manifest(embeddings: VectorEmbeddings, records: list[tuple[Record, str]]) -> IndexManifest:
    fingerprint = _fingerprint(records)
    version = f"{POINTER}-{hashlib.sha256(f'{SCHEMA} {embeddings.name} {embeddings.dimension} {fingerprint}'.encode()).hexdigest()[:20]}"
    passages = sum(record.kind == "passage" for record, _ in records)
    questions = sum(int(record.payload.get("questions", 0)) for record, _ in records if record.kind == "corpus")
    return IndexManifest(version, embeddings.name, embeddings.dimension, "cosine", SCHEMA, fingerprint, passages, questions)


def _probe_records(probe: Probe | None) -> list[Record]:
    """The probe as records: Chroma gets unit vectors, length and intercept stand in the payload; the mean comes last."""
    if probe is None or not len(probe.targets):
        return []
    norms = np.linalg.norm(probe.weights[:, :-1], axis=1)
    records = [
        Record(f"probe:{name}", "probe", name, {"norm": float(norm), "intercept": float(intercept)})
        for name, norm, intercept in zip(probe.targets, norms, probe.weights[:, -1], strict=True)
    ]
    return [*records, Record("probe-mean", "probe_mean", "mean", {"norm": float(np.linalg.norm(probe.mean))})]


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9), dtype=np.float32)


def _embed(embeddings: VectorEmbeddings, texts: list[str], rows: list[int], matrix: Vectors, progress: Progress) -> None:
    chosen = sorted(rows, key=lambda row: len(texts[row]))
    for begin in range(0, len(chosen), _BATCH):
        batch = chosen[begin : begin + _BATCH]
        matrix[batch] = embeddings.encode([texts[row] for row in batch], query=False)
        progress(begin + len(batch), len(chosen))


def _serving(store: Store) -> IndexManifest | None:
    try:
        return store.serving()
    except IndexUnavailableError:
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def _fingerprint(records: list[tuple[Record, str]]) -> str:
    digest = hashlib.sha256()
    for record, text in sorted(records, key=lambda item: item[0].id):
        digest.update(json.dumps([record.id, record.text, record.payload, text], sort_keys=True, ensure_ascii=False).encode())
    return digest.hexdigest()


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the build lock; whoever holds it is written beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / "build.holder"
    lock = FileLock(folder / "build.lock")
    try:
        lock.acquire(timeout=0.2)
    except Timeout:
        who = holder.read_text(encoding="utf-8") if holder.is_file() else "another process"
        raise BuildInProgressError(f"The index is being written by {who}. Wait until it has finished and try again.") from None
    try:
        holder.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
