"""Choosing the sentences of a text that answer a question, where nothing but the text is known."""

from collections.abc import Sequence

import numpy as np

from vectorstore.embeddings import VectorEmbeddings
from vectorstore.lexical import LexicalIndex, stems

_MARGIN = 0.35  # a further sentence is quoted when it scores within this many deviations of the best


def select_sentences(question: str, sentences: Sequence[str], language: str, embeddings: VectorEmbeddings) -> list[int]:
    """The numbers of the sentences that answer *question* best, in text order; at least one of those that there are.

    Each model's cosines and BM25 are brought to zero mean and unit deviation over the sentences and summed.
    """
    if not sentences:
        return []
    query = embeddings.encode([question], query=True)[0]
    vectors = embeddings.encode_sentences(sentences)
    total = _standard(LexicalIndex([stems(sentence, language) for sentence in sentences]).scores(stems(question, language)))
    for start, end in embeddings.parts.values():
        total = total + _standard(vectors[:, start:end] @ query[start:end])
    return [number for number, value in enumerate(total) if value >= float(total.max()) - _MARGIN]


def _standard(scores: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    deviation = float(scores.std())
    return np.asarray((scores - scores.mean()) / deviation if deviation > 1e-9 else np.zeros(len(scores)), dtype=np.float64)
