"""Sentence boundaries inside a passage, as offsets."""

import re

import sentencex

_ABBREVIATION = re.compile(
    r"(?:^|\s)(?:\w{1,3}/)?(?:res|no|nos|núm|nº|art|arts|vol|pp|p|par|doc|rev|ref|dr|sr|sra|mr|mrs|ms|fig|ch|cap)\.$", re.IGNORECASE
)
_SPACE = re.compile(r"[^\S\n]")


def sentence_spans(text: str, language: str) -> tuple[tuple[int, int], ...]:
    """The (start, end) offsets of the sentences of *text*, trimmed of white space.

    Boundaries come from sentencex (Wikimedia's segmenter); a boundary after the abbreviation of an
    official reference ("AG/RES. 2380") or after a bare number ("1.") is not one.
    """
    spans: list[tuple[int, int]] = []
    plain = _SPACE.sub(" ", text)  # sentencex 1.0.32 panics on some of Unicode's other white space ("A\u2028. ")
    for boundary in sentencex.get_sentence_boundaries(language, plain):
        start, end = int(boundary["start_index"]), int(boundary["end_index"])
        if spans and _joins(text[spans[-1][0] : spans[-1][1]].rstrip()):
            start = spans.pop()[0]
        spans.append((start, end))
    trimmed = []
    for start, end in spans:
        piece = text[start:end]
        if piece.strip():
            trimmed.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
    return tuple(trimmed)


def _joins(sentence: str) -> bool:
    return bool(_ABBREVIATION.search(sentence)) or sentence.rstrip(".").isdigit()
