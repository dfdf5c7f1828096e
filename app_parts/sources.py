"""The sources panel: what the last answer rests on, each passage with its place in its document."""

from dataclasses import dataclass
from functools import partial

from app_parts.conversation import Exchange
from app_parts.markup import copy_text, escape, link_html, marker_html, source_anchor
from app_parts.messages import Texts, code_of, texts_for
from app_parts.page_messages import PageTexts
from app_parts.pictures import picture_url
from assistant.places import Places, title_of
from assistant.types import Answer, Citation
from ingest.types import Passage
from vectorstore.index import Index

_WHOLE = 60_000  # characters; a longer document is shown around the passage only, to keep the page light
_AROUND = 6_000  # characters on each side of a passage in a long document


@dataclass(frozen=True, slots=True)
class Extract:
    """The piece ``canonical[start:end]`` of a document that a card opens, under the element id ``key``."""

    key: str
    start: int
    end: int


def empty_panel_html(page: Texts, message: str | None = None) -> str:
    """The panel before there is an answer: *message*, or what will appear here."""
    return _frame(page, "", f'<p class="empty">{escape(message or page.no_sources)}</p>')


def panel_html(index: Index, exchange: Exchange, position: int, page: Texts, texts: Texts, pictured: frozenset[str] = frozenset()) -> str:
    """The panel for the *position*-th exchange of a conversation (from 1).

    Args:
        index: Where the documents and the translations are.
        exchange: The exchange to show.
        position: Its number; the element ids of the cards carry it.
        page: The texts of the page around the panel.
        texts: The texts of the panel itself, in the language of the answer.
        pictured: The ids of the documents whose pages can be shown.
    """
    answer = exchange.answer
    if answer is None:
        return empty_panel_html(page)
    shown = answer.citations or answer.nearest
    near = bool(answer.nearest) and not answer.citations
    heading = f'<p class="near"><b>{escape(texts.nearest)}.</b> {escape(texts.nearest_note)}</p>' if near else ""
    body = (
        f'<p class="asked">{escape(exchange.question.strip())}</p>{_bodies(answer, position, texts)}{heading}'
        f"{_cards(index, shown, position, texts, answer.language, pictured, near=near)}"
        f'<div hidden id="copy-text">{escape(copy_text(answer))}</div>'
    )
    return _frame(page, _facts(index, answer, texts), body, title=texts.sources, language=answer.language, count=len(answer.citations))


def passages_panel_html(
    index: Index, about: str, citations: tuple[Citation, ...], key: str, page: Texts, copied: str, pictured: frozenset[str]
) -> str:
    """The panel for passages that no answer cites, such as those about an agency.

    Args:
        index: Where the documents and the translations are.
        about: What the passages are about.
        citations: The passages.
        key: What the element ids of the cards carry.
        page: The texts of the page and of the panel.
        copied: What the copy button of the conversation copies.
        pictured: The ids of the documents whose pages can be shown.
    """
    language = code_of(page)
    body = (
        f'<p class="near"><b>{escape(about)}</b></p>{_cards(index, citations, key, page, language, pictured)}'
        f'<div hidden id="copy-text">{escape(copied)}</div>'
    )
    return _frame(page, "", body, count=len(citations))


def _cards(
    index: Index,
    shown: tuple[Citation, ...],
    position: int | str,
    texts: Texts,
    language: str,
    pictured: frozenset[str],
    *,
    near: bool = False,
) -> str:
    extracts = {citation.number: _extract(index, citation, position) for citation in shown}
    card = partial(_card, index=index, places=Places(index), language=language, position=position, texts=texts, pictured=pictured)
    cards = "".join(card(citation, extract=extracts[citation.number]) for citation in shown)
    return f'<ol class="cards{" nearest" if near else ""}">{cards}</ol>{_texts_of(index, shown, extracts)}'


def _frame(page: Texts, facts: str, body: str, *, title: str | None = None, language: str = "", count: int = 0) -> str:
    number = f' <span class="count">{count}</span>' if count else ""
    lang = f' lang="{escape(language)}"' if language else ""
    return (
        f'<section id="sources" class="sources" aria-labelledby="sources-title"{lang} data-copied="{escape(page.copied)}">'
        f'<header class="panel-head"><h2 id="sources-title" tabindex="-1">{escape(title or page.sources)}{number}</h2>'
        f'<p class="facts">{facts}</p></header>{body}</section>'
    )


def coverage_text(index: Index, answer: Answer, texts: Texts) -> str:
    """The answer's coverage of its list, such as "12 of 12 actions"; empty when the answer shows no list."""
    if answer.coverage is None:
        return ""
    lists = {index.by_id[citation.passage_id].list_id for citation in answer.citations}
    units = {index.lists[key].unit for key in lists if key is not None}
    unit = texts.units.get(units.pop() if len(units) == 1 else "item", texts.units["item"])
    return texts.coverage.format(shown=answer.coverage.shown, total=answer.coverage.total, unit=unit)


def _facts(index: Index, answer: Answer, texts: Texts) -> str:
    facts = [f'<span class="badge {escape(answer.status)}">{escape(texts.status[answer.status])}</span>']
    coverage = coverage_text(index, answer, texts)
    if coverage:
        facts.append(f'<span class="coverage">{escape(coverage)}</span>')
    if answer.citations:
        percent = round(answer.confidence * 100)
        facts.append(f'<span class="confidence">{escape(texts.confidence.format(percent=percent))}</span>')
    if answer.removed:
        facts.append(f'<span class="removed">{escape(texts.removed.format(count=answer.removed))}</span>')
    return " ".join(facts)


def _bodies(answer: Answer, position: int, texts: Texts) -> str:
    if not answer.agencies:
        return ""
    named = "".join(
        f"<li>{escape(agency.name)} {''.join(marker_html(position, number, texts) for number in agency.citations)}</li>"
        for agency in answer.agencies
    )
    return f'<div class="bodies"><h3>{escape(texts.bodies)}</h3><ul>{named}</ul></div>'


def _extract(index: Index, citation: Citation, position: int | str) -> Extract:
    canonical = index.canonical[citation.source_id]
    if len(canonical) <= _WHOLE:
        return Extract(f"text-{citation.source_id}", 0, len(canonical))
    start, end = max(0, citation.start - _AROUND), min(len(canonical), citation.end + _AROUND)
    return Extract(f"text-{position}-{citation.number}", start, end)


def _texts_of(index: Index, shown: tuple[Citation, ...], extracts: dict[int, Extract]) -> str:
    """The document texts that the cards open, each once, however many cards quote it."""
    found = {extracts[citation.number].key: (citation.source_id, extracts[citation.number]) for citation in shown}
    return "".join(
        f'<div hidden class="text" id="{escape(key)}" data-before="{int(extract.start > 0)}" '
        f'data-after="{int(extract.end < len(index.canonical[source_id]))}">'
        f"{escape(index.canonical[source_id][extract.start : extract.end])}</div>"
        for key, (source_id, extract) in found.items()
    )


def _card(
    citation: Citation,
    *,
    index: Index,
    places: Places,
    language: str,
    position: int | str,
    texts: Texts,
    pictured: frozenset[str],
    extract: Extract,
) -> str:
    source = index.sources[citation.source_id]
    canonical = index.canonical[citation.source_id]
    start, end = (_utf16(canonical[extract.start : offset]) for offset in (citation.start, citation.end))
    passage = index.by_id[citation.passage_id]
    official = texts.pages.official.format(page=passage.page) if passage.page else texts.official
    link = link_html(citation.url, escape(official), f"{official}: {citation.title}")
    picture = _picture(passage, title_of(source, language), texts.pages) if source.id in pictured else ""
    read = f'<p class="recognised">{escape(texts.pages.recognised)}</p>' if passage.ocr else ""
    region = texts.passage_in.format(title=citation.title)
    locator = places.locator(passage, language)
    anchor = source_anchor(position, citation.number)
    return (
        f'<li class="card" id="{anchor}" tabindex="-1" aria-label="{escape(texts.source.format(number=citation.number))}">'
        f'<div class="card-head"><span class="number" aria-hidden="true">{citation.number}</span>'
        f'<div><p class="locator" lang="{escape(language)}" title="{escape(citation.locator)}">{escape(locator)}</p>'
        f'<p class="title" lang="{escape(source.language)}" title="{escape(citation.title)}">{escape(citation.title)}</p>{read}</div></div>'
        f'<blockquote lang="{escape(source.language)}">{_quote(citation)}</blockquote>{_translation(index, citation, language, texts)}'
        f'<details class="place" data-text="{escape(extract.key)}" data-start="{start}" data-end="{end}" '
        f'data-goes-on="{escape(texts.goes_on)}"><summary>{escape(texts.in_document)}</summary>'
        f'<div class="document" role="region" tabindex="0" lang="{escape(source.language)}" aria-label="{escape(region)}"></div></details>'
        f"{picture}{link}"
        f'<button type="button" class="back">{escape(texts.back)}</button></li>'
    )


def _picture(passage: Passage, title: str, texts: PageTexts) -> str:
    """The page that *passage* begins on; ``page.js`` loads its picture when it is opened."""
    if passage.page is None:
        return ""
    described = (texts.plain if passage.ocr else texts.marked).format(page=passage.page, title=title)
    address = escape(picture_url(passage))
    return (
        f'<details class="sheet"><summary>{escape(texts.show)}</summary>'
        f'<a href="{address}" target="_blank" rel="noopener" title="{escape(texts.enlarge)}">'
        f'<img data-src="{address}" alt="{escape(described)}"></a>'
        f'<p class="missing" hidden>{escape(texts.missing)}</p></details>'
    )


def _quote(citation: Citation) -> str:
    if citation.mark is None:
        return escape(citation.quote)
    start, end = citation.mark
    quote = citation.quote
    return f"{escape(quote[:start])}<mark>{escape(quote[start:end])}</mark>{escape(quote[end:])}"


def _translation(index: Index, citation: Citation, language: str, texts: Texts) -> str:
    """The passage in *language*, where the index keeps a translation; labelled as unofficial."""
    translated = index.translations.get(citation.passage_id, {}).get(language)
    if not translated:
        return ""
    label = f"{texts.translation} ({texts_for(language).name})"
    text = f'<p lang="{escape(language)}">{escape(translated)}</p>'
    if citation.quote == index.by_id[citation.passage_id].text:
        return f'<div class="translation"><p class="label">{escape(label)}</p>{text}</div>'
    # A quotation out of a long passage: the translation is of the whole passage, so it stays folded.
    return f'<details class="translation"><summary>{escape(label)}</summary>{text}</details>'


def _utf16(text: str) -> int:
    """The length of *text* as the browser counts it."""
    return len(text.encode("utf-16-le")) // 2
