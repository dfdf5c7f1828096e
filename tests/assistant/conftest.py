"""Asking once and looking many times; and running the command line as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from asking import Ask, Bullets, Run, turns

from assistant.core import Assistant
from assistant.types import Answer
from ingest.types import Document

ROOT = Path(__file__).resolve().parents[2]


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
def bullets(strategy: Document) -> Bullets:
    """``bullets(after, before)``: the bulleted lines of the strategy between two of its lines, read from the file itself."""

    def between(after: str, before: str) -> list[str]:
        part = strategy.canonical.partition(f"\n{after}\n")[2].partition(f"\n{before}")[0]
        found = [line.removeprefix("·").strip() for line in part.splitlines() if line.startswith("·")]
        assert found
        return found

    return between


@pytest.fixture(scope="session")
def run_assistant(index_dir: Path) -> Run:
    """``run_assistant("ask", "…", stdin=…, data=…, ASSISTANT_…=…)`` runs ``python -m assistant`` on the session's index."""

    def run(*arguments: str, stdin: str | bytes = "", data: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
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
