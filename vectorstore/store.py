"""Chroma behind a small surface: records in collections, one collection per index version.

A pointer collection names the serving version. Switching is one metadata write, so a reader sees the old
version or the new one, never a mixture.
"""

import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import chromadb
import numpy as np
import numpy.typing as npt
from chromadb.config import Settings as ChromaSettings

from vectorstore.errors import DamagedIndexError, NoIndexError, StoreUnreachableError
from vectorstore.types import IndexManifest

SCHEMA = 3
POINTER = "strategy-assistant"
_BATCH = 2000
# Chroma's default of 16 neighbours loses E5 results, whose vectors crowd together (see docs/decisions).
_CONFIGURATION: dict[str, Any] = {"hnsw": {"space": "cosine", "max_neighbors": 64, "ef_construction": 200, "ef_search": 200}}

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
        """The manifest of the version that the pointer names.

        Raises:
            NoIndexError: nothing has been ingested.
        """
        with self._translated():
            if POINTER not in self._names():
                raise NoIndexError("There is no index yet. Run: python -m ingest")
            metadata = self._client.get_collection(POINTER, embedding_function=None).metadata or {}
            version = str(metadata.get("version", ""))
            if version not in self._names():
                raise NoIndexError("The index is not complete. Run: python -m ingest")
            stored = self._client.get_collection(version, embedding_function=None).metadata or {}
            return IndexManifest(**json.loads(str(stored["manifest"])))

    def versions(self) -> list[str]:
        """The names of all index versions, serving or not."""
        with self._translated():
            return [name for name in self._names() if re.fullmatch(rf"{POINTER}-[0-9a-f]+", name)]

    def create(self, manifest: IndexManifest) -> None:
        """Create the empty collection of a version; an unfinished one of the same name is replaced."""
        with self._translated():
            if manifest.version in self._names():
                self._client.delete_collection(manifest.version)
            self._client.create_collection(
                manifest.version,
                metadata={"manifest": json.dumps(asdict(manifest))},
                configuration=_CONFIGURATION,
                embedding_function=None,
            )

    def add(self, version: str, records: Sequence[Record], vectors: npt.NDArray[np.float32]) -> None:
        """Add records with their vectors, shape (len(records), dimension)."""
        with self._translated():
            collection = self._client.get_collection(version, embedding_function=None)
            for begin in range(0, len(records), _BATCH):
                chosen = records[begin : begin + _BATCH]
                collection.upsert(
                    ids=[record.id for record in chosen],
                    documents=[record.text for record in chosen],
                    metadatas=[{"kind": record.kind, "payload": json.dumps(record.payload, ensure_ascii=False)} for record in chosen],
                    embeddings=vectors[begin : begin + _BATCH],
                )

    def read(self, version: str, kind: str | None = None) -> tuple[list[Record], npt.NDArray[np.float32]]:
        """All records of a version, or those of one kind, with their vectors, ordered by id."""
        with self._translated():
            collection = self._client.get_collection(version, embedding_function=None)
            found = collection.get(where={"kind": kind} if kind else None, include=["documents", "metadatas", "embeddings"])
        records = [
            Record(identity, str(metadata["kind"]), str(text), json.loads(str(metadata["payload"])))
            for identity, text, metadata in zip(found["ids"], found["documents"], found["metadatas"], strict=True)
        ]
        vectors = np.asarray(found["embeddings"], dtype=np.float32).reshape(len(records), -1 if records else 0)
        order = sorted(range(len(records)), key=lambda index: records[index].id)
        return [records[index] for index in order], vectors[order]

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

    def _names(self) -> list[str]:
        return [collection.name for collection in self._client.list_collections()]
