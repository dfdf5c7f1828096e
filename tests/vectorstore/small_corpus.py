"""A small corpus with cheap embeddings, and the places that an index can be kept in."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ingest.editorial import Editorial
from ingest.structure import build_document
from ingest.types import Document, Source
from vectorstore.build import build_index, make_records
from vectorstore.embeddings import VectorEmbeddings, Vectors
from vectorstore.index import Index
from vectorstore.probe import Probe
from vectorstore.records import Records
from vectorstore.store import Store, StoreConfig
from vectorstore.types import BuildReport

TEXT = """OPENING

The committee meets in the spring. It keeps its minutes.

The following actions are proposed:
- Plant trees along the river.
- Clean the public squares.
- Repair the lamps of the old bridge.

The secretariat reports every year.
"""
SOURCES = (Source("doc", "Document", "Doc", "other", "en", path="/doc.txt"), Source("far", "Far", "Far", "annex", "en", url="http://x"))
NOTHING = Editorial((), (), (), {}, 0)


def _hashed(texts: list[str], width: int) -> Vectors:
    """A unit vector for each text, each half of it of the same length, that hangs on nothing but the text."""
    rows = []
    for text in texts:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        halves = np.random.default_rng(seed).normal(size=(2, width // 2))
        rows.append((halves / np.linalg.norm(halves, axis=1, keepdims=True) / 2**0.5).ravel())
    return np.array(rows, dtype=np.float32).reshape(len(rows), width)


@dataclass
class Recorder:
    """Embeddings that remember what they were given."""

    name: str = "fake"
    seen: list[str] = field(default_factory=list)
    width: int = 16
    before: Callable[[], None] = lambda: None

    def embeddings(self) -> VectorEmbeddings:
        width = self.width

        def encode(texts: list[str], query: bool) -> Vectors:
            self.before()
            if not query:
                self.seen.extend(texts)
            return _hashed(texts, width)

        return VectorEmbeddings(self.name, encode, {"left": (0, width // 2), "right": (width // 2, width)})


def read(text: str = TEXT) -> Document:
    return build_document(SOURCES[0], text)


def records_of(text: str = TEXT) -> Records:
    return make_records(SOURCES, (read(text),), NOTHING)


@dataclass
class Place:
    """A Chroma to keep an index in: a folder of this test, or a server."""

    config: StoreConfig
    recorder: Recorder = field(default_factory=Recorder)

    @property
    def store(self) -> Store:
        return Store(self.config)

    def build(self, text: str = TEXT, probe: Probe | None = None, store: Store | None = None) -> BuildReport:
        embeddings = self.recorder.embeddings()
        return build_index(store or self.store, embeddings, records_of(text), lock_dir=self.config.data_dir, probe=probe)

    def open(self) -> Index:
        return Index.open(self.store, self.recorder.embeddings())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
