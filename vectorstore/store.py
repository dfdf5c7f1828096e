"""Chroma behind a small surface: records in collections, one collection per index version.

A pointer collection names the serving version. Switching is one metadata write, so a reader sees the old
version or the new one, never a mixture. Records come and go in pages, so that memory does not grow with them.
"""

import json
import logging
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import chromadb
import numpy as np
import numpy.typing as npt
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError, NotFoundError

from vectorstore.errors import DamagedIndexError, IndexUnavailableError, NoIndexError, StoreUnreachableError
from vectorstore.types import IndexManifest

SCHEMA = 7
POINTER = "strategy-assistant"
_LOCK = f"{POINTER}-lock"
_PAGE = 256  # records that go to or come from Chroma at a time: it makes Python floats of their vectors, 25 KB each
# Chroma's default of 16 neighbours loses E5 results, whose vectors crowd together (see docs/decisions).
_CONFIGURATION: dict[str, Any] = {"hnsw": {"space": "cosine", "max_neighbors": 64, "ef_construction": 200, "ef_search": 200}}

_TRIES, _PAUSE = 6, 0.5  # to read an index that is built anew meanwhile, and seconds to wait for who writes
_BUSY = re.compile(r"locked|busy", re.I)

logging.getLogger("chromadb.telemetry").disabled = True


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of a collection; ``payload`` is stored as JSON, ``kind`` is passage, question or document."""

    id: str
    kind: str
    text: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where Chroma is: a folder, or a server when ``url`` is given."""

    data_dir: Path
    url: str | None = None


class Store:
    """The collections of the product in one Chroma."""

    def __init__(self, config: StoreConfig) -> None:
        self._config = config
        settings = ChromaSettings(anonymized_telemetry=False)
        with self._translated():
            if config.url:
                address = urlsplit(config.url if "//" in config.url else f"//{config.url}")
                secure = address.scheme == "https"
                self._client: Any = chromadb.HttpClient(
                    host=address.hostname or "localhost", port=address.port or (443 if secure else 8000), ssl=secure, settings=settings
                )
            else:
                folder = config.data_dir / "chroma"
                folder.mkdir(parents=True, exist_ok=True)
                self._client = chromadb.PersistentClient(path=str(folder), settings=settings)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what Chroma, its server and its file raise into this product's errors."""
        try:
            yield
        except (NoIndexError, DamagedIndexError, StoreUnreachableError):
            raise
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
                raise
            cause = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            if self._config.url:
                raise StoreUnreachableError(
                    f"The Chroma server at {self._config.url} does not answer as expected ({cause}). "
                    "Start it, or unset ASSISTANT_CHROMA_URL."
                ) from error
            raise DamagedIndexError(
                f"The index in {self._config.data_dir} cannot be used ({cause}). Move the folder away and run: python -m ingest"
            ) from error

    def serving(self) -> IndexManifest:
        """The manifest of the version that the pointer names; who writes meanwhile is waited for.

        Raises:
            NoIndexError: nothing has been ingested.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._serving()
            except IndexUnavailableError as error:
                if not _is_busy(error):
                    raise
            time.sleep(_PAUSE)
        return self._serving()

    def _serving(self) -> IndexManifest:
        with self._translated():
            version = ""
            while True:
                names = self._names()
                if POINTER not in names:
                    raise NoIndexError("There is no index yet. Run: python -m ingest")
                before, metadata = version, self._client.get_collection(POINTER, embedding_function=None).metadata or {}
                version = str(metadata.get("version", ""))
                try:
                    return self._described(version)
                except (NotFoundError, ValueError) as error:
                    if version == before:  # else a build that ended meanwhile has dropped it, and the pointer names another
                        raise NoIndexError("The index is not complete. Run: python -m ingest") from error

    def versions(self) -> list[str]:
        """The names of all index versions, serving or not."""
        with self._translated():
            return [name for name in self._names() if re.fullmatch(rf"{POINTER}-[0-9a-f]+", name)]

    def manifest(self, version: str) -> IndexManifest:
        """What a version says of itself, finished or not.

        Raises:
            IndexUnavailableError: it says nothing that can be understood.
        """
        with self._translated():
            return self._described(version)

    def _described(self, version: str) -> IndexManifest:
        stored = self._client.get_collection(version, embedding_function=None).metadata or {}
        return IndexManifest(**json.loads(str(stored["manifest"])))

    def set_aside(self, version: str) -> str:
        """Give what a killed build left of *version* another name, and return it."""
        with self._translated():
            names, aside = self._names(), f"{version}0"
            while aside in names:  # of a build that was killed before
                aside += "0"
            self._client.get_collection(version, embedding_function=None).modify(name=aside)
        return aside

    def create(self, manifest: IndexManifest, sync_every: int = 1000) -> None:
        """Create the empty collection of a version; an unfinished one of the same name is replaced.

        Args:
            manifest: Names and describes the version.
            sync_every: Chroma writes its graph to disk after so many records. What came after the last time is put into the
                graph again by every process that opens the index, about a millisecond a record.
        """
        with self._translated():
            if manifest.version in self._names():
                self._client.delete_collection(manifest.version)
            self._client.create_collection(
                manifest.version,
                metadata={"manifest": json.dumps(asdict(manifest))},
                configuration={"hnsw": {**_CONFIGURATION["hnsw"], "sync_threshold": max(2, sync_every)}},
                embedding_function=None,
            )

    def add(self, version: str, records: Sequence[Record], vectors: npt.NDArray[np.float32]) -> None:
        """Add records with their vectors, shape (len(records), dimension)."""
        with self._translated():
            collection = self._client.get_collection(version, embedding_function=None)
            pages = -(-len(records) // _PAGE)
            for page in range(pages):  # of the same size, so that the last one ends where Chroma writes its graph
                begin, end = len(records) * page // pages, len(records) * (page + 1) // pages
                chosen = records[begin:end]
                collection.upsert(
                    ids=[record.id for record in chosen],
                    documents=[record.text for record in chosen],
                    metadatas=[{"kind": record.kind, "payload": json.dumps(record.payload, ensure_ascii=False)} for record in chosen],
                    embeddings=vectors[begin:end],
                )

    def read(self, version: str, kind: str | None = None) -> tuple[list[Record], npt.NDArray[np.float32]]:
        """All records of a version, or those of one kind, with their vectors, ordered by id."""
        records: list[Record] = []
        parts: list[npt.NDArray[np.float32]] = []
        for found in self._pages(version, ["documents", "metadatas", "embeddings"], kind):
            for identity, text, metadata in zip(found["ids"], found["documents"], found["metadatas"], strict=True):
                records.append(Record(identity, str(metadata["kind"]), str(text), json.loads(str(metadata["payload"]))))
            parts.append(np.asarray(found["embeddings"], dtype=np.float32))
        vectors = np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)
        order = sorted(range(len(records)), key=lambda index: records[index].id)
        return [records[index] for index in order], vectors[order]

    def read_serving(self, kind: str | None = None) -> tuple[IndexManifest, list[Record], npt.NDArray[np.float32]]:
        """The serving version with its records. A build that ends meanwhile drops what is being read: then the new one is read.

        Raises:
            IndexUnavailableError: there is none, or it cannot be read.
        """
        for _ in range(_TRIES):
            manifest, failure = self.serving(), None
            try:
                records, vectors = self.read(manifest.version, kind)
            except IndexUnavailableError as error:
                failure = error
            if failure and _is_busy(failure):
                time.sleep(_PAUSE)
            elif self.serving() == manifest:
                if failure:
                    raise failure
                return manifest, records, vectors
        raise IndexUnavailableError("The index is being built anew, and could not be read meanwhile. Try again.")

    def digests(self, version: str) -> dict[str, str]:
        """What each record of a version that has a vector of its own was embedded from, as a digest, by id."""
        found: dict[str, str] = {}
        for page in self._pages(version, ["metadatas"]):
            for identity, metadata in zip(page["ids"], page["metadatas"], strict=True):
                if digest := json.loads(str(metadata["payload"])).get("embedded"):
                    found[identity] = str(digest)
        return found

    def vectors(self, version: str, ids: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """The vectors of those of *ids* that the version has."""
        found: dict[str, npt.NDArray[np.float32]] = {}
        with self._translated():
            collection = self._client.get_collection(version, embedding_function=None)
            for begin in range(0, len(ids), _PAGE):
                page = collection.get(ids=list(ids[begin : begin + _PAGE]), include=["embeddings"])
                found.update(zip(page["ids"], np.asarray(page["embeddings"], dtype=np.float32), strict=True))
        return found

    def _pages(self, version: str, include: list[str], kind: str | None = None) -> Iterator[dict[str, Any]]:
        with self._translated():
            collection = self._client.get_collection(version, embedding_function=None)
        offset, where = 0, {"kind": kind} if kind else None
        while True:
            with self._translated():
                found = collection.get(where=where, include=include, limit=_PAGE, offset=offset)
            if not found["ids"]:
                return
            yield found
            offset += len(found["ids"])

    def nearest(self, version: str, vector: npt.NDArray[np.float32], count: int) -> list[tuple[str, float]]:
        """Chroma's own approximate search over passages: (id, cosine) pairs, best first."""
        with self._translated():
            collection = self._client.get_collection(version, embedding_function=None)
            found = collection.query(query_embeddings=[vector], n_results=count, where={"kind": "passage"}, include=["distances"])
        return [(identity, 1.0 - float(distance)) for identity, distance in zip(found["ids"][0], found["distances"][0], strict=True)]

    def switch(self, version: str) -> None:
        """Make *version* the serving one."""
        with self._translated():
            if POINTER in self._names():
                self._client.get_collection(POINTER, embedding_function=None).modify(metadata={"version": version})
            else:
                self._client.create_collection(POINTER, metadata={"version": version}, embedding_function=None)

    def drop(self, version: str) -> None:
        """Delete a version; the serving one must not be dropped."""
        with self._translated():
            if version in self._names():
                self._client.delete_collection(version)

    def sweep(self) -> None:
        """Remove the folders that Chroma leaves behind for deleted collections (chroma-core/chroma#5259); a server keeps its own house.

        Only who holds the build lock may call it. Where Chroma's file cannot be asked, nothing is removed. The file itself is only read: a
        second SQLite in one process that writes to it (VACUUM) damages what Chroma's own is reading.
        """
        folder = self._config.data_dir / "chroma"
        if self._config.url:
            return
        there = [path for path in folder.iterdir() if path.is_dir() and _is_uuid(path.name)]
        if not there:  # looked up before what is used, so that nothing that comes in between can be taken for left over
            return
        try:
            with closing(sqlite3.connect(f"{(folder / 'chroma.sqlite3').resolve().as_uri()}?mode=ro", uri=True)) as file:
                used = {str(identity) for (identity,) in file.execute("SELECT id FROM segments")}
        except sqlite3.Error:
            return
        for path in there:
            if path.name not in used:
                shutil.rmtree(path, ignore_errors=True)

    # The lock on a server: a collection, because creating one is all or nothing. Its metadata name the holder.

    @property
    def shared(self) -> bool:
        """Whether other machines may build here, too."""
        return bool(self._config.url)

    def claim(self, holder: dict[str, str]) -> dict[str, str] | None:
        """Take the lock and return ``None``, or what its holder says of itself and, as ``age``, how many seconds ago."""
        with self._translated():
            now = int(self._client.heartbeat())  # the server's clock, the same for everyone
            try:
                self._client.create_collection(_LOCK, metadata={**holder, "time": str(now)}, embedding_function=None)
                return None
            except ChromaError:
                if _LOCK not in self._names():
                    raise
            found = self._client.get_collection(_LOCK, embedding_function=None).metadata or {}
            age = (now - int(found.get("time", 0))) / 1e9
            return {**{name: str(value) for name, value in found.items()}, "age": str(age)}

    def renew(self, holder: dict[str, str]) -> bool:
        """Say that the holder is alive; whether it still has the lock."""
        with self._translated():
            if _LOCK not in self._names():
                return False
            lock = self._client.get_collection(_LOCK, embedding_function=None)
            mine = (lock.metadata or {}).get("token") == holder["token"]
            if mine:
                lock.modify(metadata={**holder, "time": str(int(self._client.heartbeat()))})
            return mine

    def release(self) -> None:
        """Give the lock back, or take it from a holder that is gone."""
        with self._translated():
            if _LOCK in self._names():
                self._client.delete_collection(_LOCK)

    def _names(self) -> list[str]:
        return [collection.name for collection in self._client.list_collections()]


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _is_busy(error: IndexUnavailableError) -> bool:
    """Whether another process was writing just then."""
    return bool(_BUSY.search(str(error.__cause__ or "")))
