"""The page: its Gradio components, laid out. What they do is in ``events``, how they look in ``theme`` and ``static``."""

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from app_parts.agencies import agencies_html, agencies_title
from app_parts.chat import Chat, Form, Visitor
from app_parts.documents import documents_html
from app_parts.markup import escape
from app_parts.messages import AUTOMATIC, EXAMPLES, TEXTS, Texts, code_of
from assistant.feedback import LONGEST

STATIC = Path(__file__).resolve().parent / "static"


@dataclass(frozen=True, slots=True)
class Header:
    """The top of the page: its name and the language choice."""

    brand: gr.HTML
    choice: gr.Radio


@dataclass(frozen=True, slots=True)
class Feedback:
    """The form under the last answer: the question with its two buttons, a line about what becomes of it, and the comment box."""

    box: gr.Column
    verdict: gr.Row
    ask: gr.HTML
    yes: gr.Button
    no: gr.Button
    note: gr.HTML
    remark: gr.Row
    comment: gr.Textbox
    send: gr.Button


@dataclass(frozen=True, slots=True)
class Talk:
    """The conversation, the example questions and the controls."""

    log: gr.Chatbot
    feedback: Feedback
    example_box: gr.Column
    example_title: gr.HTML
    examples: tuple[gr.Button, ...]
    question: gr.Textbox
    ask: gr.Button
    stop: gr.Button
    tools: gr.Row
    retry: gr.Button
    copy: gr.Button
    clear: gr.Button


@dataclass(frozen=True, slots=True)
class Agencies:
    """The list of agencies, which opens on demand, and what narrows it."""

    box: gr.Accordion
    wanted: gr.Textbox
    listing: gr.HTML


@dataclass(frozen=True, slots=True)
class Side:
    """The sources of an answer, the lists of documents and agencies, and what a screen reader is told."""

    panel: gr.HTML
    documents: gr.HTML
    agencies: Agencies
    news: gr.HTML


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that events read or change; ``conversation``, ``form`` and ``browser`` are kept per visitor, on the server."""

    header: Header
    talk: Talk
    side: Side
    conversation: gr.State
    form: gr.State
    browser: gr.State


def lay_out(chat: Chat) -> Parts:
    """Put the components into the Blocks that is open. They speak English until the visitor's language is known."""
    page = TEXTS["en"]
    with gr.Row(elem_id="top"):
        header = _header(page)
    with gr.Row(elem_id="main"):
        with gr.Column(elem_id="talk"):
            talk = _talk(page)
        with gr.Column(elem_id="side"):
            side = _side(chat, page)
    return Parts(header, talk, side, gr.State(()), gr.State(Form()), gr.State("en"))


def _header(page: Texts) -> Header:
    brand = gr.HTML(brand_html(page), elem_id="brand", js_on_load=None)
    choice = gr.Radio(language_choices(page), value=AUTOMATIC, label=page.language, elem_id="language", container=False)
    return Header(brand, choice)


def _talk(page: Texts) -> Talk:
    log = gr.Chatbot(
        label=page.conversation,
        show_label=False,
        elem_id="chat",
        height=None,
        autoscroll=False,  # it would show the end of a long list first; page.js keeps the question in sight
        buttons=[],  # Gradio's copy button would copy the markup of the citation markers
        placeholder=welcome_markdown(page),
        latex_delimiters=[],
        feedback_options=None,
        allow_tags=False,
        allow_file_downloads=False,
    )
    feedback = _feedback(page)
    with gr.Column(elem_id="examples") as example_box:
        example_title = gr.HTML(example_title_html(page), js_on_load=None)
        with gr.Row():
            examples = tuple(gr.Button(text, size="sm", elem_classes="example") for text in EXAMPLES)
    with gr.Row(elem_id="composer"):
        question = gr.Textbox(
            label=page.question,
            show_label=False,
            placeholder=page.hint,
            lines=1,
            max_lines=6,
            container=False,
            elem_id="question",
            autofocus=True,
        )
        ask = gr.Button(page.ask, variant="primary", elem_id="ask", scale=0, min_width=96)
        stop = gr.Button(page.stop, elem_id="stop", scale=0, min_width=96, visible=False)
    with gr.Row(elem_id="tools", visible=False) as tools:
        retry = gr.Button(page.retry, size="sm", elem_id="retry")
        copy = gr.Button(page.copy, size="sm", elem_id="copy")
        clear = gr.Button(page.clear, size="sm", elem_id="clear")
    return Talk(log, feedback, example_box, example_title, examples, question, ask, stop, tools, retry, copy, clear)


def _feedback(page: Texts) -> Feedback:
    texts = page.feedback
    with gr.Column(elem_id="feedback", visible=False) as box:
        with gr.Row(elem_id="verdict") as verdict:
            ask = gr.HTML(feedback_html(page), js_on_load=None)
            yes = gr.Button(texts.yes, size="sm", elem_id="yes")
            no = gr.Button(texts.no, size="sm", elem_id="no")
        note = gr.HTML(note_html(Form(), page), js_on_load=None)
        with gr.Row(elem_id="remark", visible=False) as remark:
            comment = gr.Textbox(label=texts.comment, lines=2, max_lines=6, max_length=LONGEST, elem_id="comment")
            send = gr.Button(texts.send, size="sm", elem_id="send")
    return Feedback(box, verdict, ask, yes, no, note, remark, comment, send)


def _side(chat: Chat, page: Texts) -> Side:
    script = (STATIC / "page.js").read_text(encoding="utf-8")
    panel = gr.HTML(chat.panel((), 0, Visitor()), elem_id="panel", js_on_load=script)
    documents = gr.HTML(documents_html(chat.index, page), elem_id="documents", js_on_load=None)
    with gr.Accordion(agencies_title(chat.index, page), open=False, elem_id="agencies") as box:
        wanted = gr.Textbox(
            label=page.agencies.filter, placeholder=page.agencies.hint, lines=1, max_lines=1, max_length=200, elem_id="agency-filter"
        )
        listing = gr.HTML(agencies_html(chat.index, "", page), elem_id="agency-list", js_on_load=None)
    return Side(panel, documents, Agencies(box, wanted, listing), gr.HTML("", elem_id="news", js_on_load=None))


def language_choices(page: Texts) -> list[tuple[str, str]]:
    """The language choice as (label, value); every language is named in itself."""
    return [(page.automatic, AUTOMATIC), *((texts.name, code) for code, texts in TEXTS.items())]


def brand_html(page: Texts) -> str:
    """The header's text. It carries the page's language and the labels that Gradio has no setting for, read by ``page.js``."""
    code = code_of(page)
    return (
        f'<div id="brand-text" data-language="{code}" data-conversation="{escape(page.conversation)}" data-source="{escape(page.source)}">'
        f"<h1>{escape(page.title)}</h1><p>{escape(page.tagline)}. <strong>{escape(page.notice)}</strong></p></div>"
    )


def welcome_markdown(page: Texts) -> str:
    """What the conversation shows before the first question."""
    return f"## {page.welcome}\n\n{page.welcome_text}"


def feedback_html(page: Texts) -> str:
    """The question of the feedback form; ``page.js`` makes it the name of the group of its buttons."""
    return f'<p id="feedback-ask">{escape(page.feedback.ask)}</p>'


def note_html(form: Form, page: Texts) -> str:
    """The line in the feedback form: where a judgement stays, or what became of it."""
    texts = page.feedback
    if form.stage == "sent":
        return f'<p class="thanks">{escape(texts.thanks)}</p>'
    return f'<p class="failure">{escape(texts.failed)}</p>' if form.failed else f'<p class="privacy">{escape(texts.privacy)}</p>'


def example_title_html(page: Texts) -> str:
    """The heading of the example questions."""
    return f'<p class="example-title">{escape(page.examples)}</p>'
