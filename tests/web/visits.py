"""A visitor's window on the page, and what the browser tests share."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Request, TimeoutError

ROOT = Path(__file__).resolve().parents[2]


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
