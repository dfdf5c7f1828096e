"""Whether a question leans on the turns before it, and what it means when it stands alone."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from bm25s.stopwords import STOPWORDS_EN_PLUS, STOPWORDS_FRENCH, STOPWORDS_PORTUGUESE, STOPWORDS_SPANISH

from assistant.types import Turn
from vectorstore.lexical import fold, stems

# Function words by which a question shows that it leans on what was said: openings and back-references.
_OPENING = {
    "en": r"and|but|or|so|also|then|what about|how about|what else|anything else|any others?|more",
    "es": r"y|e|pero|o|tambien|entonces|que hay de|que tal|algo mas|y que|mas|ademas",
    "pt": r"e|mas|ou|tambem|entao|que tal|mais alguma|algo mais|e quanto|alem disso",
    "fr": r"et|mais|ou|aussi|alors|qu'en est-il|quoi d'autre|autre chose|d'autres|encore",
}
_REFERENCE = {
    "en": r"it|its|they|them|their|those|these|that|this|there|he|she|his|her|one|ones|same|former|latter|above|such|both|previous",
    "es": (
        r"eso|esa|ese|esos|esas|esto|esta|este|estos|estas|ellos|ellas|ella|alli|ahi|mismo|misma|mismos|mismas|anterior|"
        r"anteriores|cuales|lo|los|las|les|ambos|ambas"
    ),
    "pt": (
        r"isso|isto|esse|essa|esses|essas|este|esta|estes|estas|eles|elas|ela|ele|dele|dela|deles|delas|disso|nisso|dessas|"
        r"desses|nessas|nesses|destas|destes|la|ali|mesmo|mesma|mesmos|mesmas|anterior|anteriores|ambos|ambas"
    ),
    "fr": (
        r"cela|ca|ce|cet|cette|ces|celui|celle|ceux|celles|ils|elles|elle|leur|leurs|y|en|la|meme|memes|precedent|precedente|"
        r"precedents|precedentes|parmi"
    ),
}
# Words by which a question takes the one before it over, or back.
_AGAIN = {
    "en": r"the same|likewise|i meant?|meant to|sorry|my mistake|wrong (?:one|part|section|pillar)",
    "es": r"lo mismo|igualmente|quise decir|queria decir|perdon|me equivoque|disculpe?",
    "pt": r"o mesmo|igualmente|quis dizer|queria dizer|perdao|me enganei|enganei-me|desculpe?",
    "fr": r"la meme chose|pareil|de meme|voulais dire|pardon|(?:me suis|suis) trompee?|desolee?",
}
_SUBSET = {
    "en": (
        r"(?:which|how many|any|what|are any|do any|is any|list|show)?[^?.]{0,20}\b(?:of|among|from) (?:those|these|them|"
        r"the above|that list)|(?:those|these|the ones) (?:that|which|for|on|about)|which ones?|only (?:those|the ones)"
    ),
    "es": r"(?:de|entre) (?:esas|esos|estas|estos|ellas|ellos|las anteriores|los anteriores|esa lista)|solo (?:las|los) que",
    "pt": (
        r"(?:d|n|dentre |entre |de )(?:essas|esses|estas|estes|elas|eles|as anteriores|os anteriores|essa lista)|dentre as|"
        r"dentre os|(?:qual|quais) del[ea]s|so (?:as|os) que"
    ),
    "fr": (
        r"(?:parmi|de|d'entre) (?:celles-ci|ceux-ci|celles-la|ceux-la|celles|ceux|elles|eux|ces|cette liste)|lesquelles|"
        r"lesquels|laquelle|lequel|seulement (?:celles|ceux)"
    ),
}
_EMPTY = {
    "en": (
        "what which who whom whose when where why how many much often is are was were do does did has have had will can could "
        "would should the a an of in on at to for from by with about any all some there be been not and or please tell me us "
        "show give list say said exactly also more else other others than"
    ),
    "es": (
        "que cual cuales quien quienes cuando donde por como cuanto cuantos cuanta cuantas es son fue fueron hay ha han el la "
        "los las un una unos unas de del en a al para por con sobre se lo le no y o si me nos diga muestre liste exactamente "
        "mas otro otra otros otras esta estan"
    ),
    "pt": (
        "que qual quais quem quando onde por como quanto quantos quanta quantas e sao foi foram ha tem o a os as um uma uns "
        "umas de do da dos das em no na nos nas ao aos para por com sobre se nao ou me nos diga mostre liste exatamente mais "
        "outro outra outros outras esta estao"
    ),
    "fr": (
        "que quoi quel quelle quels quelles qui quand ou pourquoi comment combien est sont fut furent a ont le la les un une "
        "des de du d l en dans au aux a pour par avec sur se s il y n ne pas et ou si me nous dites montrez listez exactement "
        "plus autre autres c qu"
    ),
}


_OF_TWO = {
    "en": r"(?:between|of) the two|between (?:them|those)|both of them|compare (?:the two|them)",
    "es": r"entre (?:l[oa]s dos|ambos|ambas|est[oa]s|es[oa]s)|compara\w* (?:l[oa]s dos|ambos|ambas)",
    "pt": r"entre (?:os dois|as duas|ambos|ambas|eles|elas)|compar\w+ (?:os dois|as duas|ambos|ambas)",
    "fr": r"entre (?:les deux|eux|elles)|compare\w* (?:les deux|ces deux)",
}
# Doubt in the answer before.
_DOUBT = {
    "en": r"are you sure|are you certain|really\W*$|i thought (?:it|that|there|they)|is that right\W*$",
    "es": r"estas? segur[oa]|esta usted segur[oa]|de verdad\W*$|yo creia|creia que|pensaba que|pense que|seguro que no",
    "pt": r"tem certeza|tens a certeza|de verdade\W*$|achei que|achava que|pensei que|pensava que",
    "fr": r"(?:etes[- ]vous|vous etes|tu es|t'es|es[- ]tu) (?:bien )?(?:sur|sure|certain|certaine)|vraiment\W*$|je croyais|je pensais",
}
_STOPWORDS = {"en": STOPWORDS_EN_PLUS, "es": STOPWORDS_SPANISH, "pt": STOPWORDS_PORTUGUESE, "fr": STOPWORDS_FRENCH}
_COUNT = {
    "en": r"how many|number of|count",
    "es": r"cuant[oa]s|numero de|cantidad de",
    "pt": r"quant[oa]s|numero de|quantidade de",
    "fr": r"combien|nombre d",
}
# What was left out of a list, and what comes after it.
_REST = {
    "en": r"(?:the )?(?:rest|remaining|remainder)|the others?|(?:are|were|was|is) left|missing",
    "es": r"el resto|l[ao]s demas|restantes?|faltan?|faltaban?|quedan?|quedaban?|l[ao]s otr[ao]s",
    "pt": r"o resto|[ao]s demais|restantes?|faltam?|faltavam?|restam?|restavam?|[ao]s outr[ao]s",
    "fr": r"le reste|les autres|restantes?|restants?|restent?|restait|restaient|manquent?|manquait",
}
_NEXT = {
    "en": r"next|following one|after (?:that|this)|comes after",
    "es": r"siguientes?|proxim[ao]s?|(?:que|q) (?:le )?(?:sigue|viene)n?",
    "pt": r"seguintes?|proxim[ao]s?|que (?:vem|segue)",
    "fr": r"suivante?s?|prochaine?s?|apres (?:ca|cela)|qui (?:suit|vient)",
}


@lru_cache(maxsize=len(_EMPTY))
def _empty_stems(language: str) -> frozenset[str]:
    return frozenset(stem for word in _EMPTY[language].split() for stem in stems(word, language))


@lru_cache(maxsize=len(_EMPTY))
def _stop_stems(language: str) -> frozenset[str]:
    """The stems of common words, pronouns and auxiliaries among them."""
    return frozenset(stem for word in _STOPWORDS[language] for stem in stems(word, language))


def content_stems(text: str, language: str) -> list[str]:
    """The stems of *text* that carry content: without question words, articles, prepositions and auxiliaries."""
    empty = _empty_stems(language)
    plain = fold(text).replace("'", " ")
    keep = {stem for stem in stems(plain, language) if stem not in empty and not stem.isspace()}
    return [stem for stem in stems(text.replace("'", " ").replace("’", " "), language) if stem in keep or stem not in empty]


def leans(question: str, language: str) -> bool:
    """Whether *question* leans on the turns before it.

    >>> leans("Where can I download that annex?", "en"), leans("Poderia me indicar o link dele?", "pt")
    (True, True)
    >>> leans("Which actions concern the media and the schools?", "en")
    False
    """
    content = len(set(content_stems(question, language)) - _stop_stems(language))
    text = fold(question).strip(" ¿¡\"'«“")
    if re.match(rf"(?:{_OPENING[language]})\b", text) and content <= 6:
        return True
    if asks_subset(question, language) or (content <= 6 and _says(_AGAIN, question, language)):
        return True
    if (content <= 4 and asks_rest(question, language)) or asks_next(question, language):
        return True
    if doubts(question, language) or asks_of_two(question, language) or (content <= 5 and points_back(question, language)):
        return True
    return content <= 1 or (content <= 3 and _says(_REFERENCE, question, language)) or (content <= 6 and ordinal(question) is not None)


def _says(words: Mapping[str, str], question: str, language: str, after: str = "") -> bool:
    """Whether *question* has one of the *words* of its language, followed by what *after* says."""
    return bool(re.search(rf"\b(?:{words[language]})\b{after}", fold(question)))


# Words that stand for something named before, or for each of several such, and for nothing else.
_POINTING = {
    "en": r"each one(?! of)|each of (?:them|these|those)|it|its|they|them|their|he|she|his|her|like (?:that|this|him|these|those)",
    "es": (
        r"cada un[oa](?! de )|su|sus|eso|ello|ellos|ellas|este(?= *\W*$)|esta(?= *\W*$)|asi(?= *\W*$)|"
        r"como (?:el|ella|es[eoa]s?)(?= *\W*$)"
    ),
    "pt": r"cada uma?(?! d[aeo])|seu|sua|seus|suas|isso|dele|dela|deles|delas|nele|nela|ele|ela|assim(?= *\W*$)",
    "fr": (
        r"chacune?(?! d)|son|sa|ses|leur|leurs|cela|(?<!-)il|(?<!-)elle|(?<!-)ils|(?<!-)elles|celui-ci|celle-ci|comme (?:ca|lui|elle|eux)|"
        r"dans ce cas"
    ),
}


def points_back(text: str, language: str) -> bool:
    """Whether *text* has a pronoun for something that was named before it.

    >>> points_back("qual o link dele", "pt"), points_back("y a-t-il un budget ?", "fr")
    (True, False)
    >>> points_back("y qué dice cada una", "es"), points_back("what does each one of the pillars say", "en")
    (True, False)
    """
    return _says(_POINTING, text, language)


def with_referent(question: str, term: str, language: str) -> str:
    """*question* with *term* in place of its pronoun, or after it where it has none.

    >>> with_referent("Who signed it?", "work plan", "en"), with_referent("¿Cuándo?", "reunión", "es")
    ('Who signed work plan?', '¿Cuándo (reunión)?')
    """
    pronoun = re.compile(rf"\b(?:{_POINTING[language]})\b", re.IGNORECASE)
    return pronoun.sub(lambda found: term, question, count=1) if pronoun.search(question) else f"{question.rstrip(' ?')} ({term})?"


def asks_subset(question: str, language: str) -> bool:
    """Whether *question* asks which of the items just listed have some property."""
    return _says(_SUBSET, question, language)


_ORDINALS = (
    r"first|primer[oa]?|primeir[oa]|premier|premiere|1st",
    r"second|segund[oa]|deuxieme|seconde?|2nd",
    r"third|tercer[oa]?|terceir[oa]|troisieme|3rd",
    r"fourth|cuart[oa]|quart[oa]|quatrieme|4th",
    r"fifth|quint[oa]|cinquieme|5th",
    r"sixth|sext[oa]|sixieme|6th",
    r"seventh|septim[oa]|setim[oa]|septieme|7th",
    r"eighth|octav[oa]|oitav[oa]|huitieme|8th",
    r"ninth|noven[oa]|non[oa]|neuvieme|9th",
    r"tenth|decim[oa]|dixieme|10th",
    r"eleventh|undecim[oa]|decimo primeir[oa]|onzieme|11th",
    r"twelfth|duodecim[oa]|decimo segund[oa]|douzieme|12th",
)
_LAST = r"last|final|ultim[oa]|dernier|derniere"
_LAST_BUT_ONE = r"penultim[oa]|penultimate|second to last|last but one|avant[- ]derni(?:er|ere)"
# What the parts of lists are called, and numbers, which stand between an ordinal and the things that it counts.
ITEMS = (
    r"(?:ones?|actions?|items?|numbers?|steps?|bas[ie]s|points?|mandates?|measures?|annex(?:es)?|pillars?|sections?|bullets?|lines?|"
    r"acci?on(?:es)?|puntos?|numeros?|pasos?|bases?|medidas?|mandatos?|anexos?|pilar(?:es)?|secci?on(?:es)?|ejes?|"
    r"aca?o|acoes|itens|pontos?|passos?|etapas?|secao|eixos?|mesures?|etapes?|piliers?|volets?|mandats?|"
    r"word|mot|palabra|palavra|textual\w*|literal\w*|exact\w*|two|three|four|five|dos|tres|cuatro|cinco|dois|duas|quatro|deux|trois|quatre|cinq)"
)
_NUMBERED = (
    r"(?:action|item|number|no\.?|step|basis|point|mandate|accion|punto|numero|paso|base|acao|ponto|passo|etapa|mandato|"
    r"etape|mesure|mandat|pillar|pilar|pilier) (?:number |no\.? |numero |n\.? )?(\d{1,2}|[ivx]+)\b"
)
PILLAR = r"\b(?:pillars?|pilar(?:es)?|piliers?|sections?|seccion(?:es)?|secao|secoes)\b"
_PART_NOUN = (
    r"(?:pilar\w*|pillars?|piliers?|secc?[ai]?o\w*|sections?|partes?|parts?|parties?|ejes?|eixos?|volets?|axes?|documento?s?|textos?|"
    r"textes?)\b"
)
_OTHER = r"\b(?:others?|otr[oa]s?|outr[oa]s?|autres?)"
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")


def ordinal_words() -> tuple[str, ...]:
    """For each place in a list the pattern of the folded words for it."""
    return _ORDINALS


def ordinal(question: str) -> int | None:
    """The place in a list that *question* names ("the third one", "action 9"), from 1, or from the end: -1 is the last.

    ``None`` when it names none or several; an ordinal before a noun that is no part of a list ("the first draft") is none.

    >>> ordinal("E a terceira etapa?"), ordinal("What is action 9?"), ordinal("the first two and the third")
    (3, 9, None)
    >>> ordinal("¿y el penúltimo?"), ordinal("the last pillar"), ordinal("who wrote the first draft?"), ordinal("last year")
    (-2, -1, None, None)
    """
    text = re.sub(r"\bsegundo (?=(?:o|a|os|as|el|la|los|las)\b)|\bpor ultimo\b|\ben dernier\b", " ", fold(question))
    found = set()
    for place, words in ((-2, _LAST_BUT_ONE), (-1, _LAST), *enumerate(_ORDINALS, start=1)):
        matches = list(re.finditer(rf"\b(?:{words})\b", text))
        if any(_counts_places(text[match.end() :]) for match in matches):
            found.add(place)
        if place == -2:
            text = re.sub(rf"\b(?:{words})\b", " ", text)
    for match in re.finditer(_NUMBERED, text):
        value = match.group(1)
        found.add(int(value) if value.isdigit() else ROMAN.index(value) + 1 if value in ROMAN else 0)
    return found.pop() if len(found) == 1 else None


def _counts_places(after: str) -> bool:
    """Whether an ordinal with the folded text *after* it counts the places of a list."""
    word = re.match(r"[ -](\w+)", after)
    if not word or re.fullmatch(ITEMS, word.group(1)):
        return True
    return any(set(stems(word.group(1), language)) <= _empty_stems(language) for language in _EMPTY)


def asks_rest(question: str, language: str) -> bool:
    """Whether *question* asks for what was left out of the list just given.

    >>> asks_rest("and the remaining ones?", "en"), asks_rest("¿Cuándo fue?", "es")
    (True, False)
    """
    return _says(_REST, question, language, rf"(?! {_PART_NOUN})")


def doubts(question: str, language: str) -> bool:
    """Whether *question* doubts the answer before it.

    >>> doubts("Are you sure? I thought it was 2010.", "en"), doubts("¿Es segura la zona?", "es")
    (True, False)
    """
    return _says(_DOUBT, question, language)


def asks_next(question: str, language: str) -> bool:
    """Whether a sentence of *question* asks for what comes after what was just given, and for little else.

    >>> asks_next("And the next one? A link to download it would be great.", "en"), asks_next("What did the next special meeting do?", "en")
    (True, False)
    """
    pieces = re.split(r"(?<=[?.!;,]) ", question)
    return any(_says(_NEXT, piece, language) and len(set(content_stems(piece, language)) - _stop_stems(language)) <= 2 for piece in pieces)


def asks_other_parts(question: str) -> bool:
    """Whether *question* asks of the other parts of the documents, or the rest of them.

    >>> asks_other_parts("¿Y en los otros pilares?"), asks_other_parts("the other actions")
    (True, False)
    """
    return bool(re.search(rf"{_OTHER} (?:(?:two|dos|dois|deux) )?{_PART_NOUN}", fold(question)))


def asks_of_two(question: str, language: str) -> bool:
    """Whether *question* compares two things that were just spoken of.

    >>> asks_of_two("What's the difference between the two?", "en"), asks_of_two("Which two?", "en")
    (True, False)
    """
    return _says(_OF_TWO, question, language, rf"(?! {_PART_NOUN})")


def counts_items(question: str, language: str) -> bool:
    """Whether *question* asks for the number of something."""
    return bool(re.search(rf"\b(?:{_COUNT[language]})", fold(question)))


def names_pillar(question: str) -> bool:
    """Whether *question* speaks of a numbered part of a document rather than of an item in it."""
    return bool(re.search(PILLAR, fold(question)))


def standalone(question: str, history: Sequence[Turn], language: str) -> str:
    """*question* as it can be searched for: with the user's previous turn before it where it leans on that."""
    previous = [turn.text for turn in history if turn.role == "user"]
    if not previous or not leans(question, language):
        return question
    return f"{previous[-1]} {question}"
