"""The list of documents: what the assistant has read and what it knows by title only."""

from app_parts.markup import escape, link_html
from app_parts.messages import Texts
from ingest.types import Source
from vectorstore.index import Index


def documents_html(index: Index, texts: Texts) -> str:
    """Every source of the manifest, those in the index first, each with its state and its official link."""
    present = [source for source in index.sources.values() if source.id in index.canonical]
    absent = [source for source in index.sources.values() if source.id not in index.canonical]
    note = texts.documents_note.format(present=len(present), absent=len(absent))
    entries = [_entry(source, texts, present=True) for source in present] + [_entry(source, texts, present=False) for source in absent]
    return (
        f'<section class="documents" aria-labelledby="documents-title"><header class="panel-head"><h2 id="documents-title">'
        f'{escape(texts.documents)}</h2><span class="note">{escape(note)}</span></header><ul>{"".join(entries)}</ul></section>'
    )


def _entry(source: Source, texts: Texts, *, present: bool) -> str:
    state = texts.in_index if present else texts.not_in_index
    before, short, after = source.title.partition(source.short_title)
    if not short:
        before, short, after = "", source.short_title, f": {source.title}"
    name = f"{escape(before)}<b>{escape(short)}</b>{escape(after)}"
    link = link_html(source.url, name, f"{source.title}. {texts.official}")
    return (
        f'<li class="{"present" if present else "absent"}" data-source="{escape(source.id)}">'
        f'<span class="tick" aria-hidden="true">{"✓" if present else "–"}</span>'
        f'<span class="name" lang="{escape(source.language)}" title="{escape(source.title)}">{link or name}</span> '
        f'<span class="state">{escape(state)}</span></li>'
    )
