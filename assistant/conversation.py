"""Questions that lean on the turns before them: about the items just given, the part of a document that is next, a new topic.

What was given is read from the answer that the reader saw: its verbatim quotations. Where no answer is known, the earlier
question is planned again.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.asked import asks_many, content_keys
from assistant.decide import Decider
from assistant.exclusion import LEAVING_OUT
from assistant.expected import expected_kind, has_kind
from assistant.find import Finder
from assistant.followup import (
    ROMAN,
    asks_next,
    asks_of_two,
    asks_other_parts,
    asks_rest,
    asks_subset,
    content_stems,
    counts_items,
    doubts,
    names_pillar,
    ordinal,
    with_referent,
)
from assistant.references import ANNEX, named_parts, parts_of
from assistant.subjects import plain_words
from assistant.terms import capitalised, states
from assistant.types import Exchange, Plan
from ingest.editorial import Quote, TargetKind
from ingest.places import state_names
from ingest.types import Passage, PassageList
from vectorstore.index import Index
from vectorstore.lexical import fold

Simple = Callable[..., Plan]
SURE_ALONE = 0.75
SURE = 0.5
_ANNEXED = {"en": "annex", "es": "anexo", "pt": "anexo", "fr": "annexe"}
_QUOTED = re.compile(r"[“«\"]\s*(.{12,}?)\s*[”»\"](?=\W|$)", re.DOTALL)
_SAME, _NEAR = 3.0, 1.5  # how much likelier a follow-up asks for more of a passage just quoted, and of what stands beside it


class Conversation:
    """Plans follow-ups with *simple*, which plans one standalone question, *single*, which takes a compound one apart first, and
    *found*, which looks into one of the documents without editorial data.
    """

    def __init__(self, decider: Decider, finder: Finder, sources: set[str], simple: Simple, single: Simple, found: Simple) -> None:
        self._decider, self._finder, self._sources = decider, finder, sources
        self._index = decider.index
        self._simple, self._single, self._found = simple, single, found

    def plan(self, question: str, language: str, recent: Sequence[Exchange], previous: Plan) -> Plan:
        """*question*, which leans on the *recent* exchanges and the *previous* plan, the one for the last of them."""
        last = recent[-1]
        if (shown := self._shown(last.answer)) and {q.passage_id for q in shown} != {q.passage_id for q in previous.quotes}:
            previous = replace(previous, kind="topic", quotes=shown, span=None, silent=False)
        if picked := self._picked(question, language, previous):
            return picked
        if doubts(question, language) and previous.quotes:
            return previous
        content = set(content_stems(question, language))
        if len(recent) > 1 and previous.quotes and asks_of_two(question, language):
            before = tuple(quote for quote in self._shown(recent[-2].answer) if quote not in previous.quotes)
            return replace(previous, kind="fact", quotes=(*before, *previous.quotes), span=None) if before else previous
        if (annexed := self._annexed(question, language, previous)) and annexed.confidence >= SURE:
            return annexed
        alone = self._single(question, language)
        if asks_subset(question, language) and len(previous.quotes) > 1:
            subset = self._subset(question, previous, language)
            return alone if subset.silent and not alone.silent and alone.confidence >= SURE else subset
        if counts_items(question, language) and len(content) <= 1 and previous.quotes:
            return replace(previous, count=True)
        leaning = re.match(r"(?:and|y|e|et) ", fold(question).lstrip(" ¿¡"))  # "And its contact?" asks no help of the assistant
        if alone.kind == "help" and not leaning:
            return alone
        spoken = last.language
        base = previous.asked or last.question
        if elsewhere := self._outside(question, language, base, spoken):
            return elsewhere
        only_part = self._names_only_a_part(question, language)
        other = self._other_part(question, language, base, spoken)
        if only_part and other and not (plan := self._simple(other, spoken)).silent:
            return plan
        carried = self._carried(question, language, last, previous)
        sure = alone.kind != "help" and alone.confidence >= SURE_ALONE and not alone.silent and len(content) > 1
        if sure and not carried and self._tells(question, alone):
            return alone
        if other and not only_part and not (plan := self._simple(other, spoken)).silent:
            return plan
        return self._likeliest(question, language, last, previous, carried, alone)

    def _likeliest(self, question: str, language: str, last: Exchange, previous: Plan, carried: str, alone: Plan) -> Plan:
        """The best of what *question* may mean after the *last* exchange, or *alone*; *carried* is it with the names of the last."""
        spoken, base = last.language, previous.asked or last.question
        near = self._near(previous.quotes)
        plans = [self._simple(text, spoken) for text in self._substituted(question, language, base, spoken)]
        plans += [self._simple(text, language, near) for text in self.resolved(question, language, base, spoken)]
        if carried:
            alone = self._simple(carried, language)
            if not alone.silent and self._finder.directory.entry_in(last.answer):
                return alone
        plans.append(self._simple(carried or f"{last.question} {question}", language))
        plans = [plan for plan in plans if plan.quotes != previous.quotes or plan.silent] or plans
        spoken_of = {quote.source_id for quote in previous.quotes}
        added = bool(spoken_of) and not spoken_of & self._sources
        if added:
            above = {self._index.by_id[quote.passage_id].heading_path for quote in previous.quotes}
            beside = {p.id for p in self._index.passages if p.source_id in spoken_of and p.heading_path in above}
            plans.append(self._found(question, language, frozenset(), beside))
        if added and len(spoken_of) == 1:
            plans.append(self._found(carried or question, language, frozenset(spoken_of)))
        if not carried and near:
            plans.append(self._simple(question, language, near))
        candidates = [plan for plan in (*plans, alone) if plan.kind != "help"] or [alone]
        if added and carried:  # what names nothing is about what was spoken of
            candidates = [plan for plan in candidates if plan.silent or not self._covers(plan.quotes)]
        best = max(candidates, key=lambda plan: (not plan.silent and self._tells(question, plan), plan.confidence))
        if not best.silent and not self._tells(question, best):
            return replace(best, kind="none", quotes=(), span=None, silent=True, nearest=best.quotes[:3])
        return best if not best.silent or not alone.silent else alone if alone.reason else best

    def _tells(self, question: str, plan: Plan) -> bool:
        """Whether what *plan* quotes has the kind of thing that *question* wants to hear (a date, a sum, a name)."""
        kind = expected_kind(question)
        texts = ((self._index.canonical[one.source_id][one.start : one.end], one.source_id) for one in plan.quotes)
        said = any(has_kind(kind, text, self._index.sources[source].language) for text, source in texts)
        return said or kind in ("", "number", "reason") or plan.kind == "list"

    def _shown(self, answer: str) -> tuple[Quote, ...]:
        """The passages that *answer* quotes, in its order; a text that stands in several lists counts for the list of its neighbours."""
        found: list[list[Passage]] = []
        for match in _QUOTED.finditer(answer):
            text = " ".join(match.group(1).split())
            if places := [passage for passage in self._index.passages if text in " ".join(passage.text.split())]:
                found.append(places)
        lists = [passage.list_id for places in found for passage in places if passage.list_id]
        chosen = [max(places, key=lambda passage: lists.count(passage.list_id) if passage.list_id else 0) for places in found]
        return tuple(dict.fromkeys(_quote(passage) for passage in chosen if passage.kind != "heading"))

    def _near(self, quotes: Sequence[Quote]) -> dict[str, float]:
        """The passages that a follow-up is likelier to be about: those just quoted and those under the same heading."""
        quoted = {quote.passage_id for quote in quotes}
        above = {self._index.by_id[identity].heading_path for identity in quoted}
        beside = {p.id: _NEAR for p in self._index.passages if p.heading_path in above and not p.list_id and p.source_id in self._sources}
        return beside | dict.fromkeys(quoted, _SAME)

    def _picked(self, question: str, language: str, previous: Plan) -> Plan | None:
        """The items of the list just given that *question* picks by their place: the third, the last, the next, the rest."""
        place = ordinal(question)
        if place and (picked := at_place(self._index, previous, place, names_pillar(question))):
            return picked
        quoted = [quote.passage_id for quote in previous.quotes]
        found = _one_list(self._index, previous.quotes)
        left: list[str] = []
        if found and asks_rest(question, language) and len(content_stems(question, language)) <= 4:
            left = [identity for identity in found.passage_ids if identity not in quoted]
        elif asks_next(question, language):
            lists = dict.fromkeys(one for quote in quoted if (one := self._index.by_id[quote].list_id))
            for members in (self._index.lists[one].passage_ids for one in lists):
                after = 1 + max(number for number, identity in enumerate(members) if identity in quoted)
                left += members[after : after + 1]
            left = left or (self._next_section(found.id) if found else [])
            if expected_kind(question) == "contact":  # with what says where it is
                annexes = frozenset().union(*(parts_of(self._index, one) for one in left))
                left += [p.id for p in self._index.passages if "://" in p.text and annexes & parts_of(self._index, p.id)]
        return _with(previous, tuple(_quote(self._index.by_id[identity]) for identity in left)) if left else None

    def _next_section(self, list_id: str) -> list[str]:
        """What stands under the heading after that of a list, with the passage that is its heading in a table."""
        found = self._index.lists[list_id]
        parent, passages = found.heading_path[:-1], [p for p in self._index.passages if p.source_id == found.source_id]
        siblings = list(dict.fromkeys(p.heading_path for p in passages if p.heading_path and p.heading_path[:-1] == parent))
        rest = siblings[siblings.index(found.heading_path) + 1 :][:1] if found.heading_path in siblings else []
        titles = [p.id for p in passages if rest and p.heading_path == parent and " ".join(p.text.split()) == rest[0][-1]]
        return [*titles, *(p.id for p in passages if rest and p.heading_path == rest[0])]

    def _carried(self, question: str, language: str, last: Exchange, previous: Plan) -> str:
        """*question* with the names of the *last* one, where that was about documents without editorial data and this names nothing."""
        mine = self._finder.subjects.names(question, language)
        if mine.states or mine.names or self._covers(previous.quotes) or not self._finder.subjects.speaks_of(last.question, last.language):
            return ""
        entry = self._finder.directory.entry_in(last.answer)  # "An agency: …" is what comes next is about
        names = [entry] if entry else [*capitalised(last.question, last.language), *states(last.question, last.language)]
        return f"{question} {', '.join(names)}" if names else ""

    def _substituted(self, question: str, language: str, previous: str, spoken: str) -> list[str]:
        """The earlier question, in its language, with one of its concepts replaced by the one that the new question names."""
        vocabulary = self._decider.vocabulary
        words = plain_words(question)
        named, place = vocabulary.find(question, language), states(question, language)
        if place and (before := states(previous, spoken)):
            names = {code: name for name, code in state_names(spoken).items()}
            was, now = next(iter(before)), names[next(iter(place.values()))]
            return [" ".join(re.sub(rf"\b{re.escape(was)}\b", now, fold(previous), count=1).split())]
        numbers = re.findall(r"\b\d{1,2}\b", question)
        if len(numbers) == 1 and re.search(r"\b\d{1,2}\b", previous):
            return [re.sub(r"\b\d{1,2}\b", numbers[0], previous, count=1)]
        if not named:
            return []
        new, begin, end = named[-1]
        term = " ".join(words[begin:end]) if language == spoken else dict(vocabulary.by_id[new].preferred).get(spoken, "")
        old = plain_words(previous)
        return [
            " ".join([*old[:start], term, *old[stop:]])
            for concept, start, stop in vocabulary.find(previous, spoken)
            if concept not in {identity for identity, _, _ in named}
        ][:3]

    def _other_part(self, question: str, language: str, previous: str, spoken: str) -> str:
        """The earlier question with the part of a document that *question* names ("and rehabilitation?") in place of its own."""
        vocabulary, heads = self._decider.vocabulary, self._decider.head_concepts
        now = [concept for concept, _, _ in vocabulary.find(question, language) if concept in heads]
        before = [(start, stop) for concept, start, stop in vocabulary.find(previous, spoken) if concept in heads and concept not in now]
        if len(now) != 1 or len(before) != 1:
            return ""
        old = plain_words(previous)
        start, stop = before[0]
        return " ".join([*old[:start], dict(vocabulary.by_id[now[0]].preferred).get(spoken, ""), *old[stop:]])

    def _annexed(self, question: str, language: str, previous: Plan) -> Plan | None:
        """*question* about "that annex", or for a link, as one about the one annex that the *previous* answer quotes something of."""
        if named_parts(question) or not (re.search(ANNEX, fold(question)) or expected_kind(question) == "contact"):
            return None
        found = {part for quote in previous.quotes for part in parts_of(self._index, quote.passage_id) if part.startswith("annex")}
        if len(found) != 1:
            return None
        number = int(found.pop().split()[1])
        numeral = ROMAN[number - 1].upper() if number <= len(ROMAN) else str(number)
        plan = self._simple(f"{question.rstrip(' ?')} ({_ANNEXED[language]} {numeral})?", language)
        return None if plan.silent else plan

    def _names_only_a_part(self, question: str, language: str) -> bool:
        """Whether *question* names a part of a document ("and in the law pillar?") and no topic, list or count of its own."""
        named = self._decider.vocabulary.concepts(question, language)
        own = counts_items(question, language) or asks_many(question, language)
        return len(named) == 1 and named <= self._decider.head_concepts and not own

    def _outside(self, question: str, language: str, previous: str, spoken: str) -> Plan | None:
        """The earlier question in all parts of a document but the one that *question* leaves out ("and outside prevention?")."""
        vocabulary, heads = self._decider.vocabulary, self._decider.head_concepts
        of_old = [found for found in vocabulary.find(previous, spoken) if found[0] in heads]
        named = [(concept, start) for concept, start, _ in vocabulary.find(question, language) if concept in heads]
        before = " ".join(plain_words(fold(question))[: named[0][1]]) if len(named) == 1 else ""
        if re.search(rf"\b(?:{LEAVING_OUT[language]})(?: \w+){{0,3}}$", before):
            out = {named[0][0]}
        elif asks_other_parts(question) and not named and of_old:
            out = {concept for concept, _, _ in of_old}
        else:
            return None
        old = plain_words(previous)
        for _, start, stop in reversed(of_old):
            del old[start:stop]
        plan = self._simple(" ".join(old), spoken)
        kept = tuple(quote for quote in plan.quotes if not out & self._decider.heads.get(quote.passage_id, frozenset()))
        return replace(plan, kind="topic", quotes=kept, span=None) if kept and not plan.silent else None

    def resolved(self, question: str, language: str, previous: str, spoken: str) -> list[str]:
        """*question* with what the earlier one is about, which a pronoun or nothing stands for: one of its concepts at a time."""
        vocabulary = self._decider.vocabulary
        named = vocabulary.concepts(question, language)
        concepts = [concept for concept, _, _ in vocabulary.find(previous, spoken) if concept not in named]
        terms = [dict(vocabulary.by_id[concept].preferred).get(language, "") for concept in dict.fromkeys(concepts)]
        return [with_referent(question, term, language) for term in terms if term][:3]

    def _subset(self, question: str, previous: Plan, language: str) -> Plan:
        """The items of the previous answer that the question picks out."""
        if not self._covers(previous.quotes):
            found = self._finder.find(question, language)
            kept = tuple(quote for quote in previous.quotes if found and quote in found.quotes)
            return replace(previous, kind="topic", quotes=kept, silent=not kept, of_previous=True, asked=question)
        decision = self._decider.decide(self._decider.query(question, language))
        shares: dict[str, float] = {}
        mass = 1e-9
        for target, probability in zip(self._decider.matcher.targets, decision.probabilities, strict=True):
            if target.kind in ("topic", "fact", "agency"):
                mass += float(probability)
                for passage_id in {quote.passage_id for quote in target.quotes}:
                    shares[passage_id] = shares.get(passage_id, 0.0) + float(probability)
        chosen = tuple(quote for quote in previous.quotes if shares.get(quote.passage_id, 0.0) >= 0.35 * mass)
        chosen = chosen or self._with_words(question, language, previous.quotes)
        if not chosen:
            return Plan("none", previous.target, silent=True, confidence=decision.confidence, of_previous=True, asked=question)
        return Plan("topic", previous.target, chosen, None, decision.confidence, of_previous=True, asked=question)

    def _covers(self, quotes: Sequence[Quote]) -> bool:
        """Whether editorial data describe what *quotes* are of."""
        return any(quote.source_id in self._sources for quote in quotes)

    def _with_words(self, question: str, language: str, quotes: tuple[Quote, ...]) -> tuple[Quote, ...]:
        """Those of *quotes* that have most of the words of *question*, by what they mean; none where none has any."""
        said = content_keys(question, language)
        had = {quote: self._index.share(said, self._index.by_id[quote.passage_id]) for quote in quotes}
        most = max(had.values(), default=0.0)
        return tuple(quote for quote in quotes if most and had[quote] == most) if most > 0 and len(set(had.values())) > 1 else ()


def at_place(index: Index, plan: Plan, place: int, pillar: bool) -> Plan | None:
    """The item at *place* (counted from 1, from the end when negative) of the one list that *plan* is about.

    With *pillar* the part of the document that has this place among its numbered parts. A list that was shown in part is
    counted as it was shown, as far as that goes.
    """
    at = place - 1 if place > 0 else place
    found = _one_list(index, plan.quotes)
    items: tuple[str, ...] = found.passage_ids if found else ()
    if pillar:
        source_id = plan.quotes[0].source_id if plan.quotes else next(iter(index.canonical), "")
        parts = [part for part in index.lists.values() if part.source_id == source_id and part.unit == "action"]
        numbered = {part.heading_path[-1].split(". ")[0].lower(): part for part in parts if part.heading_path}
        names = [numeral for numeral in ROMAN if numeral in numbered]
        items = numbered[names[at]].passage_ids if -len(names) <= at < len(names) else ()
    elif -len(items) <= at < len(items):
        items = (items[at],)
    else:
        items = ()
    return _with(plan, tuple(_quote(index.by_id[identity]) for identity in items)) if items else None


def _one_list(index: Index, quotes: Sequence[Quote]) -> PassageList | None:
    """The list that *quotes* are of; what stands under the same heading but in no list does no harm."""
    passages = [index.by_id[quote.passage_id] for quote in quotes]
    lists = {passage.list_id for passage in passages if passage.list_id}
    found = index.lists[lists.pop()] if len(lists) == 1 else None
    return found if found and all(passage.list_id or passage.heading_path == found.heading_path for passage in passages) else None


def _with(plan: Plan, quotes: tuple[Quote, ...]) -> Plan:
    kind: TargetKind = "list" if len(quotes) > 1 else "topic"
    return replace(plan, kind=kind, quotes=quotes, span=None, confidence=max(plan.confidence, SURE_ALONE), silent=False)


def _quote(passage: Passage) -> Quote:
    return Quote(passage.source_id, passage.id, passage.start, passage.end)
