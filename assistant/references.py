"""The parts of documents that a question names: annexes and sections by their numerals.

>>> sorted(named_parts("Et pour les annexes IV et V, c'est pareil ?"))
['annex 4', 'annex 5']
>>> sorted(named_parts("Annexes I to III")), sorted(named_parts("todo lo del segundo pilar"))
(['annex 1', 'annex 2', 'annex 3'], ['part 2'])
"""

import re

from assistant.followup import PILLAR, ROMAN, ordinal_words
from ingest.blocks import label_of
from vectorstore.index import Index
from vectorstore.lexical import fold

ANNEX = r"\b(?:annexe?s?|anexos?)\b"
_NUMERAL = r"(?:[ivx]+|\d{1,2})"
_LIST = rf"\s*(?:n[.oº°]*\s*)?({_NUMERAL}\b(?:(?:\s*(?:,|&|-|–|/|and|to|y|e|et|a|al|ao|à)\s*)+{_NUMERAL}\b)*)"
_RANGE = re.compile(rf"({_NUMERAL})\s*(?:-|–|to|a|al|ao)\s*({_NUMERAL})")
_BOTH = (
    r"\b(?:(?:both|two|each of the(?: two)?) (?:of the )?(?:documents|texts|files|papers)|(?:ambos|los dos|cada uno de los(?: dos)?) "
    r"(?:documentos|textos)|(?:ambos os|os dois|cada um dos(?: dois)?) (?:documentos|textos)|(?:les deux|chacun des(?: deux)?) "
    r"(?:documents|textes))\b"
)
# What documents are called by their kind.
_KINDS = {
    "work-plan": r"\b(?:work ?plan|plan de trabajo|plano de trabalho|plan de travail|the plan|el plan|o plano|le plan)\b",
    "strategy": r"\b(?:strategy|estrategia|strategie)\b",
}


def _value(numeral: str) -> int:
    return int(numeral) if numeral.isdigit() else ROMAN.index(numeral) + 1 if numeral in ROMAN else 0


def _values(found: str) -> set[int]:
    values = {_value(numeral) for numeral in re.findall(rf"\b{_NUMERAL}\b", found)}
    for first, last in _RANGE.findall(found):
        values |= set(range(_value(first), _value(last) + 1))
    return values - {0}


def named_parts(question: str) -> frozenset[str]:
    """The annexes and numbered sections or pillars that *question* names, as ``annex 4`` and ``part 2``."""
    text = fold(question)
    found = {f"annex {value}" for match in re.finditer(rf"{ANNEX}{_LIST}", text) for value in _values(match.group(1))}
    found |= {f"part {value}" for match in re.finditer(rf"{PILLAR}{_LIST}", text) for value in _values(match.group(1))}
    for place, words in enumerate(ordinal_words(), start=1):
        if re.search(rf"\b(?:{words})\b (?:\w+ )?{PILLAR}|{PILLAR} (?:\w+ )?(?:{words})\b", text):
            found.add(f"part {place}")
    return frozenset(found)


def asks_both(question: str) -> bool:
    """Whether *question* asks of two documents: in so many words, or by naming two kinds of them.

    >>> asks_both("¿Qué dicen los dos textos?"), asks_both("What does the work plan say?")
    (True, False)
    """
    text = fold(question)
    return bool(re.search(_BOTH, text)) or sum(bool(re.search(kind, text)) for kind in _KINDS.values()) > 1


def parts_of(index: Index, passage_id: str) -> frozenset[str]:
    """The annex that a passage labels or links to, and the numbered section that it stands in."""
    passage = index.by_id[passage_id]
    label = label_of(passage.text)
    found = {f"annex {_value(label[1].lower())}"} if label else set()
    for heading in passage.heading_path:
        numeral = re.match(r"([IVX]+)\. ", heading)
        if numeral:
            found.add(f"part {_value(numeral.group(1).lower())}")
    return frozenset(found)
