"""Tune the packaged E5 to the expected questions: low-rank matrices beside its own, together with a probe on its vectors.

The model is rebuilt in PyTorch from the packaged file and trained as a classifier of targets (Hu et al., "LoRA", 2022). Half an hour on
two cores, or more.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ingest.editorial import ExpectedQuestion
from vectorstore.encoder import Encoder, padded
from vectorstore.pieces import Pieces
from vectorstore.probe import Progress, Tuned
from vectorstore.tuned import untrained

_EPOCHS, _BATCH = 3, 64
_LONGEST = 96  # tokens of a question that are read in training
_RANK = 16
_RATE, _HEAD_RATE, _DROPOUT, _SMOOTHING, _WARM_UP = 1e-3, 5e-3, 0.1, 0.05, 0.1
_SHARPNESS = 16.0  # the probe sees unit vectors; this lets its logits become sure
_BUCKET = 50  # so many batches' questions are sorted by length together


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
    pieces, model = Pieces(image), Encoder(image, untrained(image, _RANK))
    number = {name: place for place, name in enumerate(targets)}
    data = [(pieces(question.text, _LONGEST), number[question.target_id]) for question in questions]
    head = torch.nn.Linear(model.size, len(targets))
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    with torch.no_grad():
        mean = F.normalize(model(*padded([ids for ids, _ in draw.sample(data, min(len(data), 512))])), dim=-1).mean(0)
    low, plain = [*model.down.parameters(), *model.up.parameters()], list(model.plain.parameters())
    groups = [(low, _RATE, 0.01), (plain, _RATE, 0.0), (list(head.parameters()), _HEAD_RATE, 0.01)]
    optimizer = torch.optim.AdamW([{"params": params, "lr": rate, "weight_decay": decay} for params, rate, decay in groups])
    total = _EPOCHS * (len(data) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [rate for _, rate, _ in groups], total_steps=total + 1, pct_start=_WARM_UP)
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
    return Tuned(weights.astype(np.float32), mean.numpy(), model.adapter())


def _batches(data: list[tuple[list[int], int]], draw: random.Random) -> list[list[tuple[list[int], int]]]:
    """All of *data* but an incomplete batch, in batches of like length, in an order of chance."""
    draw.shuffle(data)
    found = []
    for start in range(0, len(data), _BATCH * _BUCKET):
        alike = sorted(data[start : start + _BATCH * _BUCKET], key=lambda one: len(one[0]))
        found += [alike[a : a + _BATCH] for a in range(0, len(alike) - _BATCH + 1, _BATCH)]
    draw.shuffle(found)
    return found


def _unit(x: torch.Tensor) -> torch.Tensor:
    return F.normalize(x, dim=-1)
