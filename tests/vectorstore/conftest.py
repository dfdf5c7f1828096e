"""The places that an index can be kept in: a folder, and a real Chroma server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import chromadb
import httpx
import pytest
from chromadb.config import Settings as ChromaSettings
from small_corpus import Place, free_port

from vectorstore.store import StoreConfig

HOST = "127.0.0.1"


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Chroma server on a free port of this machine."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    log = folder / "log.txt"
    command = [
        str(Path(sys.executable).with_name("chroma")),
        "run",
        "--path",
        str(folder / "db"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(autouse=True)
def _close_clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Chroma's HTTP client keeps its connections open until the process ends; here there is a client for every look."""
    opened: list[httpx.Client] = []
    make = httpx.Client.__init__

    def note(self: httpx.Client, *arguments: object, **named: object) -> None:
        make(self, *arguments, **named)  # type: ignore[arg-type]
        opened.append(self)

    monkeypatch.setattr(httpx.Client, "__init__", note)
    yield
    for client in opened:
        client.close()


@pytest.fixture
def empty_server(chroma_server: str) -> Callable[[], None]:
    """Calling it removes everything from the server."""

    def empty() -> None:
        client = chromadb.HttpClient(
            port=int(chroma_server.rpartition(":")[2]), settings=ChromaSettings(anonymized_telemetry=False), host=HOST
        )
        for collection in client.list_collections():
            client.delete_collection(collection.name)

    return empty


@pytest.fixture(params=["embedded", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Each test of the contract runs on an empty folder and on an empty server."""
    if request.param == "embedded":
        return Place(StoreConfig(tmp_path / "data"))
    request.getfixturevalue("empty_server")()
    return Place(StoreConfig(tmp_path / "data", request.getfixturevalue("chroma_server")))


@pytest.fixture
def folder_place(tmp_path: Path) -> Place:
    """An empty folder."""
    return Place(StoreConfig(tmp_path / "data"))
