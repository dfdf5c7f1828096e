"""A conversation as the page keeps it for one visitor, and as the assistant reads it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.types import Answer, Turn


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was said to it so far.

    ``text`` is Markdown and grows while the answer streams; ``answer`` is there once it is whole. ``failure`` is the
    message, as plain text, about why there will be none.
    """

    question: str
    text: str = ""
    answer: Answer | None = None
    failure: str = ""


Conversation = tuple[Exchange, ...]


def plain_text(content: object) -> str:
    """The text of what Gradio hands over as a message.

    Gradio gives a plain string, or a dict with the text under ``text`` or ``content``, or a list of such parts;
    parts that carry no text (files, components) count for nothing.
    """
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return plain_text(content.get("text") if "text" in content else content.get("content"))
    if isinstance(content, Iterable) and not isinstance(content, bytes):
        return "\n".join(text for text in map(plain_text, content) if text)
    return ""


def turns_of(conversation: Sequence[Exchange]) -> tuple[Turn, ...]:
    """The turns that a follow-up question may refer to: whole answers only, since a failure is nothing to refer to."""
    turns: list[Turn] = []
    for exchange in conversation:
        if exchange.answer is not None:
            turns += [Turn("user", exchange.question), Turn("assistant", exchange.answer.text)]
    return tuple(turns)
