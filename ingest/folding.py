"""Words as they are compared: in lower case, without accents."""

import re
import unicodedata


def fold(text: str) -> str:
    """Lower case without accents, words parted by single spaces.

    >>> fold("Institución – responsable")
    'institucion responsable'
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", plain))
