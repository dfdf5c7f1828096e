"""The packaged E5, as it is or with what was trained beside it, run by ONNX Runtime.

The package keeps the model's matrices in four bits. They are made plain numbers once, what was trained is added, and every later process
loads the graph of the outcome: three times faster than the package's own engine, with vectors that agree to a cosine of .9998. Word
vectors stay in the package's file and are looked up there.
"""

import hashlib
import mmap
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vectorstore.errors import EmbeddingsError
from vectorstore.graphs import open_graph, write_graph
from vectorstore.pieces import Pieces
from vectorstore.tuned import SIZE, Adapter, Image, floats, rows, tensors, tunable

LONGEST = 512  # tokens of a text; the model has no places for more
_EXPORT = 1  # raised when the exported graph changes, so that an older file is not used
_TOKENS = 2048  # read together, so that memory stays flat


class E5:
    """The encoder of the file *base*, with *adapter* where there is one; its graph is written into *folder* on first use.

    Raises:
        EmbeddingsError: *adapter* is for another model, or the graph cannot be written or read.
    """

    def __init__(self, base: Path, folder: Path, adapter: Adapter | None = None) -> None:
        self._image = _mapped(base)
        values = b""
        if adapter:
            _check(self._image, adapter)
            values = b"".join(np.ascontiguousarray(part).tobytes() for part in (adapter.plain, adapter.factors, adapter.down, adapter.up))
        digest = hashlib.sha256(f"{base.stat().st_size} {base.stem}".encode() + values).hexdigest()[:12]
        path = folder / f"{base.stem}.{digest}.v{_EXPORT}.onnx"
        if not path.is_file():
            export(self._image, adapter, path)
        self._session = open_graph(path)
        self._pieces = _pieces(base)
        every = {one.name: one for one in tensors(self._image)}
        self._words = every["emb.word"]
        self._places = floats(self._image, every["emb.pos"]).reshape(-1, SIZE) + floats(self._image, every["emb.type"])[:SIZE]

    def encode(self, texts: list[str], *, query: bool = True, longest: int = LONGEST) -> npt.NDArray[np.float32]:
        """Unit vectors of shape (len(texts), 384) of the first *longest* tokens of texts, questions or passages."""
        ids = [self._pieces(text.replace("\x00", " "), longest, query=query) for text in texts]
        out = np.empty((len(texts), SIZE), dtype=np.float32)
        waiting = sorted(range(len(texts)), key=lambda place: len(ids[place]))  # texts of like length are run together
        while waiting:
            fits = sum(len(ids[place]) * (number + 1) <= _TOKENS for number, place in enumerate(waiting)) or 1
            chosen, waiting = waiting[:fits], waiting[fits:]
            out[chosen] = self._run([ids[place] for place in chosen])
        return out

    def _run(self, ids: list[list[int]]) -> npt.NDArray[np.float32]:
        longest = max(map(len, ids))
        mask = np.array([[1] * len(one) + [0] * (longest - len(one)) for one in ids], dtype=np.int64)
        padded = np.array([one + [0] * (longest - len(one)) for one in ids], dtype=np.int64)
        blocks = SIZE // 32
        known, inverse = np.unique(padded, return_inverse=True)
        words = floats(self._image, self._words, (known[:, None] * blocks + np.arange(blocks)).reshape(-1)).reshape(-1, SIZE)
        embedded = words[inverse].reshape(*padded.shape, SIZE) + self._places[:longest]
        return np.asarray(self._session.run(None, {"embedded": embedded, "mask": mask})[0], dtype=np.float32)


@lru_cache(maxsize=2)
def _mapped(base: Path) -> mmap.mmap:
    with base.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


@lru_cache(maxsize=2)
def _pieces(base: Path) -> Pieces:
    """One table of pieces for all models of a file."""
    return Pieces(_mapped(base))


def export(image: Image, adapter: Adapter | None, target: Path) -> None:
    """Write the graph that takes the vectors of words with those of their places, and a mask, and gives unit vectors.

    Raises:
        EmbeddingsError: it cannot be written.
    """
    import torch

    from vectorstore.encoder import Encoder

    class Reading(torch.nn.Module):
        """The layers of the encoder, mean pooling and L2 normalisation."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder = Encoder(image, adapter)
            self.encoder.merge()

        def forward(self, embedded: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            mean = self.encoder.read(embedded, mask)
            return torch.div(mean, mean.norm(dim=1, keepdim=True).clamp(min=1e-12))

    example = torch.zeros(2, 5, SIZE), torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    write_graph(Reading(), example, ("embedded", "mask"), "vectors", target)


def _check(image: Image, adapter: Adapter) -> None:
    heights = [height for _, height in rows(image)]
    widths = [one.count // height for one, height in rows(image)]
    wanted = (sum(one.count for one in tunable(image)), sum(heights), sum(widths), sum(heights))
    if wanted != (len(adapter.plain), len(adapter.factors), adapter.down.shape[1], adapter.up.shape[1]):
        raise EmbeddingsError("What was trained is for another E5 model than the one installed. Run: make setup")
