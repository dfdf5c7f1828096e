"""What the tests of the assistant share."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

from assistant.types import Answer, Turn

Ask = Callable[..., Answer]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
Bullets = Callable[[str, str], list[str]]


def turns(*questions: str) -> tuple[Turn, ...]:
    """A conversation in which the user asked *questions*; what was answered is not told."""
    return tuple(turn for question in questions for turn in (Turn("user", question), Turn("assistant", "(an answer)")))


def markers(text: str) -> set[int]:
    """The numbers of the citation marks in an answer's text."""
    return {int(number) for number in re.findall(r"\[(\d+)\]", text)}


def quotes(answer: Answer) -> list[str]:
    """The quotations of an answer, in its order."""
    return [citation.quote for citation in answer.citations]
