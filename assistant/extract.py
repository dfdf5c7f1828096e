"""Choosing the sentences of a passage that answer a question."""

from collections.abc import Sequence

import numpy as np

from assistant.asked import content_keys
from vectorstore.embeddings import VectorEmbeddings
from vectorstore.glossary import load_glossary
from vectorstore.lexical import LexicalIndex, stems

_MARGIN = 0.35  # a further sentence is quoted when it scores within this many deviations of the best


def select_sentences(question: str, sentences: Sequence[str], language: str, embeddings: VectorEmbeddings) -> list[int]:
    """The numbers of the sentences that the extractive writer would quote, in text order; at least one."""
    return sorted(best_sentences(question, sentences, language, embeddings))


def best_sentences(
    question: str,
    sentences: Sequence[str],
    language: str,
    embeddings: VectorEmbeddings,
    prior: "np.ndarray[tuple[int], np.dtype[np.float64]] | None" = None,
    languages: Sequence[str] = (),
) -> list[int]:
    """The numbers of the sentences that answer *question* best, the best first.

    Each model's cosines and BM25 are brought to zero mean and unit deviation over the sentences and summed, with *prior*,
    what is known of each sentence before. The English model and BM25 take no part where *languages* are others than that
    of the question.
    """
    if not sentences:
        return []
    across = bool(languages) and sum(other != language for other in languages) * 2 > len(languages)
    query = embeddings.encode([question], query=True)[0]
    vectors = embeddings.encode_sentences(sentences)
    total = np.zeros(len(sentences)) if prior is None else np.asarray(prior, dtype=np.float64).copy()
    for name, (start, end) in embeddings.parts.items():
        if not (across and name == "minilm" and len(embeddings.parts) > 1):
            total += _standard(vectors[:, start:end] @ query[start:end])
    if across:
        glossary = load_glossary()
        keys = [[key for word in glossary.keys(text, spoken) for key in word] for text, spoken in zip(sentences, languages, strict=True)]
        total += _standard(LexicalIndex(keys).best_scores(content_keys(question, language)))
    else:
        lexical = LexicalIndex([stems(sentence, language) for sentence in sentences])
        total += _standard(lexical.scores(stems(question, language)))
    best = float(total.max())
    return sorted((number for number, value in enumerate(total) if value >= best - _MARGIN), key=lambda number: (-total[number], number))


def _standard(scores: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    deviation = float(scores.std())
    return np.asarray((scores - scores.mean()) / deviation if deviation > 1e-9 else np.zeros(len(scores)), dtype=np.float64)
