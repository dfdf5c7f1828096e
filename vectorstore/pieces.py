"""The word pieces of the packaged E5, as its tokenizer cuts them."""

import re
import struct
from functools import lru_cache
from itertools import pairwise

import numpy as np

from vectorstore.tuned import Image, end_of_pieces

_SPACE = "\u2581"
_UNKNOWN = -10.0  # what a character that no piece has costs beyond the rarest piece
_WORDS = 32_768  # words whose pieces are remembered


class Pieces:
    """The tokenizer in the file of a packaged model: a unigram model over word pieces (Kudo, 2018), characters normalised by a table.

    Libraries for it take a second to build their tree of 250,000 pieces on every start; here they are looked up in a plain table, word
    by word, as no piece goes on beyond a word.
    """

    def __init__(self, image: Image) -> None:
        count, self._first, self._last, _, self._unknown = struct.unpack_from("<5i", image, 44)
        offsets = np.frombuffer(image, "<u4", count + 1, 72)
        self._scores = np.frombuffer(image, "<f4", count, 72 + 4 * (count + 1)).tolist()
        start, end = 72 + 4 * (count + 1) + 4 * count, end_of_pieces(image)
        blob = image[start:end]
        self._number = {blob[a:b]: number for number, (a, b) in enumerate(pairwise(offsets.tolist()))}
        self._longest = int(np.diff(offsets).max())
        self._rarest = min(self._scores) + _UNKNOWN
        self._of_word = lru_cache(_WORDS)(self._cut)
        self._normal: dict[str, str] = {}
        place = end + 8
        for _ in range(struct.unpack_from("<i", image, end)[0]):
            code, many = struct.unpack_from("<IB", image, place)
            self._normal[chr(code)] = "".join(map(chr, struct.unpack_from(f"<{many}I", image, place + 5)))
            place += 5 + 4 * many

    def __call__(self, text: str, longest: int, *, query: bool = True) -> list[int]:
        """At most *longest* token ids of a question or a passage, its prefix and the marks at both ends among them."""
        text = "".join(self._normal.get(char, char) for char in f"{'query' if query else 'passage'}: {text}")
        spaced = " " + re.sub(" {2,}", " ", text).removeprefix(" ")
        found: list[int] = []
        for word in re.findall(f"{_SPACE}[^{_SPACE}]*", spaced.replace(" ", _SPACE)):
            found += self._of_word(word)
            if len(found) >= longest - 2:
                break
        return [self._first, *found[: longest - 2], self._last]

    def _cut(self, word: str) -> tuple[int, ...]:
        """The likeliest pieces of *word* (Viterbi, 1967); characters side by side that no piece has are one unknown piece."""
        text = word.encode("utf-8", "replace")
        ends = [place for place, byte in enumerate(text) if byte & 0xC0 != 0x80] + [len(text)]  # where characters begin
        best: dict[int, tuple[float, int, int]] = {0: (0.0, 0, -1)}  # score, where the last piece begins, the piece
        for index, start in enumerate(ends[:-1]):
            score = best[start][0]
            for end in ends[index + 1 :]:
                if end - start > self._longest:
                    break
                number = self._number.get(text[start:end], self._unknown if end == ends[index + 1] else -1)
                if number >= 0:
                    reached = score + (self._rarest if number == self._unknown else self._scores[number])
                    if end not in best or reached > best[end][0]:
                        best[end] = (reached, start, number)
        found: list[int] = []
        place = len(text)
        while place:
            _, place, number = best[place]
            if not (number == self._unknown and found and found[-1] == number):
                found.append(number)
        return tuple(reversed(found))
