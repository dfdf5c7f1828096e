"""Answers from documents that no editorial data describe: by what a question names, and by what it asks for.

A question names states, bodies, dates and topics. A passage meets it when the passage, with the headings and the sentence
that introduce it, names them too. A question for a list gets all passages that meet it; a question for a fact gets the best
sentence of the best passage that does.
"""

import math
import re
from dataclasses import dataclass

from assistant.extract import select_sentences
from assistant.followup import content_stems
from assistant.relevance import retrieval_confidence
from assistant.terms import capitalised, states
from ingest.blocks import label_of
from ingest.editorial import Quote
from ingest.entries import fields
from ingest.sentences import sentence_spans
from ingest.structure import display_heading
from ingest.types import Passage
from vectorstore.index import Index
from vectorstore.lexical import fold, stems
from vectorstore.types import Hit
from vectorstore.vocabulary import Vocabulary

_DEPTH = 30  # passages that a question is compared with
_COMMON = 0.5  # a concept that more of a document's passages have than this is its subject, and tells nothing apart
_NAMED, _LACKING = 1.5, 1.0  # log odds for a passage that has the names of the question, and against each topic that it lacks
_SURE = 0.9  # of a list whose every item has all that the question names
# How a question asks for more than one thing, in folded text.
_MANY = {
    "en": (
        r"(?:which|what) (?:(?!(?:is|was|do|does|has|did|will|can)\b)\w+ ){0,2}?(?!does\b|this\b)\w{3,}s\b|"
        r"who (?:all )?(?:works?|deals?|runs?)\b|"
        r"list\b|name (?:all|the)\b|all (?:the )?\w+s\b|how many\b|enumerate\b|what (?:does|did) .*\b(?:do|say|report|propose|contribute)\b"
    ),
    "es": (
        r"(?:que|cuales|cuantos|cuantas) (?:\w+ ){0,2}?\w{3,}s\b|cuales\b|quienes\b|lista\w*\b|enumere\b|tod[oa]s l[oa]s\b|"
        r"que (?:dice|hace|informa|propone|aporta)\b"
    ),
    "pt": (
        r"(?:que|quais|quantos|quantas) (?:\w+ ){0,2}?\w{3,}s\b|quais\b|quem trabalha\b|liste\b|enumere\b|tod[oa]s [oa]s\b|"
        r"o que (?:diz|faz|informa|propoe)\b"
    ),
    "fr": r"quel(?:le)?s\b|combien d|qui travaille\b|liste\w*\b|enumere[zr]\b|tou(?:te)?s les\b|que (?:dit|fait|propose|rapporte)\b",
}
# The heads of bodies, by which a question asks for agencies and not for what is done.
_BODIES = {
    "en": r"(?:agenc|organi[sz]ation|institution|ministr|bod(?:y|ies)\b|entit|ngos?\b|associations?\b|foundations?\b|who works?\b)",
    "es": r"(?:agencia|organismo|organizaci|instituci|ministerio|entidad|ong\b|ongs\b|asociacion|fundacion|quien(?:es)? trabaja)",
    "pt": r"(?:agencia|organismo|organizac|instituic|ministerio|entidade|orgao|ong\b|ongs\b|associac|fundac|quem trabalha)",
    "fr": r"(?:agence|organisme|organisation|institution|ministere|entite|ong\b|association|fondation|qui travaille)",
}
# What documents are called, in folded text.
_DOCUMENTS = (
    r"(?:study|studies|estudios?|estudos?|etudes?)\b",
    r"(?:director(?:y|ies)|directorios?|diretorios?|repertoires?)\b",
    r"contribu(?:tions?|cion(?:es)?|ic(?:ao|oes))\b",
    r"expert[oae]?s?\b",
)
# Words that make a question and say nothing of what it is about.
_FRAME = {
    "en": "work deal run exist offer provide involve have help carry operate active responsible address concern include mention "
    "agency organization institution body entity programme program project initiative activity country state document annex report",
    "es": "trabajar trabajan ocuparse ocupan dedican existir existen ofrecer ofrecen haber hay tener tienen atender atienden incluir "
    "mencionar tratar responsable agencia organismo organización institución entidad programa proyecto iniciativa actividad país "
    "estado documento anexo informe",
    "pt": "trabalhar trabalham ocupar ocupam dedicam existir existem oferecer oferecem haver há ter têm atender atendem incluir "
    "mencionar tratar responsável agência organismo organização instituição entidade órgão programa projeto iniciativa atividade "
    "país estado documento anexo relatório",
    "fr": "travailler travaillent occupent exister existent offrir offrent avoir ont tenir mener inclure mentionner traiter chargé "
    "agence organisme organisation institution entité programme projet initiative activité pays état document annexe rapport",
}


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names: states by their codes, folded names and numbers, concepts of the vocabulary."""

    states: frozenset[str]
    names: frozenset[str]
    concepts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """What answers a question: whole items of lists when *listed*, else one stretch of text. ``confidence`` is in 0..1."""

    quotes: tuple[Quote, ...]
    listed: bool
    confidence: float
    nearest: tuple[Quote, ...] = ()


class Finder:
    """Finds answers in the sources of an index that *covered* does not name."""

    def __init__(self, index: Index, vocabulary: Vocabulary, covered: set[str]) -> None:
        self._index = index
        self._vocabulary = vocabulary
        self.passages = tuple(p for p in index.passages if p.source_id not in covered and p.kind != "table_head")
        around = [self._around(passage) for passage in self.passages]
        self._named = [self._names_of(text, p.language) for text, p in zip(around, self.passages, strict=True)]
        self._words = [frozenset(_words(text)) for text in around]
        self._stems = [frozenset(stems(text, p.language)) for text, p in zip(around, self.passages, strict=True)]
        self._place = {passage.id: row for row, passage in enumerate(self.passages)}
        counts: dict[str, int] = {}
        for named in self._named:
            for concept in named.concepts:
                counts[concept] = counts.get(concept, 0) + 1
        self._subject = {concept for concept, count in counts.items() if count > _COMMON * len(self.passages)}
        self._all_words: frozenset[str] = frozenset().union(*self._words) if self._words else frozenset()
        self._all_states: frozenset[str] = frozenset().union(*(named.states for named in self._named)) if self._named else frozenset()

    def _around(self, passage: Passage) -> str:
        """A passage with what it stands under: its headings and the sentence or item that introduces its list."""
        found = self._index.lists.get(passage.list_id or "")
        intro = self._index.by_id.get(found.intro_id or "") if found else None
        return "\n".join((*passage.heading_path, intro.text if intro else "", passage.text))

    def _names_of(self, text: str, language: str) -> Named:
        return Named(frozenset(states(text, language).values()), frozenset(), self._vocabulary.concepts(text, language))

    def names(self, question: str, language: str) -> Named:
        """What *question* names that tells passages apart; names that no passage has are among them."""
        said = states(question, language)
        plain = {word for name in capitalised(question, language) for word in _words(name) if len(word) > 2}
        plain -= {word for name in said for word in _words(name)} | _label_words(question)
        years = set(re.findall(r"(?<![\w./-])(?:19|20)\d\d(?![\w/-])", question))
        concepts = self._vocabulary.concepts(question, language) - self._subject
        return Named(frozenset(said.values()), frozenset(plain | years), concepts)

    def _rest(self, question: str, language: str) -> frozenset[str]:
        """The content words of *question*, stemmed, that are part of no name and no concept, and of no question's frame."""
        words = "".join(char if char.isalnum() else " " for char in question.replace("’", "'")).split()
        used = {place for _, start, end in self._vocabulary.find(question, language) for place in range(start, end)}
        named = self.names(question, language)
        taken = named.names | {word for name in states(question, language) for word in _words(name)} | _label_words(question)
        left = [word for place, word in enumerate(words) if place not in used and fold(word) not in taken]
        frame = {stem for word in _FRAME[language].split() for stem in stems(word, language)}
        return frozenset(content_stems(" ".join(left), language)) - frame

    def speaks_of(self, question: str, language: str) -> bool:
        """Whether these documents have the states and names of *question*, and it has some."""
        named = self.names(question, language)
        return bool(named.states or named.names) and named.states <= self._all_states and self._has(named.names, self._all_words)

    @staticmethod
    def _has(names: frozenset[str], words: frozenset[str]) -> bool:
        return all(name in words or name.rstrip("s") in words or f"{name}s" in words for name in names)

    def asks_bodies(self, question: str, language: str) -> bool:
        """Whether *question* asks which bodies there are, and these documents have a directory of them."""
        asked = re.search(rf"\b(?:{_MANY[language]})", fold(question)) and re.search(rf"\b{_BODIES[language]}", fold(question))
        return bool(asked) and any(passage.kind == "table_row" for passage in self.passages)

    def find(self, question: str, language: str) -> Found | None:
        """The answer to *question*, or ``None`` when nothing is there to look at; below 0.5 it is a near miss."""
        if not self.passages:
            return None
        hits = [hit for hit in self._index.search(question, len(self._index.passages), language=language) if hit.passage.id in self._place]
        hits = hits[: max(_DEPTH, 1)]
        if not hits:
            return None
        source = self.asked_source(question)
        if source:
            question = _without_documents(question)
        named = self.names(question, language)
        fitting = [row for row in range(len(self.passages)) if self._fits(row, named) and source in (None, self.passages[row].source_id)]
        nearest = tuple(_quote(hit.passage) for hit in hits if hit.passage.kind != "heading")[:1]
        if not fitting:
            return Found((), False, 0.0, nearest)
        hits = [hit for hit in hits if self._place[hit.passage.id] in set(fitting)] or hits
        if re.search(rf"\b(?:{_MANY[language]})", fold(question)):
            rows, known = self._listed(question, language, named, fitting, hits)
            if rows:
                listed = any(self.passages[row].list_id for row in rows)
                return Found(tuple(_quote(self.passages[row]) for row in rows), listed, _SURE)
            if not known:
                return Found((), False, 0.0, nearest)
        return self._fact(question, language, named, bool(source), hits)

    def _fits(self, row: int, named: Named) -> bool:
        own = self._named[row]
        return named.states <= own.states and self._has(named.names, self._words[row])

    def asked_source(self, question: str) -> str | None:
        """The one of these documents that *question* names: by its annex numeral, its short title, or what kind of document it is."""
        text = fold(question)
        found: set[str] = set()
        for identity in {passage.source_id for passage in self.passages}:
            source = self._index.sources[identity]
            label = label_of(source.short_title)
            said = rf"\b(?:annexe?|anexo)s? {re.escape(label[1].lower())}\b" if label else rf"\b{re.escape(fold(source.short_title))}\b"
            kinds = (kind for kind in _DOCUMENTS if re.search(rf"\b{kind}", fold(source.title)))
            if re.search(said, text) or any(re.search(rf"\b{kind}", text) for kind in kinds):
                found.add(identity)
        return found.pop() if len(found) == 1 else None

    def _listed(self, question: str, language: str, named: Named, fitting: list[int], hits: list[Hit]) -> tuple[list[int], bool]:
        """All items that a question for a list asks for, in document order, and whether the items have what it asks about."""
        items = [row for row in fitting if self.passages[row].list_id or self.passages[row].kind == "table_row"]
        if not items:
            return [], True
        has = {concept: sum(concept in self._named[row].concepts for row in items) for concept in named.concepts}
        topical = {concept for concept, count in has.items() if count < len(items)}  # what all have is what they are
        rest = self._rest(question, language)
        telling = {stem for stem in rest if 0 < sum(stem in self._stems[row] for row in items) < _COMMON * len(items)}
        unknown = any(all(stem not in self._stems[row] for row in items) for stem in rest)
        counted = re.search(r"\b(?:how many|cuant[oa]s|quant[oa]s|combien)\b", fold(question)) is not None
        if not (unknown and (counted or not topical)) and (topical or telling):
            chosen = [row for row in items if topical <= self._named[row].concepts]
            exact = [row for row in chosen if telling <= self._stems[row]]
            if exact or (topical and chosen):
                return self._one_kind(exact or chosen), True
        led = self._led(hits, set(fitting))
        if led and not topical:
            return led, True
        if (named.states or named.names) and not rest and not topical:
            return self._one_kind(items), True
        # In a directory a topic that no entry has is an answer, too: there is none.
        return [], not (self.asks_bodies(question, language) and (topical or rest))

    def _one_kind(self, rows: list[int]) -> list[int]:
        """The rows of tables where there are any, else the items of lists: an entry says more than a mention."""
        for kind in ("table_row", "list_item"):
            same = [row for row in rows if self.passages[row].kind == kind]
            if same:
                return same
        return rows

    def _led(self, hits: list[Hit], fitting: set[int]) -> list[int]:
        """The whole list or section that the best passage heads, or the list that it introduces or is a good member of."""
        best = hits[0].passage
        for found in self._index.lists.values():
            heads = best.kind == "heading" and found.source_id == best.source_id and found.locator.endswith(display_heading(best.text))
            if heads or found.intro_id == best.id:
                return [row for identity in found.passage_ids if (row := self._place.get(identity)) in fitting and row is not None]
        same = [hit for hit in hits[:5] if best.list_id and hit.passage.list_id == best.list_id]
        if best.list_id and best.kind != "table_row" and len(same) >= 3:
            members = (self._place[identity] for identity in self._index.lists[best.list_id].passage_ids)
            return [row for row in members if row in fitting]
        if best.kind == "heading":
            path = (*best.heading_path, display_heading(best.text))
            return [row for row in sorted(fitting) if self.passages[row].heading_path == path and self.passages[row].kind == "paragraph"]
        return []

    def _missing(self, question: str, language: str, named: Named, passage: Passage) -> tuple[int, float]:
        """How many topics of *question* the passage lacks, and the share of its topics and other words that it lacks.

        Words are compared in one language only.
        """
        row = self._place[passage.id]
        topics = named.concepts - self._named[row].concepts
        rest = self._rest(question, language) if passage.language == language else frozenset()
        return len(topics), (len(topics) + len(rest - self._stems[row])) / max(len(named.concepts) + len(rest), 1)

    def _fact(self, question: str, language: str, named: Named, certain: bool, hits: list[Hit]) -> Found:
        """The best sentence of the best passage, with the confidence of the retrieval.

        A passage that has the states and names of the question, or is of the document that it asks about, speaks for
        itself; one that lacks a topic of the question speaks against.
        """
        chosen = [hit for hit in hits if hit.passage.kind != "heading"]
        if not chosen:
            return Found((), False, 0.0)
        nearest = (_quote(chosen[0].passage),)
        odds = retrieval_confidence(self._index, question, language, chosen)
        missing, share = self._missing(question, language, named, chosen[0].passage)
        weight = _NAMED * (1.0 - 2.0 * share) if named.states or named.names or certain else -_LACKING * missing
        confidence = 1.0 / (1.0 + (1.0 - odds) / max(odds, 1e-6) * math.exp(-weight))
        passage = chosen[0].passage
        spans = sentence_spans(passage.text, passage.language) if passage.kind == "paragraph" and not fields(passage.text) else []
        if len(spans) < 2:
            return Found((_quote(passage),), False, confidence, nearest)
        picked = select_sentences(question, [passage.text[start:end] for start, end in spans], language, self._index.embeddings)
        quotes = tuple(
            Quote(passage.source_id, passage.id, passage.start + spans[number][0], passage.start + spans[number][1]) for number in picked
        )
        return Found(quotes, False, confidence, nearest)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w-]+", fold(text))


def _quote(passage: Passage) -> Quote:
    return Quote(passage.source_id, passage.id, passage.start, passage.end)


def _without_documents(question: str) -> str:
    """*question* without the words for documents, which are no topic of it."""
    kept = (word for word in question.split() if not any(re.search(rf"\b{kind}", fold(word)) for kind in _DOCUMENTS))
    return " ".join(kept)


def _label_words(question: str) -> set[str]:
    """The words by which *question* names an annex; they are no names to look for in passages."""
    return {word for match in re.finditer(r"\b(annexe?s?|anexos?) ([ivx]+|\d+)\b", fold(question)) for word in match.groups()}
