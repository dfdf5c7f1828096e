"""What kind of thing a question wants to hear (a date, a sum of money, a person, a reason ...), and whether a text has one.

The patterns are of language and folded (:func:`vectorstore.lexical.fold`), for the four languages at once. Names of months, days,
currencies and languages are those of Unicode's CLDR. Answer typing is as old as question answering (Li and Roth, 2002).
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from babel import Locale
from babel.numbers import get_territory_currencies

from assistant.terms import capitalised, number_words, years
from ingest.editorial import LANGUAGES
from ingest.places import state_names
from vectorstore.lexical import fold

_UNITS = (
    r"(?:years?|months?|weeks?|days?|hours?|minutes?|anos?|mes(?:es)?|semanas?|dias?|horas?|minutos?|ans?|annees?|mois|semaines?|jours?|"
    r"heures?)"
)
# Before a question word that is none where it stands alone ("officers who specialise").
_OPEN = (
    r"(?:^\W*|[,;:?!.-] *|\b(?:and|or|y|e|o|ou|et|by|por|par|de|a|pour|para|with|con|com|avec|know|tell|say|saber|sabe\w*|dime|diga\w*|"
    r"savoir|sait|dire|exactly|since|desde|depuis|until|till|hasta|ate|jusqu\w*|from|no|na|em|en|dans|of) )"
)
# Of each kind how questions ask for it; the first that fits counts.
_ASKED = {
    "contact": (
        r"\b(?:tele?phone numbers?|phone numbers?|e-?mail|(?<!groupe de )contacts?(?! group)|website|web ?site|address|"
        r"(?:numero de )?(?:telefono|telefone|telephone)|correo|(?<!grupo de )conta(?:c?)tos?|pagina web|direccion|endereco|courriel|"
        r"adresse|coordonnees|joindre|link|enlace|lien|url)\b"
    ),
    "language": r"\b(?:languages?|idiomas?|lenguas?|linguas?|langues?)\b",
    "age": (
        r"\b(?:how old|what ages?|(?:que|cual(?:es)?|quais|qual|de) (?:es |son |sao |e )?(?:la |las |a |as )?(?:edad|idade)(?:e?s)?|"
        r"quels? ages?)\b"
    ),
    "frequency": (
        r"\b(?:how often|how frequently|how many times|cada cuanto|(?:con|com) que fre[cq]uencia|cuantas veces|de quanto em quanto|"
        r"quantas vezes|a quelle frequence|tous les combien|combien de fois)\b"
    ),
    "duration": (
        rf"\b(?:how long|for how many {_UNITS}\b|cuant[oa]s? (?:tiempo|dura\w*|{_UNITS}\b)|quant[oa]s? (?:tempo|dura\w*|{_UNITS}\b)|"
        rf"combien de temps|combien d[e'’ ]+{_UNITS}\b|how many {_UNITS}\b|dure[- ]t[- ])"
    ),
    "money": (
        r"\b(?:how much (?:does|do|did|is|was|will|money|has|were|are|would)|costs?|budgets?|spend|spent|salar(?:y|ies)|wages?|earn|"
        r"price|fines?|cuesta\w*|costo|presupuesto|gastan?|gasto|salario|sueldo|ganan?|dinero|plata|precio|multas?|custam?|custo|"
        r"orcamento|ganham?|dinheiro|preco|coute\w*|cout|depense\w*|salaire|gagne\w*|argent|prix|amendes?)\b"
    ),
    "date": (
        rf"{_OPEN}(?:when|cuando|quando|quand)\b|\b(?:(?:what|which) (?:year|date|day|month)|(?:start\w*|end|closing|cut-?off|due) date|"
        r"deadlines?|(?:que|cual|en|qual|para que) (?:ano|fecha|dia|mes|data)|fecha (?:de|tope|limite)|data (?:de|limite)|prazo|plazo|"
        r"quel(?:le)? (?:annee|date|jour|mois)|date (?:d|limite)|delai)\b"
    ),
    "reason": r"\b(?:why|reasons?|por ?que|motivos?|razon(?:es)?|raz(?:ao|oes)|pourquoi|raisons?)\b",
    "number": r"\b(?:how many|how much|cuant[oa]s?|quant[oa]s?|combien|number of|numero de|nombre d|percentage|porcentaje|percentagem)\b",
    "person": rf"{_OPEN}(?:who|whose|whom|quien(?:es)?|quem)\b|^\W*(?:(?:par|a|de|avec|pour) )?qui\b",
    "place": (
        rf"{_OPEN}(?:where|donde|adonde|onde|aonde)\b|\b(?:what|which|que|quais|quel(?:le)?s?|cual(?:es)?) "
        r"(?:cit(?:y|ies)|towns?|places?|ciudad(?:es)?|lugar(?:es)?|cidades?|villes?|lieux?|municip\w+|communes?|neighbou?rhoods?|"
        r"barrios?|bairros?|quartiers?)\b"
    ),
}
KINDS = tuple(_ASKED)
NAMES = ("person", "place")  # kinds that any name may be one of
_WHO = r"\W*(?:(?:by|from|to|a|de|por|para|par|pour|avec|con|com) )?(?:who|whom|quien(?:es)?|quem|qui)\b"
_WHERE = re.compile(r"(?:^|\s)où\b", re.IGNORECASE)  # folded it would be "or"
_TOLD = {
    "contact": r"@|www\.|https?:|\+?\d[\d ().-]{6,}\d",
    "frequency": (
        r"\b(?:every|each|once|twice|times|per|daily|weekly|monthly|yearly|annual\w*|cada|ve(?:z|ces|zes)|todos|todas|diari\w+|semanal\w*|"
        r"mensua\w+|mensal\w*|anua\w+|por|chaque|fois|par|tous|toutes|hebdomadaire\w*|mensuel\w*|annuel\w*)\b"
    ),
    "reason": (
        r"\b(?:because|since|due to|as|owing|so that|in order|therefore|lack|reason|porque|ya que|debido|pues|puesto que|para que|"
        r"por falta|a causa|por causa|pois|ja que|devido|visto que|uma vez que|por isso|por eso|parce que|car|puisque|en raison|"
        r"a cause|faute|afin|motivo|razon|razao|raison)\b"
    ),
}
_DURATION = rf"\b{_UNITS}\b"


def expected_kind(question: str) -> str:
    """What kind of thing *question* wants to hear, or "" where its form does not tell.

    >>> expected_kind("¿Cuánto cuesta el programa?"), expected_kind("Où se réunit-il ?"), expected_kind("What is a gang?")
    ('money', 'place', '')
    """
    text = fold(question)
    if re.match(_WHO, text):  # "Who pays the costs?" asks for no sum
        return "person"
    found = next((kind for kind, pattern in _ASKED.items() if re.search(pattern, text)), "")
    return found or ("place" if _WHERE.search(question) else "")


def has_kind(kind: str, text: str, language: str, said: Iterable[str] = ()) -> bool:
    """Whether *text*, in *language*, has something of *kind*; a person or a place must be a name that is not among the words *said*.

    >>> has_kind("money", "It received 40 million pesos.", "en"), has_kind("person", "The Centre is led by Ana Paz.", "en", {"ana"})
    (True, True)
    """
    folded = fold(text)
    if kind in _TOLD:
        return bool(re.search(_TOLD[kind], folded))
    if kind == "date":  # a time allowed is as good as a day by which
        return has_date(text, language) or has_kind("duration", text, language)
    if kind in ("number", "age"):
        return has_number(text, language)
    if kind == "duration":
        return bool(re.search(_DURATION, folded)) and has_number(text, language)
    if kind == "money":
        return bool(re.search(_currencies(language), folded)) and has_number(text, language)
    if kind == "language":
        return bool(re.search(_languages(language), folded))
    if kind in ("person", "place"):
        known = set(said)
        return any(not set(re.findall(r"[\w-]+", fold(name))) & known for name in capitalised(text, language))
    return True


def has_date(text: str, language: str) -> bool:
    """Whether *text* has a year, or the name of a month or a day in *language*."""
    return bool(years(text) or re.search(_calendar(language), fold(text)))


@lru_cache(maxsize=4096)
def has_number(text: str, language: str) -> bool:
    """Whether *text* has a number from two on, in figures or in words of *language*, that is no part of a date or a symbol.

    >>> has_number("Adopted on March 2, 2010 (AG/RES. 2461)", "en"), has_number("It has 12 actions.", "en")
    (False, True)
    """
    months = _calendar(language)
    dates = rf"{months},? (?:de )?\d{{1,2}}\b|\b\d{{1,2}}(?:st|nd|rd|th|er)?(?: de| of)? {months}|\b(?:19|20)\d\d\b"
    plain = re.sub(dates, " ", fold(text))
    plain = re.sub(r"\S*[/:]\S*", " ", re.sub(r"\b(?:res|doc|no)\. ?\d+", " ", plain))
    return bool(re.search(r"\d", plain)) or bool(set(re.findall(r"[\w-]+", plain)) & number_words(language))


def _any_of(words: Iterable[str]) -> str:
    return rf"\b(?:{'|'.join(re.escape(word) for word in sorted(words))})s?\b"


@lru_cache(maxsize=len(LANGUAGES))
def _calendar(language: str) -> str:
    """A pattern of the folded names of months and days in *language*."""
    locale = Locale(language)
    return _any_of({fold(name) for table in (locale.months, locale.days) for name in table["format"]["wide"].values()})


@lru_cache(maxsize=len(LANGUAGES))
def _currencies(language: str) -> str:
    """A pattern of what the currencies in use are called in *language* ("dollars", "pesos"), and of signs for money."""
    codes = {code for state in state_names(language).values() for code in get_territory_currencies(state)}
    spelled = [fold(name).split() for code, name in Locale(language).currencies.items() if code in codes]
    names = {words[-1 if language == "en" else 0] for words in spelled}
    return rf"[$€£]|{_any_of(form for name in names | {'real'} for form in (name, f'{name}es', f'{name[:-1]}is'))}"


@lru_cache(maxsize=len(LANGUAGES))
def _languages(language: str) -> str:
    """A pattern of the names of languages in *language*."""
    return _any_of({fold(name) for name in Locale(language).languages.values() if len(name) > 3})
