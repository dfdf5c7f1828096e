"""Build an index version from documents and editorial data, and switch to it in one step."""

import hashlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from ingest.editorial import Editorial
from ingest.sentences import sentence_spans
from ingest.types import Document, Passage, Source
from vectorstore.embeddings import VectorEmbeddings
from vectorstore.errors import BuildInProgressError, IndexUnavailableError
from vectorstore.store import POINTER, SCHEMA, Record, Store
from vectorstore.types import BuildReport, IndexManifest

Progress = Callable[[int, int], None]
_BATCH = 64


def embedded_text(passage: Passage, text: str | None = None) -> str:
    """What the models see of a passage: its headings, then *text* (the whole passage by default)."""
    return ": ".join((*passage.heading_path, text if text is not None else passage.text))


def make_records(
    sources: tuple[Source, ...], documents: tuple[Document, ...], editorial: Editorial, *, sentences: bool = True
) -> list[tuple[Record, str, bool]]:
    """All records of an index as (record, text to embed, is it a question); no text means no vector."""
    records: list[tuple[Record, str, bool]] = []
    for document in documents:
        lists = [asdict(found) for found in document.lists]
        records.append((Record(f"document:{document.source.id}", "document", document.canonical, {"lists": lists}), "", False))
        for passage in document.passages:
            translations = editorial.translations.get((passage.source_id, passage.text), {})
            payload: dict[str, Any] = {
                "passage": {key: value for key, value in asdict(passage).items() if key != "text"},
                "translations": translations,
            }
            records.append((Record(passage.id, "passage", passage.text, payload), embedded_text(passage), False))
            spans = sentence_spans(passage.text, passage.language) if sentences and passage.kind == "paragraph" else ()
            for start, end in spans if len(spans) > 1 else ():
                text = passage.text[start:end]
                place = {"passage_id": passage.id, "start": passage.start + start, "end": passage.start + end}
                records.append((Record(f"{passage.id}:{start}", "sentence", text, place), embedded_text(passage, text), False))
    for question in editorial.questions:
        digest = hashlib.sha256(f"{question.language}\x1f{question.target_id}\x1f{question.text}".encode()).hexdigest()[:16]
        payload = {"language": question.language, "target": question.target_id}
        records.append((Record(f"question:{digest}", "question", question.text, payload), question.text, True))
    whole = {
        "sources": [{key: value for key, value in asdict(source).items() if key != "path"} for source in sources],
        "targets": [asdict(target) for target in editorial.targets],
        "concepts": [asdict(concept) for concept in editorial.concepts],
    }
    records.append((Record("corpus", "corpus", "corpus", whole), "", False))
    unique = {record.id: (record, text, query) for record, text, query in records}
    return list(unique.values())


def build_index(
    store: Store,
    embeddings: VectorEmbeddings,
    records: list[tuple[Record, str, bool]],
    *,
    lock_dir: Path,
    progress: Progress = lambda done, total: None,
) -> BuildReport:
    """Write a new version, reuse the vectors of what did not change, switch to it, drop what is older.

    The version that served before stays until the next build, for readers that still have it open. A
    killed build leaves the serving version untouched.

    Raises:
        BuildInProgressError: another process holds the build lock.
    """
    started = time.perf_counter()
    fingerprint = _fingerprint(records)
    version = f"{POINTER}-{hashlib.sha256(f'{SCHEMA} {embeddings.name} {fingerprint}'.encode()).hexdigest()[:20]}"
    count = {kind: sum(record.kind == kind for record, _, _ in records) for kind in ("passage", "question", "document")}
    lists = sum(len(record.payload["lists"]) for record, _, _ in records if record.kind == "document")
    manifest = IndexManifest(
        version, embeddings.name, embeddings.dimension, "cosine", SCHEMA, fingerprint, count["passage"], count["question"]
    )
    with _lock(lock_dir):
        previous = _serving(store)
        if previous == manifest:
            kept = sum(1 for _, text, _ in records if text)
            return BuildReport(
                version, count["document"], count["passage"], lists, count["question"], 0, kept, 0, time.perf_counter() - started, False
            )
        known: dict[tuple[str, str], np.ndarray[Any, Any]] = {}
        if previous and previous.embedding == embeddings.name and previous.schema == SCHEMA:
            old, vectors = store.read(previous.version)
            known = {(record.id, record.payload.get("embedded", "")): vectors[row] for row, record in enumerate(old)}
        stamped = [(replace(r, payload={**r.payload, "embedded": _digest(text)}), text, query) for r, text, query in records]
        new = [row for row, (record, text, _) in enumerate(stamped) if text and (record.id, _digest(text)) not in known]
        matrix = np.zeros((len(stamped), embeddings.dimension), dtype=np.float32)
        matrix[:, 0] = 1.0  # records without a vector of their own still need one for Chroma
        for row, (record, text, _) in enumerate(stamped):
            if text and (vector := known.get((record.id, _digest(text)))) is not None:
                matrix[row] = vector
        _embed(embeddings, stamped, new, matrix, progress)
        store.create(manifest)
        store.add(version, [record for record, _, _ in stamped], matrix)
        store.switch(version)
        for name in store.versions():
            if name != version and (previous is None or name != previous.version):
                store.drop(name)
    gone = {identity for identity, embedded in known if embedded} - {record.id for record, _, _ in stamped}
    kept = sum(1 for _, text, _ in records if text) - len(new)
    return BuildReport(
        version,
        count["document"],
        count["passage"],
        lists,
        count["question"],
        len(new),
        kept,
        len(gone),
        time.perf_counter() - started,
        True,
    )


def _embed(
    embeddings: VectorEmbeddings, records: list[tuple[Record, str, bool]], rows: list[int], matrix: np.ndarray[Any, Any], progress: Progress
) -> None:
    done = 0
    for query in (False, True):
        chosen = sorted((row for row in rows if records[row][2] is query), key=lambda row: len(records[row][1]))
        for begin in range(0, len(chosen), _BATCH):
            batch = chosen[begin : begin + _BATCH]
            matrix[batch] = embeddings.encode([records[row][1] for row in batch], query=query)
            done += len(batch)
            progress(done, len(rows))


def _serving(store: Store) -> IndexManifest | None:
    try:
        return store.serving()
    except IndexUnavailableError:
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def _fingerprint(records: list[tuple[Record, str, bool]]) -> str:
    digest = hashlib.sha256()
    for record, text, _ in sorted(records, key=lambda item: item[0].id):
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
