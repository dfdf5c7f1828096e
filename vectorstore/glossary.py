"""Words across languages: what a question in one language and a passage in another have in common.

A glossary of the ordinary working language of public documents gives each meaning a row with its words in English, Spanish,
Portuguese and French. Words that it lacks are compared by what is left of them without the endings in which these languages
differ regularly (-ción, -ção, -tion): the languages share most of their learned words.
"""

import csv
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from vectorstore.lexical import LANGUAGES, fold, stem_words, stems, words

# Endings that correspond to each other in the four languages, folded, the longer first; what they become.
_ENDINGS = (
    (r"(?:[cst]ion|[cs]ao|xion)(?:es|s)?|coes|soes", "ci"),
    (r"(?:idad|idade|ity|ite|dad|dade)(?:es|s)?|ities", "id"),
    (r"(?:amiento|imiento|amento|imento|ment|mento)s?", "ment"),
    (r"(?:encia|ancia|ence|ance|ency|ancy)s?|encies|ancies", "nc"),
    (r"(?:adora?|idora?|ator|ateur|atrice|teur|trice|tora?|dora?)(?:es|s)?", "tr"),
    (r"(?:ologia|ology|ologie)s?", "olog"),
    (r"(?:icamente|iquement|ically)", "ic"),
    (r"(?:icos?|icas?|iques?|ical|ics?)", "ic"),
    (r"(?:ivos?|ivas?|ives?|ifs?)", "iv"),
    (r"(?:osos?|osas?|eux|euses?|ous)", "os"),
    (r"(?:arios?|arias?|aires?|ary|aries)", "ar"),
    (r"(?:ismos?|ismes?|isms?)", "ism"),
    (r"(?:istas?|istes?|ists?)", "ist"),
    (r"(?:izar|iser|ize|ise|izado|izada|ized|ised|izing|izacao)", "iz"),
    (r"(?:ados?|adas?|ated?|ees?|idos?|idas?|ing|ed|ar|er|ir|ando|endo|ant|ants|antes?|entes?|ents?)", ""),
    (r"(?:ales|ais|aux|al|el|elles?|ele)", "al"),
    (r"(?:os|as|es|[aeosy])", ""),
)
_PATTERNS = tuple((re.compile(rf"(?:{ending})$"), left) for ending, left in _ENDINGS)
_SPELLING = ((r"ph", "f"), (r"th", "t"), (r"ch", "c"), (r"qu", "c"), (r"k", "c"), (r"y", "i"), (r"h", ""), (r"x", "s"), (r"z", "s"))
_SHORTEST = 5  # letters that two words must share to be taken for the same
_LONGEST = 8  # and beyond which they may differ


@lru_cache(maxsize=100_000)
def skeleton(word: str) -> str:
    """What a word has in common with its relatives in the other languages; empty when too little is left to tell.

    >>> skeleton("clasificación") == skeleton("classification") == skeleton("classificação")
    True
    >>> skeleton("casa")
    ''
    """
    text = fold(word)
    if text.startswith(("esc", "esp", "est")):
        text = text[1:]
    for pattern, left in _PATTERNS:
        if len(found := pattern.sub("", text)) < len(text) and len(found) >= 3:
            text = found + left
            break
    for spelling, sound in _SPELLING:
        text = text.replace(spelling, sound)
    text = re.sub(r"(.)\1", r"\1", text)
    return text[:_LONGEST] if len(text) >= _SHORTEST and not text.isdigit() else ""


class Glossary:
    """Gives words keys; two words of whatever languages mean the same, as far as is known, when they share one.

    Args:
        rows: of each meaning the words in each language, as (language, word) pairs.
    """

    def __init__(self, rows: Iterable[Iterable[tuple[str, str]]]) -> None:
        self._meanings: dict[tuple[str, tuple[str, ...]], set[str]] = {}
        entries: dict[str, list[tuple[int, list[str]]]] = {}
        for number, row in enumerate(rows):
            for language, word in row:
                entries.setdefault(language, []).append((number, [word] if word.isalpha() and word.islower() else words(word)))
        for language, found in entries.items():
            flat = iter(stem_words([word for _, said in found for word in said], language))  # all at once: one by one takes a second
            for number, said in found:
                self._meanings.setdefault((language, tuple(next(flat) for _ in said)), set()).add(f"={number}")

    def keys(self, text: str, language: str) -> list[frozenset[str]]:
        """For each word of *text* its keys: its stem, its meanings, those of the pairs of words that it is part of, its skeleton."""
        found = words(text)
        stemmed = tuple(stems(text, language))
        keys = [{f"{language}:{stem}", *self._meanings.get((language, (stem,)), ())} for stem in stemmed]
        for place, word in enumerate(found):
            if common := skeleton(word):
                keys[place].add(f"~{common}")
            elif word.isdigit() or len(word) >= _SHORTEST:
                keys[place].add(f"~{fold(word)}")
            pair = self._meanings.get((language, stemmed[place : place + 2])) if place + 1 < len(stemmed) else None
            if pair:
                keys[place] |= pair
                keys[place + 1] |= pair
        return [frozenset(one) for one in keys]

    def stem_keys(self, stem: str, language: str) -> set[str]:
        """The keys of a stemmed word, as far as the stem tells them: itself and its meanings."""
        return {f"{language}:{stem}", *self._meanings.get((language, (stem,)), ())}

    def all_keys(self, text: str, language: str) -> frozenset[str]:
        """The keys of all words of *text*."""
        return frozenset().union(*self.keys(text, language))


@lru_cache(maxsize=1)
def meanings() -> tuple[dict[str, list[str]], ...]:
    """The glossary that ships (``vectorstore/words/*.tsv``, variants behind ``|``): of each meaning the words by language."""
    rows: list[dict[str, list[str]]] = []
    for file in sorted(files("vectorstore").joinpath("words").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".tsv"):
            table = csv.DictReader(file.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
            rows += [{language: line[language].split("|") for language in LANGUAGES} for line in table]
    return tuple(rows)


@lru_cache(maxsize=1)
def load_glossary() -> Glossary:
    """The glossary over :func:`meanings`, made once."""
    return Glossary([(language, word) for language, words in row.items() for word in words] for row in meanings())
