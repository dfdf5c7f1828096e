"""Reads a question and a passage together and says how likely the one answers the other (a cross-encoder; Nogueira and Cho, 2019).

Two vectors made apart tell what a text is about, and hardly whether it says what is asked. The reader is the packaged E5, given both
texts as one, with what was trained beside it (:mod:`vectorstore.e5`) and a linear head. It was trained on questions over
fictitious documents, answered and left open (docs/decisions/0008); ``python -m evals fit-reader`` makes the values.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np

from ingest.sentences import sentence_spans
from vectorstore.e5 import E5
from vectorstore.embeddings import VectorEmbeddings, Vectors
from vectorstore.tuned import Adapter, restored, stored

_QUESTION, _HEADING, _INTRODUCTION, _TEXT = 400, 150, 120, 700  # characters of each that are read together
_WINDOWS = 6  # of a longer passage
_LONGEST = 320  # tokens of a question and a window
_REMEMBERED = 128  # questions with their passages: a conversation asks the same again


class Reader:
    """Logits that a passage answers a question: *model* gives unit vectors of pairs, *weights* (385,) the head, its intercept last."""

    def __init__(self, model: E5, weights: Vectors) -> None:
        self._model, self._weights = model, weights
        self._score = lru_cache(_REMEMBERED)(self._of_pairs)

    def scores(self, question: str, texts: Sequence[Sequence[str]]) -> Vectors:
        """Of each of *texts*, given as the windows of :func:`windows`, that of the best; positive where an answer is likelier than not."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        every = self._score(tuple(together(question, window) for of_one in texts for window in of_one))
        ends = np.cumsum([len(of_one) for of_one in texts])
        return np.array([part.max(initial=-np.inf) for part in np.split(every, ends[:-1])], dtype=np.float32)

    def _of_pairs(self, pairs: tuple[str, ...]) -> Vectors:
        return np.asarray(self._model.encode(list(pairs), longest=_LONGEST) @ self._weights[:-1] + self._weights[-1], dtype=np.float32)


def together(question: str, window: str) -> str:
    """What the model sees of a question and a text; its tokenizer puts the mark of a question before it."""
    return f"{question[:_QUESTION]} passage: {window}"


def windows(heading: str, introduction: str, text: str, language: str) -> list[str]:
    """A passage as it is read: under its heading, after the sentence that introduces its list; a long one in several windows."""
    before = f"{heading[:_HEADING]}: " if heading else ""
    if introduction:
        before += introduction.strip()[:_INTRODUCTION] + " "
    found = [""]
    for start, end in [(0, len(text))] if len(text) <= _TEXT else sentence_spans(text, language):
        joined = f"{found[-1]} {text[start:end]}".strip()
        if found[-1] and len(joined) > _TEXT:
            found.append(text[start:end])
        else:
            found[-1] = joined
    return [before + one[: 2 * _TEXT] for one in found[:_WINDOWS]]


def save_values(path: Path, adapter: Adapter, weights: Vectors) -> None:
    """Write the values of a reader."""
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, **stored(adapter), weights=weights.astype(np.float32))
    part.replace(path)  # hours of training are behind what is there


@lru_cache(maxsize=1)
def load_values() -> tuple[Adapter, Vectors]:
    """The values of the reader that ships with the product: what is added to E5, and the head."""
    with np.load(BytesIO(files("vectorstore").joinpath("reader.npz").read_bytes()), allow_pickle=False) as data:
        return restored(data), data["weights"].astype(np.float32)


def load_reader(embeddings: VectorEmbeddings) -> Reader | None:
    """The reader that ships with the product, or ``None`` where *embeddings* have no E5 to run it."""
    if embeddings.tune is None:
        return None
    adapter, weights = load_values()
    return Reader(embeddings.tune(adapter), weights)
