"""What the page does: every event as a method, and the wiring of the components to them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import gradio as gr

from app_parts.chat import Chat, View, Visitor
from app_parts.conversation import Conversation
from app_parts.documents import documents_html
from app_parts.messages import TEXTS, preferred_language
from app_parts.page import Parts, brand_html, example_title_html, language_choices, lay_out, welcome_markdown

_SIMULTANEOUS = 4  # answers at a time; more wait in Gradio's queue
_SETTLE = 0.2  # seconds in which a piece of an answer that is just being sent arrives
Updates = dict[Any, Any]  # component -> its new value, or a gr.update


def build_blocks(chat: Chat) -> gr.Blocks:
    """The whole page over *chat*, ready to be launched."""
    blocks = gr.Blocks(title=TEXTS["en"].title, analytics_enabled=False, fill_width=True)
    with blocks:
        parts = lay_out(chat)
        _connect(blocks, parts, Events(parts, chat))
    return blocks


@dataclass(frozen=True, slots=True)
class Events:
    """The event handlers. ``choice`` is the language choice, ``browser`` the browser's language.

    ``runs`` has, for every visitor whose answer is on its way, what stops it. Gradio cancels an event and runs the
    handler of the stop button at the same time, so a late piece of the answer could otherwise overwrite the handler's view.
    """

    parts: Parts
    chat: Chat
    runs: dict[str, Event] = field(default_factory=dict)

    def ask(self, message: object, past: Conversation, choice: str, browser: str, request: gr.Request) -> Iterator[Updates]:
        """A question was sent, or an example was chosen."""
        yield from self._run(self.chat.ask(message, past, Visitor(choice, browser)), request)

    def retry(self, past: Conversation, choice: str, browser: str, request: gr.Request) -> Iterator[Updates]:
        """The last question is asked again."""
        yield from self._run(self.chat.retry(past, Visitor(choice, browser)), request)

    def stop(self, past: Conversation, choice: str, browser: str, request: gr.Request) -> Updates:
        """The answer on its way is cancelled."""
        self._halt(request)
        return self._shown(self.chat.stop(past, Visitor(choice, browser)))

    def clear(self, choice: str, browser: str, request: gr.Request) -> Updates:
        """The conversation starts anew."""
        self._halt(request)
        return self._shown(self.chat.view((), Visitor(choice, browser)))

    def _run(self, views: Iterator[View], request: gr.Request) -> Iterator[Updates]:
        """The updates of *views*, until the visitor stops them."""
        visitor, stopped = request.session_hash or "", Event()
        self.runs[visitor] = stopped
        try:
            for view in views:
                if stopped.is_set():
                    return
                yield self._shown(view)
        finally:
            if self.runs.get(visitor) is stopped:
                del self.runs[visitor]

    def _halt(self, request: gr.Request) -> None:
        """Let no further piece of the visitor's answer through, and the last one arrive."""
        stopped = self.runs.get(request.session_hash or "")
        if stopped is not None:
            stopped.set()
            time.sleep(_SETTLE)

    def show(self, past: Conversation, choice: str, browser: str, event: gr.EventData) -> str:
        """A citation marker of an earlier answer was followed: the panel shows that answer's sources."""
        asked = event._data if isinstance(event._data, dict) else {}
        position = asked.get("exchange")
        return self.chat.panel(past, position if isinstance(position, int) else len(past), Visitor(choice, browser))

    def greet(self, request: gr.Request) -> Updates:
        """The page was opened: it takes the browser's language."""
        browser = preferred_language(request.headers.get("accept-language", ""))
        return {self.parts.browser: browser, **self._relabelled((), Visitor(browser=browser))}

    def relabel(self, past: Conversation, choice: str, browser: str) -> Updates:
        """A language was chosen: the page's labels follow."""
        return self._relabelled(past, Visitor(choice, browser))

    def _shown(self, view: View) -> Updates:
        """The updates that show *view*."""
        talk, side = self.parts.talk, self.parts.side
        return {
            talk.log: view.messages,
            self.parts.conversation: view.conversation,
            side.panel: view.panel,
            side.news: view.announcement,
            talk.question: gr.skip() if view.box is None else gr.update(value=view.box),
            talk.ask: gr.update(visible=not view.running),
            talk.stop: gr.update(visible=view.running),
            talk.tools: gr.update(visible=bool(view.conversation)),
            talk.retry: gr.update(interactive=not view.running),
            talk.example_box: gr.update(visible=not view.conversation),
        }

    def _relabelled(self, past: Conversation, visitor: Visitor) -> Updates:
        """The updates that put the page into the visitor's language; the answers stay as they were given."""
        page, header, talk, side = visitor.page, self.parts.header, self.parts.talk, self.parts.side
        return {
            header.brand: brand_html(page),
            header.choice: gr.update(choices=language_choices(page), label=page.language),
            talk.log: gr.update(label=page.conversation, placeholder=welcome_markdown(page)),
            talk.example_title: example_title_html(page),
            talk.question: gr.update(label=page.question, placeholder=page.hint),
            talk.ask: gr.update(value=page.ask),
            talk.stop: gr.update(value=page.stop),
            talk.retry: gr.update(value=page.retry),
            talk.copy: gr.update(value=page.copy),
            talk.clear: gr.update(value=page.clear),
            side.panel: self.chat.panel(past, len(past), visitor),
            side.documents: documents_html(self.chat.index, page),
        }


def _connect(blocks: gr.Blocks, parts: Parts, events: Events) -> None:
    """Wire the components. No event is a public API endpoint: programs use the command line's JSON contract."""
    header, talk, side = parts.header, parts.talk, parts.side
    shown = [
        talk.log,
        parts.conversation,
        side.panel,
        side.news,
        talk.question,
        talk.ask,
        talk.stop,
        talk.tools,
        talk.retry,
        talk.example_box,
    ]
    labelled = [
        *(header.brand, header.choice, talk.log, talk.example_title, talk.question, talk.ask, talk.stop, talk.retry, talk.copy, talk.clear),
        *(side.panel, side.documents),
    ]
    visitor = [header.choice, parts.browser]
    who = [parts.conversation, *visitor]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    answering: dict[str, Any] = {**quiet, "concurrency_limit": _SIMULTANEOUS, "concurrency_id": "answers"}
    running = [
        gr.on([talk.question.submit, talk.ask.click], events.ask, [talk.question, *who], shown, **answering),
        gr.on([talk.retry.click], events.retry, who, shown, **answering),
        *(gr.on([example.click], events.ask, [example, *who], shown, **answering) for example in talk.examples),
    ]
    gr.on([talk.stop.click], events.stop, who, shown, cancels=running, **quiet)
    gr.on([talk.clear.click], events.clear, visitor, shown, cancels=running, **quiet)
    gr.on([side.panel.select], events.show, who, [side.panel], **quiet)
    gr.on([header.choice.change], events.relabel, who, labelled, **quiet)
    gr.on([blocks.load], events.greet, None, [parts.browser, *labelled], **quiet)
