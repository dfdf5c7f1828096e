"""The agencies of the index: all of them or those of a topic or country, each with the passages that bear it out."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from assistant.followup import content_stems
from assistant.messages import message
from assistant.places import Places, title_of
from assistant.types import Citation
from ingest.agencies import Agency
from ingest.body_names import countries_in, country_of
from ingest.editorial import LANGUAGES, Quote
from ingest.folding import fold
from ingest.sentences import sentence_spans
from ingest.types import Passage, Source
from vectorstore.index import Index
from vectorstore.lexical import stems
from vectorstore.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Listed:
    """An agency and the quotations that bear out why it is listed: entries of a directory first, then where it is named."""

    agency: Agency
    quotes: tuple[Quote, ...]


def select_agencies(index: Index, topic: str | None = None, country: str | None = None, language: str | None = None) -> tuple[Listed, ...]:
    """The agencies of *index* that *topic* and *country* leave, in the order of the registry.

    Args:
        index: Where the registry is.
        topic: What the agencies deal with, in any of the four languages. An agency stays with those of its quotations
            that name every concept of the topic or one narrower; a topic that the vocabulary does not have is compared
            word by word.
        country: A country in any of the four languages; anything else is looked for in the countries as written.
        language: The language of *topic*, where it is known.
    """
    wanted = _Topic(index, topic, language) if topic and topic.strip() else None
    found = []
    for agency in index.agencies:
        if country and country.strip() and not _of_country(agency, country):
            continue
        quotes = tuple(quote for quote in _evidence(index, agency) if wanted is None or wanted.fits(quote))
        if quotes:
            found.append(Listed(agency, quotes))
    return tuple(found)


def split_filter(text: str) -> tuple[str | None, str | None]:
    """A filter that a reader typed, as (topic, country).

    >>> split_filter("prevention, Honduras"), split_filter("el salvador")
    (('prevention', 'Honduras'), (None, 'el salvador'))
    """
    if country_of(text) and not any(char.islower() for char in _without_countries(text.title())):
        return None, text.strip()
    named = countries_in(text)
    topic = _without_countries(text).strip(" ,;.")
    return topic or None, named[0][1] if named else None


def citation_of(index: Index, quote: Quote, number: int) -> Citation:
    """The citation of *quote* under *number*, with its locator and its link."""
    passage, source = index.by_id[quote.passage_id], index.sources[quote.source_id]
    text = index.canonical[quote.source_id][quote.start : quote.end]
    link = f"{source.url}#page={passage.page}" if source.url and passage.page else source.url
    return Citation(number, passage.id, source.id, source.title, passage.locator, passage.page, text, quote.start, quote.end, link)


def missing_directory(index: Index) -> Source | None:
    """The source that is a directory of agencies by its title and is not in the index."""
    return next((s for s in index.sources.values() if s.id not in index.canonical and "directory" in s.title.lower()), None)


def describe(index: Index, listed: tuple[Listed, ...], language: str) -> str:
    """*listed* as text, with the frame in *language*: how many of how many, each agency with its fields and citations."""
    places = Places(index)
    lines = [message("agencies_count", language, shown=len(listed), total=len(index.agencies))]
    if not listed:
        lines = [message("agencies_none", language, total=len(index.agencies))]
    for number, item in enumerate(listed, start=1):
        agency = item.agency
        name = f"{agency.name} ({agency.acronym})" if agency.acronym else agency.name
        lines.append(f"\n{number}. {name}{f' — {agency.country}' if agency.country else ''}")
        if agency.programmes:
            lines.append(f"   {message('agency_programmes', language)}: {'; '.join(agency.programmes)}")
        if agency.contact:
            lines.append(f"   {agency.contact}")
        for citation in (citation_of(index, quote, place) for place, quote in enumerate(item.quotes, start=1)):
            locator = places.locator(index.by_id[citation.passage_id], language)
            lines.append(f"   - “{' '.join(citation.quote.split())}” — {locator}")
    note = directory_note(index, language)
    return "\n".join([*lines, *(("", note) if note else ())])


def directory_note(index: Index, language: str) -> str | None:
    """That the directory of agencies is not in the index, where that is so."""
    source = missing_directory(index)
    return message("directory_missing", language, annex=title_of(source, language), url=source.url) if source else None


def to_dict(index: Index, listed: tuple[Listed, ...], language: str) -> dict[str, Any]:
    """*listed* as JSON: every agency with its fields and its citations, whose quotations are verbatim."""
    agencies = []
    for item in listed:
        known = {key: value for key, value in asdict(item.agency).items() if key not in ("entries", "mentions", "kind")}
        cited = [citation_of(index, quote, number) for number, quote in enumerate(item.quotes, start=1)]
        agencies.append({**known, "citations": [{key: value for key, value in asdict(c).items() if key != "mark"} for c in cited]})
    return {"shown": len(listed), "total": len(index.agencies), "agencies": agencies, "note": directory_note(index, language)}


class _Topic:
    """A topic as concepts of the vocabulary, else as stems."""

    def __init__(self, index: Index, topic: str, language: str | None) -> None:
        self._index = index
        self._vocabulary = Vocabulary(index.concepts)
        self._text = topic
        found = [self._vocabulary.find(topic, code) for code in ((language,) if language else LANGUAGES)]
        best = max(found, key=lambda matches: sum(end - start for _, start, end in matches))  # the language that knows most of it
        self._wanted = [self._narrower(concept) for concept in dict.fromkeys(concept for concept, _, _ in best)]

    def _narrower(self, concept: str) -> set[str]:
        """A concept and everything below it."""
        found = {concept}
        while more := {c.id for c in self._index.concepts if c.broader in found} - found:
            found |= more
        return found

    def fits(self, quote: Quote) -> bool:
        """Whether a quotation deals with the topic; an entry of a directory also by the headings that it stands under."""
        passage = self._index.by_id[quote.passage_id]
        text = self._index.canonical[quote.source_id][quote.start : quote.end]
        if passage.kind == "table_row":
            text = "\n".join((*passage.heading_path, text))
        if self._wanted:
            named = self._vocabulary.concepts(text, passage.language)
            return all(named & concepts for concepts in self._wanted)
        words = set(content_stems(self._text, passage.language))
        return bool(words) and words <= set(stems(text, passage.language))


def _without_countries(text: str) -> str:
    for _, name in countries_in(text):
        text = text.replace(name, " ")
    return " ".join(text.split())


def _of_country(agency: Agency, country: str) -> bool:
    code = country_of(country)
    return agency.code == code if code else bool(agency.country) and fold(country) in fold(agency.country or "")


def _evidence(index: Index, agency: Agency) -> Iterator[Quote]:
    """An entry is quoted as a whole; of running text, the sentences that name the agency."""
    for identity in agency.entries:
        passage = index.by_id[identity]
        yield Quote(passage.source_id, passage.id, passage.start, passage.end)
    for identity in agency.mentions:
        passage = index.by_id[identity]
        spans = list(_naming(passage, agency)) or [(0, len(passage.text))]
        for start, end in spans:
            yield Quote(passage.source_id, passage.id, passage.start + start, passage.start + end)


def _naming(passage: Passage, agency: Agency) -> Iterator[tuple[int, int]]:
    names = [name for _, name in agency.variants] + ([agency.acronym] if agency.acronym else [])
    for start, end in sentence_spans(passage.text, passage.language):
        said = " ".join(passage.text[start:end].split())
        if any(name in said for name in names) or (agency.kind == "working group" and "Working Group" in said):
            yield start, end
