"""The lexical index: BM25 over Snowball stems (Robertson and Zaragoza, 2009; Lù, "BM25S", 2024)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

import bm25s
import numpy as np
import numpy.typing as npt
import Stemmer

_WORD = re.compile(r"[^\W_]+(?:[/.-][^\W_]+)*")
_SNOWBALL = {"en": "english", "es": "spanish", "pt": "portuguese", "fr": "french"}
LANGUAGES = tuple(_SNOWBALL)


@lru_cache(maxsize=8)
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_SNOWBALL.get(language, "english"))


def fold(text: str) -> str:
    """Lower case without accents, for matching.

    >>> fold("Secretaría GENERAL")
    'secretaria general'
    """
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The words of *text* in lower case, compounds taken apart."""
    found = _WORD.findall(text.replace("’", "'").casefold())
    pieces = [piece for word in found for piece in ([word] if any(c.isdigit() for c in word) else re.split(r"[/.-]", word))]
    return [piece for piece in pieces if piece]


def stem_words(found: list[str], language: str) -> list[str]:
    """The stems of words in lower case; accents are kept for stemming and folded afterwards."""
    return [stem if stem.isascii() else fold(stem) for stem in _stemmer(language).stemWords(found)]


def stems(text: str, language: str) -> list[str]:
    """The stemmed words of *text*."""
    return stem_words(words(text), language)


class LexicalIndex:
    """BM25 scores of all documents for one query."""

    def __init__(self, token_lists: list[list[str]], k1: float = 1.2, b: float = 0.75) -> None:
        self._size = len(token_lists)
        self._frequency = Counter(token for tokens in token_lists for token in set(tokens))
        self._bm25: bm25s.BM25 | None = None
        if self._frequency:
            self._bm25 = bm25s.BM25(method="lucene", k1=k1, b=b)
            self._bm25.index(token_lists, show_progress=False, create_empty_token=False)

    def scores(self, tokens: list[str]) -> npt.NDArray[np.float32]:
        """Shape (documents,), each >= 0; all 0 when no token is known."""
        known = [token for token in tokens if token in self._frequency]
        if self._bm25 is None or not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)

    def best_scores(self, alternatives: Iterable[Iterable[str]]) -> npt.NDArray[np.float32]:
        """Shape (documents,): for each set of *alternatives* the score of the one that scores best, summed."""
        total = np.zeros(self._size, dtype=np.float32)
        for tokens in alternatives:
            if known := [self.scores([token]) for token in sorted(tokens) if token in self._frequency]:
                total += np.max(known, axis=0)
        return total

    def knows(self, token: str) -> bool:
        """Whether any document holds *token*."""
        return token in self._frequency

    def greatest(self, tokens: list[str]) -> float:
        """The score that a document could reach at most: the weights of all *tokens*, unknown ones too."""
        return sum(self._weight(self._frequency[token]) for token in tokens)

    def rarity(self, alternatives: Iterable[str]) -> float:
        """The weight of a word that may be any of *alternatives*: that of the commonest."""
        return self._weight(max((self._frequency[token] for token in alternatives), default=0))

    def _weight(self, frequency: int) -> float:
        return float(np.log1p((self._size - frequency + 0.5) / (frequency + 0.5)))
