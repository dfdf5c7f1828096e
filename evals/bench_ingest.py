"""What an ingest costs beside the embedding model: throughput in one run, and peak memory as the corpus grows.

Memory is measured in processes of their own (``python -m evals.bench_ingest build|bare|texts N``), with vectors that cost nothing: they
hang on the text alone, have the dimension of the product's, and lie on a plane of 24 dimensions, about as spread as those of real texts.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.bench import peak_mib
from evals.records import ROOT
from ingest.editorial import Editorial
from ingest.errors import UserError
from ingest.manifest import load_manifest, read_canonical
from ingest.settings import Settings
from ingest.structure import build_document
from ingest.types import Document, Passage, Source
from vectorstore.build import WINDOW, build_index, embed_texts, embedded_text, make_records
from vectorstore.embeddings import VectorEmbeddings, Vectors, load_embeddings
from vectorstore.store import Store, StoreConfig

SIZES = (1_000, 10_000, 50_000)
MODES = {"texts": "texts only", "bare": "Chroma alone", "build": "whole build"}
FLOOR = 0.9  # of the model's own throughput
_DIMENSION, _RANK = 768, 24
_PER_DOCUMENT = 500
_WORDS = (
    *("council", "member", "state", "program", "youth", "community", "prison", "police", "school"),
    *("border", "report", "plan", "action", "treaty", "law", "fund", "work", "river"),
)
_Progress = Callable[[int, int], None]


def passages_of(texts: Sequence[str]) -> tuple[tuple[Source, ...], tuple[Document, ...]]:
    """Sources and documents whose passages are *texts*, 500 each; list items, whose sentences have no vectors of their own."""
    sources, documents = [], []
    for begin in range(0, len(texts), _PER_DOCUMENT):
        source = Source(f"bench-{begin}", "Benchmark", "Benchmark", "other", "en")
        passages, offset = [], 0
        for number, text in enumerate(texts[begin : begin + _PER_DOCUMENT], start=begin):
            passages.append(
                Passage(f"bench:{number}", source.id, "list_item", ("Part",), str(number), "en", offset, offset + len(text), text, "item")
            )
            offset += len(text) + 1
        sources.append(source)
        documents.append(Document(source, "\n".join(texts[begin : begin + _PER_DOCUMENT]), tuple(passages), ()))
    return tuple(sources), tuple(documents)


def real_texts(corpus_dir: Path, count: int) -> list[str]:
    """*count* texts of the passages of the documents that ship, over and over, each with its number before it."""
    sources = [source for source in load_manifest(corpus_dir / "sources.toml") if source.path]
    found = [passage.text for source in sources for passage in build_document(source, read_canonical(source)).passages]
    return [f"{number}. {found[number % len(found)]}" for number in range(count)]


def made_texts(count: int) -> Iterator[str]:
    """*count* different texts of 60 words."""
    for number in range(count):
        chosen = np.random.default_rng(number).integers(len(_WORDS), size=59)
        yield " ".join((str(number), *(_WORDS[word] for word in chosen)))


def cheap_embeddings() -> VectorEmbeddings:
    """Unit vectors that hang on nothing but the text, see the top of this module."""
    plane = np.random.default_rng(0).normal(size=(_RANK, _DIMENSION)).astype(np.float32)

    def encode(texts: list[str], query: bool) -> Vectors:
        seeds = (int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts)
        vectors = np.stack([np.random.default_rng(seed).normal(size=_RANK) for seed in seeds]).astype(np.float32) @ plane
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    return VectorEmbeddings("cheap", encode, {"cheap": (0, _DIMENSION)})


def throughput(embeddings: VectorEmbeddings, texts: Sequence[str]) -> dict[str, float]:
    """Passages per second of the model alone (before and after, together) and of a whole build between, and of both by computing time.

    The model alone gets the same texts in the same windows and batches.
    """
    sources, documents = passages_of(texts)
    embedded = [embedded_text(passage) for document in documents for passage in document.passages]

    def alone() -> None:
        for begin in range(0, len(embedded), WINDOW):
            embed_texts(embeddings, embedded[begin : begin + WINDOW])

    def build() -> None:
        with tempfile.TemporaryDirectory() as folder:
            records = make_records(sources, documents, Editorial((), (), (), {}, 0), sentences=False)
            report = build_index(Store(StoreConfig(Path(folder))), embeddings, records, lock_dir=Path(folder))
            assert (report.embedded, report.switched) == (len(texts), True)

    def timed(work: Callable[[], None]) -> tuple[float, float]:
        wall, computing = time.perf_counter(), time.process_time()
        work()
        return time.perf_counter() - wall, time.process_time() - computing

    embeddings.encode(embedded[:8], query=False)
    before, built, after = timed(alone), timed(build), timed(alone)
    model, model_computing = (float(np.mean(pair)) for pair in zip(before, after, strict=True))
    return {
        "passages": len(texts),
        "model_per_second": len(texts) / model,
        "build_per_second": len(texts) / built[0],
        "ratio": model / built[0],
        "ratio_computing": model_computing / built[1],
        "model_runs_differ_by": abs(before[0] - after[0]) / model,
    }


def memory(sizes: Sequence[int], progress: _Progress = lambda done, total: None) -> dict[str, Any]:
    """Peak memory in MiB and seconds of each of :data:`MODES` at each size, and KiB per passage between the smallest and the largest."""
    rows: list[dict[str, float]] = []
    for done, size in enumerate(sizes):
        row: dict[str, float] = {"passages": size}
        for step, mode in enumerate(MODES):
            row[f"{mode}_seconds"], row[mode] = _child(mode, size)
            progress(done * len(MODES) + step + 1, len(sizes) * len(MODES))
        rows.append(row)
    more = max(1, sizes[-1] - sizes[0])
    return {"rows": rows, "kib_per_passage": {mode: (rows[-1][mode] - rows[0][mode]) * 1024 / more for mode in MODES}}


def bench_ingest(settings: Settings, passages: int, largest: int, progress: _Progress = lambda done, total: None) -> dict[str, Any]:
    """Both parts, in one run."""
    embeddings = load_embeddings(settings.embeddings, settings.data_dir / "models")
    speed = throughput(embeddings, real_texts(settings.corpus_dir, passages))
    sizes = [size for size in SIZES if size < largest] + [largest]
    return {"embeddings": embeddings.name, "throughput": speed, "memory": memory(sizes, progress)}


def ingest_tables(figures: dict[str, Any]) -> list[tuple[str, Sequence[str], Sequence[Sequence[str]]]]:
    """(title, columns, rows) of the figures of :func:`bench_ingest`."""
    speed, grown = figures["throughput"], figures["memory"]
    rows = [
        ("the model alone, same windows and batches", f"{speed['model_per_second']:.1f} passages/s"),
        ("whole build: records, Chroma, switch", f"{speed['build_per_second']:.1f} passages/s"),
        (f"ratio (at least {FLOOR})", f"{speed['ratio']:.3f}"),
        ("ratio by computing time", f"{speed['ratio_computing']:.3f}"),
        ("the model alone before and after differ by", f"{speed['model_runs_differ_by']:.1%}"),
    ]
    peaks = [
        (
            f"{row['passages']:,}",
            *(f"{row[mode]:.0f}" for mode in MODES),
            f"{row['build'] - row['bare']:+.0f}",
            f"{row['build_seconds']:.0f}",
        )
        for row in grown["rows"]
    ]
    per = grown["kib_per_passage"]
    growth = ("KiB per passage", *(f"{per[mode]:.2f}" for mode in MODES), f"{per['build'] - per['bare']:+.2f}", "")
    columns = ("Passages", *MODES.values(), "build − Chroma", "build, s")
    return [
        (f"Throughput, {figures['embeddings']}, {speed['passages']:,} passages", ("", "Value"), rows),
        (f"Peak memory in MiB of a process; vectors of {_DIMENSION} dimensions that cost nothing", columns, [*peaks, growth]),
    ]


def _child(mode: str, size: int) -> tuple[float, float]:
    """(seconds, peak in MiB) as the child itself says: what the system says of a child counts the memory of its parent at the start, too.

    Raises:
        UserError: it failed.
    """
    started = time.perf_counter()
    command = [sys.executable, "-m", "evals.bench_ingest", mode, str(size)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"{' '.join(command[1:])} failed: {(done.stderr.strip().splitlines() or [str(done.returncode)])[-1]}")
    return time.perf_counter() - started, float(done.stdout)


def _bare(folder: Path, count: int) -> None:
    """The same texts and vectors into a Chroma with the same graph, and nothing else."""
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    from vectorstore.store import _CONFIGURATION, _PAGE

    client = chromadb.PersistentClient(str(folder), ChromaSettings(anonymized_telemetry=False))
    graph: Any = {"hnsw": {**_CONFIGURATION["hnsw"], "sync_threshold": WINDOW}}
    collection = client.create_collection("bare", configuration=graph, embedding_function=None)
    encode, texts = cheap_embeddings().encode, made_texts(count)
    sources, documents = passages_of([""])
    payload = json.dumps(next(record.payload for record, text in make_records(sources, documents, Editorial((), (), (), {}, 0)) if text))
    for begin in range(0, count, _PAGE):
        page = [next(texts) for _ in range(min(_PAGE, count - begin))]
        ids = [f"bench:{number}" for number in range(begin, begin + len(page))]
        found = encode(page, query=False)
        collection.upsert(ids, embeddings=found, documents=page, metadatas=[{"kind": "passage", "payload": payload}] * len(page))


def _measured(mode: str, count: int) -> None:
    """What a child process does."""
    with tempfile.TemporaryDirectory() as name:
        if mode == "bare":
            _bare(Path(name), count)
            return
        sources, documents = passages_of(list(made_texts(count)))
        if mode == "build":
            records = make_records(sources, documents, Editorial((), (), (), {}, 0), sentences=False)
            build_index(Store(StoreConfig(Path(name))), cheap_embeddings(), records, lock_dir=Path(name))


if __name__ == "__main__":
    _measured(sys.argv[1], int(sys.argv[2]))
    print(peak_mib())
