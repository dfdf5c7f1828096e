"""From a question and its history to a plan: what will be said, resting on which quotations."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from assistant.decide import SILENT, Decider, Decision
from assistant.find import Finder
from assistant.followup import ROMAN, asks_subset, content_stems, leans, names_pillar, ordinal, points_back, with_referent
from assistant.references import asks_both
from assistant.relevance import LIKELY
from assistant.subjects import plain_words
from assistant.terms import TITLE, capitalised, states
from ingest.editorial import Quote, TargetKind
from ingest.places import state_names
from ingest.sentences import sentence_spans
from vectorstore.lexical import fold

_COUNT = {
    "en": r"how many|number of|count",
    "es": r"cuant[oa]s|numero de|cantidad de",
    "pt": r"quant[oa]s|numero de|quantidade de",
    "fr": r"combien|nombre d",
}
_ASKING = (  # with and without accents
    r"who|what|when|where|which|how|why|whom|qui[eé]n(?:es)?|qu[eé]|cu[aá]l(?:es)?|cu[aá]ndo|d[oó]nde|c[oó]mo|cu[aá]nt\w+|quem|qual|quais|"
    r"quando|onde|quant\w+|qui|quoi|quand|o[uù]|quel\w*|comment|combien"
)
_THEN = "then|afterwards|luego|despu[eé]s|depois|em seguida|puis|ensuite"
_PARTS = 6  # so many of the questions inside one question are answered
_TURNS = 3  # how many earlier questions a follow-up may lean on, one on the other
_SURE_ALONE = 0.75
_SURE = 0.5
_FAMILIAR = 0.5  # the least share of its words that a greeting or a question of help has in common with those that are expected
Reason = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an answer will consist of. ``silent`` means that nothing answers the question.

    ``reason`` says why, as (language, sentence) pairs; ``unanswered`` has the reasons of a question's parts.
    """

    kind: TargetKind
    target: str
    quotes: tuple[Quote, ...] = ()
    span: tuple[int, int] | None = None
    confidence: float = 0.0
    silent: bool = False
    refused: bool = False
    count: bool = False
    reason: Reason = ()
    nearest: tuple[Quote, ...] = ()
    unanswered: tuple[Reason, ...] = ()
    of_previous: bool = False
    asked: str = ""


class Planner:
    """Plans answers over one decider."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._index = decider.index
        covered = {quote.source_id for target in decider.matcher.targets for quote in target.quotes}
        covered |= {source.id for source in self._index.sources.values() if source.version_of in covered}  # the same text again
        self._finder = Finder(self._index, decider.vocabulary, covered)
        self._sources = covered

    @cached_property
    def _covered(self) -> Finder:
        """Looks for names in the documents with editorial data; needed only beside others."""
        return Finder(self._index, self._decider.vocabulary, set(self._index.canonical) - self._sources)

    def plan(self, question: str, earlier: Sequence[tuple[str, str]], language: str) -> Plan:
        """The plan for *question* after the user's *earlier* questions, each with its language."""
        recent = list(earlier)[-_TURNS:]
        content = len(set(content_stems(question, language)))
        if recent and leans(question, language, content):
            return self._follow_up(question, recent, language)
        return self._single(question, language)

    def _single(self, question: str, language: str) -> Plan:
        opening, rest = self._greeting(question, language)
        if opening:
            return self._single(rest, language)
        whole = self._of_both(question, language, self._simple(question, language))
        parts = self._parts(question, language)
        if len(parts) < 2 and not (whole.silent and parts and parts[0] != question.strip()):
            return whole
        plans = [self._simple(part, language) for part in parts]
        sure = _SURE if whole.silent else min(_SURE, whole.confidence)
        spoken = [plan for plan in plans if not plan.silent and plan.quotes and plan.confidence >= sure]
        if not spoken:
            return whole
        if not whole.silent and ((len(spoken) == 1 and whole.quotes) or {q for p in spoken for q in p.quotes} <= set(whole.quotes)):
            doubt = self._decider.relevance.threshold / 2
            asked = [plan for part, plan in zip(parts, plans, strict=True) if re.search(rf"\b(?:{_ASKING})\b", fold(part))]
            missed = (plan.reason for plan in asked if plan.silent and not plan.refused and plan.confidence < doubt)
            surer = max([whole, *spoken], key=lambda plan: plan.confidence) if len(spoken) == 1 else whole
            return replace(surer, unanswered=tuple(dict.fromkeys(reason for reason in missed if reason)))
        lead = max(spoken, key=lambda plan: plan.confidence)
        quotes = tuple(dict.fromkeys(quote for plan in spoken for quote in plan.quotes))
        missing = tuple(plan.reason for plan in plans if plan.silent and plan.reason and not plan.refused)
        kind = lead.kind if len(spoken) == 1 else "fact" if any(plan.kind in ("fact", "agency") for plan in spoken) else "topic"
        return replace(
            lead,
            kind=kind,
            quotes=quotes,
            span=lead.span if quotes[0] == lead.quotes[0] else None,  # it is a place in the first quotation
            unanswered=missing,
            confidence=min(plan.confidence for plan in spoken),
            count=any(plan.count for plan in spoken),
        )

    def _of_both(self, question: str, language: str, plan: Plan) -> Plan:
        """*plan*, or, where the question asks of two documents and it rests on one, with what the other one says."""
        have = {quote.source_id for quote in plan.quotes}
        if plan.silent or len(have) != 1 or plan.kind in ("list", "group") or not asks_both(question):
            return plan
        query = self._decider.query(question, language)
        others = [self._decider.decide(query, source=source) for source in sorted(self._sources - have) if source in self._index.canonical]
        if not others:
            return plan
        best = max(others, key=lambda decision: decision.signals["best_probability"])
        return replace(plan, kind="fact", quotes=(*plan.quotes, *(quote for quote in best.quotes if quote not in plan.quotes)))

    def _greeting(self, question: str, language: str) -> tuple[str, str]:
        """A short first sentence that is a greeting or thanks, and what comes after it."""
        match = re.match(r"(\W*\w+(?:\W+\w+){0,3}?[.!?,:]+)\s+(\S.{8,})", question, re.DOTALL)
        if not match or TITLE.search(match.group(1)) or self._simple(match.group(1), language).kind != "help":
            return "", question
        return match.group(1), match.group(2)

    def _parts(self, question: str, language: str) -> list[str]:
        """The questions inside a question: its interrogative sentences, split also before "and when …"."""
        stretches = [piece for piece in re.split(r"(?<=[?!;])\s+|>\s*", question) if piece.strip()]
        sentences = [text[start:end].strip() for text in stretches for start, end in sentence_spans(text, language)]
        asking = [piece for piece in sentences if piece.endswith("?")] or sentences
        joints = rf"[,;]? (?:and|y|e|et) (?=(?:{_ASKING})\b)|[,;] (?:(?:and|y|e|et) )?(?:{_THEN})\b[,:]? "
        pieces = [piece for text in asking for piece in re.split(joints, text, flags=re.IGNORECASE)]
        # What points back at the part before it is understood within the whole.
        kept = [question if number and points_back(piece, language) else piece for number, piece in enumerate(dict.fromkeys(pieces))]
        return [piece for piece in dict.fromkeys(kept) if self._says_enough(piece, language)][:_PARTS]

    @staticmethod
    def _says_enough(piece: str, language: str) -> bool:
        """Two words of content, or one behind a question word."""
        content = len(set(content_stems(piece, language)))
        return content >= 2 or (content == 1 and bool(re.match(rf"[¿\s]*(?:{_ASKING})\b", piece, re.IGNORECASE)))

    def _simple(self, question: str, language: str) -> Plan:
        if not self._decider.matcher.targets:
            return self._from_passages(question, language)
        plan = self._from_decision(self._decider.decide(self._decider.query(question, language)))
        if plan.refused or plan.kind == "help" or not self._finder.passages:
            return plan
        bodies, elsewhere = self._finder.asks_bodies(question, language), self._elsewhere(question, language)
        if plan.confidence >= _SURE_ALONE and not (plan.silent or bodies or elsewhere):
            return plan
        other = self._from_passages(question, language)
        if other.silent and bodies:
            return other if plan.silent or self._finder.subjects.lacks_state(question, language) else plan
        if other.silent:
            return other if elsewhere and not plan.silent else plan
        if plan.silent or bodies or elsewhere:
            return other
        named = other.kind == "fact" or self._finder.subjects.speaks_of(question, language)
        return other if other.confidence > plan.confidence < _SURE_ALONE and named else plan

    def _elsewhere(self, question: str, language: str) -> bool:
        """Whether a document without editorial data is asked about, or only such documents have the question's states and names."""
        if self._finder.subjects.asked_source(question):
            return True
        return self._finder.subjects.speaks_of(question, language) and not self._covered.subjects.speaks_of(question, language)

    def _familiar(self, text: str, language: str) -> float:
        """The share of the words of *text* that some expected question has too."""
        words = re.findall(r"[^\W\d_]+", fold(text))
        return sum(word in self._index.question_words[language] for word in words) / max(len(words), 1)

    def _from_decision(self, decision: Decision) -> Plan:
        best, answer, language = decision.best, decision.answer, decision.query.language
        confidence, relevance = decision.confidence, self._decider.relevance
        if best.kind == "help" and self._familiar(decision.query.text, language) >= _FAMILIAR:
            return Plan("help", best.id, confidence=1.0, asked=decision.query.text)
        doubtful = best.kind in SILENT and confidence < 2 * relevance.threshold
        if doubtful or best.kind == "help" or confidence < relevance.threshold or not decision.quotes:
            target = best if best.kind in SILENT else None
            return Plan(
                best.kind if target else "none",
                best.id,
                confidence=confidence,
                silent=True,
                refused=best.kind == "refuse",
                reason=target.reason if target else (),
                nearest=(target.also if target and target.also else answer.quotes)[:3],
                asked=decision.query.text,
            )
        same = [quote.passage_id for quote in decision.quotes] == list(dict.fromkeys(quote.passage_id for quote in answer.quotes))
        plan = Plan(
            answer.kind if same else "topic",
            answer.id,
            decision.quotes,
            answer.span if same else None,
            confidence,
            count=bool(re.search(rf"\b(?:{_COUNT[language]})", fold(decision.query.text))) and answer.kind in ("list", "group", "topic"),
            asked=decision.query.text,
        )
        place = ordinal(plan.asked) if answer.kind == "list" else None
        return (self._place(plan, place, names_pillar(plan.asked)) or plan) if place else plan

    def _follow_up(self, question: str, earlier: list[tuple[str, str]], language: str) -> Plan:
        """A question that leans on the ones before: about those items, their number, or a new topic in an old question."""
        last, spoken = earlier[-1]
        previous = self.plan(last, earlier[:-1], spoken)
        content = set(content_stems(question, language))
        place = ordinal(question)
        if place and (picked := self._place(previous, place, names_pillar(question))):
            return picked
        alone = self._single(question, language)
        if asks_subset(question, language) and previous.quotes:
            subset = self._subset(question, previous, language)
            return alone if subset.silent and not alone.silent and alone.confidence >= _SURE else subset
        if re.search(rf"\b(?:{_COUNT[language]})", fold(question)) and len(content) <= 1 and previous.quotes:
            return replace(previous, count=True)
        leaning = re.match(r"(?:and|y|e|et) ", fold(question).lstrip(" ¿¡"))  # "And its contact?" asks no help of the assistant
        if alone.kind == "help" and not leaning:
            return alone
        if alone.kind != "help" and alone.confidence >= _SURE_ALONE and not alone.silent and len(content) > 1:
            return alone
        base = previous.asked or last
        if (other := self._other_part(question, language, base, spoken)) and not (plan := self._simple(other, spoken)).silent:
            return plan
        plans = [self._simple(text, spoken) for text in self._substituted(question, language, base, spoken)]
        plans += [self._simple(text, language) for text in self._resolved(question, language, base, spoken)]
        carried = self._carried(question, language, last, spoken, previous)
        if carried:
            alone = self._simple(carried, language)
        plans.append(self._simple(carried or f"{last} {question}", language))
        plans = [plan for plan in plans if plan.quotes != previous.quotes or plan.silent] or plans
        candidates = [plan for plan in (*plans, alone) if plan.kind != "help"] or [alone]
        best = max(candidates, key=lambda plan: (not plan.silent, plan.confidence))
        return best if not best.silent or not alone.silent else alone if alone.reason else best

    def _carried(self, question: str, language: str, last: str, spoken: str, previous: Plan) -> str:
        """*question* with the names of the *last* one, where that was about documents without editorial data and this names nothing."""
        mine = self._finder.subjects.names(question, language)
        if mine.states or mine.names or self._covers(previous.quotes) or not self._finder.subjects.speaks_of(last, spoken):
            return ""
        names = [*capitalised(last, spoken), *states(last, spoken)]
        return f"{question} {', '.join(names)}" if names else ""

    def _place(self, plan: Plan, place: int, pillar: bool) -> Plan | None:
        """The item at *place* of the one list that *plan* is about, or of its document the part with that numeral."""
        lists = {self._index.by_id[quote.passage_id].list_id for quote in plan.quotes}
        found = self._index.lists.get(next(iter(lists)) or "") if len(lists) == 1 else None
        if pillar:
            source_id = plan.quotes[0].source_id if plan.quotes else next(iter(self._index.canonical), "")
            numeral = f"{ROMAN[place - 1].upper()}. " if 0 < place <= len(ROMAN) else "-"
            parts = [item for item in self._index.lists.values() if item.source_id == source_id and item.unit == "action"]
            found = next((item for item in parts if item.heading_path and item.heading_path[-1].startswith(numeral)), None)
            items = found.passage_ids if found else ()
        else:
            items = found.passage_ids[place - 1 : place] if found else ()
        passages = [self._index.by_id[identity] for identity in items]
        if not passages:
            return None
        quotes = tuple(Quote(item.source_id, item.id, item.start, item.end) for item in passages)
        kind: TargetKind = "list" if len(quotes) > 1 else "topic"
        return replace(plan, kind=kind, quotes=quotes, span=None, confidence=max(plan.confidence, _SURE_ALONE), silent=False)

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

    def _resolved(self, question: str, language: str, previous: str, spoken: str) -> list[str]:
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
        if not chosen:
            return Plan("none", previous.target, silent=True, confidence=decision.confidence, of_previous=True, asked=question)
        return Plan("topic", previous.target, chosen, None, decision.confidence, of_previous=True, asked=question)

    def _covers(self, quotes: Sequence[Quote]) -> bool:
        """Whether editorial data describe what *quotes* are of."""
        return any(quote.source_id in self._sources for quote in quotes)

    def _from_passages(self, question: str, language: str) -> Plan:
        """For documents without editorial data: what the finder finds."""
        found = self._finder.find(question, language)
        if found is None:
            return Plan("none", "", silent=True, asked=question)
        if not found.quotes or found.confidence < LIKELY:
            return Plan("none", "", confidence=found.confidence, silent=True, nearest=found.nearest, asked=question)
        count = found.listed and bool(re.search(rf"\b(?:{_COUNT[language]})", fold(question)))
        kind: TargetKind = "topic" if found.listed else "fact"
        return Plan(kind, "", found.quotes, found.span, found.confidence, count=count, asked=question)
