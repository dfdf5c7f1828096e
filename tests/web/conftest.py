"""A real Chromium on the real application: `python app.py` as its own process, on a free port, with a built index."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from playwright.sync_api import Browser
from visits import ROOT, Visit, app_environment, free_port

_START_SECONDS = 120


def _drain(stream: IO[str], lines: list[str], ready: threading.Event) -> None:
    for line in stream:
        lines.append(line)
        if "http://" in line:
            ready.set()
    ready.set()  # the process is gone: no use in waiting


@pytest.fixture(scope="session")
def data_dir(index_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application's own data folder, since it writes feedback there: a copy of the index beside the shared models."""
    own = tmp_path_factory.mktemp("web") / "data"
    shutil.copytree(index_dir, own, ignore=shutil.ignore_patterns("models"))
    (own / "models").symlink_to(index_dir / "models", target_is_directory=True)
    return own


@pytest.fixture(scope="session")
def base_url(data_dir: Path) -> Iterator[str]:
    """The address of the running application."""
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


@pytest.fixture(params=[(1280, 900, "light")], ids=["desktop"])
def visit(request: pytest.FixtureRequest, browser: Browser, base_url: str) -> Iterator[Visit]:
    """A fresh window on the page. Afterwards: no console error, no failed request, no request to any other host."""
    width, height, scheme = request.param
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
