"""Tune the packaged E5 to the expected questions: its biases and layer norms, together with a probe on its vectors.

The model is rebuilt in PyTorch from the packaged file and trained as a classifier of targets (Ben Zaken et al., "BitFit", 2022);
its 4-bit matrices stay as they are, so that the engine can run the outcome. About half an hour on two cores.
"""

import random
import re
import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from ingest.editorial import ExpectedQuestion
from vectorstore.probe import Progress, Tuned
from vectorstore.tuned import Tensor, end_of_pieces, rows, tensors, tunable

_EPOCHS, _BATCH = 3, 64
_LONGEST = 96  # tokens of a question that are read in training
_RATE, _HEAD_RATE, _DROPOUT, _SMOOTHING, _WARM_UP = 2e-3, 5e-3, 0.1, 0.05, 0.1
_SHARPNESS = 16.0  # the probe sees unit vectors; this lets its logits become sure
_BUCKET = 50  # so many batches' questions are sorted by length together
_BLOCK = 32  # weights of a 4-bit block, after a scale of two bytes


class Pieces:
    """The tokenizer in the file of a packaged model: a unigram model over word pieces (Kudo, 2018), characters normalised by a table."""

    def __init__(self, image: bytes) -> None:
        count, self._first, self._last, _, unknown = struct.unpack_from("<5i", image, 44)
        offsets = np.frombuffer(image, "<u4", count + 1, 72)
        scores = np.frombuffer(image, "<f4", count, 72 + 4 * (count + 1))
        start, end = 72 + 4 * (count + 1) + 4 * count, end_of_pieces(image)
        blob = image[start:end]
        pieces = [blob[a:b].decode("utf-8", "replace") for a, b in pairwise(offsets)]
        self._model = Tokenizer(Unigram(list(zip(pieces, map(float, scores), strict=True)), unk_id=unknown))
        self._normal: dict[str, str] = {}
        place = end + 8
        for _ in range(struct.unpack_from("<i", image, end)[0]):
            code, many = struct.unpack_from("<IB", image, place)
            self._normal[chr(code)] = "".join(map(chr, struct.unpack_from(f"<{many}I", image, place + 5)))
            place += 5 + 4 * many

    def __call__(self, question: str, longest: int = _LONGEST) -> list[int]:
        """The token ids of a question, its prefix and the marks at both ends among them."""
        text = "".join(self._normal.get(char, char) for char in f"query: {question}")
        spaced = " " + re.sub(" {2,}", " ", text).removeprefix(" ")
        return [self._first, *self._model.encode(spaced.replace(" ", "\u2581")).ids[: longest - 2], self._last]


class Encoder(torch.nn.Module):
    """The model of a packaged file (BERT with post-norm; Devlin et al., 2019).

    Only biases and layer norms are parameters, and, with *factors*, one for each row of the matrices.
    """

    def __init__(self, image: bytes, *, factors: bool = False) -> None:
        super().__init__()
        self.size, self._layers, self._heads = struct.unpack_from("<3i", image, 8)
        (self._epsilon,) = struct.unpack_from("<f", image, 36)
        every = {one.name: one for one in tensors(image)}
        self.names = tuple(one.name for one in tunable(image))
        self.plain = torch.nn.ParameterDict({_key(name): torch.nn.Parameter(_floats(image, every[name])) for name in self.names})
        self._tables = {name: _floats(image, every[name]) for name in ("emb.word", "emb.pos", "emb.type")}
        matrices = {one.name: (one, height) for one, height in rows(image)}
        # bfloat16 halves the time where the processor has it; what is trained stays in full precision.
        self._matrices = {name: _floats(image, one).reshape(height, -1).bfloat16() for name, (one, height) in matrices.items()}
        scaled = {_key(name): torch.nn.Parameter(torch.ones(height)) for name, (_, height) in matrices.items() if factors}
        self.factors = torch.nn.ParameterDict(scaled)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """Mean vectors of shape (texts, dimension) of token *ids* (texts, tokens), those that *mask* has."""
        words, places = self._tables["emb.word"].view(-1, self.size), self._tables["emb.pos"].view(-1, self.size)
        x = self._norm(words[ids] + places[: ids.shape[1]] + self._tables["emb.type"][: self.size], "emb.ln")
        away = (1.0 - mask[:, None, None, :].float()) * -1e4
        for layer in range(self._layers):
            query, key, value = (self._split(self._linear(x, f"l{layer}.{part}")) for part in "qkv")
            # Written out: the fused attention is several times slower to differentiate on a processor.
            shares = torch.softmax((query @ key.transpose(-1, -2)).float() * query.shape[-1] ** -0.5 + away, -1).bfloat16()
            mixed = (shares @ value).transpose(1, 2).reshape(x.shape)
            x = self._norm(x + F.dropout(self._linear(mixed, f"l{layer}.ao"), dropout), f"l{layer}.aln")
            inner = self._linear(F.gelu(self._linear(x, f"l{layer}.fi")), f"l{layer}.fo")
            x = self._norm(x + F.dropout(inner, dropout), f"l{layer}.oln")
        weights = mask[..., None].float()
        return torch.div((x.float() * weights).sum(1), weights.sum(1))

    def values(self) -> npt.NDArray[np.float32]:
        """The parameters in the order of :func:`vectorstore.tuned.tuned_file`."""
        scaled = (self.factors[_key(name)] for name in self._matrices if _key(name) in self.factors)  # in the order of the file
        every = [*(self.plain[_key(name)] for name in self.names), *scaled]
        return np.concatenate([one.detach().numpy() for one in every]).astype(np.float32)

    def _linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        made, factor = F.linear(x, self._matrices[f"{name}.w"]), _key(f"{name}.w")
        if factor in self.factors:
            made = made * self.factors[factor].bfloat16()
        return torch.add(made, self.plain[_key(f"{name}.b")].bfloat16())

    def _norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self.plain[_key(f"{name}.w")], self.plain[_key(f"{name}.b")]
        return F.layer_norm(x.float(), (self.size,), weight, bias, self._epsilon).bfloat16()

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(*x.shape[:2], self._heads, -1).transpose(1, 2)


def tune(
    base: Path,
    questions: Sequence[ExpectedQuestion],
    targets: Sequence[str],
    progress: Progress = lambda done, total: None,
) -> Tuned:
    """Train on *questions* to tell their *targets* apart; *base* is the file of the packaged model."""
    torch.manual_seed(0)
    draw = random.Random(0)
    image = base.read_bytes()
    pieces, model = Pieces(image), Encoder(image)
    number = {name: place for place, name in enumerate(targets)}
    data = [(pieces(question.text), number[question.target_id]) for question in questions]
    head = torch.nn.Linear(model.size, len(targets))
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    with torch.no_grad():
        mean = F.normalize(model(*padded([ids for ids, _ in draw.sample(data, min(len(data), 512))])), dim=-1).mean(0)
    plain = {"params": list(model.parameters()), "lr": _RATE, "weight_decay": 0.0}
    optimizer = torch.optim.AdamW([plain, {"params": list(head.parameters()), "lr": _HEAD_RATE, "weight_decay": 0.01}])
    total = _EPOCHS * (len(data) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [_RATE, _HEAD_RATE], total_steps=total + 1, pct_start=_WARM_UP)
    done = 0
    for _ in range(_EPOCHS):
        for batch in _batches(data, draw):
            vectors = _unit(_unit(model(*padded([ids for ids, _ in batch]), dropout=_DROPOUT)) - mean)
            wanted = torch.tensor([target for _, target in batch])
            loss = F.cross_entropy(head(vectors * _SHARPNESS), wanted, label_smoothing=_SMOOTHING)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            progress(done, total)
    weights = torch.cat([head.weight * _SHARPNESS, head.bias[:, None]], dim=1).detach().numpy()
    return Tuned(weights.astype(np.float32), mean.numpy(), model.values())


def _batches(data: list[tuple[list[int], int]], draw: random.Random) -> list[list[tuple[list[int], int]]]:
    """All of *data* but an incomplete batch, in batches of like length, in an order of chance."""
    draw.shuffle(data)
    found = []
    for start in range(0, len(data), _BATCH * _BUCKET):
        alike = sorted(data[start : start + _BATCH * _BUCKET], key=lambda one: len(one[0]))
        found += [alike[a : a + _BATCH] for a in range(0, len(alike) - _BATCH + 1, _BATCH)]
    draw.shuffle(found)
    return found


def padded(many: Sequence[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids of texts, filled up to the longest, and which of them are real."""
    longest = max(map(len, many))
    ids = torch.tensor([[*one, *[0] * (longest - len(one))] for one in many])
    return ids, torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in many])


def _unit(x: torch.Tensor) -> torch.Tensor:
    return F.normalize(x, dim=-1)


def _key(name: str) -> str:
    return name.replace(".", "_")


def _floats(image: bytes, tensor: Tensor) -> torch.Tensor:
    """The numbers of *tensor*, 4-bit ones with their scales: of a block the low halves of its bytes come first."""
    if tensor.size == 4 * tensor.count:
        return torch.from_numpy(np.frombuffer(image, "<f4", tensor.count, tensor.offset).copy())
    blocks = np.frombuffer(image, np.uint8, tensor.size, tensor.offset).reshape(-1, 2 + _BLOCK // 2)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    return torch.from_numpy((halves * scales).reshape(-1))
