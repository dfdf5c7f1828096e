"""Text as people see it: without the characters that nobody sees and that only deceive or break later steps."""

import re
import unicodedata

# Controls, soft hyphen, zero-width and bidirectional marks, fillers, variation selectors, lone surrogates, noncharacters
# and tags. White space is not among them: it is collapsed, and without a gap words would run together.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
# Bullets as word processors write them: the code points of symbol fonts, which no other font shows.
_SYMBOLS = str.maketrans({"\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "▪", "\uf0fc": "•", "\uf02d": "–"})
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def clean(text: str) -> str:
    """*text* on one line: NFC, runs of white space as one space, none of the characters that cannot be seen.

    >>> clean("Acc\u0327a\u0303o\u00a0 so\u00adcial\u200b")
    'Acção social'
    """
    return unicodedata.normalize("NFC", " ".join(_UNSEEN.sub("", text).translate(_SYMBOLS).split()))


def raised(text: str) -> str:
    """Superscript figures as such, so that the mark of a note does not become part of the number before it.

    >>> "AG/RES. 2461" + raised("2")
    'AG/RES. 2461²'
    """
    return text.translate(_RAISED) if text.strip().isdigit() else text
