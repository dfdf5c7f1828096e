"""What the page does: every event as a method, and the wiring of the components to them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import gradio as gr

from app_parts.agencies import agencies_html, agencies_title
from app_parts.chat import Chat, Form, View, Visitor
from app_parts.conversation import Conversation
from app_parts.documents import documents_html
from app_parts.markup import escape
from app_parts.messages import TEXTS, Texts, preferred_language
from app_parts.page import (
    Parts,
    brand_html,
    example_title_html,
    feedback_html,
    language_choices,
    lay_out,
    note_html,
    welcome_markdown,
)

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
        visitor = Visitor(choice, browser)
        yield from self._run(self.chat.ask(message, past, visitor), visitor.page, request)

    def retry(self, past: Conversation, choice: str, browser: str, request: gr.Request) -> Iterator[Updates]:
        """The last question is asked again."""
        visitor = Visitor(choice, browser)
        yield from self._run(self.chat.retry(past, visitor), visitor.page, request)

    def stop(self, past: Conversation, choice: str, browser: str, request: gr.Request) -> Updates:
        """The answer on its way is cancelled."""
        self._halt(request)
        visitor = Visitor(choice, browser)
        return self._shown(self.chat.stop(past, visitor), visitor.page)

    def clear(self, choice: str, browser: str, request: gr.Request) -> Updates:
        """The conversation starts anew."""
        self._halt(request)
        visitor = Visitor(choice, browser)
        return self._shown(self.chat.view((), visitor), visitor.page)

    def approve(self, past: Conversation, form: Form, choice: str, browser: str) -> Updates:
        """The last answer was right."""
        return self._judged(self.chat.judge(past, form, "good"), Visitor(choice, browser).page)

    def disapprove(self, form: Form, choice: str, browser: str) -> Updates:
        """The last answer was not right: the form asks for a comment."""
        return self._judged(Form("comment") if form.to_send else form, Visitor(choice, browser).page)

    def send(self, past: Conversation, form: Form, comment: str, choice: str, browser: str) -> Updates:
        """The last answer was not right, with a comment that may be empty."""
        return self._judged(self.chat.judge(past, form, "bad", comment), Visitor(choice, browser).page)

    def _run(self, views: Iterator[View], page: Texts, request: gr.Request) -> Iterator[Updates]:
        """The updates of *views*, until the visitor stops them."""
        visitor, stopped = request.session_hash or "", Event()
        self.runs[visitor] = stopped
        try:
            for view in views:
                if stopped.is_set():
                    return
                yield self._shown(view, page)
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
        """A citation marker of an earlier answer or of an agency was followed: the panel shows what it leads to."""
        asked = event._data if isinstance(event._data, dict) else {}
        position, agency = asked.get("exchange"), asked.get("agency")
        if not isinstance(position, int) and isinstance(agency, str):
            return self.chat.agency(agency, past, Visitor(choice, browser))
        return self.chat.panel(past, position if isinstance(position, int) else len(past), Visitor(choice, browser))

    def narrow(self, wanted: str, choice: str, browser: str) -> str:
        """A topic or a country was typed: the list shows the agencies that fit."""
        return agencies_html(self.chat.index, wanted, Visitor(choice, browser).page)

    def greet(self, request: gr.Request) -> Updates:
        """The page was opened: it takes the browser's language."""
        browser = preferred_language(request.headers.get("accept-language", ""))
        return {self.parts.browser: browser, **self._relabelled((), Form(), Visitor(browser=browser))}

    def relabel(self, past: Conversation, form: Form, choice: str, browser: str) -> Updates:
        """A language was chosen: the page's labels follow."""
        return self._relabelled(past, form, Visitor(choice, browser))

    def _shown(self, view: View, page: Texts) -> Updates:
        """The updates that show *view* on a page in the language of *page*."""
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
            **({} if view.form is None else {talk.feedback.comment: "", **self._form(view.form, page)}),
        }

    def _form(self, form: Form, page: Texts) -> Updates:
        """The updates that show the feedback form; its comment stays."""
        feedback = self.parts.talk.feedback
        return {
            self.parts.form: form,
            feedback.box: gr.update(visible=form.stage != "closed"),
            feedback.verdict: gr.update(visible=form.to_send),
            feedback.remark: gr.update(visible=form.stage == "comment"),
            feedback.note: note_html(form, page),
        }

    def _judged(self, form: Form, page: Texts) -> Updates:
        """The updates after a step in the feedback form; a screen reader is told how it ended."""
        texts = page.feedback
        news = texts.thanks if form.stage == "sent" else texts.failed if form.failed else ""
        return {**self._form(form, page), self.parts.side.news: escape(news)}

    def _relabelled(self, past: Conversation, form: Form, visitor: Visitor) -> Updates:
        """The updates that put the page into the visitor's language; the answers stay as they were given."""
        page, header, talk, side = visitor.page, self.parts.header, self.parts.talk, self.parts.side
        feedback = talk.feedback
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
            feedback.ask: feedback_html(page),
            feedback.yes: gr.update(value=page.feedback.yes),
            feedback.no: gr.update(value=page.feedback.no),
            feedback.comment: gr.update(label=page.feedback.comment),
            feedback.send: gr.update(value=page.feedback.send),
            feedback.note: note_html(form, page),
            side.panel: self.chat.panel(past, len(past), visitor),
            side.documents: documents_html(self.chat.index, page),
            side.agencies.box: gr.update(label=agencies_title(self.chat.index, page)),
            side.agencies.wanted: gr.update(label=page.agencies.filter, placeholder=page.agencies.hint, value=""),
            side.agencies.listing: agencies_html(self.chat.index, "", page),
        }


def _connect(blocks: gr.Blocks, parts: Parts, events: Events) -> None:
    """Wire the components. No event is a public API endpoint: programs use the command line's JSON contract."""
    header, talk, side, feedback = parts.header, parts.talk, parts.side, parts.talk.feedback
    form = [parts.form, feedback.box, feedback.verdict, feedback.remark, feedback.note]
    shown = [
        *(talk.log, parts.conversation, side.panel, side.news, talk.question, talk.ask, talk.stop, talk.tools, talk.retry),
        *(talk.example_box, feedback.comment, *form),
    ]
    labelled = [
        *(header.brand, header.choice, talk.log, talk.example_title, talk.question, talk.ask, talk.stop, talk.retry, talk.copy, talk.clear),
        *(feedback.ask, feedback.yes, feedback.no, feedback.comment, feedback.send, feedback.note, side.panel, side.documents),
        *(side.agencies.box, side.agencies.wanted, side.agencies.listing),
    ]
    visitor = [header.choice, parts.browser]
    who = [parts.conversation, *visitor]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    answering: dict[str, Any] = {**quiet, "concurrency_limit": _SIMULTANEOUS, "concurrency_id": "answers"}
    judging: dict[str, Any] = {**quiet, "concurrency_limit": 1, "concurrency_id": "judgements"}  # each sees the one before
    running = [
        gr.on([talk.question.submit, talk.ask.click], events.ask, [talk.question, *who], shown, **answering),
        gr.on([talk.retry.click], events.retry, who, shown, **answering),
        *(gr.on([example.click], events.ask, [example, *who], shown, **answering) for example in talk.examples),
    ]
    gr.on([talk.stop.click], events.stop, who, shown, cancels=running, **quiet)
    gr.on([talk.clear.click], events.clear, visitor, shown, cancels=running, **quiet)
    gr.on([feedback.yes.click], events.approve, [parts.conversation, parts.form, *visitor], [side.news, *form], **judging)
    gr.on([feedback.no.click], events.disapprove, [parts.form, *visitor], [side.news, *form], **judging)
    gr.on([feedback.send.click], events.send, [parts.conversation, parts.form, feedback.comment, *visitor], [side.news, *form], **judging)
    gr.on([side.panel.select], events.show, who, [side.panel], **quiet)
    listing, wanted = side.agencies.listing, side.agencies.wanted
    gr.on([wanted.change, wanted.submit], events.narrow, [wanted, *visitor], [listing], trigger_mode="always_last", **quiet)
    gr.on([header.choice.change], events.relabel, [parts.conversation, parts.form, *visitor], labelled, **quiet)
    gr.on([blocks.load], events.greet, None, [parts.browser, *labelled], **quiet)
