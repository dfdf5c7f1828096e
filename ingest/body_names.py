"""When two names are of one body: the words of a name across four languages, and the countries in a text."""

import re
from collections.abc import Iterable
from functools import lru_cache

from babel import Locale

from ingest.editorial import LANGUAGES, Concept
from ingest.folding import fold

# Words of which the names of bodies are made, one meaning a line, in English, Spanish, Portuguese and French.
_WORDS = """security seguridad seguranca securite
public publica publico publique
multidimensional multidimensionnelle
hemispheric hemisferica hemisferico continentale hemispherique
inter interamericana interamericano interamericaine interamericain
american americanos americana americano americains americaine
states estados etats
general generale
permanent permanente
national nacional nationale
federal federale
civil civile
police policia policial
executive ejecutivo ejecutiva executivo executiva executif
special especial speciale
criminal criminales criminais criminels
gangs pandillas gangues
justice justicia justica
interior interieur
education educacion educacao
health salud saude sante
youth juventud juventude jeunesse
children ninez infancia ninos criancas enfance enfants
women mujer mujeres mulher mulheres femme femmes
family familia famille
development desarrollo desenvolvimento developpement
social sociale
human humanos humains
rights derechos direitos droits
drugs drogas drogues
crime crimen delito delitos
prevention prevencion prevencao
defense defence defensa defesa
foreign exteriores etrangeres
affairs asuntos assuntos affaires
cooperation cooperacion cooperacao
labor labour trabajo trabalho travail
culture cultura culturel culturelle
sports sport deporte deportes esporte esportes
migration migracion migracao migraciones migrations
republic republica republique
supreme suprema supremo
electoral electorale
investigation investigacion investigacao investigations
united unidas unies
nations naciones nacoes"""
_MEANING = {form: line.split()[0] for line in _WORDS.splitlines() for form in line.split()}
_ARTICLES = """of on for the to a an and in against de del la el las los y en para sobre contra do da dos das o os as e em du des le les et
sur pour l d au aux oas oea"""
_SMALL = frozenset(_ARTICLES.split())
_FAMILY = {"commission": "committee", "bureau": "office"}  # what one language calls a committee another calls a commission
_ALSO = {"usa": "US", "eua": "US", "eeuu": "US", "uk": "GB"}
_NO_STATES = frozenset(("UN", "EU", "EZ", "QO", "XA", "XB", "ZZ"))
_SAINT = {"st": "saint"}
_JOINING = frozenset(("and", "y", "e", "et", "the"))


def same_words(name: str) -> tuple[str, ...]:
    """The words of *name* that tell it from other names of its language: no case, no accents, no articles, no "OAS"."""
    return tuple(word for word in fold(name).split() if word not in _SMALL)


def same_meaning(name: str, kind: str, heads: Iterable[str], terms: dict[str, str]) -> tuple[str, ...]:
    """What *name* says whatever its language: its kind, then the meanings of its other words in alphabetical order.

    Args:
        name: The name as written.
        kind: What kind of body it is.
        heads: The words by which the name says its kind.
        terms: Of the controlled vocabulary, a one-word term to its concept; for words that are not in the list here.
    """
    own = {word for head in heads for word in fold(head).split()}
    words = [word for word in same_words(name.replace("nter-American", "nteramericana")) if word not in own]
    return (_FAMILY.get(kind, kind), *sorted({_MEANING.get(word, terms.get(word, word)) for word in words}))


def one_word_terms(concepts: Iterable[Concept]) -> dict[str, str]:
    """Folded one-word terms of the vocabulary to their concepts; a word of two concepts is left out."""
    found: dict[str, str] = {}
    double: set[str] = set()
    for concept in concepts:
        for _, term in concept.terms:
            word = fold(term)
            if found.setdefault(word, concept.id) != concept.id:
                double.add(word)
    return {word: concept for word, concept in found.items() if " " not in word and word not in double}


@lru_cache(maxsize=1)
def _countries() -> dict[tuple[str, ...], str]:
    """The names of states and territories in four languages, as words, to their ISO 3166 codes (from Unicode's CLDR)."""
    found: dict[tuple[str, ...], str] = {(name,): code for name, code in _ALSO.items()}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in _NO_STATES and len(name) > 3:
                found.setdefault(tuple(_SAINT.get(word, word) for word in fold(name).split() if word not in _JOINING), code)
    return found


def countries_in(text: str) -> list[tuple[str, str]]:
    """The states named in *text* as (ISO 3166 code, name as written), in order; the longest name counts.

    >>> countries_in("Ministerio de Educación de la República Dominicana")
    [('DO', 'República Dominicana')]
    """
    words = [match for match in re.finditer(r"[^\W_]+", text) if fold(match.group()) not in _JOINING]
    folded = [_SAINT.get(word := fold(match.group()), word) for match in words]
    known = _countries()
    found = []
    position = 0
    while position < len(words):
        length = next((n for n in range(min(6, len(words) - position), 0, -1) if tuple(folded[position : position + n]) in known), 0)
        if length and not words[position].group()[0].islower():
            code = known[tuple(folded[position : position + length])]
            found.append((code, text[words[position].start() : words[position + length - 1].end()]))
        position += max(length, 1)
    return found


def country_of(text: str) -> str | None:
    """The code of the only country that *text* names, in whatever case."""
    codes = {code for code, _ in countries_in(text.title())}
    return codes.pop() if len(codes) == 1 else None
