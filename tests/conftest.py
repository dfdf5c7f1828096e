"""What all tests share: no network but loopback, one set of prepared models, one index of the real corpus."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # PyTorch's threads that spin while they wait starve those of the other process
# readline sets it in the process that starts the test processes, and consoles read it when they are made.
os.environ.pop("COLUMNS", None)

import pytest
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, Playwright, sync_playwright

from assistant.core import Assistant
from ingest.manifest import load_manifest, read_canonical
from ingest.settings import Settings
from ingest.structure import build_document
from ingest.types import Document, Source
from vectorstore.embeddings import VectorEmbeddings, load_embeddings
from vectorstore.index import Index
from vectorstore.store import Store, StoreConfig

ROOT = Path(__file__).resolve().parents[1]
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# The same examples in every run, so that a change is what turns a test red. To look for more: --hypothesis-profile=hunt
hypothesis_settings.register_profile("fixed", derandomize=True, database=None, max_examples=200, deadline=None)
hypothesis_settings.register_profile("hunt", max_examples=5000, database=None, deadline=None)
hypothesis_settings.load_profile("fixed")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """pytest-socket lets every test connect to this machine only."""
    config.option.allow_hosts = "127.0.0.1,::1"
    config.option.allow_unix_socket = True
    os.environ["ASSISTANT_OFFLINE"] = "true"  # commands that run inside a test do not try to fetch documents


def _environment(**changes: str) -> dict[str, str]:
    """The environment of a child process: none of the developer's settings, no fetching of documents, and *changes*."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
    return {**kept, "ASSISTANT_OFFLINE": "true", **changes}


@pytest.fixture(scope="session")
def run_module() -> Callable[..., subprocess.CompletedProcess[str]]:
    """``run_module("ingest", "--help", ASSISTANT_DATA_DIR=...)`` runs a module as a user would."""

    def run(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, cwd=ROOT, env=_environment(**environment), capture_output=True, text=True, timeout=200)

    return run


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The default settings with a data folder of this test session."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
            patch.delenv(name)
        return Settings(data_dir=tmp_path_factory.mktemp("session") / "data")


@pytest.fixture(scope="session")
def first_ingest(settings: Settings, run_module: Callable[..., subprocess.CompletedProcess[str]]) -> subprocess.CompletedProcess[str]:
    """``python -m ingest`` as a new user runs it: real corpus, default embeddings, no data folder yet."""
    done = run_module("ingest", ASSISTANT_DATA_DIR=str(settings.data_dir))
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="session")
def index_dir(first_ingest: subprocess.CompletedProcess[str], settings: Settings) -> Path:
    """The data folder with the index of the real corpus; not to be written to."""
    return settings.data_dir


@pytest.fixture(scope="session")
def models_dir(index_dir: Path) -> Path:
    """The prepared models."""
    return index_dir / "models"


@pytest.fixture(scope="session")
def embeddings(settings: Settings, models_dir: Path) -> VectorEmbeddings:
    return load_embeddings(settings.embeddings, models_dir)


@pytest.fixture(scope="session")
def index(index_dir: Path, embeddings: VectorEmbeddings) -> Index:
    return Index.open(Store(StoreConfig(index_dir)), embeddings)


@pytest.fixture(scope="session")
def assistant(settings: Settings, index_dir: Path) -> Assistant:
    return Assistant.open(settings)


@pytest.fixture(scope="session")
def sources() -> tuple[Source, ...]:
    return load_manifest(ROOT / "corpus" / "sources.toml")


@pytest.fixture(scope="session")
def documents(sources: tuple[Source, ...]) -> tuple[Document, ...]:
    """The two documents of the corpus, read."""
    return tuple(build_document(source, read_canonical(source)) for source in sources if source.path)


@pytest.fixture(scope="session")
def strategy(documents: tuple[Document, ...]) -> Document:
    return next(document for document in documents if document.source.id == "strategy")


@pytest.fixture(scope="session")
def work_plan(documents: tuple[Document, ...]) -> Document:
    return next(document for document in documents if document.source.id == "work-plan")


def _chromium(playwright: Playwright) -> str:
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return found
    bundled = Path(playwright.chromium.executable_path)
    if bundled.exists():
        return str(bundled)
    pytest.fail(
        "The browser tests need Chromium and there is none. Install it: apt-get install chromium, or .venv/bin/playwright install chromium"
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium that only this machine's pages are opened in."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=_chromium(playwright), args=_ARGUMENTS)
        yield launched
        launched.close()
