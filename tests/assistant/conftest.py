"""Asking once and looking many times; and running the command line as a user would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.core import Assistant
from assistant.types import Answer, Turn
from ingest.types import Document

ROOT = Path(__file__).resolve().parents[2]
Ask = Callable[..., Answer]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def turns(*questions: str) -> tuple[Turn, ...]:
    """A conversation in which the user asked *questions*; what was answered is not told."""
    return tuple(turn for question in questions for turn in (Turn("user", question), Turn("assistant", "(an answer)")))


@pytest.fixture(scope="session")
def ask(assistant: Assistant) -> Ask:
    """``ask(question, *earlier questions, language=None)``, answered once per session."""
    known: dict[tuple[object, ...], Answer] = {}

    def get(question: str, *earlier: str, language: str | None = None) -> Answer:
        key = (question, earlier, language)
        if key not in known:
            known[key] = assistant.answer(question, turns(*earlier), language=language)
        return known[key]

    return get


@pytest.fixture(scope="session")
def bullets(documents: tuple[Document, ...]) -> Callable[[str, str], list[str]]:
    """``bullets(after, before)``: the bulleted lines of the strategy between two of its lines, as they stand in the file."""
    strategy = next(document.canonical for document in documents if document.source.id == "strategy")

    def between(after: str, before: str) -> list[str]:
        part = strategy.partition(f"\n{after}")[2].partition(f"\n{before}")[0]
        found = [line.removeprefix("·").strip() for line in part.splitlines() if line.startswith("·")]
        assert found
        return found

    return between


@pytest.fixture
def no_traces(tmp_path: Path) -> Callable[[], list[str]]:
    """What stands in the test's own folder now, as relative paths."""
    return lambda: sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))


@pytest.fixture(scope="session")
def run_assistant(index_dir: Path) -> Run:
    """``run_assistant("ask", "…", stdin=…, data=…, ASSISTANT_…=…)`` runs ``python -m assistant`` on the session's index."""

    def run(
        *arguments: str, stdin: str | bytes = "", data: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *arguments],
            cwd=ROOT,
            env={**kept, "COLUMNS": "120", "ASSISTANT_DATA_DIR": str(data or index_dir), **environment},
            input=stdin if isinstance(stdin, bytes) else stdin.encode(),
            capture_output=True,
            timeout=120,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


def markers(text: str) -> list[int]:
    """The citation marks of an answer's text, in order."""
    return [int(number) for number in re.findall(r"\[(\d+)\]", text)]
