"""Whether the sentences that a model wrote are borne out by the quotations they cite: without a model, the same every time.

The measure is of the family "attributable to identified sources" (Rashkin et al., "Measuring Attribution in Natural
Language Generation Models", Computational Linguistics 49(4), 2023) and of the citation recall of ALCE (Gao et al.,
"Enabling Large Language Models to Generate Text with Citations", EMNLP 2023): a statement counts when all that it
cites, taken together, bears it out. Those papers ask a reader or an entailment model; here only such evidence decides
as can be recomputed by hand. It shares no code and no similarity with the check by which the product takes sentences
out before anyone sees them (:mod:`assistant.model_writer`), so that it can find what that check lets through. What it
cannot see: a wrong relation between words that are all there (who trains whom), and a synonym counts as no word.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale

from assistant.types import Answer, Citation, Statement
from ingest.sentences import sentence_spans
from ingest.structure import display_heading
from ingest.types import Passage
from vectorstore.lexical import fold, stems

# Least share of a statement's content words in what it cites: the best on the labelled statements of tests/evals/test_evals_support.py.
OVERLAP = 2 / 3
Translations = Mapping[str, Mapping[str, str]]
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")
_ROMAN = re.compile(r"\b[IVX]+\b")
_COUNTS = {
    "en": "two three four five six seven eight nine ten eleven twelve",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "pt": "dois/duas tres quatro cinco seis sete oito nove dez onze doze",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
}
_ORDINALS = {
    "en": "second third fourth fifth",
    "es": "segundo/segunda tercero/tercera/tercer cuarto/cuarta quinto/quinta",
    "pt": "segunda terceiro/terceira quarto/quarta quinto/quinta",  # not "segundo", which is "according to" as well
    "fr": "deuxieme/second/seconde troisieme quatrieme cinquieme",
}
_DENIAL = {
    "en": r"no|not|never|none|nothing|neither|nor|without|cannot|n't",
    "es": r"no|nunca|jamas|ningun\w*|nada|ni|sin|tampoco",
    "pt": r"nao|nunca|jamais|nenhum\w*|nada|nem|sem|tampouco",
    "fr": r"pas|jamais|aucun\w*|rien|ni|sans|nul\w*",
}
# Words without content of their own, words of reporting, and the names of the documents themselves.
_LIGHT = {
    "en": (
        "a about according after all also an and any are as at be been before being between both but by can could did do does during each "
        "either for from had has have how if in indicate indicates into is it its may mention mentions might more most must no nor not of "
        "on once only or other others over own per said say says shall should since so some state states such than that the their them "
        "then there these they this those through thus to under until upon very was were what when where which while who whom whose why "
        "will with within without would yes document documents strategy regional work plan annex annexes text"
    ),
    "es": (
        "a al algun alguna ante aunque bajo cada como con contra cual cuales cuando de del desde donde durante e el ella ellas ellos en "
        "entre era eran es esa esas ese eso esos esta estan estas este esto estos fue fueron ha haber hacia han hasta hay indica la las le "
        "les lo los mas menciona mediante mismo misma muy ni no o otra otras otro otros para pero por porque que quien se sea sean segun "
        "senala ser si sin sobre son su sus tal tambien tiene todo todos todas u un una unas uno unos y ya documento documentos estrategia "
        "regional plan trabajo anexo anexos texto"
    ),
    "pt": (
        "a ao aos as algum alguma ante apos ate cada com como contra da das de dela dele deles desde do dos durante e ela elas ele eles em "
        "entre era eram essa essas esse esses esta estao estas este estes foi foram ha isso isto ja lhe mais mas mediante menciona mesma "
        "mesmo muito na nao nas nem no nos o os ou outra outras outro outros para pela pelas pelo pelos por porque quais qual quando que "
        "quem se segundo seja sejam sem ser seu seus sim sao sob sobre sua suas tambem tem todo todos todas um uma umas uns indica "
        "documento documentos estrategia regional plano trabalho anexo anexos texto"
    ),
    "fr": (
        "a afin ainsi apres au aucun aussi autre autres aux avant avec c car ce ceci cela celle celles celui ces cet cette ceux chez comme "
        "contre d dans de depuis des donc dont du durant elle elles en entre est et etait ete etre eux il ils indique je l la le les leur "
        "leurs lors lui m mais meme memes mentionne n ne ni nous on ont ou oui par pas pendant plus pour qu quand que quel quelle qui s sa "
        "sans se selon sera seront ses si soit sont sous sur t tous tout toute toutes tres un une vers y document documents strategie "
        "regionale regional plan travail annexe annexes texte"
    ),
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a statement cites, in one language: its sentences, and the titles and locators around them."""

    language: str
    sentences: tuple[str, ...]
    around: str

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def generated(answer: Answer) -> list[Statement]:
    """The statements that a model wrote: those of a generated answer that are not its quotations themselves.

    Each citation stands for one statement that is its quotation, the last of them where there are several.
    """
    if answer.writer == "extractive":
        return []
    quoted = [(" ".join(citation.quote.split()), (citation.number,)) for citation in answer.citations]
    written: list[Statement] = []
    for statement in reversed(answer.statements):
        key = (" ".join(statement.text.split()), statement.citations)
        if key in quoted:
            quoted.remove(key)
        else:
            written.append(statement)
    return written[::-1]


def statement_support(answer: Answer, passages: Mapping[str, Passage], translations: Translations) -> float | None:
    """Share of the statements that a model wrote which the quotations they cite bear out; see :func:`borne_out`.

    ``None`` for an extractive answer, whose statements are quotations, and where no statement can be decided:
    unscored is not zero. *passages* maps passage ids to passages, *translations* passage ids to language to the working
    translation of the passage.
    """
    verdicts = [borne_out(statement, answer, passages, translations) for statement in generated(answer)]
    decided = [verdict for verdict in verdicts if verdict is not None]
    return sum(decided) / len(decided) if decided else None


def statement_citation(answer: Answer, extra: Collection[int]) -> float | None:
    """Share of the statements that a model wrote which cite accepted text of the case; *extra* numbers the citations that are not.

    For answerable cases. ``None`` for an extractive answer.
    """
    right = {citation.number for citation in answer.citations} - set(extra)
    cited = [bool(right.intersection(statement.citations)) for statement in generated(answer)]
    return sum(cited) / len(cited) if cited else None


def borne_out(statement: Statement, answer: Answer, passages: Mapping[str, Passage], translations: Translations) -> bool | None:
    """Whether the quotations that *statement* cites bear it out, all of them together.

    1. It cites at least one number, and every number it cites is a citation of the answer.
    2. Every number, month, ordinal and roman numeral that it states stands in the quotations.
    3. Every word of every proper name stands in the quotations, or in the titles, locators and headings above them.
    4. At least :data:`OVERLAP` of its other content words (Snowball stems) stand there, too.
    5. It denies if and only if the sentence of the quotations that shares most words with it does.

    A statement in another language than the quotations is read against the working translation of what they quote.
    ``None`` when there is none for one of them, or when the statement has no content to compare.
    """
    by_number = {citation.number: citation for citation in answer.citations}
    if not statement.citations or not set(statement.citations) <= by_number.keys():
        return False
    readings = _readings([by_number[number] for number in statement.citations], answer.language, passages, translations)
    if not readings:
        return None
    stated = facts(statement.text, answer.language)
    known = {fact for reading in readings for fact in facts(reading.text, reading.language)}
    known |= {f"roman {numeral}" for reading in readings for numeral in _ROMAN.findall(reading.around.upper())}
    if not stated <= known or not _names_stand(statement.text, answer.language, readings):
        return False
    words = _content(statement.text, answer.language)
    if not words:
        return True if stated else None
    return any(_agrees(statement.text, answer.language, reading) for reading in readings)


def facts(text: str, language: str) -> set[str]:
    """The numbers, months, ordinals and roman numerals that *text* states, alike in all languages.

    >>> sorted(facts("El 2 de marzo de 2010, segunda reunión, Anexo V", "es"))
    ['month 3', 'number 2', 'number 2010', 'ordinal 2', 'roman V']
    >>> facts("5,000", "en") == facts("5 000", "fr") == facts("5.000", "es") == {"number 5000"}
    True
    """
    found = set()
    for token in _NUMBER.findall(re.sub(r"(?<=\d)[ .,\u00a0\u202f](?=\d{3}(?!\d))", "", text)):
        found.add(f"number {re.sub(r'[,.]', '.', token).lstrip('0') or '0'}")
    months, counts, ordinals = _calendar(language), _listed(_COUNTS[_spoken(language)]), _listed(_ORDINALS[_spoken(language)])
    for word in _WORD.findall(text):
        plain = fold(word)
        if plain in months and (language != "en" or word[0].isupper()):
            found.add(f"month {months[plain]}")
        if plain in counts:
            found.add(f"number {counts[plain]}")
        if plain in ordinals:
            found.add(f"ordinal {ordinals[plain]}")
    return found | {f"roman {numeral}" for numeral in _ROMAN.findall(text)}


def names(text: str, language: str) -> list[str]:
    """The words of proper names in the sentence *text*, as written.

    A capitalised word is one, except at the beginning of a sentence; there it is one when it is an acronym or a state
    (Unicode's CLDR), or when a capitalised word follows.

    >>> names("In Chile, the Preventive Police met with UNODC.", "en"), names("Annual updates help.", "en")
    (['Chile', 'Preventive', 'Police', 'UNODC'], [])
    """
    found, words = [], list(_WORD.finditer(text))
    for place, match in enumerate(words):
        word = match.group()
        if not word[0].isupper() or _ROMAN.fullmatch(word) or fold(word) in _light(language) or len(word) < 2:
            continue
        first = not re.search(r"\w", text[: match.start()]) or text[: match.start()].rstrip()[-1:] in ".?!"
        following = words[place + 1] if place + 1 < len(words) else None
        joined = following is not None and following.group()[0].isupper() and text[match.end() : following.start()] == " "
        if not first or word.isupper() or joined or fold(word) in _states(language):
            found.append(word)
    return found


def _readings(cited: Sequence[Citation], language: str, passages: Mapping[str, Passage], translations: Translations) -> list[_Reading]:
    """The quotations as they are, and in *language* by their translations; nothing when they cannot be read in it."""
    own = {passages[c.passage_id].language if c.passage_id in passages else language for c in cited}
    around = " ".join(f"{c.title} {c.locator}" for c in cited)
    readings = [_Reading(one, tuple(piece for c in cited for piece in _split(c.quote, one)), around) for one in sorted(own)]
    if own == {language}:
        return readings
    translated: list[str] = []
    for citation in cited:
        pieces = _translated(citation, language, passages, translations)
        if not pieces:
            return []
        translated += pieces
    above = " ".join(translations.get(p.id, {}).get(language, "") for c in cited for p in _headings(c, passages))
    return [*readings, _Reading(language, tuple(translated), f"{around} {above}")]


def _translated(citation: Citation, language: str, passages: Mapping[str, Passage], translations: Translations) -> list[str]:
    """The sentences of the translation that stand for the quotation; all of them where the two texts differ in their number."""
    passage = passages.get(citation.passage_id)
    if passage is None or passage.language == language:
        return _split(citation.quote, language)
    whole = _split(translations.get(citation.passage_id, {}).get(language, ""), language)
    spans = sentence_spans(passage.text, passage.language)
    if len(spans) != len(whole):
        return whole
    start, end = citation.start - passage.start, citation.end - passage.start
    return [piece for piece, (a, b) in zip(whole, spans, strict=True) if a < end and start < b]


def _headings(citation: Citation, passages: Mapping[str, Passage]) -> list[Passage]:
    """The heading passages above what *citation* quotes."""
    passage = passages.get(citation.passage_id)
    above = set(passage.heading_path) if passage else set()
    return [p for p in passages.values() if p.kind == "heading" and p.source_id == citation.source_id and display_heading(p.text) in above]


def _spoken(language: str) -> str:
    """*language*, or English where its words are not listed here."""
    return language if language in _LIGHT else "en"


def _split(text: str, language: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text, language)]


def _names_stand(text: str, language: str, readings: Sequence[_Reading]) -> bool:
    words = {fold(word) for reading in readings for word in _pieces(f"{reading.text} {reading.around}")}
    stemmed = {stem for reading in readings for stem in stems(f"{reading.text} {reading.around}", reading.language)}
    asked = [piece for name in names(text, language) for piece in _pieces(name) if len(piece) > 1]
    return all(fold(piece) in words or stems(piece, language)[0] in stemmed for piece in asked)


def _pieces(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def _agrees(text: str, language: str, reading: _Reading) -> bool:
    """Whether *reading* has enough of the content words of *text*, and its nearest sentence the same polarity."""
    words = _content(text, language)
    if len(words & _content(f"{reading.text} {reading.around}", reading.language)) < OVERLAP * len(words):
        return False
    nearest = max(reading.sentences, key=lambda sentence: len(words & _content(sentence, reading.language)), default="")
    return _denies(text, language) == _denies(nearest, reading.language)


def _content(text: str, language: str) -> frozenset[str]:
    """The stems of the words of *text* that have content of their own; numbers and numerals are compared as facts."""
    plain = _ROMAN.sub(" ", text.replace("\u2019", "'"))
    kept = [word for word in _pieces(plain) if len(word) > 1 and fold(word) not in _light(language)]
    return frozenset(stems(" ".join(kept), language))


def _denies(text: str, language: str) -> bool:
    plain = fold(text.replace("n\u2019t", " not").replace("n't", " not"))
    return re.search(rf"(?<![\w-])(?:{_DENIAL[_spoken(language)]})(?![\w-])", plain) is not None


@lru_cache(maxsize=8)
def _light(language: str) -> frozenset[str]:
    return frozenset(_LIGHT[_spoken(language)].split())


@lru_cache(maxsize=16)
def _listed(words: str) -> dict[str, int]:
    """Word to number, counting from 2; forms of one number are joined by a slash."""
    return {form: number for number, forms in enumerate(words.split(), start=2) for form in forms.split("/")}


@lru_cache(maxsize=8)
def _calendar(language: str) -> dict[str, int]:
    return {fold(name): number for number, name in Locale(_spoken(language)).months["format"]["wide"].items()}


@lru_cache(maxsize=8)
def _states(language: str) -> frozenset[str]:
    return frozenset(fold(name) for code, name in Locale(_spoken(language)).territories.items() if len(code) == 2 and name.isalpha())
