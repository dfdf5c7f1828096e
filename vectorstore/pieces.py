"""The word pieces of the packaged E5, for models that its own engine does not run."""

import re
import struct
from itertools import pairwise

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from vectorstore.tuned import Image, end_of_pieces


class Pieces:
    """The tokenizer in the file of a packaged model: a unigram model over word pieces (Kudo, 2018), characters normalised by a table."""

    def __init__(self, image: Image) -> None:
        count, self._first, self._last, _, unknown = struct.unpack_from("<5i", image, 44)
        offsets = np.frombuffer(image, "<u4", count + 1, 72)
        scores = np.frombuffer(image, "<f4", count, 72 + 4 * (count + 1))
        start, end = 72 + 4 * (count + 1) + 4 * count, end_of_pieces(image)
        blob = image[start:end]
        pieces = [blob[a:b].decode("utf-8", "replace") for a, b in pairwise(offsets.tolist())]
        self._model = Tokenizer(Unigram(list(zip(pieces, scores.tolist(), strict=True)), unk_id=unknown))
        self._normal: dict[str, str] = {}
        place = end + 8
        for _ in range(struct.unpack_from("<i", image, end)[0]):
            code, many = struct.unpack_from("<IB", image, place)
            self._normal[chr(code)] = "".join(map(chr, struct.unpack_from(f"<{many}I", image, place + 5)))
            place += 5 + 4 * many

    def __call__(self, question: str, longest: int) -> list[int]:
        """At most *longest* token ids of a question, its prefix and the marks at both ends among them."""
        text = "".join(self._normal.get(char, char) for char in f"query: {question}")
        spaced = " " + re.sub(" {2,}", " ", text).removeprefix(" ")
        return [self._first, *self._model.encode(spaced.replace(" ", "\u2581")).ids[: longest - 2], self._last]
