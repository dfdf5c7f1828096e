"""The extractive writer: a plan becomes statements that are quotations, in a frame of the reader's language."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.agencies import citation_of, missing_directory
from assistant.messages import join_names, message, unit_name
from assistant.places import Places, title_of
from assistant.terms import Terms
from assistant.types import Agency, Citation, Coverage, Plan, Statement
from ingest.blocks import label_of
from ingest.bodies import bodies
from ingest.editorial import Quote
from ingest.sentences import sentence_spans
from ingest.types import Passage, PassageList, Source
from vectorstore.index import Index
from vectorstore.versions import quote_in


@dataclass
class Draft:
    """What the writer produces before it is verified."""

    lines: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    nearest: list[Citation] = field(default_factory=list)
    coverage: Coverage | None = None
    agencies: list[Agency] = field(default_factory=list)


# What drafts have in the place of a number, a name or a date that is not known yet; numerals have other letters beside.
_PLACEHOLDER = re.compile(r"(?<![\w(-])(?:X{3,}|x{3,}|_{4,}|\[ ?(?:\.{3}|…|TBD|[Dd]ate|[Nn]umber) ?\]|TBD)(?![\w)-])")


def one_line(text: str) -> str:
    """*text* on one line, safe inside Markdown."""
    return " ".join(text.split()).replace("*", "\\*").replace("<", "&lt;")


class Writer:
    """Writes drafts over one index."""

    def __init__(self, index: Index, terms: Terms) -> None:
        self._index = index
        self._terms = terms
        self._sizes: Counter[str] = Counter()  # items of each outermost list, those nested in it included
        for found in index.lists.values():
            self._sizes[self._outermost(found.id) or found.id] += len(found.passage_ids)
        self._places = Places(index)

    def write(self, plan: Plan, question: str, language: str) -> Draft:
        """The draft for *plan*, every statement with the quotation that it is."""
        draft = Draft()
        if plan.kind == "help":
            key = plan.target.rsplit("/", 1)[-1]
            draft.lines.append(message(key if key in ("greeting", "thanks", "goodbye") else "help", language))
        elif plan.refused:
            draft.lines.append(dict(plan.reason).get(language) or message("refused", language))
        elif plan.silent:
            self._silence(draft, plan, question, language)
        else:
            self._premises(draft, plan, question, language)
            versions = self._versions(plan.quotes, language)
            shown = replace(plan, quotes=tuple(versions), span=self._span(plan, versions))
            if plan.kind in ("list", "group", "topic") or self._whole_items(plan):
                self._items(draft, shown, versions, language)
            else:
                self._facts(draft, shown, language)
            self._placeholders(draft, language)
            self._agencies(draft, language)
            self._described(draft, language)
            draft.lines.extend(f"\n{dict(reason)[language]}" for reason in plan.unanswered if language in dict(reason))
        return draft

    def _whole_items(self, plan: Plan) -> bool:
        """Whether a fact is nothing but whole items of lists: such an answer says how many of the list they are."""
        passages = [(quote, self._index.by_id[quote.passage_id]) for quote in plan.quotes]
        return plan.span is None and all(p.list_id and (q.start, q.end) == (p.start, p.end) and p.unit == "action" for q, p in passages)

    def _versions(self, quotes: Sequence[Quote], language: str) -> dict[Quote, Quote]:
        """What is quoted, in order, and which of *quotes* it stands for: the version in the reader's language, else the original.

        A passage is quoted once, and a list in one language, though *quotes* may have them in several.
        """
        lists = {self._index.by_id[quote.passage_id].list_id for quote in quotes}
        shown: dict[Quote, Quote] = {}
        for quote in quotes:
            passage = self._index.by_id[quote.passage_id]
            ids = self._preferred(passage.id, passage.source_id, language)
            if not ids and lists.intersection(self._preferred(passage.list_id or "", passage.source_id, language)):
                continue
            found = quote_in(quote, passage, self._index.by_id[ids[0]]) if ids else quote
            within = (k for k in shown if k.passage_id == found.passage_id and k.start <= found.start and found.end <= k.end)
            if not any(ids or shown[k] != k for k in within):
                shown[found] = quote
        return shown

    def _preferred(self, identity: str, source_id: str, language: str) -> tuple[str, ...]:
        """The counterpart of a passage or list that is quoted in its stead; none where it is itself the one to quote."""
        if self._index.sources[source_id].language == language:
            return ()
        return self._index.counterpart(identity, language) or self._original(identity, source_id)

    def _original(self, identity: str, source_id: str) -> tuple[str, ...]:
        original = self._index.sources.get(self._index.sources[source_id].version_of or "")
        return (self._index.counterpart(identity, original.language) or ()) if original else ()

    def _span(self, plan: Plan, versions: dict[Quote, Quote]) -> tuple[int, int] | None:
        """The place of the short answer in what is quoted first: in another version only a figure or link that is there verbatim, once."""
        first = next(iter(versions), None)
        if not plan.span or first is None or first == plan.quotes[0]:
            return plan.span
        text = self._index.canonical[plan.quotes[0].source_id][slice(*plan.span)]
        quoted = self._index.canonical[first.source_id][first.start : first.end]
        found = [first.start + match.start() for match in re.finditer(rf"(?<!\w){re.escape(text)}(?!\w)", quoted)]
        return (found[0], found[0] + len(text)) if len(found) == 1 and re.search(r"\d|://|@", text) else None

    def _cite(self, into: list[Citation], quote: Quote, mark: tuple[int, int] | None = None) -> Citation:
        inside = (mark[0] - quote.start, mark[1] - quote.start) if mark and quote.start <= mark[0] and mark[1] <= quote.end else None
        citation = replace(citation_of(self._index, quote, len(into) + 1), mark=inside)
        into.append(citation)
        return citation

    def _state(self, draft: Draft, quote: Quote, language: str, bullet: str, mark: tuple[int, int] | None = None) -> None:
        """Add one quotation as a statement, and below it its unofficial translation."""
        citation = self._cite(draft.citations, quote, mark)
        text = one_line(citation.quote)
        shown = text
        if citation.mark:
            a, b = citation.mark
            shown = f"{one_line(citation.quote[:a])} **{one_line(citation.quote[a:b])}** {one_line(citation.quote[b:])}"
            shown = " ".join(shown.split()).replace("** ,", "**,").replace("** .", "**.").replace("( **", "(**").replace("** )", "**)")
        draft.statements.append(Statement(" ".join(citation.quote.split()), (citation.number,)))
        draft.lines.append(f"{bullet}“{shown}” [{citation.number}]")
        translation = self._translated(quote, language)
        if translation:
            draft.lines.append(f"{' ' * len(bullet)}*({message('translation', language, text=one_line(translation))})*")

    def _translated(self, quote: Quote, language: str) -> str:
        """The working translation of a quotation: of its sentences where both texts have as many, else of the passage."""
        passage = self._index.by_id[quote.passage_id]
        translation = self._index.translations[quote.passage_id].get(language, "")
        if not translation or language == passage.language:
            return ""
        spans, theirs = sentence_spans(passage.text, passage.language), sentence_spans(translation, language)
        if len(spans) != len(theirs):
            return translation
        start, end = quote.start - passage.start, quote.end - passage.start
        chosen = [place for place, (a, b) in enumerate(spans) if a < end and start < b]
        return " ".join(translation[theirs[place][0] : theirs[place][1]] for place in chosen)

    def _items(self, draft: Draft, plan: Plan, versions: dict[Quote, Quote], language: str) -> None:
        groups: dict[str, list[Quote]] = {}
        totals: dict[str, int] = {}
        for quote, planned in versions.items():
            passage = self._index.by_id[planned.passage_id]
            found_in = self._outermost(passage.list_id) or ""
            key = next(iter(self._original(found_in, passage.source_id)), found_in) or passage.locator
            groups.setdefault(key, []).append(quote)
            totals[key] = max(totals.get(key, 0), len(groups[key]), self._sizes[found_in])
        total = sum(totals[key] for key in groups if key in self._index.lists)
        listed = sum(len(quotes) for key, quotes in groups.items() if key in self._index.lists)
        if plan.count:
            units = {self._index.lists[key].unit for key in groups if key in self._index.lists}
            unit = units.pop() if len(units) == 1 else "item"
            number = listed or len(plan.quotes)
            draft.lines.append(message("count", language, count=number, unit=unit_name(unit, number, language)))
        number = 0
        for key, quotes in groups.items():
            found = self._index.lists.get(key)
            if len({versions[quote].source_id for quote in quotes}) > 1:  # found in two versions
                quotes.sort(key=lambda quote: (quote.source_id, quote.start))
            draft.lines.append(self._header(found, quotes, totals[key], language))
            for quote in quotes:
                number += 1
                self._state(draft, quote, language, f"{number}. ")
        if listed:
            names = dict.fromkeys(self._places.of_list(self._index.lists[key], "en") for key in groups if key in self._index.lists)
            draft.coverage = Coverage("; ".join(names), listed, total)

    def _outermost(self, list_id: str | None) -> str | None:
        """The list that *list_id* is nested in, through all levels; itself where it is not nested."""
        while list_id and (above := self._index.by_id.get(self._index.lists[list_id].intro_id or "")) and above.kind == "list_item":
            list_id = above.list_id
        return list_id

    def _header(self, found: PassageList | None, quotes: Sequence[Quote], total: int, language: str) -> str:
        first = self._index.by_id[quotes[0].passage_id]
        if found is None:
            return f"\n**{self._places.of_section(first, language)}**:\n"
        where = self._places.of_list(self._index.lists.get(self._outermost(first.list_id) or "", found), language)
        if len(quotes) == total:
            return "\n" + message("list_intro", language, where=where, count=total, unit=unit_name(found.unit, total, language)) + "\n"
        line = message("group", language, where=where, shown=len(quotes), total=total, unit=unit_name(found.unit, total, language))
        return f"\n{line}\n"

    def _facts(self, draft: Draft, plan: Plan, language: str) -> None:
        if plan.span and self._index.by_id[plan.quotes[0].passage_id].language == language:
            source_id = plan.quotes[0].source_id
            span = one_line(self._index.canonical[source_id][plan.span[0] : plan.span[1]])
            if len(span) <= 90 and not _PLACEHOLDER.search(span):
                span = span if "://" in span else span[:1].upper() + span[1:]
                draft.lines.append(message("short_answer", language, span=span.rstrip(".")) + "\n")
        draft.lines.append(message("overview_intro" if plan.kind == "overview" else "fact_intro", language) + "\n")
        for number, quote in enumerate(plan.quotes):
            self._state(draft, quote, language, "- ", plan.span if number == 0 else None)
            draft.lines.append(f"  — {self._places.locator(self._index.by_id[quote.passage_id], language)}")

    def _premises(self, draft: Draft, plan: Plan, question: str, language: str) -> None:
        """Say where the question supposes something that the documents do not bear out."""
        names = self._terms.unknown(question, language)
        if names:
            draft.lines.append(message("not_in_documents", language, terms=join_names(names, language)))
        if plan.kind == "list" and not plan.of_previous:
            said = [number for number in self._terms.numbers(question, language) if number > 1]
            items = {quote.passage_id for quote in plan.quotes}
            totals = [len(found.passage_ids) for found in self._index.lists.values() if set(found.passage_ids) == items]
            if totals and len(said) == 1 and said[0] != totals[0]:
                draft.lines.append(message("wrong_number", language, said=said[0], actual=totals[0]))

    def _placeholders(self, draft: Draft, language: str) -> None:
        """Say of what is quoted that it was never filled in."""
        for mark in dict.fromkeys(mark for citation in draft.citations for mark in _PLACEHOLDER.findall(citation.quote)):
            draft.lines.append("\n" + message("placeholder", language, mark=mark))

    def _agencies(self, draft: Draft, language: str) -> None:
        named: dict[str, list[int]] = {}
        for citation in draft.citations:
            for name in bodies(citation.quote):
                named.setdefault(name, []).append(citation.number)
        draft.agencies.extend(Agency(name, tuple(numbers)) for name, numbers in named.items())
        units = {self._of_original(citation).unit for citation in draft.citations}
        directory = missing_directory(self._index)
        if "action" in units and named:
            draft.lines.append("\n" + message("agencies", language, names=join_names(list(named), language)))
        if "action" in units and not named and directory:
            draft.lines.append("\n" + message("no_agency", language, annex=title_of(directory, language), url=directory.url))

    def _described(self, draft: Draft, language: str) -> None:
        """Below what a document says of one annex: that the annex itself is not in the index, and its link."""
        only = draft.citations[0] if len(draft.citations) == 1 else None
        for source in self._index.sources.values():
            described = only and re.search(rf"\b{re.escape(source.short_title)}$", self._of_original(only).locator)
            if only and described and self._absent(source) and str(source.url) not in only.quote:
                draft.lines.append("\n" + message("annex_missing", language, annex=title_of(source, language), url=source.url))

    def _of_original(self, citation: Citation) -> Passage:
        return self._index.by_id[next(iter(self._original(citation.passage_id, citation.source_id)), citation.passage_id)]

    def _absent(self, source: Source) -> bool:
        """Whether neither a document nor a version of it is in the index."""
        return not any(
            source.id in (other.id, other.version_of) and other.id in self._index.canonical for other in self._index.sources.values()
        )

    @staticmethod
    def _mentions(question: str, source: Source) -> bool:
        """Whether *question* names an annex by its numeral, in any of the languages."""
        label = label_of(source.short_title)
        return bool(label and re.search(rf"\b(?:annexe?|anexo)s? (?:\w+, )*{label[1]}\b", question, re.IGNORECASE))

    def _silence(self, draft: Draft, plan: Plan, question: str, language: str) -> None:
        if plan.of_previous:
            draft.lines.append(message("none_of_those", language))
            return
        draft.lines.append(dict(plan.reason).get(language) or message("not_stated", language))
        terms = self._terms.unknown(question, language)
        if terms:
            draft.lines.append(message("unknown_terms", language, terms=join_names(terms, language)))
        read = (self._index.sources[source_id] for source_id in sorted(self._index.canonical))
        titles = list(dict.fromkeys(title_of(source, language) for source in read))
        draft.lines.append(message("looked_at", language, count=len(self._index.passages), titles=join_names(titles, language)))
        for source in self._index.sources.values():
            if self._absent(source) and self._mentions(question, source):
                draft.lines.append(message("annex_missing", language, annex=title_of(source, language), url=source.url))
        near = self._versions(plan.nearest, language)
        nearest = [quote for quote in near if " " in self._index.canonical[quote.source_id][quote.start : quote.end].strip()]
        if nearest:  # a bare link says nothing
            draft.lines.append("\n" + message("nearest", language) + "\n")
            for quote in nearest:
                citation = self._cite(draft.nearest, quote)
                locator = self._places.locator(self._index.by_id[quote.passage_id], language)
                draft.lines.append(f"- “{one_line(citation.quote)}” — {locator}")
