"""What a question names that the documents do not: names, numbers, years, words."""

import re
from functools import cached_property, lru_cache

from assistant.followup import content_stems
from ingest.editorial import LANGUAGES
from ingest.places import state_names
from vectorstore.glossary import meanings
from vectorstore.index import Index
from vectorstore.lexical import fold

_CAPITALISED = re.compile(
    r"(?<![\w’'-])(?:[A-ZÀ-Þ][\w-]*[\wÀ-ÿ]|[A-Z]{2,}[\w-]*)(?:[ ](?:(?:de|da|do|del|la|los|of|the)[ ])?[A-ZÀ-Þ0-9][\w-]*)*"
)
TITLE = re.compile(r"\b(?:[DS]ra?|Drs|M(?:rs?|s|me|lle)?|Prof|Lic|Ing|St|Sta)\.?\s*$")  # no sentence ends before a name
QUOTED = re.compile(r"[“«\"]\s*([^”»\"]{2,200}?)\s*[”»\"]")  # words of a document or a name, in whatever language
_YEAR = re.compile(r"(?<![\w./-])(?:19|20)\d\d(?![\w/-])")
_NUMBER = re.compile(r"(?<![\w./-])\d{1,4}(?:[.,]\d+)?(?![\w/-])")
_WORD_NUMBERS = {
    "en": (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty"
    ),
    "es": (
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete "
        "dieciocho diecinueve veinte"
    ),
    "pt": (
        "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove vinte"
    ),
    "fr": "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf vingt",
}


_LARGE_NUMBERS = {
    "en": "half thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions dozen twice third",
    "es": "mitad treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento cientos mil miles millon millones docena doble",
    "pt": "metade trinta quarenta cinquenta sessenta setenta oitenta noventa cem cento centenas mil milhares milhao milhoes duzia duas",
    "fr": "moitie trente quarante cinquante soixante soixante-dix quatre-vingts cent cents mille milliers million millions douzaine tiers",
}


@lru_cache(maxsize=len(LANGUAGES))
def _territories(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern of the folded names of states in *language* (from Unicode's CLDR) and of what their people are called, and their
    codes; the longer name goes first.
    """
    codes = {fold(name): code for name, code in state_names(language).items()}
    for words in meanings():  # a row of the glossary that has the name of a state also has the words for what is of that state
        code = next((codes[fold(word)] for word in words[language] if fold(word) in codes), None)
        for word in words[language] if code else ():
            codes |= {form: codes.get(form, str(code)) for form in _forms(fold(word))}
    names = sorted(codes, key=lambda name: (-len(name), name))
    return re.compile(rf"\b(?<!-)(?:{'|'.join(re.escape(name) for name in names)})\b"), codes


def _forms(word: str) -> list[str]:
    """An adjective with its feminine and its plurals, as Spanish, Portuguese and French form them; too many do no harm."""
    stem = word[:-1] if word[-1:] == "o" else word
    return [word, *(f"{stem}{end}" for end in ("a", "as", "os", "s", "es", "e", "ne", "nes"))]


def states(text: str, language: str) -> dict[str, str]:
    """The states and territories that *text* names in *language*: their folded names and their codes.

    >>> states("Brésil, Haïti", "fr")
    {'bresil': 'BR', 'haiti': 'HT'}
    """
    pattern, codes = _territories(language)
    return {match.group(): codes[match.group()] for match in pattern.finditer(fold(text))}


def years(text: str) -> list[str]:
    """The years from 1900 to 2099 in *text*, each once; no part of a date in figures or of a symbol is one."""
    return list(dict.fromkeys(_YEAR.findall(text)))


def capitalised(text: str, language: str) -> list[str]:
    """The proper names in *text*, as they are written; none in a text all in capitals."""
    found = []
    for match in () if text.isupper() else _CAPITALISED.finditer(text):
        before = TITLE.sub("", text[: match.start()]).rstrip()
        name, first = match.group(), match.start() == 0 or before[-1:] in '.?!¿¡:«“"('
        if (first and not name.isupper() and " " not in name) or TITLE.fullmatch(name):
            continue
        while name and not content_stems(name.split()[0], language):
            name = name.partition(" ")[2]  # "What", "In"
        if name:
            found.append(name)
    return found


@lru_cache(maxsize=len(LANGUAGES))
def number_words(language: str) -> frozenset[str]:
    """The folded words for the numbers from two on, and for parts and multiples, in *language*."""
    return frozenset((*_WORD_NUMBERS[language].split()[2:], *_LARGE_NUMBERS[language].split()))


class Terms:
    """Compares what a question names with what the index knows."""

    def __init__(self, index: Index) -> None:
        texts = [index.text(p.id, language) for p in index.passages for language in LANGUAGES]
        titles = [f"{source.title} {source.short_title} {source.symbol or ''}" for source in index.sources.values()]
        self._text = fold(" ".join([*texts, *titles]))
        self._words = set(re.findall(r"[\w-]+", self._text))
        self._known: dict[str, set[str]] = {}
        for language in LANGUAGES:
            words: set[str] = set()
            for passage in index.passages:
                words.update(content_stems(index.text(passage.id, language), language))
            self._known[language] = words
        self._asked = index.asked_stems

    def unknown_words(self, text: str, language: str) -> tuple[int, int]:
        """(content words that neither the passages nor any answerable expected question has, content words)."""
        content = set(content_stems(text, language))
        unknown = {stem for stem in content if stem not in self._known[language] and stem not in self._asked[language]}
        return len(unknown), len(content)

    def unknown_names(self, text: str, language: str) -> list[str]:
        """Proper names and states in *text* that the index does not have, as they are written."""
        folded = fold(text)
        pattern, codes = _territories(language)
        unsaid = [match for match in pattern.finditer(folded) if codes[match.group()] not in self._states]
        found = [text[m.start() : m.end()] if len(folded) == len(text) else m.group().title() for m in unsaid]
        for name in capitalised(text, language):
            words = [word for word in re.findall(r"[\w-]+", fold(name)) if len(word) > 2]
            said = any(fold(name) in fold(other) or fold(other) in fold(name) for other in found)
            if words and not said and not any(self._has(word) for word in words):
                found.append(name)
        return list(dict.fromkeys(found))

    @cached_property
    def _states(self) -> frozenset[str]:
        """The codes of the states that the passages name, or the people of which, in whatever language."""
        return frozenset(code for language in LANGUAGES for code in states(self._text, language).values())

    def unknown(self, text: str, language: str) -> list[str]:
        """The names in *text* that the index does not have, then the years, each once."""
        names = self.unknown_names(text, language)
        return names + [year for year in self.unknown_numbers(text) if not any(year in name for name in names)]

    def _has(self, word: str) -> bool:
        return word in self._words or word.rstrip("s") in self._words or f"{word}s" in self._words

    def numbers(self, text: str, language: str) -> list[int]:
        """The whole numbers below 100 that *text* states, in figures or words."""
        words = _WORD_NUMBERS[language].split()
        spelled = [words.index(word) for word in re.findall(r"[\w-]+", fold(text)) if word in words[2:]]
        return [int(m) for m in _NUMBER.findall(text) if m.isdigit() and int(m) < 100] + spelled

    def unknown_numbers(self, text: str) -> list[str]:
        """Years in *text* that no passage has."""
        return [year for year in years(text) if year not in self._text]
