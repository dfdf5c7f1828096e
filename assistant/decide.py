"""What a standalone question is after, how sure that is, and which quotations answer it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.matching import FEATURES, Matcher, Query
from assistant.references import named_parts, parts_of
from assistant.relevance import Relevance
from assistant.terms import Terms
from ingest.editorial import Quote, Target
from vectorstore.index import Index
from vectorstore.vocabulary import Vocabulary

_UNIT_SHARE = 0.3  # a quotation enters an answer when this share of the answerable probability wants it
_LEAD = 0.7  # a target with this share of the answerable probability is the answer by itself
_SHORT = 400  # characters of a passage that is quoted as a whole
_COMMON = 0.08  # a concept that more of the targets have than this is no topic but the subject of the corpus
_TOPIC_SHARE = 0.0003  # how likely, against the whole list, a topic must be for its part of the list to be meant
_REMEMBERED = 64  # questions whose vectors and features are kept, 30 KB each
SILENT = ("none", "refuse")


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for one question.

    ``probabilities`` has one entry per target of the matcher. ``best`` is the likeliest target of all, ``answer``
    the likeliest that has quotations, ``quotes`` what an answer would cite, ``confidence`` the probability in
    0..1 that citing them is right.
    """

    query: Query
    probabilities: npt.NDArray[np.float64]
    best: Target
    answer: Target
    quotes: tuple[Quote, ...]
    confidence: float
    signals: dict[str, float]


class Decider:
    """Joins the matcher, the terms and the relevance model over one index."""

    def __init__(self, index: Index, relevance: Relevance) -> None:
        self.index = index
        self.vocabulary = Vocabulary(index.concepts)
        self.matcher = Matcher(index)
        self.terms = Terms(index)
        self.relevance = relevance
        # A conversation asks the same again: the questions before, and this one near other passages.
        self.query, self.features = lru_cache(_REMEMBERED)(self._query), lru_cache(_REMEMBERED)(self._features)
        targets = self.matcher.targets
        self.kinds = np.array([target.kind for target in targets])
        self.silent = np.isin(self.kinds, SILENT)
        self.whole = np.isin(self.kinds, ("list", "group", "overview"))
        self.spoken = ~self.silent & (self.kinds != "help")
        sets = {target.id: frozenset(target.quotes) for target in targets}
        self._passages = [frozenset(quote.passage_id for quote in target.quotes) for target in targets]
        named = Counter(concept for target in targets for concept in index.target_concepts.get(target.id, ()))
        self.topical = {concept for concept, count in named.items() if count <= _COMMON * len(targets)}
        groups: dict[frozenset[Quote], int] = {}
        self.heads = {  # what the heading says that a list item stands under
            passage.id: self.vocabulary.concepts(passage.heading_path[-1], passage.language)
            for passage in index.passages
            if passage.list_id and passage.heading_path
        }
        self.head_concepts = frozenset().union(*self.heads.values())
        self.group = np.array([groups.setdefault(sets[target.id], len(groups)) for target in targets], dtype=np.int64)

    def _query(self, text: str, language: str) -> Query:
        """Compute once what every later step needs of a question."""
        vector = self.index.embeddings.encode([text], query=True)[0]
        return Query(text, language, vector, self.vocabulary.concepts(text, language))

    def _features(self, text: str, language: str) -> npt.NDArray[np.float32]:
        return self.matcher.features(self.query(text, language))

    def decide(
        self,
        query: Query,
        features: npt.NDArray[np.float32] | None = None,
        source: str | None = None,
        near: Mapping[str, float] | None = None,
    ) -> Decision:
        """Decide one question; *features* are those of the matcher where they are known already.

        With *source*, only what that document alone answers is taken into account; *near* says of passages how many times
        likelier they are meant than others.
        """
        if features is None:
            features = self.features(query.text, query.language)
        probabilities = self.relevance.probabilities(features)
        if near:
            weights = [max((near.get(quote.passage_id, 1.0) for quote in target.quotes), default=1.0) for target in self.matcher.targets]
            probabilities = probabilities * weights / (probabilities @ weights)
        spoken = np.where(self.spoken, probabilities, 0.0)
        if source is not None:
            spoken = np.where([{quote.source_id for quote in target.quotes} == {source} for target in self.matcher.targets], spoken, 0.0)
        mass = float(spoken.sum())
        by_group, leader, likeliest = self._leader(spoken)
        answer = self._narrowed(query, likeliest, spoken)
        narrowed = answer != likeliest  # what the whole list shares with others tells nothing about its part
        if not narrowed and self.whole[likeliest] and spoken[self.whole].sum() < spoken[~self.whole & ~self._items_of(likeliest)].sum():
            spoken = np.where(self.whole, 0.0, spoken)  # likelier something else, or a part of it by topic, than the whole of a list
            by_group, leader, answer = self._leader(spoken)
        targets = self.matcher.targets
        quotes = targets[answer].quotes if narrowed else self._quotes(answer, float(by_group[leader]), spoken, float(spoken.sum()))
        quotes = self._within(query, quotes)
        quotes = tuple(dict.fromkeys(self._in_full(quote) for quote in quotes))
        signals = self._signals(query, features[answer], float(by_group[leader]), mass, float(probabilities[self.silent].sum()))
        return Decision(
            query,
            probabilities,
            targets[int(np.argmax(probabilities))],
            targets[answer],
            quotes,
            self.relevance.confidence(signals),
            signals,
        )

    def _leader(self, spoken: npt.NDArray[np.float64]) -> tuple[npt.NDArray[Any], int, int]:
        """The probability of each group of targets with the same quotations, the likeliest group, and the likeliest target in it."""
        by_group = np.bincount(self.group, spoken, self.group.max() + 1)
        leader = int(np.argmax(by_group))
        return by_group, leader, int(np.argmax(np.where(self.group == leader, spoken, -1.0)))

    def _items_of(self, number: int) -> npt.NDArray[np.bool_]:
        """The targets that are single passages of the list that is target *number*."""
        passages = {quote.passage_id for quote in self.matcher.targets[number].quotes}
        return np.array([len(own) == 1 and own <= passages for own in self._passages])

    def _narrowed(self, query: Query, answer: int, spoken: npt.NDArray[np.float64]) -> int:
        """A part of a list where the question names a topic: the likeliest target about all that the list's own questions do not name."""
        target = self.matcher.targets[answer]
        if target.kind not in ("list", "group"):
            return answer
        own = self.index.target_concepts.get(target.id, frozenset()) | self._subject(target)
        specific = {concept for concept in query.concepts - own if concept in self.topical}
        if not specific:
            return answer
        passages = {quote.passage_id for quote in target.quotes}
        for number in np.argsort(-spoken)[:30]:
            other = self.matcher.targets[number]
            about = self.index.target_concepts.get(other.id, frozenset())
            inside = any(quote.passage_id in passages for quote in other.quotes)
            if other.kind == "topic" and inside and specific <= about and spoken[number] >= _TOPIC_SHARE * spoken[answer]:
                return int(number)
        return answer

    def _within(self, query: Query, quotes: tuple[Quote, ...]) -> tuple[Quote, ...]:
        """*quotes* without those from other annexes, or items of lists in other parts, than the question names, where any are left."""
        parts, heads = named_parts(query.text), query.concepts & self.head_concepts
        annexes = {part for part in parts if part.startswith("annex")}

        def elsewhere(quote: Quote) -> bool:
            own = parts_of(self.index, quote.passage_id)
            if annexes and any(part.startswith("annex") for part in own):
                return not own & annexes
            listed = quote.passage_id in self.heads and bool(heads or parts - annexes)
            return listed and not (heads & self.heads[quote.passage_id] or own & parts)

        return tuple(quote for quote in quotes if not elsewhere(quote)) or quotes

    def _in_full(self, quote: Quote) -> Quote:
        """*quote*, or all of the signature or short passage that it is part of, without which it may mislead."""
        passage = self.index.by_id[quote.passage_id]
        short = passage.kind == "signature" or len(passage.text) <= _SHORT
        return Quote(passage.source_id, passage.id, passage.start, passage.end) if short else quote

    def _subject(self, target: Target) -> frozenset[str]:
        """The concepts in the titles above a list: its document's, its headings', its own."""
        texts: dict[str, str] = {}
        for quote in target.quotes:
            passage = self.index.by_id[quote.passage_id]
            source = self.index.sources[passage.source_id]
            found = self.index.lists.get(passage.list_id or "")
            texts[" ".join((source.title, *passage.heading_path, found.title if found else ""))] = source.language
        return frozenset(concept for text, language in texts.items() for concept in self.vocabulary.concepts(text, language))

    def _quotes(self, answer: int, probability: float, spoken: npt.NDArray[np.float64], mass: float) -> tuple[Quote, ...]:
        """The quotations of the leading target, or, where several targets share the lead, those most of them want."""
        target = self.matcher.targets[answer]
        if probability >= _LEAD * mass or self.whole[answer]:
            return target.quotes
        wanted: dict[str, dict[Quote, float]] = {}
        for number in np.argsort(-spoken)[:25]:
            if not self.whole[number]:
                for quote in self.matcher.targets[number].quotes:
                    found = wanted.setdefault(quote.passage_id, {})
                    found[quote] = found.get(quote, 0.0) + float(spoken[number])
        # Targets may want different stretches of a passage: together they want the passage, and the likeliest says which stretch.
        chosen = [max(found, key=lambda quote: found[quote]) for found in wanted.values() if sum(found.values()) >= _UNIT_SHARE * mass]
        if not chosen:
            return target.quotes
        return tuple(sorted(chosen, key=lambda quote: (quote.source_id, quote.start)))

    def _signals(self, query: Query, features: npt.NDArray[np.float32], best: float, mass: float, silent: float) -> dict[str, float]:
        named = dict(zip(FEATURES, (float(value) for value in features), strict=True))
        unknown, content = self.terms.unknown_words(query.text, query.language)
        uncovered = sum(not self.vocabulary.by_id[concept].covered for concept in query.concepts)
        return {
            "answerable_log_odds": float(np.clip(np.log((mass + 1e-6) / (silent + 1e-6)), -6, 6)),
            "best_probability": best,
            "unknown_words": unknown / max(content, 1),
            "uncovered_concepts": float(min(uncovered, 2)),
            "unknown_names": float(min(len(self.terms.unknown_names(query.text, query.language)), 2)),
            "unknown_numbers": float(min(len(self.terms.unknown_numbers(query.text)), 2)),
            "passage_dense": named["passage_dense"],
            "passage_words": named["passage_words"],
            "asked_words": named["asked_words"],
            **{name: named[name] for name in ("parts_foreign", "told", "untold")},
        }
