"""E5 tuned to another task: another set of biases and layer norms in the same weights (Ben Zaken et al., "BitFit", 2022).

The packaged model is a file that its engine maps into memory: 4-bit matrices, and about 60,000 biases and layer norms as plain
floats. A copy with other values in the place of those is a tuned model that the same engine runs; ``python -m evals train --tune``
makes such values. What takes more than that (:class:`Adapter`) runs elsewhere (:mod:`vectorstore.adapted`).
"""

import hashlib
import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vectorstore.errors import EmbeddingsError

_FIXED = ("emb.pos", "emb.type")  # plain floats, too, but tables and not biases
_PIECES = 44  # where the table of word pieces begins
_BLOCK = np.dtype([("scale", "<f2"), ("codes", "u1", 16)])  # 32 weights
Image = bytes | mmap.mmap  # the file of a packaged model


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor stands in the file: offset and size in bytes, and how many numbers it has."""

    name: str
    offset: int
    size: int
    count: int


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is added to a packaged model.

    ``plain`` are biases and layer norms in the order of :func:`tunable`, ``factors`` one for each row of the matrices of :func:`rows`, and
    ``down`` and ``up``, of shapes (rank, inputs) and (rank, outputs) of these side by side, low-rank matrices: up.T @ down is added.
    """

    plain: npt.NDArray[np.float32]
    factors: npt.NDArray[np.float32]
    down: npt.NDArray[np.float32]
    up: npt.NDArray[np.float32]


def tensors(image: Image) -> tuple[Tensor, ...]:
    """The directory of the file of a packaged model.

    Raises:
        EmbeddingsError: it is no such file.
    """
    try:
        if image[:4] != b"E5S1":
            raise ValueError("another format")
        place = end_of_pieces(image)
        place += 8 + struct.unpack_from("<I", image, place + 4)[0]
        (count,) = struct.unpack_from("<i", image, place)
        place += 4
        found = []
        for _ in range(count):
            (letters,) = struct.unpack_from("<H", image, place)
            name = image[place + 2 : place + 2 + letters].decode()
            _, numbers, offset, size = struct.unpack_from("<BIQQ", image, place + 2 + letters)
            place += 2 + letters + 21
            found.append(Tensor(name, offset, size, numbers))
    except (ValueError, struct.error) as error:
        raise EmbeddingsError(f"The file of the E5 model cannot be read ({error}). Run: make setup") from None
    return tuple(found)


def end_of_pieces(image: Image) -> int:
    """Where the table of word pieces ends and that of characters begins."""
    (pieces,) = struct.unpack_from("<i", image, _PIECES)
    (length,) = struct.unpack_from("<Q", image, _PIECES + 20)
    return int(_PIECES + 28 + 4 * (pieces + 1) + 4 * pieces + length)


def tunable(image: Image) -> tuple[Tensor, ...]:
    """The biases and layer norms among the tensors of a packaged model."""
    return tuple(one for one in tensors(image) if one.size == 4 * one.count and one.name not in _FIXED)


def rows(image: Image) -> tuple[tuple[Tensor, int], ...]:
    """The 4-bit matrices of the layers of a packaged model, and how many rows each has."""
    every = {one.name: one for one in tensors(image)}
    biases = ((one, every.get(f"{name.removesuffix('.w')}.b")) for name, one in every.items() if one.size != 4 * one.count)
    return tuple((one, bias.count) for one, bias in biases if bias)


def floats(image: Image, tensor: Tensor, chosen: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.float32]:
    """The numbers of *tensor*, or of a 4-bit one the *chosen* blocks: of a block the low halves of its bytes come first."""
    if tensor.size == 4 * tensor.count:
        return np.frombuffer(image, "<f4", tensor.count, tensor.offset).copy()
    every = np.frombuffer(image, _BLOCK, tensor.size // _BLOCK.itemsize, tensor.offset)
    blocks = every if chosen is None else every[chosen]
    codes = blocks["codes"]
    halves = np.concatenate([codes & 15, codes >> 4], axis=1).astype(np.float32) - 8
    return np.asarray(halves * blocks["scale"].astype(np.float32)[:, None], dtype=np.float32).reshape(-1)


def tuned_file(base: Path, parameters: npt.NDArray[np.float32], folder: Path) -> Path:
    """The file of the model *base* with *parameters* in the place of its own, written into *folder* where it is not there yet.

    *parameters* are biases and layer norms in the order of :func:`tunable`. Files of other values stay: another process may be about to
    open one.

    Raises:
        EmbeddingsError: *parameters* are not as many as the model has, or the file cannot be written.
    """
    values = np.ascontiguousarray(parameters, dtype="<f4")
    path = folder / f"{base.stem}.{hashlib.sha256(values.tobytes()).hexdigest()[:12]}.tuned"
    if path.is_file() and path.stat().st_size == base.stat().st_size:
        return path
    packaged = base.read_bytes()
    image, spans = bytearray(packaged), tunable(packaged)
    if len(values) != sum(one.count for one in spans):
        raise EmbeddingsError("The tuned values that ship are for another E5 model than the one installed. Run: make setup")
    start = 0
    for one in spans:
        image[one.offset : one.offset + one.size] = values[start : start + one.count].tobytes()
        start += one.count
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_bytes(image)
        part.replace(path)
    except OSError as error:
        raise EmbeddingsError(f"The tuned model cannot be written into {folder} ({error.strerror}): 72 MB are needed there.") from None
    return path
