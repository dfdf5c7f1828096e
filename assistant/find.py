"""Answers from documents that no editorial data describe: by what a question names, and by what it asks for.

A question names states, bodies, dates and topics. A passage meets it when the passage, with the headings and the sentence
that introduce it, names them too. A question for a list gets all passages that meet it; a question for a fact gets the best
sentence of the best passage that does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.asked import (
    asked_values,
    asks_bodies,
    asks_field,
    asks_leader,
    asks_many,
    asks_one,
    asks_what_is_said,
    content_keys,
    counts,
    field_stems,
    without_documents,
)
from assistant.directory import Directory
from assistant.expected import NAMES, expected_kind
from assistant.facts import Candidates, Fact, FactModel, Facts, load_fact_model, sentences_of
from assistant.subjects import Named, Subjects, without, words_of
from assistant.terms import states
from ingest.editorial import Quote
from ingest.entries import fields
from ingest.labels import has_name
from ingest.structure import display_heading
from ingest.types import Passage
from vectorstore.glossary import load_glossary
from vectorstore.index import Index, Vectors
from vectorstore.types import Hit
from vectorstore.vocabulary import Vocabulary

_DEPTH = 30  # passages that a question is compared with
_SEVERAL = 2  # what is counted is more than one
_READ = 5  # of them are read sentence by sentence
_SHORT = 600  # characters of a passage that is quoted as a whole
_COMMON = 0.5  # a concept that more of the passages have than this is their subject, and tells nothing apart
_SURE, _UNSURE = 0.9, 0.2  # of a list or an entry that has all that the question names, and of an entry that lacks what is asked
_LIKELY = 0.6  # of items that only the reader takes for answers
_QUOTED = 8  # passages of an answer that are read to compare it with another
_DENIED = -1.7  # of an entry that is named and has the field that is asked for, what the reader must say against that


@dataclass(frozen=True, slots=True)
class Found:
    """What answers a question: whole items of lists when *listed*, else one stretch of text. ``confidence`` is in 0..1.

    ``span`` is the place of the best sentence in the first quotation, as offsets into the canonical text.
    """

    quotes: tuple[Quote, ...]
    listed: bool
    confidence: float
    nearest: tuple[Quote, ...] = ()
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question without the words for documents, what it names, the rows that have that, the best passages of these and of all."""

    about: str
    named: Named
    fitting: list[int]
    best: list[Hit]
    hits: list[Hit]
    vector: Vectors


class Finder:
    """Finds answers in the sources of an index that *covered* does not name."""

    def __init__(self, index: Index, vocabulary: Vocabulary, covered: set[str]) -> None:
        self.index = index
        self._vocabulary = vocabulary
        self.passages = tuple(p for p in index.passages if p.source_id not in covered and p.kind != "table_head")
        self._rows = np.array([index.row_of[passage.id] for passage in self.passages], dtype=np.int64)
        self.subjects = Subjects(index, vocabulary, self.passages)
        self._glossary = load_glossary()
        self._place = {passage.id: row for row, passage in enumerate(self.passages)}
        self._facts = Facts(index, self.subjects, self.passages, self._rows)
        self.directory = Directory(index, self.subjects, self._facts, self.passages, self._rows)

    def asks_bodies(self, question: str, language: str) -> bool:
        """Whether *question* asks which bodies there are, and these documents have a directory of them."""
        return asks_bodies(question, language) and any(passage.kind == "table_row" for passage in self.passages)

    def _asked(self, question: str, language: str, sources: frozenset[str] = frozenset(), near: Collection[str] = ()) -> _Asked:
        """What *question* names, the passages that have it, and the best passages of all that come into question."""
        if not sources and not near and not self.asks_bodies(question, language):
            sources = self.subjects.asked_sources(question)
        about = without_documents(question) if sources else question
        named = self.subjects.names(about, language)
        if spoken := self.subjects.author(named, sources):  # its title has the names, so they tell its passages apart no more
            sources, about = frozenset({spoken}), without(about, named.names)
            named = replace(named, names=frozenset())
        # What the whole document is about tells its passages apart as little.
        titles = [self.index.sources[source] for source in sources]
        known = (self._vocabulary.concepts(one.title, one.language) for one in titles)
        named = replace(named, concepts=named.concepts.difference(*known))
        vector = self.index.embeddings.encode([about], query=True)[0]
        fitting = self.subjects.saying(question, self.subjects.fitting(named, sources))
        inside = self.subjects.of_states(named, self.subjects.inside(sources))
        if near:
            inside = [row for row, p in enumerate(self.passages) if p.id in near]
            fitting = [row for row in fitting if row in inside] or inside
        every = self.index.search(about, _DEPTH, language=language, vector=vector, among=self._rows[inside])
        if fitting == inside:  # nothing is named that tells passages apart
            return _Asked(about, named, fitting, every, every, vector)
        best = self.index.search(about, _DEPTH, language=language, vector=vector, among=self._rows[fitting]) if fitting else []
        return _Asked(about, named, fitting, best, [*every, *best], vector)

    def find(self, question: str, language: str, sources: frozenset[str] = frozenset(), near: Collection[str] = ()) -> Found | None:
        """The answer to *question*, or ``None`` when nothing is there to look at; below ``facts.LIKELY`` it is a near miss.

        *sources* are the documents that it is about, where that is known without it; only the passages *near* are looked at, where
        there are any.
        """
        if not self.passages:
            return None
        asked = self._asked(question, language, sources, near)
        about, named, fitting = asked.about, asked.named, asked.fitting
        shown = asked.best or asked.hits
        nearest = tuple(_quote(hit.passage) for hit in shown if hit.passage.kind != "heading")[:1]
        if not fitting and (self.subjects.unknown(named) or not asked.hits):
            return Found((), False, 0.0, nearest)
        entry = not set(fitting).isdisjoint(self.directory.named(question))
        bodies = self.asks_bodies(question, language) and not entry
        if not fitting:
            return self._fact(asked, language)
        if asks_what_is_said(question) and not bodies:
            rows = self._headed(about, language, named, asked.best, set(fitting)) or (
                fitting if named.names and len(fitting) <= _READ else []
            )
            if rows:
                return Found(tuple(_quote(self.passages[row]) for row in self._opened(rows)), False, _SURE)
        elif bodies or (not entry and asks_many(question, language) and expected_kind(question) in ("", "number", "reason", *NAMES)):
            rows, open_ = self._listed(about, language, named, fitting, asked.best, bodies)
            if rows and not (counts(question) and len(rows) < _SEVERAL):
                return self._items(rows, _SURE)
            if rows := self.directory.read_out(about, language, fitting, asked.vector, bodies):
                return self._items(rows, _LIKELY)
            if not open_ and asks_bodies(question, language, several=True):
                return Found((), False, 0.0, nearest)
        return self._fact(asked, language)

    def _headed(self, question: str, language: str, named: Named, hits: list[Hit], fitting: set[int]) -> list[int]:
        """What stands under the best heading that has all the words of *question* but its names."""
        places = {word for name in states(question, language) for word in words_of(name)}
        said = content_keys(without(question, named.names | places), language)
        for hit in hits if said else ():
            has = self._glossary.all_keys(hit.passage.text, hit.passage.language) if hit.passage.kind == "heading" else frozenset()
            if has and all(word & has for word in said):
                return self._led([hit], fitting, False)
        return []

    def _items(self, rows: Sequence[int], confidence: float) -> Found:
        listed = any(self.passages[row].list_id for row in rows)
        return Found(tuple(_quote(self.passages[row]) for row in rows), listed, confidence)

    def answers(self, question: str, quotes: Sequence[Quote]) -> float:
        """What the reader says, at best, of the passages of the first of *quotes*, of whatever documents."""
        passages = [self.index.by_id[identity] for identity in dict.fromkeys(quote.passage_id for quote in quotes[:_QUOTED])]
        return float(self._facts.read(question, passages).max(initial=-np.inf))

    def _listed(
        self, question: str, language: str, named: Named, fitting: list[int], hits: list[Hit], bodies: bool
    ) -> tuple[list[int], bool]:
        """All items that a question for a list, or for *bodies*, asks for, in document order, and whether a fact may answer it instead."""
        items = [row for row in fitting if self.passages[row].list_id or self.passages[row].kind == "table_row"]
        if bodies:
            items = self.directory.of_values(question, self.directory.bodies(items))
        if not items:
            return [], True
        topical = {
            c for c in named.concepts if not all(c in self.subjects.concepts[row] for row in items)
        }  # what all have is what they are
        rest = self.subjects.rest(without(question, frozenset().union(*asked_values(question))), language)
        foreign = all(self.passages[row].language != language for row in items)
        telling = {word for word in rest if 0 < sum(bool(word & self.subjects.keys[row]) for row in items) < len(items)}
        fields_ = {f"{language}:{stem}" for stem in field_stems(language)}
        rest = frozenset(word for word in rest if not word & fields_)  # what a field is called is no topic
        unknown = any(not any(word & self.subjects.keys[row] for row in items) for word in rest)
        if (topical or telling) and not (unknown and (counts(question) or not topical)):
            chosen = [row for row in items if topical <= self.subjects.concepts[row]]
            exact = [row for row in chosen if all(word & self.subjects.keys[row] for word in telling)]
            if exact or (topical and chosen):
                return self._opened(self._one_kind(exact or chosen, bodies)), True
        if (named.states or named.names or bodies) and not rest and not topical:
            return self._one_kind(items, bodies), True
        by_head = (foreign or not rest) and len(fitting) < len(self.passages)
        led = [] if topical or bodies else self._led(hits, set(fitting), by_head)
        return led, not (bodies and (topical or rest))  # in a directory, what no entry has is an answer, too: there is none

    def below(self, row: int) -> list[int]:
        """The items of the list that the passage of *row* introduces."""
        items = [self._place[identity] for identity in self.subjects.introduced.get(self.passages[row].id, ()) if identity in self._place]
        return [one for item in items for one in (item, *self.below(item))]

    def _opened(self, rows: list[int]) -> list[int]:
        """*rows*, and after those that end in a colon what they introduce."""
        every = [one for row in rows for one in (row, *(self.below(row) if self.passages[row].text.rstrip().endswith(":") else ()))]
        return list(dict.fromkeys(every))

    def _beside(self, row: int, read: Sequence[int]) -> list[int]:
        """The items of the list under the heading of *row*, or, of several, of the one that has most of the rows that were *read*."""
        own = self.passages[row]
        items = [other for other, p in enumerate(self.passages) if p.list_id and p.kind == "list_item" and _section(p) == _section(own)]
        near = [other for other in read if other in items] or items
        lists = [self.passages[other].list_id for other in near]
        if not lists or (near is items and len(set(lists)) > 1):
            return []
        chosen = max(dict.fromkeys(lists), key=lists.count)
        return [other for other in items if self.passages[other].list_id == chosen]

    def _one_kind(self, rows: list[int], bodies: bool) -> list[int]:
        """Entries of directories for a question for bodies, else the items of lists, where there are any of that kind."""
        for kind in ("table_row", "list_item") if bodies else ("list_item", "table_row"):
            if same := [row for row in rows if self.passages[row].kind == kind]:
                return same
        return rows

    def _led(self, hits: list[Hit], fitting: set[int], foreign: bool) -> list[int]:
        """The whole list or section that the best passage heads, or the list that it introduces or is a good member of.

        Across languages, where words do not tell which passage is best, the best heading counts when names narrow the choice.
        """
        above = {path for row in fitting if self.passages[row].kind != "heading" and (path := self.passages[row].heading_path)}
        heads = (hit.passage for hit in hits if hit.passage.kind == "heading")
        headings = [p for p in heads if (*p.heading_path, display_heading(p.text)) in above]
        best = headings[0] if foreign and headings else hits[0].passage
        if best.kind == "heading":
            path = (*best.heading_path, display_heading(best.text))
            below = [row for row in sorted(fitting) if self.passages[row].heading_path[: len(path)] == path]
            return [row for row in below if self.passages[row].kind == "list_item"] or [
                row for row in below if self.passages[row].kind in ("table_row", "paragraph") and self.passages[row].heading_path == path
            ]
        if below := [row for row in self.below(self._place[best.id]) if row in fitting]:
            return [self._place[best.id], *below] if best.kind == "list_item" else below
        same = [hit for hit in hits[:_READ] if best.list_id and hit.passage.list_id == best.list_id]
        if best.list_id and best.kind != "table_row" and len(same) >= 3:
            members = (self._place[identity] for identity in self.index.lists[best.list_id].passage_ids)
            return [row for row in members if row in fitting]
        return []

    def facts_of(self, question: str, language: str, model: FactModel) -> Candidates:
        """The sentences among which *question*, taken for one for a fact, is answered."""
        asked = self._asked(question, language)
        return self._facts.candidates(asked.about, language, asked.named, asked.fitting, asked.hits, asked.vector, model)

    def fact_among(self, question: str, language: str, candidates: Candidates, model: FactModel) -> Fact:
        """The best of at least one of *candidates*."""
        asked = self._asked(question, language)
        return self._facts.best(asked.about, language, asked.named, candidates, model)

    def _fact(self, asked: _Asked, language: str) -> Found:
        """The best sentence of the best passages, with the confidence of the fact model.

        An entry that the question names either has the field that it asks for or does not.
        """
        model, question, named = load_fact_model(), asked.about, asked.named
        found = self._facts.candidates(question, language, named, asked.fitting, asked.hits, asked.vector, model)
        if not found.rows:
            return Found((), False, 0.0)
        fact = self._facts.best(question, language, named, found, model)
        passage, spans = self.passages[fact.row], list(fact.spans)
        listed = not asks_one(question)
        leads = passage.text.rstrip().endswith(":") or (listed and passage.kind == "list_item")
        below = [self.passages[row] for row in self.below(fact.row)] if leads else []
        if listed and not below and passage.kind == "paragraph" and asks_many(question, language):
            below = [self.passages[row] for row in self._beside(fact.row, found.rows)]
        introduced = bool(below) and listed
        if below and not introduced:
            inner = self._facts.candidates(
                question, language, named, asked.fitting, [Hit(item, 0.0, {}) for item in below], asked.vector, model
            )
            item = self._facts.best(question, language, named, inner, model)
            if len(sentences_of(passage)) < 2 or item.signals["share"] > fact.signals["share"]:
                passage, spans = self.passages[item.row], list(item.spans)
        confidence = model.confidence(fact.signals)
        entry = fields(passage.text)
        if entry and named.names:
            share = self.subjects.missing(question, language, named, self._place[passage.id])[1]
            has = fact.signals["told"] >= 0 and (asks_field(question, {label for label, _ in entry}) or share < _COMMON)
            if self._place[passage.id] in self.directory.named(question):  # the reader knows best what is asked of it
                has = fact.signals["read"] > (0.0 if not has else _DENIED)
            has = has and (not asks_leader(question) or any(asks_leader(label) for label, _ in entry))
            confidence = _SURE if has else _UNSURE
        every = [] if entry or asks_what_is_said(question) else sentences_of(passage)
        first = [place for place, span in enumerate(every) if span in spans]
        if not first or len(passage.text) <= _SHORT:
            quote = _quote(passage)
        else:  # the sentences around the best ones tell what it is that they speak of
            start, end = every[max(first[0] - 1, 0)][0], every[min(first[-1] + 1, len(every) - 1)][1]
            quote = Quote(passage.source_id, passage.id, passage.start + start, passage.start + end)
        best = (passage.start + spans[0][0], passage.start + spans[0][1])
        inside = best if len(every) > 1 and best != (quote.start, quote.end) else None
        quotes = (quote, *(_quote(item) for item in below)) if introduced else (*self._title(passage), quote)
        return Found(quotes, introduced, confidence, (_quote(passage),), inside if quotes[0] == quote else None)

    def _title(self, passage: Passage) -> tuple[Quote, ...]:
        """The entry of a directory that *passage* describes, or the heading over one that does not have its name among its fields."""
        if described := self.subjects.entry_of(passage):
            return (_quote(described),)
        entry = fields(passage.text)
        if not entry or passage.kind == "table_row" or not passage.heading_path or has_name(entry):
            return ()
        heads = (p for p in self.passages[: self._place[passage.id]][::-1] if p.kind == "heading" and p.source_id == passage.source_id)
        return tuple(_quote(head) for head in [next(heads, None)] if head and display_heading(head.text) == passage.heading_path[-1])


def _section(passage: Passage) -> tuple[str, tuple[str, ...]]:
    return passage.source_id, passage.heading_path


def _quote(passage: Passage) -> Quote:
    return Quote(passage.source_id, passage.id, passage.start, passage.end)
