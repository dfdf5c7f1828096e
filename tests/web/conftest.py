"""A real Chromium on the real application: `python app.py` as its own process, on a free port, with a built index."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from visits import Visit, open_window, running

expect.set_options(timeout=30_000)  # for machines that do other work beside the tests; what is there is seen at once


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
    with running(data_dir) as address:
        yield address


@pytest.fixture(params=[(1280, 900, "light")], ids=["desktop"])
def visit(request: pytest.FixtureRequest, browser: Browser, base_url: str) -> Iterator[Visit]:
    """A fresh window on the page. Afterwards: no console error, no failed request, no request to any other host."""
    with open_window(browser, base_url, *request.param) as window:
        yield window
