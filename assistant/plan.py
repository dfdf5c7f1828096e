"""From a question and its history to a plan: what will be said, resting on which quotations."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from assistant.asked import content_keys
from assistant.conversation import SURE, SURE_ALONE, Conversation, at_place
from assistant.decide import SILENT, Decider, Decision
from assistant.exclusion import exclusion
from assistant.facts import LIKELY
from assistant.find import Finder
from assistant.followup import content_stems, counts_items, leans, names_pillar, ordinal, points_back
from assistant.references import asks_both
from assistant.terms import TITLE, capitalised, states
from assistant.types import Exchange, Plan
from ingest.editorial import TargetKind
from ingest.sentences import sentence_spans
from vectorstore.glossary import load_glossary
from vectorstore.lexical import fold

_ASKING = (  # with and without accents
    r"who|what|when|where|which|how|why|whom|qui[eé]n(?:es)?|qu[eé]|cu[aá]l(?:es)?|cu[aá]ndo|d[oó]nde|c[oó]mo|cu[aá]nt\w+|quem|qual|quais|"
    r"quando|onde|quant\w+|qui|quoi|quand|o[uù]|quel\w*|comment|combien|q"
)
# How a question without a question word begins, and how nothing else does.
_VERBS = (
    r"(?:is|are|was|were|does|do|did|has|have) (?:there|it|they|the|any|a|an)|hay|existen?|hubo|h[aá]|houve|existem|"
    r"y a-t-il|est-ce|existe-t-il"
)
# What may stand between "and" and a question word: "y a qué órgano", "et depuis quand", "and in which".
_BEFORE = (
    r"at|by|for|from|in|of|on|since|to|until|with|a|con|cada|de|desde|en|hasta|para|por|sobre|ate|até|com|em|à|avec|dans|depuis|"
    r"par|pour|sous|sur"
)
_THEN = "then|afterwards|luego|despu[eé]s|depois|em seguida|puis|ensuite"
_PARTS = 6  # so many of the questions inside one question are answered
_TURNS = 3  # how many earlier questions a follow-up may lean on, one on the other
_BETTER = 1.0  # logits of the reader by which an added document must answer better than the corpus's own
_FAMILIAR = 0.5  # the least share of its words that a greeting or a question of help has in common with those that are expected


class Planner:
    """Plans answers over one decider."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._index = decider.index
        covered = {quote.source_id for target in decider.matcher.targets for quote in target.quotes}
        covered |= {source.id for source in self._index.sources.values() if source.version_of in covered}  # the same text again
        self._finder = Finder(self._index, decider.vocabulary, covered)
        self._sources = covered
        self._conversation = Conversation(decider, self._finder, covered, self._simple, self._single, self._from_passages)

    @cached_property
    def _covered(self) -> Finder:
        """Looks for names in the documents with editorial data; needed only beside others."""
        return Finder(self._index, self._decider.vocabulary, set(self._index.canonical) - self._sources)

    def plan(self, question: str, earlier: Sequence[Exchange], language: str) -> Plan:
        """The plan for *question* after the *earlier* exchanges."""
        recent = list(earlier)[-_TURNS:]
        if recent and leans(question, language):
            previous = self.plan(recent[-1].question, recent[:-1], recent[-1].language)
            return self._conversation.plan(question, language, recent, previous)
        return self._single(question, language)

    def _single(self, question: str, language: str) -> Plan:
        opening, rest = self._greeting(question, language)
        if opening:
            return self._single(rest, language)
        if left := self._left(question, language):
            return left
        whole = self._of_both(question, language, self._simple(question, language))
        parts = self._parts(question, language)
        if len(parts) < 2 and not (whole.silent and parts and parts[0] != question.strip()):
            return whole
        plans = [self._part(self._within(part, question, language), question, language) for part in parts]
        sure = SURE if whole.silent else min(SURE, whole.confidence)
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

    def _within(self, part: str, question: str, language: str) -> str:
        """*part* of a *question* about added documents, with the states and names of the whole where it has none."""
        subjects = self._finder.subjects
        mine = subjects.names(part, language)
        if mine.states or mine.names or not subjects.speaks_of(question, language):
            return part
        return f"{part.rstrip(' ?')} ({', '.join([*capitalised(question, language), *states(question, language)])})?"

    def _left(self, question: str, language: str) -> Plan | None:
        """The items that *question* asks for without those that it leaves out ("which actions do not concern the police?")."""
        found = exclusion(question, language)
        whole = self._simple(found.whole, language) if found else None
        if not found or not whole or whole.silent or whole.kind not in ("list", "group", "topic"):
            return None
        without = [self._simple(f"{found.whole.rstrip(' ?')} {topic}", language) for topic in found.topics]
        spoken = [plan for plan in without if not plan.silent and set(plan.quotes) != set(whole.quotes)]
        out = {quote.passage_id for plan in spoken for quote in plan.quotes} | self._saying(whole, found.topics, language)
        kept = tuple(quote for quote in whole.quotes if quote.passage_id not in out)
        if not kept:
            return Plan("none", "", silent=True, nearest=whole.quotes[:3], asked=question)
        confidence = min(plan.confidence for plan in (whole, *spoken))
        count = counts_items(question, language)
        return replace(whole, kind="topic", quotes=kept, span=None, confidence=confidence, count=count, asked=question)

    def _saying(self, plan: Plan, topics: Sequence[str], language: str) -> set[str]:
        """The passages that *plan* quotes and that have all words of one of *topics*, in whatever language."""
        glossary, wanted = load_glossary(), [content_keys(topic, language) for topic in topics]
        passages = [self._index.by_id[quote.passage_id] for quote in plan.quotes]
        keys = {passage.id: glossary.all_keys(passage.text, passage.language) for passage in passages}
        return {identity for identity, has in keys.items() if any(words and all(word & has for word in words) for words in wanted)}

    def _part(self, part: str, question: str, language: str) -> Plan:
        """The plan for one *part* of a *question*; where it says nothing by itself, with one of the other parts' topics."""
        plan = self._simple(part, language)
        if not plan.silent or plan.refused or part == question:
            return plan
        others = [self._simple(text, language) for text in self._conversation.resolved(part, language, question, language)]
        spoken = [other for other in others if not other.silent and other.kind != "help" and other.confidence >= SURE]
        return max(spoken, key=lambda other: other.confidence, default=plan)

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
        asks = rf"(?:(?:(?:{_BEFORE}) )?(?:o |lo |ce )?(?:{_ASKING})|{_VERBS})\b"
        joints = rf"[,;]? (?:and|y|e|et) (?={asks})|[,;] (?:(?:and|y|e|et) )?(?:{_THEN})\b[,:]? "
        pieces = [piece for text in asking for piece in re.split(joints, text, flags=re.IGNORECASE)]
        # What points back at the part before it is understood within the whole, the first question after what was told before it.
        told = question[: question.find(asking[0])].strip() if asking and sentences and asking[0] != sentences[0] else ""
        if told and points_back(pieces[0], language):
            pieces[0] = f"{told} {pieces[0]}"
        kept = [question if number and points_back(piece, language) else piece for number, piece in enumerate(dict.fromkeys(pieces))]
        return [piece for piece in dict.fromkeys(kept) if self._says_enough(piece, language)][:_PARTS]

    @staticmethod
    def _says_enough(piece: str, language: str) -> bool:
        """Two words of content, or one behind a question word that opens it: "and in which pillar?" asks of what was said before."""
        content = len(set(content_stems(piece, language)))
        return content >= 2 or (content == 1 and bool(re.match(rf"[¿\s]*(?:{_ASKING})\b", piece, re.IGNORECASE)))

    def _simple(self, question: str, language: str, near: Mapping[str, float] | None = None) -> Plan:
        if not self._decider.matcher.targets:
            return self._from_passages(question, language)
        plan = self._from_decision(self._decider.decide(self._decider.query(question, language), near=near))
        if plan.refused or plan.kind == "help" or not self._finder.passages:
            return plan
        bodies, elsewhere = self._finder.asks_bodies(question, language), self._elsewhere(question, language)
        if plan.confidence >= SURE_ALONE and not (plan.silent or bodies or elsewhere):
            return plan
        other = self._from_passages(question, language)
        named = self._finder.subjects.speaks_of(question, language)
        if other.silent and bodies:
            return other if plan.silent or self._finder.subjects.lacks_state(question, language) else plan
        if other.silent:
            described = plan.confidence >= SURE_ALONE and self._finder.subjects.asked_sources(question)
            return other if elsewhere and not plan.silent and not described else plan
        target = self._index.targets.get(plan.target)
        if plan.silent and plan.reason and target and not target.also and not named and other.confidence < SURE:
            return plan  # no passage comes near what it asks: it is about something else
        if plan.silent or bodies or elsewhere:
            return other
        if other.confidence > plan.confidence < SURE_ALONE and (named or other.kind == "fact"):
            return other
        # What each of them is sure of was fitted by itself; read side by side they can be compared.
        doubt = plan.confidence < SURE_ALONE
        return (
            other
            if doubt and self._finder.answers(question, other.quotes) > self._finder.answers(question, plan.quotes) + _BETTER
            else plan
        )

    def _elsewhere(self, question: str, language: str) -> bool:
        """Whether a document without editorial data is asked about, or only such documents have the question's states and names."""
        if self._finder.subjects.asked_sources(question):
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
            refusing = decision.probabilities[self._decider.kinds == "refuse"].sum()
            target = best if best.kind == "none" or (best.kind == "refuse" and refusing >= SURE) else None
            return Plan(
                best.kind if target else "none",
                best.id,
                confidence=confidence,
                silent=True,
                refused=target is not None and best.kind == "refuse",
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
            count=counts_items(decision.query.text, language) and answer.kind in ("list", "group", "topic"),
            asked=decision.query.text,
        )
        place = ordinal(plan.asked) if answer.kind == "list" else None
        return (at_place(self._index, plan, place, names_pillar(plan.asked)) or plan) if place else plan

    def _from_passages(self, question: str, language: str, sources: frozenset[str] = frozenset(), near: Collection[str] = ()) -> Plan:
        """For documents without editorial data: what the finder finds."""
        found = self._finder.find(question, language, sources, near)
        if found is None:
            return Plan("none", "", silent=True, asked=question)
        if not found.quotes or found.confidence < LIKELY:
            return Plan("none", "", confidence=found.confidence, silent=True, nearest=found.nearest, asked=question)
        count = found.listed and counts_items(question, language)
        kind: TargetKind = "topic" if found.listed else "fact"
        return Plan(kind, "", found.quotes, found.span, found.confidence, count=count, asked=question)
