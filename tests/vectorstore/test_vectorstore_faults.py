"""What goes wrong with an index: damaged folders, servers that do not answer, builds that are killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from chromadb.api.shared_system_client import SharedSystemClient
from small_corpus import TEXT, Place, free_port, read

from ingest.errors import UserError
from vectorstore.embeddings import Vectors
from vectorstore.errors import DamagedIndexError, IndexUnavailableError, NoIndexError, StoreUnreachableError
from vectorstore.store import Record, Store, StoreConfig

LONG = TEXT + "\n".join(f"Paragraph {number} says something of its own.\n" for number in range(400))
CHILD = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from small_corpus import Place
from vectorstore.store import StoreConfig

place = Place(StoreConfig(Path(sys.argv[2])))
place.recorder.before = lambda: time.sleep(0.03)
print("ready", flush=True)
place.build(Path(sys.argv[3]).read_text())
print("done", flush=True)
"""


class TestWaiting:
    """Another process may be writing to the database just then."""

    @pytest.fixture
    def tried(self, folder_place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        """What the next looks into the database fail with, last first."""
        folder_place.build()
        names, failures = Store._names, list[str]()

        def look(store: Store) -> list[str]:
            if failures:
                raise sqlite3.OperationalError(failures.pop())
            return names(store)

        monkeypatch.setattr(Store, "_names", look)
        monkeypatch.setattr("vectorstore.store._PAUSE", 0.01)
        yield failures

    def test_it_is_waited_for(self, folder_place: Place, tried: list[str]) -> None:
        tried += ["database is locked", "database table is locked: collections"]
        assert folder_place.open().passages and not tried

    def test_not_for_ever(self, folder_place: Place, tried: list[str]) -> None:
        tried += ["database is locked"] * 50
        with pytest.raises(DamagedIndexError, match="database is locked"):
            folder_place.open()

    def test_damage_is_no_reason_to_wait(self, folder_place: Place, tried: list[str]) -> None:
        tried += ["database is locked", "database disk image is malformed"]
        with pytest.raises(DamagedIndexError, match="malformed"):
            folder_place.open()
        assert tried == ["database is locked"]


class TestDamage:
    @pytest.fixture
    def damaged(self, folder_place: Place) -> Place:
        folder_place.build()
        SharedSystemClient.clear_system_cache()  # a process that starts afresh
        return folder_place

    def fault(self, place: Place) -> str:
        with pytest.raises(DamagedIndexError) as caught:
            place.open()
        assert isinstance(caught.value, UserError)
        assert isinstance(caught.value, IndexUnavailableError)
        assert str(caught.value).count("\n") == 0
        assert "python -m ingest" in str(caught.value)
        return str(caught.value)

    def test_garbage_in_the_database(self, damaged: Place) -> None:
        database = damaged.config.data_dir / "chroma" / "chroma.sqlite3"
        database.write_bytes(b"garbage " * 4000)
        assert str(damaged.config.data_dir) in self.fault(damaged)
        assert database.read_bytes() == b"garbage " * 4000

    def test_a_database_cut_short(self, damaged: Place) -> None:
        database = damaged.config.data_dir / "chroma" / "chroma.sqlite3"
        database.write_bytes(database.read_bytes()[:20_000])
        self.fault(damaged)

    def test_vector_files_gone(self, damaged: Place) -> None:
        """What was not yet written out of the log into vector files is still in the database; else it is said."""
        for folder in (damaged.config.data_dir / "chroma").iterdir():
            if folder.is_dir():
                shutil.rmtree(folder)
        try:
            assert damaged.open().passages == read().passages
        except DamagedIndexError as error:
            assert "python -m ingest" in str(error)

    def test_a_file_where_the_folder_should_be(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("not a folder")
        self.fault(Place(StoreConfig(tmp_path / "data")))

    @pytest.mark.parametrize("kind", ["corpus", "document", "passage"])
    def test_records_gone(self, kind: str, folder_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        """One record fewer than there should be is said, and not answered from."""
        folder_place.build()
        read_all = Store.read

        def read_most(self: Store, version: str, only: str | None = None) -> tuple[list[Record], Vectors]:
            records, vectors = read_all(self, version, only)
            gone = next(row for row, record in enumerate(records) if record.kind == kind)
            return records[:gone] + records[gone + 1 :], np.delete(vectors, gone, axis=0)

        monkeypatch.setattr(Store, "read", read_most)
        self.fault(folder_place)

    def test_moving_the_folder_away_helps(self, damaged: Place) -> None:
        (damaged.config.data_dir / "chroma" / "chroma.sqlite3").write_bytes(b"garbage " * 4000)
        self.fault(damaged)
        damaged.config.data_dir.rename(damaged.config.data_dir.with_name("away"))
        SharedSystemClient.clear_system_cache()
        with pytest.raises(NoIndexError):
            damaged.open()
        assert damaged.build().switched


class TestUnreachable:
    @pytest.fixture
    def other_server(self) -> Iterator[str]:
        """Something that speaks HTTP and is not Chroma."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()

    def fault(self, url: str, tmp_path: Path) -> str:
        with pytest.raises(StoreUnreachableError) as caught:
            Store(StoreConfig(tmp_path, url)).serving()
        assert isinstance(caught.value, UserError)
        assert url in str(caught.value) and "ASSISTANT_CHROMA_URL" in str(caught.value)
        assert str(caught.value).count("\n") == 0
        return str(caught.value)

    def test_nobody_listens(self, tmp_path: Path) -> None:
        self.fault(f"http://127.0.0.1:{free_port()}", tmp_path)

    @pytest.mark.parametrize("url", ["127.0.0.1:99999", "http://127.0.0.1:port"])
    def test_no_address(self, url: str, tmp_path: Path) -> None:
        self.fault(url, tmp_path)

    def test_another_kind_of_server(self, other_server: str, tmp_path: Path) -> None:
        self.fault(other_server, tmp_path)

    def test_no_folder_is_made_for_a_server(self, tmp_path: Path) -> None:
        self.fault(f"http://127.0.0.1:{free_port()}", tmp_path / "data")
        assert not (tmp_path / "data").exists()

    def test_a_server_without_an_index(self, chroma_server: str, empty_server: Callable[[], None], tmp_path: Path) -> None:
        empty_server()
        with pytest.raises(NoIndexError, match="python -m ingest"):
            Store(StoreConfig(tmp_path, chroma_server)).serving()


class TestKill:
    """kill -9 at a random moment of a build: the old index goes on serving and the next run completes."""

    @pytest.fixture
    def text_file(self, tmp_path: Path) -> Path:
        path = tmp_path / "long.txt"
        path.write_text(LONG, encoding="utf-8")
        return path

    def start(self, place: Place, text_file: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", CHILD, str(Path(__file__).parent), str(place.config.data_dir), str(text_file)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[2])
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        return process

    @pytest.mark.parametrize("part", [0, 1, 2])
    def test_kill(self, part: int, folder_place: Place, text_file: Path) -> None:
        folder_place.build()
        SharedSystemClient.clear_system_cache()
        moment = (part + random.random()) * 0.25  # a build takes about 0.7 s
        process = self.start(folder_place, text_file)
        try:
            time.sleep(moment)
            os.kill(process.pid, signal.SIGKILL)
        finally:
            output, _ = process.communicate(timeout=30)
        finished = "done" in output

        index = folder_place.open()
        assert index.canonical == {"doc": LONG if finished else TEXT} or index.canonical == {"doc": LONG}, f"killed after {moment:.3f} s"
        assert index.passages == read(index.canonical["doc"]).passages

        folder_place.build(LONG)
        index = folder_place.open()
        assert index.passages == read(LONG).passages, f"killed after {moment:.3f} s"
        assert folder_place.store.versions() == [index.manifest.version]
        assert len(folder_place.store.nearest(index.manifest.version, index.passage_vectors[7], 5)) == 5
