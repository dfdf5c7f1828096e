"""The language that the prose of an answer is in, as an outside reader of characters sees it."""

import re
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from assistant.messages import title_in
from assistant.types import Answer

LEAST_LETTERS = 20  # of less prose no character model can tell the language
_SHORT = 12  # a part of a locator that is shorter is a page, a number or a word of the frame
_LANGUAGES = ("en", "es", "pt", "fr")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»|\[\d+\]|[*_#>]")
_lock = Lock()


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    made = LanguageIdentifier.from_modelpath(
        Path(MODEL_DIR) / MODEL_FILE
    )  # one of our own: what the product sets on the shared one stays its affair
    made.set_languages(list(_LANGUAGES))
    return made


def prose(answer: Answer) -> str:
    """The answer's text without what it quotes and without the titles and locators of the documents."""
    text = answer.text
    pieces = {piece for c in answer.citations for piece in (c.quote, *c.quote.splitlines(), c.title, c.locator)}
    pieces |= {
        part for c in answer.citations for part in c.locator.split(", ") if len(part) > _SHORT
    }  # headings as a list's title shows them
    pieces |= {title_in(c.locator.partition(", ")[0], answer.language) for c in answer.citations}
    if answer.coverage:
        pieces |= {part for name in answer.coverage.list.split("; ") for part in (name, name.partition(", ")[2])}
    for piece in sorted(filter(str.strip, pieces), key=len, reverse=True):
        text = text.replace(piece, " ")
    return " ".join(_QUOTED.sub(" ", text).split())


def prose_language(answer: Answer) -> str | None:
    """en, es, pt or fr by py3langid (Lui and Baldwin, "langid.py", ACL 2012); ``None`` with less than 20 letters of prose.

    >>> prose_language(Answer(None, "", "", "answered", "Los documentos no responden a esta pregunta. “The text is English.”"))
    'es'
    >>> prose_language(Answer(None, "", "", "answered", "“The text is English.”")) is None
    True
    """
    text = prose(answer)
    if sum(map(str.isalpha, text)) < LEAST_LETTERS:
        return None
    with _lock:
        return str(_identifier().classify(text)[0])
