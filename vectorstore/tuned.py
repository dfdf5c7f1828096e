"""The file of the packaged E5, and what can be trained beside it.

The file has 4-bit matrices, and about 60,000 biases and layer norms as plain floats. Trained are the latter (Ben Zaken et al.,
"BitFit", 2022) and low-rank matrices beside the former (Hu et al., "LoRA", 2022).
"""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vectorstore.errors import EmbeddingsError

_FIXED = ("emb.pos", "emb.type")  # plain floats, too, but tables and not biases
_PIECES = 44  # where the table of word pieces begins
SIZE = 384  # of vectors: the widths of all matrices are multiples of it
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


def untrained(image: Image, rank: int) -> Adapter:
    """The values with which a packaged model is what it is, low-rank matrices of *rank* ready to be trained."""
    every = rows(image)
    heights = sum(height for _, height in every)
    draw = np.random.default_rng(0)
    down = [draw.standard_normal((rank, one.count // height)) * 2 / (one.count // height) ** 0.5 for one, height in every]
    plain = np.concatenate([floats(image, one) for one in tunable(image)])
    return Adapter(plain, np.ones(heights, np.float32), np.hstack(down).astype(np.float32), np.zeros((rank, heights), np.float32))


def packed(values: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """*values*, whose rows are multiples of 384 long, in eight bits, with a scale for each 384 of them."""
    parts = values.reshape(-1, SIZE)
    scales = np.maximum(np.abs(parts).max(1) / 127, 1e-12).astype(np.float32)
    codes = np.rint(parts / scales[:, None]).astype(np.int8)
    return codes.reshape(values.shape), scales


def unpacked(codes: npt.NDArray[np.int8], scales: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What :func:`packed` packed, nearly."""
    parts = codes.reshape(-1, SIZE) * scales[:, None]
    return np.asarray(parts, dtype=np.float32).reshape(codes.shape)


def stored(adapter: Adapter) -> dict[str, Any]:
    """*adapter* as the arrays of a file: biases, layer norms and row factors in half precision, the low-rank matrices in eight bits."""
    (down, down_scales), (up, up_scales) = packed(adapter.down), packed(adapter.up)
    plain, factors = adapter.plain.astype(np.float16), adapter.factors.astype(np.float16)
    return {"plain": plain, "factors": factors, "down": down, "down_scales": down_scales, "up": up, "up_scales": up_scales}


def restored(data: Mapping[str, Any], prefix: str = "") -> Adapter:
    """What :func:`stored` made arrays of, their names with *prefix*.

    Raises:
        KeyError: one of them is missing.
    """
    down, up = (unpacked(data[f"{prefix}{side}"], data[f"{prefix}{side}_scales"]) for side in ("down", "up"))
    return Adapter(data[f"{prefix}plain"].astype(np.float32), data[f"{prefix}factors"].astype(np.float32), down, up)
