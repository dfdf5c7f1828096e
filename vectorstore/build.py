"""Build an index version from records, a window at a time, and switch to it in one step."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np

from vectorstore.embeddings import VectorEmbeddings, Vectors
from vectorstore.errors import IndexUnavailableError
from vectorstore.lock import build_lock
from vectorstore.probe import Probe
from vectorstore.records import embedded_text as embedded_text
from vectorstore.records import make_records as make_records
from vectorstore.records import probe_records
from vectorstore.store import POINTER, SCHEMA, Record, Store
from vectorstore.types import BuildReport, IndexManifest

Progress = Callable[[int, int], None]
WINDOW = 1024  # records that are embedded and written together; what a build holds in memory at a time
_BATCH = 64
_Given = tuple[Record, str, Vectors | None]  # a record, what is embedded of it, and its vector where it is known without


@dataclass
class _Survey:
    """What the first of two passes finds out. ``digests`` is all that grows with the records: what is embedded of each, by id."""

    fingerprint: str = ""
    records: int = 0
    documents: int = 0
    passages: int = 0
    lists: int = 0
    questions: int = 0
    digests: dict[str, str] = field(default_factory=dict)


def build_index(
    store: Store,
    embeddings: VectorEmbeddings,
    records: Iterable[tuple[Record, str]],
    *,
    lock_dir: Path,
    probe: Probe | None = None,
    progress: Progress = lambda done, total: None,
) -> BuildReport:
    """Write a new version, reuse the vectors of what did not change, switch to it, drop all others: what was removed is gone.

    Who has opened the version before holds it in memory; who is about to opens the new one. A killed build leaves the
    serving version untouched; the next run takes the vectors that it left, and clears it away.

    Args:
        store: Where the index is.
        embeddings: The model.
        records: (record, text to embed), no id twice. They are gone through twice and must be the same both times.
        lock_dir: The data folder.
        probe: The probe of the expected questions.
        progress: Is told how many texts are embedded, of how many that have to be.

    Raises:
        BuildInProgressError: another process holds the build lock.
    """
    started = time.perf_counter()
    if isinstance(records, Iterator):
        records = list(records)
    survey = _survey(records, probe)
    manifest = _manifest(embeddings, survey)

    def report(new: int, unchanged: int, gone: int, switched: bool) -> BuildReport:
        found, seconds = survey, time.perf_counter() - started
        counts = (found.documents, found.passages, found.lists, found.questions, new, unchanged, gone)
        return BuildReport(manifest.version, *counts, seconds, switched)

    with build_lock(lock_dir, store) as alive:

        def on(done: int, total: int) -> None:
            alive()
            progress(done, total)

        previous = _serving(store)
        if previous == manifest:
            _clear(store, keep=manifest)
            return report(0, len(survey.digests), 0, False)
        known, gone = _known(store, embeddings, previous, manifest, survey.digests, alive)
        writer = _Writer(store, embeddings, manifest, survey, known, previous.version if previous else "")
        new = writer.write(map(_stamped, _everything(records, probe)), on)
        alive()
        store.switch(manifest.version)
        alive()
        _clear(store, keep=manifest)
    unchanged = sum(version == writer.previous for version in known.values())
    return report(new, unchanged, gone, True)


def embed_texts(embeddings: VectorEmbeddings, texts: list[str], progress: Callable[[int], None] = lambda count: None) -> Vectors:
    """Vectors of shape (len(texts), dimension). Texts of like length go together, which saves padding.

    The batches come in an order that has nothing to do with length, so that the time of some foretells the time of the rest.
    *progress* is told the size of each.
    """
    matrix = np.zeros((len(texts), embeddings.dimension), dtype=np.float32)
    rows = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    batches = [rows[begin : begin + _BATCH] for begin in range(0, len(rows), _BATCH)]
    for chosen in np.random.default_rng(0).permutation(len(batches)):
        batch = batches[chosen]
        matrix[batch] = embeddings.encode([texts[row] for row in batch], query=False)
        progress(len(batch))
    return matrix


@dataclass
class _Writer:
    """Writes the records of one version; ``known`` says which other version, ``previous`` or a leftover, has the vector of a record."""

    store: Store
    embeddings: VectorEmbeddings
    manifest: IndexManifest
    survey: _Survey
    known: dict[str, str]
    previous: str

    def write(self, given: Iterator[_Given], progress: Progress) -> int:
        """Write a new collection window by window; how many texts were embedded."""
        total, windows = self.survey.records, max(1, -(-self.survey.records // WINDOW))
        self.store.create(self.manifest, sync_every=total // windows)
        wanted = len(self.survey.digests) - len(self.known)
        done = 0
        progress(done, wanted)

        def count(size: int) -> None:
            nonlocal done
            done += size
            progress(done, max(wanted, done))

        for window in range(windows):
            held = list(islice(given, total * (window + 1) // windows - total * window // windows))
            self.store.add(self.manifest.version, [record for record, _, _ in held], self._vectors(held, count))
            progress(done, max(wanted, done))
        return done

    def _vectors(self, held: list[_Given], count: Callable[[int], None]) -> Vectors:
        matrix = np.zeros((len(held), self.embeddings.dimension), dtype=np.float32)
        matrix[:, 0] = 1.0  # records without a vector of their own still need one for Chroma
        same: dict[str, list[str]] = {}
        for record, text, _ in held:
            if text and (version := self.known.get(record.id)):
                same.setdefault(version, []).append(record.id)
        known: dict[str, Vectors] = {}
        for version, identities in same.items():
            try:
                known |= self.store.vectors(version, identities)
            except IndexUnavailableError:
                if version == self.previous:
                    raise
        new = []
        for row, (record, text, vector) in enumerate(held):
            if vector is None and text:
                vector = known.get(record.id)
                if vector is None:
                    new.append(row)
            if vector is not None:
                matrix[row] = vector
        matrix[new] = embed_texts(self.embeddings, [held[row][1] for row in new], count)
        return matrix


def _everything(records: Iterable[tuple[Record, str]], probe: Probe | None) -> Iterator[_Given]:
    return chain(((record, text, None) for record, text in records), ((record, "", vector) for record, vector in probe_records(probe)))


def _stamped(given: _Given) -> _Given:
    """With the digest of what is embedded in the payload."""
    record, text, vector = given
    return replace(record, payload={**record.payload, "embedded": _digest(text)}), text, vector


def _survey(records: Iterable[tuple[Record, str]], probe: Probe | None) -> _Survey:
    found, fingerprint = _Survey(), hashlib.sha256()
    for record, text, _ in _everything(records, probe):
        line = json.dumps([record.id, record.text, record.payload, text], sort_keys=True, ensure_ascii=False)
        fingerprint.update(line.encode() + b"\n")
        found.records += 1
        found.passages += record.kind == "passage"
        if text:
            found.digests[record.id] = _digest(text)
        if record.kind == "document":
            found.documents += 1
            found.lists += len(record.payload["lists"])
        if record.kind == "corpus":
            found.questions += int(record.payload.get("questions", 0))
    found.fingerprint = fingerprint.hexdigest()
    return found


def _manifest(embeddings: VectorEmbeddings, survey: _Survey) -> IndexManifest:
    key = f"{SCHEMA} {embeddings.name} {embeddings.dimension} {survey.fingerprint}"
    version = f"{POINTER}-{hashlib.sha256(key.encode()).hexdigest()[:20]}"
    counts = (survey.passages, survey.questions)
    return IndexManifest(version, embeddings.name, embeddings.dimension, "cosine", SCHEMA, survey.fingerprint, *counts)


def _known(
    store: Store,
    embeddings: VectorEmbeddings,
    serving: IndexManifest | None,
    coming: IndexManifest,
    wanted: dict[str, str],
    alive: Callable[[], None],
) -> tuple[dict[str, str], int]:
    """Which version has the vector of a record, by its id, where one has it: *serving*, or what killed builds left of another.

    What is left and of no use, because it cannot be read or adds nothing, is dropped. Also returns how many texts of *serving* are gone.
    """
    found: dict[str, str] = {}
    gone = 0
    for version in sorted(store.versions(), key=lambda name: not serving or name != serving.version):
        alive()
        own, useful = bool(serving and version == serving.version), False
        try:
            made = store.manifest(version)
            if (made.embedding, made.dimension, made.schema) == (embeddings.name, embeddings.dimension, SCHEMA):
                name = store.set_aside(version) if version == coming.version else version
                version, digests = name, store.digests(name)
                gone += len(digests.keys() - wanted.keys()) if own else 0
                fresh = {identity for identity, digest in digests.items() if identity not in found and wanted.get(identity) == digest}
                found |= dict.fromkeys(fresh, version)
                useful = bool(fresh)
        except IndexUnavailableError:
            if own:
                raise
        if not (own or useful):
            store.drop(version)
    return found, gone


def _clear(store: Store, keep: IndexManifest) -> None:
    """Drop all versions but one: older ones, and what killed builds left."""
    for name in store.versions():
        if name != keep.version:
            store.drop(name)
    store.sweep()


def _serving(store: Store) -> IndexManifest | None:
    try:
        return store.serving()
    except IndexUnavailableError:
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""
