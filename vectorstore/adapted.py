"""The packaged E5 with what was trained beside it, run by ONNX Runtime.

Low-rank matrices cannot be written into the 4-bit ones of the package without being lost in their steps, so that such a model leaves its
engine: the matrices are made plain numbers once, those that were trained are added, and every later process loads the graph of
the outcome. Word vectors stay in the package's file and are looked up there.
"""

import hashlib
import mmap
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vectorstore.errors import EmbeddingsError
from vectorstore.graphs import open_graph, write_graph
from vectorstore.pieces import Pieces
from vectorstore.tuned import Adapter, Image, floats, rows, tensors, tunable

LONGEST = 320  # tokens of a text; of what is longer the rest is not read
_EXPORT = 1  # raised when the exported graph changes, so that an older file is not used
_SIZE = 384
_TOKENS = 2048  # read together, so that memory stays flat


class AdaptedE5:
    """The encoder of the file *base* with *adapter*; its graph is written into *folder* on first use.

    Raises:
        EmbeddingsError: *adapter* is for another model, or the graph cannot be written or read.
    """

    def __init__(self, base: Path, adapter: Adapter, folder: Path) -> None:
        with base.open("rb") as stream:
            self._image = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        _check(self._image, adapter)
        values = b"".join(np.ascontiguousarray(part).tobytes() for part in (adapter.plain, adapter.factors, adapter.down, adapter.up))
        digest = hashlib.sha256(f"{base.stat().st_size} {base.stem}".encode() + values).hexdigest()[:12]
        path = folder / f"{base.stem}.{digest}.v{_EXPORT}.onnx"
        if not path.is_file():
            export(self._image, adapter, path)
        self._session = open_graph(path)
        self._pieces = Pieces(self._image)
        every = {one.name: one for one in tensors(self._image)}
        self._words = every["emb.word"]
        self._places = floats(self._image, every["emb.pos"]).reshape(-1, _SIZE) + floats(self._image, every["emb.type"])[:_SIZE]

    def encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of shape (len(texts), 384); texts of like length are run together."""
        ids = [self._pieces(text.replace("\x00", " "), LONGEST) for text in texts]
        out = np.empty((len(texts), _SIZE), dtype=np.float32)
        waiting = sorted(range(len(texts)), key=lambda place: len(ids[place]))
        while waiting:
            fits = sum(len(ids[place]) * (number + 1) <= _TOKENS for number, place in enumerate(waiting)) or 1
            chosen, waiting = waiting[:fits], waiting[fits:]
            out[chosen] = self._run([ids[place] for place in chosen])
        return out

    def _run(self, ids: list[list[int]]) -> npt.NDArray[np.float32]:
        longest = max(map(len, ids))
        mask = np.array([[1] * len(one) + [0] * (longest - len(one)) for one in ids], dtype=np.int64)
        padded = np.array([one + [0] * (longest - len(one)) for one in ids], dtype=np.int64)
        blocks = _SIZE // 32
        known, inverse = np.unique(padded, return_inverse=True)
        words = floats(self._image, self._words, (known[:, None] * blocks + np.arange(blocks)).reshape(-1)).reshape(-1, _SIZE)
        embedded = words[inverse].reshape(*padded.shape, _SIZE) + self._places[:longest]
        return np.asarray(self._session.run(None, {"embedded": embedded, "mask": mask})[0], dtype=np.float32)


def export(image: Image, adapter: Adapter, target: Path) -> None:
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

    example = torch.zeros(2, 5, _SIZE), torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    write_graph(Reading(), example, ("embedded", "mask"), "vectors", target)


def packed(values: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """*values*, whose rows are multiples of 384 long, in eight bits, with a scale for each 384 of them."""
    parts = values.reshape(-1, _SIZE)
    scales = np.maximum(np.abs(parts).max(1) / 127, 1e-12).astype(np.float32)
    codes = np.rint(parts / scales[:, None]).astype(np.int8)
    return codes.reshape(values.shape), scales


def unpacked(codes: npt.NDArray[np.int8], scales: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What :func:`packed` packed, nearly."""
    parts = codes.reshape(-1, _SIZE) * scales[:, None]
    return np.asarray(parts, dtype=np.float32).reshape(codes.shape)


def _check(image: Image, adapter: Adapter) -> None:
    heights = [height for _, height in rows(image)]
    widths = [one.count // height for one, height in rows(image)]
    wanted = (sum(one.count for one in tunable(image)), sum(heights), sum(widths), sum(heights))
    if wanted != (len(adapter.plain), len(adapter.factors), adapter.down.shape[1], adapter.up.shape[1]):
        raise EmbeddingsError("The reader that ships is for another E5 model than the one installed. Run: make setup")
