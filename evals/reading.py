"""Train the reader (:mod:`vectorstore.reader`) on questions over fictitious documents, and the form of these documents.

A document is a file ``NAME.txt``, each line a number, a tab and one block: a heading with ``#``, an item with ``-``, a row of a table
between bars, or a paragraph. Beside it ``NAME.tsv`` has its questions, a line each: language, style, the numbers of the lines that
answer (``3``; ``4+5`` all of them; ``3/9`` either) or ``0~7`` where nothing does and line 7 is nearest, and the question.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from ingest.errors import UserError
from vectorstore.embeddings import VectorEmbeddings
from vectorstore.encoder import Encoder, padded
from vectorstore.pieces import Pieces
from vectorstore.probe import Progress
from vectorstore.reader import together, windows
from vectorstore.tuned import Adapter

_EPOCHS, _QUESTIONS = 1.2, 16  # passes over the questions, and questions of a step
_WRONG, _HARD = 2, 8  # passages that do not answer beside a question's own, drawn from so many that the vectors find nearest
_FOREIGN = 0.05  # share of the questions that are asked of another document
_TOKENS, _TOGETHER = 160, 3072  # of a pair that are read, and of pairs of like length that are read together
_RATE, _PLAIN_RATE, _HEAD_RATE, _WARM_UP, _SHARPNESS = 1e-3, 4e-4, 1e-3, 0.06, 16.0
RANK, _FIRST = 8, 2  # of the low-rank matrices, and the first layer that is trained
_PAIR = 0.5  # weight of the question whether a pair by itself is right, beside the choice among passages and silence


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the texts that answer it, the nearest that does not where none does, and others, best first."""

    question: str
    right: tuple[str, ...]
    nearest: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A block of a document as the reader sees it; ``read`` is false of headings and the heads of tables."""

    text: str
    read: bool


def read_lines(path: Path) -> dict[int, Line]:
    """The blocks of a document by their numbers.

    Raises:
        UserError: a line has no number, or a number is there twice.
    """
    found: dict[int, Line] = {}
    headings: list[str] = []
    introduction = ""
    columns: list[str] | None = None
    for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        number, _, block = line.partition("\t")
        if not number.isdigit() or not block.strip() or int(number) in found:
            raise UserError(f"{path.name}, line {place}: a number of its own, a tab and a text were expected.")
        text, heading, read, before = block.strip(), headings[-1] if headings else "", True, ""
        if text.startswith("#"):
            level = len(text) - len(text.lstrip("#"))
            text, read, introduction, columns = text.lstrip("# "), False, "", None
            headings = [*headings[: level - 1], text]
        elif text.startswith("|"):
            cells = [cell.strip() for cell in text.strip("|").split("|")]
            read, columns = columns is not None, columns or cells
            text = "; ".join(f"{head}: {cell}" for head, cell in zip(columns, cells, strict=False)) if read else "; ".join(cells)
        elif text.startswith("- "):
            text, before = text[2:].strip(), introduction
        else:
            introduction, columns = text, None
        found[int(number)] = Line(windows(heading, before, text, "en")[0], read)
    return found


def load_reading(folder: Path, embeddings: VectorEmbeddings, progress: Progress = lambda done, total: None) -> list[Asked]:
    """The questions of all documents in *folder*, with the passages that *embeddings* find nearest to each.

    Raises:
        UserError: there are none, or a file is not in the form that this module describes.
    """
    paths = sorted(folder.glob("*.tsv"))
    if not paths:
        raise UserError(f"{folder} has no questions: a file NAME.tsv beside every NAME.txt is expected.")
    found: list[Asked] = []
    for done, path in enumerate(paths):
        lines = read_lines(path.with_suffix(".txt"))
        asked = list(_questions(path, lines))
        numbers = [number for number, line in lines.items() if line.read]
        texts = embeddings.encode([lines[number].text for number in numbers], query=False)
        scores = embeddings.encode([question for question, _, _ in asked], query=True) @ texts.T
        for (question, right, nearest), row in zip(asked, scores, strict=True):
            if not right and not nearest:
                continue
            introducing = {min(right) - 1} if len(right) > 2 else set()
            best = [numbers[place] for place in np.argsort(-row, kind="stable")]
            others = [number for number in best if number not in {*right, *nearest, *introducing}][:_HARD]
            found.append(Asked(question, *(tuple(lines[one].text for one in group) for group in (right, nearest, others))))
        progress(done + 1, len(paths))
    return found


def _questions(path: Path, lines: dict[int, Line]) -> Iterator[tuple[str, list[int], list[int]]]:
    for place, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        parts = row.split("\t")
        if len(parts) != 4 or not re.fullmatch(r"(?:0~)?\d+(?:[+/]\d+)*", parts[2]):
            raise UserError(f"{path.name}, line {place}: language, style, lines and question were expected, with tabs between.")
        numbers = [int(number) for number in re.findall(r"\d+", parts[2].removeprefix("0~"))]
        if unknown := [number for number in numbers if number not in lines]:
            raise UserError(f"{path.name}, line {place}: the document has no line {unknown[0]}.")
        readable = [number for number in numbers if lines[number].read]
        right = [] if parts[2].startswith("0~") else readable
        yield parts[3].strip(), right, [] if right else readable


def train_reader(
    base: Path,
    asked: Sequence[Asked],
    start: tuple[Adapter, npt.NDArray[np.float32]],
    progress: Progress = lambda done, total: None,
) -> tuple[Adapter, npt.NDArray[np.float32]]:
    """What is added to the packaged model *base*, and the head (385,) of a reader, trained on from *start*.

    Raises:
        UserError: the questions are too few for a single step.
    """
    total = int(_EPOCHS * len(asked) / _QUESTIONS)
    if total < 1:
        raise UserError(f"{len(asked)} question(s) are too few to train on: some thousands are wanted. The reader was left as it is.")
    torch.manual_seed(0)
    draw = random.Random(0)
    image = base.read_bytes()
    pieces, model = Pieces(image), Encoder(image, start[0], _FIRST)
    head = torch.nn.Linear(model.size, 1)
    with torch.no_grad():
        head.weight.copy_(torch.tensor(start[1][None, :-1] / _SHARPNESS))
        head.bias.copy_(torch.tensor(start[1][-1:]))
    low = [*model.down.parameters(), *model.up.parameters()]
    groups = [(low, _RATE, 0.01), (list(model.plain.parameters()), _PLAIN_RATE, 0.0), (list(head.parameters()), _HEAD_RATE, 0.01)]
    trained = [
        {"params": [one for one in params if one.requires_grad], "lr": rate, "weight_decay": decay} for params, rate, decay in groups
    ]
    optimizer = torch.optim.AdamW(trained)
    rates = [rate for _, rate, _ in groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=total + 1, pct_start=_WARM_UP, anneal_strategy="linear")
    for done, chosen in enumerate(_steps(asked, total, draw), 1):
        drawn = [_drawn(one, asked, draw) for one in chosen]
        pairs = [pieces(together(question, text), _TOKENS) for question, texts, _ in drawn for text in texts]
        scores = _scores(model, head, pairs)
        loss, place = torch.zeros(()), 0
        for _, texts, right in drawn:
            own, place = scores[place : place + len(texts)], place + len(texts)
            wanted = torch.zeros(len(texts) + 1)
            wanted[0 if right else -1] = 1.0  # the last is silence
            loss = loss + F.cross_entropy(torch.cat([own, torch.zeros(1)]), wanted)
            loss = loss + _PAIR * F.binary_cross_entropy_with_logits(own, wanted[:-1])
        optimizer.zero_grad()
        (loss / len(drawn)).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        progress(done, total)
    weights = torch.cat([head.weight[0] * _SHARPNESS, head.bias]).detach().numpy()
    return model.adapter(), weights.astype(np.float32)


def _steps(asked: Sequence[Asked], total: int, draw: random.Random) -> Iterator[list[Asked]]:
    """The questions of *total* steps, all of them in every pass, in an order of chance."""
    waiting: list[Asked] = []
    for _ in range(total):
        while len(waiting) < _QUESTIONS:
            waiting += draw.sample(list(asked), len(asked))
        yield waiting[:_QUESTIONS]
        waiting = waiting[_QUESTIONS:]


def _drawn(one: Asked, every: Sequence[Asked], draw: random.Random) -> tuple[str, list[str], bool]:
    """A question with some of its texts, and whether the first of these answers it."""
    question, right, nearest = one.question, one.right, one.nearest
    if draw.random() < _FOREIGN:
        question, right, nearest = draw.choice(list(every)).question, (), ()
    texts = [draw.choice(right or nearest)] if right or nearest else []
    left = [text for text in one.others if text not in texts]
    while len(texts) <= _WRONG and left:
        place = draw.choices(range(len(left)), [1 / (rank + 1.5) for rank in range(len(left))])[0]
        texts.append(left.pop(place))
    return question, texts, bool(right)


def _scores(model: Encoder, head: torch.nn.Linear, pairs: Sequence[list[int]]) -> torch.Tensor:
    """Logits of *pairs* of token ids, read in groups of like length."""
    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place]))
    groups: list[list[int]] = [[]]
    for place in order:
        if (len(groups[-1]) + 1) * len(pairs[place]) > _TOGETHER and groups[-1]:
            groups.append([])
        groups[-1].append(place)
    vectors = torch.cat([model(*padded([pairs[place] for place in group])) for group in groups])
    scores: torch.Tensor = head(F.normalize(vectors, dim=-1) * _SHARPNESS).squeeze(-1)
    return scores[torch.argsort(torch.tensor(order))]
