"""Answers from documents that no editorial data describe: by what a question names, and by what it asks for.

A question names states, bodies, dates and topics. A passage meets it when the passage, with the headings and the sentence
that introduce it, names them too. A question for a list gets all passages that meet it; a question for a fact gets the best
sentence of the best passage that does.
"""

from dataclasses import dataclass, replace

import numpy as np

from assistant.asked import (
    asked_values,
    asks_bodies,
    asks_field,
    asks_many,
    asks_name,
    asks_one,
    asks_what_is_said,
    content_keys,
    counts,
    field_stems,
    tells,
    without_documents,
)
from assistant.extract import best_sentences
from assistant.relevance import fact_confidence, retrieval_score
from assistant.subjects import Named, Subjects, without, words_of
from assistant.terms import states
from ingest.editorial import Quote
from ingest.entries import fields
from ingest.sentences import sentence_spans
from ingest.structure import display_heading
from ingest.types import Passage
from vectorstore.glossary import load_glossary
from vectorstore.index import Index, Vectors
from vectorstore.types import Hit
from vectorstore.vocabulary import Vocabulary

_DEPTH = 30  # passages that a question is compared with
_READ = 5  # of them are read sentence by sentence
_SHORT = 600  # characters of a passage that is quoted as a whole
_COMMON = 0.5  # a concept that more of the passages have than this is their subject, and tells nothing apart
_SURE, _UNSURE = 0.9, 0.2  # of a list or an entry that has all that the question names, and of an entry that lacks what is asked


@dataclass(frozen=True, slots=True)
class Found:
    """What answers a question: whole items of lists when *listed*, else one stretch of text. ``confidence`` is in 0..1.

    ``span`` is the place of the best sentence in the first quotation, as offsets into the canonical text. ``signs`` are
    what the confidence in a fact was made of.
    """

    quotes: tuple[Quote, ...]
    listed: bool
    confidence: float
    nearest: tuple[Quote, ...] = ()
    span: tuple[int, int] | None = None
    signs: tuple[tuple[str, float], ...] = ()


class Finder:
    """Finds answers in the sources of an index that *covered* does not name."""

    def __init__(self, index: Index, vocabulary: Vocabulary, covered: set[str]) -> None:
        self._index = index
        self._vocabulary = vocabulary
        self.passages = tuple(p for p in index.passages if p.source_id not in covered and p.kind != "table_head")
        self._rows = np.array([index.row_of[passage.id] for passage in self.passages], dtype=np.int64)
        self.subjects = Subjects(index, vocabulary, self.passages)
        self._glossary = load_glossary()
        self._introduced = {found.intro_id: found.passage_ids for found in index.lists.values() if found.intro_id}
        self._place = {passage.id: row for row, passage in enumerate(self.passages)}

    def asks_bodies(self, question: str, language: str) -> bool:
        """Whether *question* asks which bodies there are, and these documents have a directory of them."""
        return asks_bodies(question, language) and any(passage.kind == "table_row" for passage in self.passages)

    def find(self, question: str, language: str) -> Found | None:
        """The answer to *question*, or ``None`` when nothing is there to look at; below ``relevance.LIKELY`` it is a near miss."""
        if not self.passages:
            return None
        source = None if self.asks_bodies(question, language) else self.subjects.asked_source(question)
        about = without_documents(question) if source else question
        named = self.subjects.names(about, language)
        if spoken := self.subjects.author(named, source):  # its title has the names, so they tell its passages apart no more
            source, about = spoken, without(about, named.names)
            named = replace(named, names=frozenset())
        if source:  # what the whole document is about tells its passages apart as little
            title = self._index.sources[source]
            named = replace(named, concepts=named.concepts - self._vocabulary.concepts(title.title, title.language))
        vector = self._index.embeddings.encode([about], query=True)[0]
        fitting = self.subjects.fitting(named, source)
        among = self._rows[fitting] if fitting else self._rows
        hits = self._index.search(about, _DEPTH, language=language, vector=vector, among=among)
        nearest = tuple(_quote(hit.passage) for hit in hits if hit.passage.kind != "heading")[:1]
        if not fitting or not hits:
            return Found((), False, 0.0, nearest)
        bodies = self.asks_bodies(question, language)
        if asks_what_is_said(question) and not bodies:
            rows = self._headed(about, language, named, hits, set(fitting)) or (fitting if named.names and len(fitting) <= _READ else [])
            if rows:
                return Found(tuple(_quote(self.passages[row]) for row in self._opened(rows)), False, _SURE)
        elif asks_many(question, language) or bodies:
            rows, open_ = self._listed(about, language, named, fitting, hits)
            if rows:
                listed = any(self.passages[row].list_id for row in rows)
                return Found(tuple(_quote(self.passages[row]) for row in rows), listed, _SURE)
            if not open_:
                return Found((), False, 0.0, nearest)
        return self._fact(about, language, named, bool(source), hits, vector)

    def _headed(self, question: str, language: str, named: Named, hits: list[Hit], fitting: set[int]) -> list[int]:
        """What stands under the best heading that has all the words of *question* but its names."""
        places = {word for name in states(question, language) for word in words_of(name)}
        said = content_keys(without(question, named.names | places), language)
        for hit in hits if said else ():
            has = self._glossary.all_keys(hit.passage.text, hit.passage.language) if hit.passage.kind == "heading" else frozenset()
            if has and all(word & has for word in said):
                return self._led([hit], fitting, False)
        return []

    def _listed(self, question: str, language: str, named: Named, fitting: list[int], hits: list[Hit]) -> tuple[list[int], bool]:
        """All items that a question for a list asks for, in document order, and whether a fact may answer it instead."""
        bodies = self.asks_bodies(question, language)
        items = [row for row in fitting if self.passages[row].list_id or self.passages[row].kind == "table_row"]
        if bodies:
            items = [row for row in items if self.passages[row].kind == "table_row"]
            for value in asked_values(question):
                items = [row for row in items if value & self.subjects.words[row]] or items
        if not items:
            return [], True
        topical = {
            c for c in named.concepts if not all(c in self.subjects.concepts[row] for row in items)
        }  # what all have is what they are
        rest = self.subjects.rest(question, language)
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
        return led, not (bodies and topical)  # in a directory, a topic that no entry has is an answer, too: there is none

    def _below(self, row: int) -> list[int]:
        """The items of the list that the passage of *row* introduces."""
        items = [self._place[identity] for identity in self._introduced.get(self.passages[row].id, ()) if identity in self._place]
        return [one for item in items for one in (item, *self._below(item))]

    def _opened(self, rows: list[int]) -> list[int]:
        """*rows*, and after those that end in a colon what they introduce."""
        every = [one for row in rows for one in (row, *(self._below(row) if self.passages[row].text.rstrip().endswith(":") else ()))]
        return list(dict.fromkeys(every))

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
        if below := [row for row in self._below(self._place[best.id]) if row in fitting]:
            return [self._place[best.id], *below] if best.kind == "list_item" else below
        same = [hit for hit in hits[:_READ] if best.list_id and hit.passage.list_id == best.list_id]
        if best.list_id and best.kind != "table_row" and len(same) >= 3:
            members = (self._place[identity] for identity in self._index.lists[best.list_id].passage_ids)
            return [row for row in members if row in fitting]
        return []

    def _fact(self, question: str, language: str, named: Named, certain: bool, hits: list[Hit], vector: Vectors | None) -> Found:
        """The best sentence of the best passages, with the confidence of the retrieval.

        A passage that has the states and names of the question, or is of the document that it asks about, speaks for
        itself; one that lacks a topic of the question speaks against. An entry that the question names either has the
        field that it asks for or does not.
        """
        chosen = [hit for hit in hits if hit.passage.kind != "heading" and not hit.passage.text.isupper()]
        if not chosen:
            return Found((), False, 0.0)
        passage, spans = self._best(question, language, chosen[:_READ])
        below = [self.passages[row] for row in self._below(self._place[passage.id]) if passage.text.rstrip().endswith(":")]
        introduced = bool(below) and not asks_one(question)
        if below and not introduced:
            item, inner = self._best(question, language, [Hit(item, 0.0, {}) for item in below])
            lacks = [self.subjects.missing(question, language, named, self._place[one.id])[1] for one in (item, passage)]
            if len(_sentences(passage)) < 2 or lacks[0] < lacks[1]:
                passage, spans = item, inner
        signs = self._signs(question, language, named, certain, passage)
        bare = without(question, named.names)  # the names a passage has in any case; what is asked of them is to be found
        signs["retrieval"] = retrieval_score(self._index, bare, language, chosen, None if named.names else vector)
        confidence = fact_confidence(signs)
        entry = fields(passage.text)
        if entry and named.names:
            has = not signs["untold"] and (asks_field(question, {label for label, _ in entry}) or signs["lacking"] < _COMMON)
            confidence = _SURE if has else _UNSURE
        every = [] if entry or asks_what_is_said(question) else _sentences(passage)
        first = [place for place, span in enumerate(every) if span in spans]
        if not first or len(passage.text) <= _SHORT:
            quote = _quote(passage)
        else:  # the sentences around the best ones tell what it is that they speak of
            start, end = every[max(first[0] - 1, 0)][0], every[min(first[-1] + 1, len(every) - 1)][1]
            quote = Quote(passage.source_id, passage.id, passage.start + start, passage.start + end)
        best = (passage.start + spans[0][0], passage.start + spans[0][1])
        inside = best if len(every) > 1 and best != (quote.start, quote.end) else None
        quotes = (quote, *(_quote(item) for item in below)) if introduced else (*self._title(passage), quote)
        return Found(quotes, introduced, confidence, (_quote(passage),), inside if quotes[0] == quote else None, tuple(signs.items()))

    def _title(self, passage: Passage) -> tuple[Quote, ...]:
        """The heading over an entry of a directory that does not have its name among its fields."""
        entry = fields(passage.text)
        if not entry or passage.kind == "table_row" or not passage.heading_path or asks_name(entry):
            return ()
        heads = (p for p in self.passages[: self._place[passage.id]][::-1] if p.kind == "heading" and p.source_id == passage.source_id)
        return tuple(_quote(head) for head in [next(heads, None)] if head and display_heading(head.text) == passage.heading_path[-1])

    def _signs(self, question: str, language: str, named: Named, certain: bool, passage: Passage) -> dict[str, float]:
        """What speaks for and against *passage* as the answer to a question for a fact."""
        missing, share = self.subjects.missing(question, language, named, self._place[passage.id])
        return {
            "named": float(bool(named.names or named.states or certain)),
            "lacking": share,
            "uncounted": float(missing > 0 and counts(question)),
            "untold": float(not tells(question, passage.text, passage.language)),
            "across": float(passage.language != language),
        }

    def _best(self, question: str, language: str, hits: list[Hit]) -> tuple[Passage, list[tuple[int, int]]]:
        """The passage whose best sentence answers *question* best, and the spans of its good sentences."""
        spans = [(hit, span) for hit in hits for span in (_sentences(hit.passage) or [(0, len(hit.passage.text))])]
        texts = [": ".join((*hit.passage.heading_path[-1:], hit.passage.text[start:end])) for hit, (start, end) in spans]
        prior = np.array([hit.relevance for hit, _ in spans])
        picked = best_sentences(question, texts, language, self._index.embeddings, prior, [hit.passage.language for hit, _ in spans])
        passage = spans[picked[0]][0].passage
        return passage, sorted(spans[number][1] for number in picked if spans[number][0].passage.id == passage.id)


def _quote(passage: Passage) -> Quote:
    return Quote(passage.source_id, passage.id, passage.start, passage.end)


def _sentences(passage: Passage) -> list[tuple[int, int]]:
    split = passage.kind in ("paragraph", "list_item") and not fields(passage.text)
    return list(sentence_spans(passage.text, passage.language)) if split else []
