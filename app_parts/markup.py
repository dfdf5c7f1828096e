"""Text on its way into HTML and Markdown. Everything that a person or a document wrote passes through here."""

import html
import re

from app_parts.conversation import Exchange
from app_parts.messages import Texts
from assistant.types import Answer

_MARKER = re.compile(r"\[(\d{1,4})\](?!\()")
_SHOWN_QUESTION = 600  # characters; a longer question is an accident or an attack, and would bury the conversation


def escape(text: str) -> str:
    """*text* as HTML text or attribute value. A carriage return is kept, so that offsets into documents stay true."""
    return html.escape(text, quote=True).replace("\r", "&#13;")


def literal_markdown(text: str) -> str:
    """Markdown that shows *text* exactly as it is.

    Every ASCII punctuation character becomes a character reference, which Markdown never reads as structure and
    HTML never reads as a tag.
    """
    return re.sub(r"[!-/:-@\[-`{-~]", lambda found: f"&#{ord(found[0])};", text)


def question_markdown(question: str) -> str:
    """A question as its bubble shows it."""
    shown = question.strip()
    return literal_markdown(shown if len(shown) <= _SHOWN_QUESTION else shown[:_SHOWN_QUESTION] + "…")


def link_html(url: str | None, inner: str, description: str) -> str:
    """A link to an official document; empty where *url* is missing or is no web address.

    Args:
        url: The address, as the manifest or an answer has it.
        inner: What the link shows, as HTML.
        description: What a screen reader says, as plain text.
    """
    if not url or not url.lower().startswith(("http://", "https://")):
        return ""
    return (
        f'<a class="official" href="{escape(url)}" target="_blank" rel="noopener noreferrer" aria-label="{escape(description)}">{inner}</a>'
    )


def source_anchor(exchange: int | str, number: int) -> str:
    """The element id of the card of citation *number* in the *exchange*-th answer (both count from 1), or of an agency's key."""
    return f"source-{exchange}-{number}"


def marker_html(exchange: int | str, number: int, texts: Texts, about: str = "") -> str:
    """A citation marker: a real link to the card of its source; *about* tells a list's links apart for a screen reader."""
    label = escape(texts.source.format(number=number) + (f": {about}" if about else ""))
    return f'<a class="marker" href="#{source_anchor(exchange, number)}" title="{label}" aria-label="{label}">[{number}]</a>'


def answer_markdown(exchange: Exchange, position: int, texts: Texts) -> str:
    """An answer's Markdown with its citation markers as links.

    ``<`` is escaped, so a document or a language model cannot bring HTML of its own into the page; the character
    references of the Markdown stay. While the answer streams, its citations are not known yet and every marker is taken for one.
    """
    known = None if exchange.answer is None else {citation.number for citation in exchange.answer.citations}
    if exchange.failure:
        known = set()  # what was said before the failure has no sources in the panel
    text = exchange.text.replace("<", "&lt;")

    def link(found: re.Match[str]) -> str:
        number = int(found[1])
        return marker_html(position, number, texts) if known is None or number in known else found[0]

    linked = _MARKER.sub(link, text)
    if exchange.failure:
        linked += f'\n\n<span class="failure">{literal_markdown(exchange.failure)}</span>'
    if known:
        # Where the panel stands below the conversation (on a phone), this leads there; elsewhere it is not shown.
        label = escape(texts.sources_of.format(count=len(known)))
        linked += f'\n\n<a class="to-sources" href="#{source_anchor(position, min(known))}">{label}</a>'
    return linked


def copy_text(answer: Answer) -> str:
    """What the copy button puts on the clipboard: the answer and, under it, its sources with their quotations."""
    sources = [
        f"[{citation.number}] {citation.title}. {citation.locator}: “{citation.quote}”" + (f" {citation.url}" if citation.url else "")
        for citation in answer.citations
    ]
    return "\n\n".join(part for part in (answer.text, "\n".join(sources)) if part)
