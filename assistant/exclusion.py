"""Questions for what is left when something is left out: "which actions do not concern the police?", "agencies other than NGOs"."""

import re
from dataclasses import dataclass

from assistant.asked import asks_many, bodies_named, content_keys
from assistant.followup import ITEMS
from vectorstore.lexical import fold

LEAVING_OUT = {  # words before what is left out
    "en": "outside|other than|besides|apart from|aside from|except|excluding|beyond",
    "es": "fuera de|fuera|ademas de|aparte de|aparte|excepto|salvo|menos",
    "pt": "fora de|fora|alem de|alem|exceto|salvo|sem contar",
    "fr": "hors de|hors|en dehors de|en dehors|a part|sauf|excepte|outre|autres? que",
}
_DENYING = {  # words that deny what comes after them
    "en": r"(?:do|does|did|are|is|were|was|have|has) ?n['’]t|not(?! (?:only|just|merely|simply))|never|neither|without",
    "es": r"no(?! (?:solo|solamente|unicamente))|ni|sin|nunca",
    "pt": r"nao(?! (?:so|apenas|somente|unicamente))|nem|sem|nunca",
    "fr": r"(?:ne|n['’])(?!(?: ?[\w'’-]+){1,4} pas (?:seulement|que|uniquement))|ni|sans",
}
_SECOND = {"fr": r"\b(?:pas|point|jamais|aucune?|plus)\b"}  # the second half of a denial
_BETWEEN = r",|\b(?:ni|nem|nor|neither|or|and|y|e|o|u|ou|et)\b"
# What links the items with what is denied of them, and says nothing without it.
_LINKS = r"do|does|did|are|is|were|was|have|has|that|which|who|que|qui|quais|cuales|se|sont|est|ont"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A question for items: *whole* asks for all of them, each of *topics* names some that are not wanted."""

    whole: str
    topics: tuple[str, ...]


def exclusion(question: str, language: str) -> Exclusion | None:
    """What *question*, which asks for items or bodies, leaves out; ``None`` where it leaves out nothing.

    >>> exclusion("Which actions do not concern the police or the media?", "en")
    Exclusion(whole='Which actions', topics=('concern the police', 'the media'))
    >>> exclusion("¿No hay acciones sobre escuelas?", "es") is None
    True
    >>> exclusion("Which actions concern not only the police?", "en") is None
    True
    """
    text = question if len(fold(question)) == len(question) else fold(question)
    words = rf"\b(?:(?P<leaving>{LEAVING_OUT[language]})|{_DENYING[language]})(?!\w)"
    for found in re.finditer(words, fold(text)):
        sentence = max(text.rfind(mark, 0, found.start()) for mark in ".?!;") + 1
        before = fold(text[sentence : found.start()])
        if not (re.search(rf"\b{ITEMS}\b", before) or bodies_named(before, language)) or not asks_many(before, language):
            continue
        tail, _, rest = text[found.end() :].partition("," if found["leaving"] else "\n")
        whole = re.sub(rf"(?:[\s,:(]+(?:{_LINKS}))*[\s,:(]*$", "", text[: found.start()], flags=re.IGNORECASE)
        whole = f"{whole} {rest}".strip()
        tail = re.sub(_SECOND.get(language, r"(?!)"), " ", re.split(r"[.?!;:)]", tail, maxsplit=1)[0], flags=re.IGNORECASE)
        pieces = [" ".join(piece.split()) for piece in re.split(_BETWEEN, tail, flags=re.IGNORECASE)]
        named = [piece for piece in pieces if content_keys(piece, language)]
        return Exclusion(whole, tuple(named)) if named else None
    return None
