"""What happens when a visitor asks, retries, stops, clears, or changes the language: pure functions over a conversation."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app_parts.agencies import agency_panel_html
from app_parts.conversation import Conversation, Exchange, turns_of
from app_parts.markup import answer_markdown, copy_text, escape, question_markdown
from app_parts.messages import AUTOMATIC, Texts, texts_for
from app_parts.sources import coverage_text, empty_panel_html, panel_html
from assistant.feedback import Verdict
from assistant.types import Answer, Turn
from vectorstore.index import Index

Respond = Callable[[object, Conversation, str | None, Texts], Iterator[Exchange]]
Keep = Callable[[Answer, Sequence[Turn], Verdict, str], bool]
Message = dict[str, str]
Stage = Literal["closed", "open", "comment", "sent"]


@dataclass(frozen=True, slots=True)
class Form:
    """The feedback form under the last answer: how far its reader got, and whether the last try to save failed.

    It is closed while there is no whole answer; ``comment`` is open with its comment box.
    """

    stage: Stage = "closed"
    failed: bool = False

    @property
    def to_send(self) -> bool:
        """Whether a judgement can be given; it cannot be given twice."""
        return self.stage in ("open", "comment")


@dataclass(frozen=True, slots=True)
class View:
    """Everything on the page that a conversation decides.

    ``running`` says that an answer is on its way; ``box`` is what the question box holds from now on, ``None`` leaves it.
    ``form`` is the feedback form, ``None`` leaves it too.
    """

    conversation: Conversation
    messages: list[Message]
    panel: str
    announcement: str
    running: bool
    box: str | None = None
    form: Form | None = Form()


@dataclass(frozen=True, slots=True)
class Visitor:
    """The language that a visitor chose (or ``AUTOMATIC``) and the one that the visitor's browser asks for."""

    choice: str = AUTOMATIC
    browser: str = "en"

    @property
    def language(self) -> str | None:
        """The language to answer in; ``None`` leaves it to the question."""
        return None if self.choice == AUTOMATIC else self.choice

    @property
    def page(self) -> Texts:
        """The texts of the page itself."""
        return texts_for(self.language or self.browser)

    def about(self, exchange: Exchange) -> Texts:
        """The texts around one answer: in the chosen language, else in the answer's own."""
        if self.language is None and exchange.answer is not None:
            return texts_for(exchange.answer.language)
        return self.page


@dataclass(frozen=True, slots=True)
class Chat:
    """The chat over one index.

    ``respond`` answers a message, and ``keep`` stores a judgement and says whether it could; neither raises.
    ``pictured`` are the ids of the documents whose pages can be shown.
    """

    index: Index
    respond: Respond
    keep: Keep
    pictured: frozenset[str] = frozenset()

    def ask(self, message: object, past: Conversation, visitor: Visitor) -> Iterator[View]:
        """Answer *message* after *past*: a view for every piece of the answer, the last one with its sources.

        The question box is emptied once, when its question enters the conversation, so that the next one can be typed
        while the answer streams; a question that failed comes back into the box to be mended.
        """
        box: str | None = ""
        for exchange in self.respond(message, past, visitor.language, visitor.page):
            view = self.view((*past, exchange), visitor, running=exchange.answer is None and not exchange.failure)
            yield replace(view, box=exchange.question if exchange.failure else box)
            box = None

    def retry(self, past: Conversation, visitor: Visitor) -> Iterator[View]:
        """Ask the last question again in its place."""
        if past:
            yield from self.ask(past[-1].question, past[:-1], visitor)

    def stop(self, past: Conversation, visitor: Visitor) -> View:
        """Leave the answer as far as it got; it counts as failed, so that no follow-up builds on half an answer."""
        if past and past[-1].answer is None and not past[-1].failure:
            past = (*past[:-1], replace(past[-1], failure=visitor.page.stopped))
        view = self.view(past, visitor)
        return view if view.form == Form("closed") else replace(view, form=None)  # a whole answer may have been judged already

    def judge(self, past: Conversation, form: Form, verdict: Verdict, comment: str = "") -> Form:
        """Keep what the reader says of the last answer, unless there is none or it was judged before."""
        answer = past[-1].answer if past else None
        if answer is None or not form.to_send:
            return form
        if not self.keep(answer, turns_of(past[:-1]), verdict, comment):
            return replace(form, failed=True)
        return Form("sent")

    def view(self, conversation: Conversation, visitor: Visitor, *, running: bool = False) -> View:
        """The page for *conversation*, its last exchange in the panel."""
        messages: list[Message] = []
        for position, exchange in enumerate(conversation, start=1):
            if exchange.question.strip():
                messages.append({"role": "user", "content": question_markdown(exchange.question)})
            text = answer_markdown(exchange, position, visitor.about(exchange)) or f"*{visitor.page.searching}*"
            messages.append({"role": "assistant", "content": text})
        panel = self.panel(conversation, len(conversation), visitor)
        whole = bool(conversation) and conversation[-1].answer is not None
        return View(conversation, messages, panel, self._news(conversation, visitor), running, form=Form("open" if whole else "closed"))

    def panel(self, conversation: Conversation, position: int, visitor: Visitor) -> str:
        """The sources panel for the *position*-th exchange (from 1)."""
        if not 1 <= position <= len(conversation):
            return empty_panel_html(visitor.page)
        exchange = conversation[position - 1]
        if exchange.answer is None:
            return empty_panel_html(visitor.page, None if exchange.failure else visitor.page.searching)
        return panel_html(self.index, exchange, position, visitor.page, visitor.about(exchange), self.pictured)

    def agency(self, key: str, conversation: Conversation, visitor: Visitor) -> str:
        """The sources panel for an agency of the list; the conversation's last answer stays the one that is copied."""
        answer = conversation[-1].answer if conversation else None
        found = agency_panel_html(self.index, key, visitor.page, copy_text(answer) if answer else "", self.pictured)
        return found or self.panel(conversation, len(conversation), visitor)

    def _news(self, conversation: Conversation, visitor: Visitor) -> str:
        """What a screen reader is told once an answer is whole."""
        answer = conversation[-1].answer if conversation else None
        if answer is None:
            return ""
        texts = visitor.about(conversation[-1])
        status = ", ".join(part for part in (texts.status[answer.status], coverage_text(self.index, answer, texts)) if part)
        return escape(texts.ready.format(status=status, count=len(answer.citations)))
