"""The page: Gradio components and how they are wired. Gradio stays in this module, ``theme`` and ``server``."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from app_parts.chat import Chat, View, Visitor
from app_parts.conversation import Conversation
from app_parts.documents import documents_html
from app_parts.markup import escape
from app_parts.messages import AUTOMATIC, EXAMPLES, TEXTS, Texts, preferred_language

STATIC = Path(__file__).resolve().parent / "static"
_SIMULTANEOUS = 4  # answers at a time; more wait in Gradio's queue
Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that events read or change."""

    brand: gr.HTML
    choice: gr.Radio
    log: gr.Chatbot
    examples: list[gr.Button]
    example_box: gr.Column
    example_title: gr.HTML
    question: gr.Textbox
    ask: gr.Button
    stop: gr.Button
    tools: gr.Row
    retry: gr.Button
    clear: gr.Button
    copy: gr.Button
    panel: gr.HTML
    documents: gr.HTML
    news: gr.HTML
    conversation: gr.State
    browser: gr.State


def build_page(chat: Chat) -> gr.Blocks:
    """The page over *chat*, ready to be launched."""
    page = TEXTS["en"]
    with gr.Blocks(title=page.title, analytics_enabled=False, fill_width=True) as blocks:
        parts = _lay_out(chat, page)
        _wire(blocks, parts, chat)
    return blocks


def _lay_out(chat: Chat, page: Texts) -> Parts:
    conversation, browser = gr.State(()), gr.State("en")
    with gr.Row(elem_id="top"):
        brand = gr.HTML(_brand(page), elem_id="brand", js_on_load=None)
        choices = [(page.automatic, AUTOMATIC), *((texts.name, code) for code, texts in TEXTS.items())]
        choice = gr.Radio(choices, value=AUTOMATIC, label=page.language, elem_id="language", container=False)
    with gr.Row(elem_id="main"):
        with gr.Column(elem_id="talk"):
            log = gr.Chatbot(
                label=page.conversation,
                show_label=False,
                elem_id="chat",
                height=None,
                autoscroll=False,
                layout="bubble",
                buttons=[],
                placeholder=_welcome(page),
                latex_delimiters=[],
                feedback_options=None,
                allow_tags=False,
                allow_file_downloads=False,
            )
            with gr.Column(elem_id="examples") as example_box:
                example_title = gr.HTML(_example_title(page), js_on_load=None)
                with gr.Row():
                    examples = [gr.Button(text, size="sm", elem_classes="example") for text in EXAMPLES]
            with gr.Row(elem_id="composer"):
                question = gr.Textbox(
                    label=page.question, show_label=False, placeholder=page.hint, lines=1, max_lines=6, container=False, elem_id="question",
                    autofocus=True, scale=1,
                )
                ask = gr.Button(page.ask, variant="primary", elem_id="ask", scale=0, min_width=96)
                stop = gr.Button(page.stop, variant="secondary", elem_id="stop", scale=0, min_width=96, visible=False)
            with gr.Row(elem_id="tools", visible=False) as tools:
                retry, copy, clear = (
                    gr.Button(label, size="sm", elem_id=name, scale=0, min_width=80)
                    for name, label in (("retry", page.retry), ("copy", page.copy), ("clear", page.clear))
                )
        with gr.Column(elem_id="side"):
            panel = gr.HTML(
                chat.panel((), 0, Visitor()), elem_id="panel", js_on_load=(STATIC / "page.js").read_text(encoding="utf-8")
            )
            documents = gr.HTML(documents_html(chat.index, page), elem_id="documents", js_on_load=None)
    news = gr.HTML("", elem_id="news", js_on_load=None)
    return Parts(
        brand, choice, log, examples, example_box, example_title, question, ask, stop, tools, retry, clear, copy, panel, documents, news,
        conversation, browser,
    )


def _wire(blocks: gr.Blocks, parts: Parts, chat: Chat) -> None:
    """Connect the events. None of them is offered as a public API endpoint: programs use the command line's JSON contract."""
    whole = [
        parts.log, parts.conversation, parts.panel, parts.news, parts.question, parts.ask, parts.stop, parts.tools, parts.retry,
        parts.example_box,
    ]
    who = [parts.conversation, parts.choice, parts.browser]

    def ask(message: object, past: Conversation, choice: str, browser: str) -> Iterator[Updates]:
        for view in chat.ask(message, past, Visitor(choice, browser)):
            yield _shown(parts, view)

    def retry(past: Conversation, choice: str, browser: str) -> Iterator[Updates]:
        for view in chat.retry(past, Visitor(choice, browser)):
            yield _shown(parts, view)

    def stop(past: Conversation, choice: str, browser: str) -> Updates:
        return _shown(parts, chat.stop(past, Visitor(choice, browser)))

    def clear(choice: str, browser: str) -> Updates:
        return _shown(parts, chat.view((), Visitor(choice, browser)))

    def show(past: Conversation, choice: str, browser: str, event: gr.EventData) -> str:
        asked = event._data if isinstance(event._data, dict) else {}
        position = asked.get("exchange")
        return chat.panel(past, position if isinstance(position, int) else len(past), Visitor(choice, browser))

    def relabel(past: Conversation, choice: str, browser: str) -> Updates:
        return _relabelled(parts, chat, past, Visitor(choice, browser))

    def greet(request: gr.Request) -> Updates:
        browser = preferred_language(request.headers.get("accept-language", ""))
        return {parts.browser: browser, **_relabelled(parts, chat, (), Visitor(browser=browser))}

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    running = [gr.on([parts.question.submit, parts.ask.click], ask, [parts.question, *who], whole, concurrency_limit=_SIMULTANEOUS, **quiet)]
    running += [gr.on([example.click], ask, [example, *who], whole, concurrency_limit=_SIMULTANEOUS, **quiet) for example in parts.examples]
    running.append(gr.on([parts.retry.click], retry, who, whole, concurrency_limit=_SIMULTANEOUS, **quiet))
    gr.on([parts.stop.click], stop, who, whole, cancels=running, **quiet)
    gr.on([parts.clear.click], clear, who[1:], whole, cancels=running, **quiet)
    gr.on([parts.panel.select], show, who, [parts.panel], **quiet)
    labelled = [
        parts.brand, parts.choice, parts.log, parts.panel, parts.documents, parts.example_title, parts.question, parts.ask, parts.stop,
        parts.retry, parts.clear, parts.copy,
    ]
    gr.on([parts.choice.change], relabel, who, labelled, **quiet)
    gr.on([blocks.load], greet, None, [parts.browser, *labelled], **quiet)


def _shown(parts: Parts, view: View) -> Updates:
    """The updates that show *view*.

    The question box is emptied once, when its question enters the conversation, so that the next one can be typed
    while the answer streams; a question that failed comes back into the box to be mended.
    """
    last = view.conversation[-1] if view.conversation else None
    box = gr.skip()
    if last is not None and last.failed:
        box = gr.update(value=last.question)
    elif last is not None and not last.text:
        box = gr.update(value="")
    return {
        parts.log: view.messages,
        parts.conversation: view.conversation,
        parts.panel: view.panel,
        parts.news: view.announcement,
        parts.question: box,
        parts.ask: gr.update(visible=not view.running),
        parts.stop: gr.update(visible=view.running),
        parts.tools: gr.update(visible=bool(view.conversation)),
        parts.retry: gr.update(interactive=not view.running),
        parts.example_box: gr.update(visible=not view.conversation),
    }


def _relabelled(parts: Parts, chat: Chat, past: Conversation, visitor: Visitor) -> Updates:
    """The updates that put the page into the visitor's language."""
    page = visitor.page
    choices = [(page.automatic, AUTOMATIC), *((texts.name, code) for code, texts in TEXTS.items())]
    return {
        parts.brand: _brand(page),
        parts.choice: gr.update(choices=choices, label=page.language),
        parts.log: gr.update(label=page.conversation, placeholder=_welcome(page)),
        parts.panel: chat.panel(past, len(past), visitor),
        parts.documents: documents_html(chat.index, page),
        parts.example_title: _example_title(page),
        parts.question: gr.update(label=page.question, placeholder=page.hint),
        parts.ask: gr.update(value=page.ask),
        parts.stop: gr.update(value=page.stop),
        parts.retry: gr.update(value=page.retry),
        parts.clear: gr.update(value=page.clear),
        parts.copy: gr.update(value=page.copy),
    }


def _brand(page: Texts) -> str:
    """The header's text. It carries the page's language and the labels that Gradio has no setting for, read by ``page.js``."""
    code = next(code for code, texts in TEXTS.items() if texts is page)
    return (
        f'<div id="brand-text" data-language="{code}" data-conversation="{escape(page.conversation)}">'
        f"<h1>{escape(page.title)}</h1><p>{escape(page.tagline)}. <strong>{escape(page.notice)}</strong></p></div>"
    )


def _welcome(page: Texts) -> str:
    return f"## {page.welcome}\n\n{page.welcome_text}"


def _example_title(page: Texts) -> str:
    return f'<p class="example-title">{escape(page.examples)}</p>'
