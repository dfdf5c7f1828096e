"""The packaged E5 rebuilt in PyTorch, to train what is added to it and to write it as a graph; never needed to answer."""

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from vectorstore.tuned import Adapter, Image, Tensor, floats, rows, tensors, tunable


class Encoder(torch.nn.Module):
    """The model of a packaged file (BERT with post-norm; Devlin et al., 2019).

    Biases and layer norms are parameters, and so are, where *adapter* is given, its low-rank matrices (Hu et al., "LoRA", 2022); its row
    factors become part of the matrices. The layers below *first* are not trained.
    """

    def __init__(self, image: Image, adapter: Adapter | None = None, first: int = 0) -> None:
        super().__init__()
        self.size, self._layers, self._heads = struct.unpack_from("<3i", image, 8)
        (self._epsilon,) = struct.unpack_from("<f", image, 36)
        self._rank = len(adapter.down) if adapter else 0
        every = {one.name: one for one in tensors(image)}
        self.names = tuple(one.name for one in tunable(image))
        plain = {name: _tensor(image, every[name]) for name in self.names}
        self._tables = {name: _tensor(image, every[name]).view(-1, self.size) for name in ("emb.word", "emb.pos", "emb.type")}
        self._matrices = {one.name: _tensor(image, one).view(height, -1) for one, height in rows(image)}
        self.down, self.up = torch.nn.ParameterDict(), torch.nn.ParameterDict()
        self.factors = np.ones(sum(map(len, self._matrices.values())), dtype=np.float32)
        if adapter:
            self.factors = self._adapt(plain, adapter)
        self.plain = torch.nn.ParameterDict({_key(name): torch.nn.Parameter(value) for name, value in plain.items()})
        for name, value in (*self.plain.items(), *self.down.items(), *self.up.items()):
            value.requires_grad_(_layer(name) >= first)

    def embedded(self, ids: torch.Tensor) -> torch.Tensor:
        """The vectors of shape (texts, tokens, size) that the first layer takes."""
        places, kind = self._tables["emb.pos"][: ids.shape[1]], self._tables["emb.type"][0]
        return self._tables["emb.word"][ids] + places + kind

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """Mean vectors of shape (texts, size) of token *ids* (texts, tokens), those that *mask* has."""
        return self.read(self.embedded(ids), mask, dropout)

    def read(self, embedded: torch.Tensor, mask: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """The same of what :meth:`embedded` gives."""
        x = self._norm(embedded, "emb.ln")
        away = (1.0 - mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in range(self._layers):
            query, key, value = (self._split(self._linear(x, f"l{layer}.{part}")) for part in "qkv")
            # Written out: the fused attention is several times slower to differentiate on a processor.
            shares = torch.softmax(query @ key.transpose(-1, -2) * (self.size // self._heads) ** -0.5 + away, -1)
            mixed = (shares @ value).transpose(1, 2).reshape(x.shape)
            x = self._norm(x + self._drop(self._linear(mixed, f"l{layer}.ao"), dropout), f"l{layer}.aln")
            inner = self._linear(F.gelu(self._linear(x, f"l{layer}.fi")), f"l{layer}.fo")
            x = self._norm(x + self._drop(inner, dropout), f"l{layer}.oln")
        weights = mask[..., None].to(x.dtype)
        return torch.div((x * weights).sum(1), weights.sum(1))

    def values(self) -> npt.NDArray[np.float32]:
        """The biases and layer norms, in the order of :func:`vectorstore.tuned.tunable`."""
        return np.concatenate([self.plain[_key(name)].detach().numpy() for name in self.names]).astype(np.float32)

    def adapter(self) -> Adapter:
        """All that is added to the packaged model."""
        sides = [np.concatenate([side[_key(name)].detach().numpy() for name in self._matrices], 1) for side in (self.down, self.up)]
        return Adapter(self.values(), self.factors, *(side.astype(np.float32) for side in sides))

    def merge(self) -> None:
        """Make the low-rank matrices part of the matrices that they are added to."""
        with torch.no_grad():
            for name, matrix in self._matrices.items() if self._rank else ():
                matrix += self.up[_key(name)].T @ self.down[_key(name)]
        self.down, self.up, self._rank = torch.nn.ParameterDict(), torch.nn.ParameterDict(), 0

    def _adapt(self, plain: dict[str, torch.Tensor], adapter: Adapter) -> npt.NDArray[np.float32]:
        start = 0
        for name, value in plain.items():
            plain[name] = torch.tensor(adapter.plain[start : start + len(value)])
            start += len(value)
        row = column = 0
        for name, matrix in self._matrices.items():
            height, width = matrix.shape
            matrix *= torch.tensor(adapter.factors[row : row + height, None])
            self.down[_key(name)] = torch.nn.Parameter(torch.tensor(adapter.down[:, column : column + width]))
            self.up[_key(name)] = torch.nn.Parameter(torch.tensor(adapter.up[:, row : row + height]))
            row, column = row + height, column + width
        return adapter.factors

    def _linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        made, key = F.linear(x, self._matrices[f"{name}.w"], self.plain[_key(f"{name}.b")]), _key(f"{name}.w")
        return made + F.linear(x, self.down[key]) @ self.up[key] if self._rank else made

    @staticmethod
    def _drop(x: torch.Tensor, share: float) -> torch.Tensor:
        return F.dropout(x, share) if share else x

    def _norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return F.layer_norm(x, (self.size,), self.plain[_key(f"{name}.w")], self.plain[_key(f"{name}.b")], self._epsilon)

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(x.shape[0], x.shape[1], self._heads, self.size // self._heads).transpose(1, 2)


def padded(many: Sequence[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids of texts, filled up to the longest, and which of them are real."""
    longest = max(map(len, many))
    ids = torch.tensor([[*one, *[0] * (longest - len(one))] for one in many])
    return ids, torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in many])


def _layer(name: str) -> int:
    return int(name[1:].replace("_", ".").split(".")[0]) if name[0] == "l" else 0


def _key(name: str) -> str:
    return name.replace(".", "_")


def _tensor(image: Image, tensor: Tensor) -> torch.Tensor:
    return torch.from_numpy(floats(image, tensor))
