"""A visitor's window on the page, and what the browser tests share."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, TimeoutError

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def app_environment(data_dir: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASSISTANT_", "GRADIO_"))}
    return {**kept, "ASSISTANT_DATA_DIR": str(data_dir), "ASSISTANT_PORT": str(port)}


@dataclass
class Visit:
    """One visitor's window; ``faults`` collects what must not happen on any page."""

    page: Page
    context: BrowserContext
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("request", self._on_request)
        self.page.on("console", lambda message: self.faults.append(f"console: {message.text}") if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        self.page.on("response", lambda got: self.faults.append(f"{got.status} {got.url}") if got.status >= 400 else None)

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        self.requests.append(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            self.faults.append(f"request to another host: {request.url}")

    def ask(self, question: str) -> None:
        """Type a question, press Enter and wait until its answer is whole and the question box is free.

        The page takes one question at a time: an Enter in the instant in which the last answer is being completed
        leaves the question in its box, so it is pressed again, as a person would.
        """
        answers = self.page.locator("#chat .bot-row")
        asked = answers.count()
        self.page.locator("#question textarea").fill(question)
        for _ in range(10):
            self.page.locator("#question textarea").press("Enter")
            try:
                answers.nth(asked).wait_for(timeout=1_500)
                break
            except TimeoutError:
                continue
        self.page.locator("#ask").wait_for()
        self.page.locator("#sources .empty").filter(has_text="…").wait_for(state="detached")

    def last_answer(self) -> str:
        return self.page.locator("#chat .bot-row").last.inner_text()


def _drain(stream: IO[str], lines: list[str], ready: threading.Event) -> None:
    for line in stream:
        lines.append(line)
        if "http://" in line:
            ready.set()
    ready.set()  # the process is gone: no use in waiting


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """The address of `python app.py` as a process of its own, on a free port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=app_environment(data_dir, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    ready = threading.Event()
    reader = threading.Thread(target=_drain, args=(process.stdout, lines, ready), daemon=True)
    reader.start()
    try:
        if not ready.wait(_START_SECONDS) or process.poll() is not None:
            pytest.fail("The application did not start:\n" + "".join(lines))
        yield f"http://127.0.0.1:{port}"
        assert process.poll() is None, "The application died during the tests:\n" + "".join(lines)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)
        process.stdout.close()


@contextmanager
def open_window(browser: Browser, base_url: str, width: int, height: int, scheme: str) -> Iterator[Visit]:
    """A fresh window on the page. Afterwards: no console error, no failed request, no request to any other host."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-US", color_scheme=scheme)
    context.set_default_timeout(20_000)
    window = Visit(context.new_page(), context)
    window.watch()
    window.page.goto(base_url)
    window.page.locator("#question textarea").wait_for()
    window.page.wait_for_function("document.documentElement.lang === 'en' && document.querySelector('#chat [role=log]')")
    yield window
    context.close()
    assert window.faults == []
