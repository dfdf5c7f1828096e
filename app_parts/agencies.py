"""The list of agencies beside the documents: by country or by document, each with links to the passages that name it."""

from app_parts.markup import escape, marker_html
from app_parts.messages import Texts, code_of
from app_parts.sources import passages_panel_html
from assistant.agencies import Listed, citation_of, missing_directory, select_agencies, split_filter
from assistant.places import title_of
from vectorstore.index import Index

_LINKS = 12  # an agency that is named more often is shown with its first passages; the panel has all of them


def agencies_title(index: Index, page: Texts) -> str:
    """The heading of the list, with the number of agencies."""
    return f"{page.agencies.title} ({len(index.agencies)})"


def agencies_html(index: Index, wanted: str, page: Texts) -> str:
    """The agencies that fit *wanted*, a topic or a country or both; all of them where it is empty."""
    texts = page.agencies
    topic, country = split_filter(wanted)
    whole = {listed.agency.id: listed for listed in select_agencies(index)}
    found = select_agencies(index, topic, country)
    note = texts.count.format(shown=len(found), total=len(index.agencies)) if found else texts.nothing
    directory = missing_directory(index)
    if directory:
        note += f"{'' if note.endswith('.') else '.'} {texts.missing.format(annex=title_of(directory, code_of(page)))}"
    groups: dict[str, list[str]] = {}
    for listed in found:
        groups.setdefault(_group(index, listed, page), []).append(_entry(listed, whole[listed.agency.id], page))
    lists = "".join(f"<h3>{escape(name)}</h3><ul>{''.join(entries)}</ul>" for name, entries in groups.items())
    return f'<div class="agencies"><p class="note" role="status">{escape(note)}</p>{lists}</div>'


def agency_panel_html(index: Index, key: str, page: Texts, copied: str, pictured: frozenset[str] = frozenset()) -> str | None:
    """The sources panel with every passage about an agency; ``None`` where no agency has *key*.

    Args:
        index: Where the agency is.
        key: What its links carry (see ``_key``).
        page: The texts of the page.
        copied: What the copy button of the conversation copies meanwhile.
        pictured: The ids of the documents whose pages can be shown.
    """
    listed = next((item for item in select_agencies(index) if _key(item) == key), None)
    if listed is None:
        return None
    agency = listed.agency
    title = " — ".join(part for part in (_name(listed), agency.country) if part)
    citations = tuple(citation_of(index, quote, number) for number, quote in enumerate(listed.quotes, start=1))
    return passages_panel_html(index, title, citations, key, page, copied, pictured)


def _entry(listed: Listed, whole: Listed, page: Texts) -> str:
    agency = listed.agency
    numbers = [whole.quotes.index(quote) + 1 for quote in listed.quotes][:_LINKS]
    markers = " ".join(marker_html(_key(listed), number, page, about=agency.name) for number in numbers)
    facts = [f"{page.agencies.programmes}: {'; '.join(agency.programmes)}"] if agency.programmes else []
    facts += [agency.contact] if agency.contact else []
    lines = "".join(f'<p class="fact">{escape(fact)}</p>' for fact in facts)
    language = agency.variants[0][0] if agency.variants else "en"
    return f'<li data-agency="{_key(listed)}"><span lang="{escape(language)}">{escape(_name(listed))}</span> {markers}{lines}</li>'


def _group(index: Index, listed: Listed, page: Texts) -> str:
    source = index.sources[listed.quotes[0].source_id]
    return listed.agency.country or page.agencies.named_in.format(title=title_of(source, code_of(page)))


def _name(listed: Listed) -> str:
    return f"{listed.agency.name} ({listed.agency.acronym})" if listed.agency.acronym else listed.agency.name


def _key(listed: Listed) -> str:
    """The part of an agency's id that may stand in the id of an element; unlike an exchange's number it starts with a letter."""
    return f"agency{listed.agency.id.partition(':')[2]}"
