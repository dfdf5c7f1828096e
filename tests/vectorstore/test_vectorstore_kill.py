"""SIGKILL at fifty moments of a build, and two builds at once: the index that served goes on serving, and the next run completes."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from chromadb.api.shared_system_client import SharedSystemClient
from small_corpus import TEXT, Place

import vectorstore.lock
from vectorstore.errors import BuildInProgressError
from vectorstore.store import StoreConfig

KILLS = 50
PARAGRAPHS = [f"Paragraph {number} says something of its own. It has a second sentence.\n" for number in range(160)]
OLD = TEXT + "\n".join(PARAGRAPHS)
NEW = TEXT + "\n".join(text.replace("second", "changed") if number % 3 else text for number, text in enumerate(PARAGRAPHS[10:]))


class Forks:
    """What ``forks.py`` does, from here."""

    def __init__(self, place: Place, folder: Path) -> None:
        files = [folder / f"{name}.txt" for name in ("old", "new")]
        for file, text in zip(files, (OLD, NEW), strict=True):
            file.write_text(text, encoding="utf-8")
        command = [sys.executable, str(Path(__file__).with_name("forks.py")), str(place.config.data_dir), *map(str, files)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, *command: object) -> int:
        """The process id of a fork that is at work now."""
        assert self.process.stdin and self.process.stdout
        print(*command, file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def ended(self) -> tuple[int, str]:
        """(exit code, what it said) of the fork that was started, when it is over; the code is -9 if it was killed."""
        assert self.process.stdout
        code, said = json.loads(self.process.stdout.readline())
        return code, said

    def run(self, *command: object) -> str:
        self.start(*command)
        code, said = self.ended()
        assert code == 0, said
        return said


@pytest.fixture
def forks(folder_place: Place, tmp_path: Path) -> Iterator[Forks]:
    made = Forks(folder_place, tmp_path)
    yield made
    assert made.process.stdin and made.process.stdout
    made.process.stdin.close()
    made.process.wait(30)
    made.process.stdout.close()


def folders(place: Place) -> tuple[set[str], set[str]]:
    """(the folders in Chroma's folder, those that its file knows)"""
    chroma = place.config.data_dir / "chroma"
    with closing(sqlite3.connect(chroma / "chroma.sqlite3")) as file:
        known = {name for (name,) in file.execute("SELECT id FROM segments")}
    return {path.name for path in chroma.iterdir() if path.is_dir()}, known


def test_a_build_killed_at_any_moment_leaves_the_old_index_or_the_new_one(forks: Forks, folder_place: Place) -> None:
    forks.run("build", 1)
    seconds = []
    for number in (0, 1, 0):
        started = time.perf_counter()
        forks.run("build", number)
        seconds.append(time.perf_counter() - started)
    whole, serving, killed, switched = sorted(seconds)[1], 0, 0, 0
    seeded = random.Random(7)
    moments = [(number + seeded.random()) / KILLS * whole for number in range(KILLS)]
    for moment in seeded.sample(moments, KILLS):
        target = 1 - serving
        forks.start("build", target, moment)
        code, said = forks.ended()
        assert code in (0, -signal.SIGKILL), said
        killed += code != 0
        found = int(forks.run("check"))
        assert found in ((target,) if code == 0 else (serving, target)), f"killed {moment:.3f} s after the start of {whole:.3f}"
        switched += found == target
        serving = found
    assert killed > KILLS // 2, f"only {killed} of {KILLS} builds were killed before their end"

    forks.run("build", 1 - serving)
    assert int(forks.run("check")) == 1 - serving
    there, known = folders(folder_place)
    assert there <= known, "folders of collections that are gone"
    version = forks.run("build", 1 - serving)  # nothing to do
    assert folder_place.store.versions() == [version]
    there, known = folders(folder_place)
    assert there <= known and len(there) == 1
    assert not (folder_place.config.data_dir / "build.holder").exists()
    SharedSystemClient.clear_system_cache()


class TestTwoAtOnce:
    @pytest.fixture
    def building(self) -> Iterator[Callable[[Place], threading.Event]]:
        """Starts a build in a thread that embeds until the event is set."""
        threads = []
        events = []

        def start(place: Place) -> threading.Event:
            started, go = threading.Event(), threading.Event()

            def wait() -> None:
                started.set()
                assert go.wait(30)

            def build() -> None:
                try:
                    place.build()
                except BuildInProgressError as error:
                    place.recorder.seen.append(str(error))

            place.recorder.before = wait
            thread = threading.Thread(target=build)
            thread.start()
            threads.append(thread)
            events.append(go)
            assert started.wait(30)
            return go

        yield start
        for go in events:
            go.set()
        for thread in threads:
            thread.join(30)

    def test_another_process_is_named_and_its_death_frees_the_lock(self, forks: Forks, folder_place: Place) -> None:
        child = forks.start("hold", 0)
        holder = folder_place.config.data_dir / "build.holder"
        while not (holder.exists() and holder.read_text()):
            time.sleep(0.001)
        try:
            with pytest.raises(BuildInProgressError, match=f"process {child} on {socket.gethostname()}"):
                folder_place.build()
        finally:
            os.kill(child, signal.SIGKILL)
        assert forks.ended()[0] == -signal.SIGKILL
        assert folder_place.build().switched
        assert folder_place.open().canonical == {"doc": TEXT}

    def test_another_machine_is_named(
        self, building: Callable[[Place], threading.Event], chroma_server: str, empty_server: Callable[[], None], tmp_path: Path
    ) -> None:
        """Two machines have two data folders and one server."""
        empty_server()
        one, other = (Place(StoreConfig(tmp_path / name, chroma_server)) for name in ("one", "other"))
        go = building(one)
        with pytest.raises(BuildInProgressError, match=f"process {os.getpid()} on {socket.gethostname()}.*wait 5 minutes"):
            other.build()
        go.set()
        deadline = time.monotonic() + 30
        while one.store._names() != [] and any(name.endswith("-lock") for name in one.store._names()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert not other.build().switched, "the same documents"
        assert other.open().canonical == {"doc": TEXT}

    def test_what_a_killed_build_left_on_a_server_stops_nobody_here(
        self, chroma_server: str, empty_server: Callable[[], None], tmp_path: Path
    ) -> None:
        empty_server()
        place = Place(StoreConfig(tmp_path / "data", chroma_server))
        place.build()
        mine = (tmp_path / "data" / "build.place").read_text()
        assert place.store.claim({"who": "process 1 on here", "place": mine, "token": "dead"}) is None
        assert place.build(NEW).switched

    def test_who_gives_no_sign_of_life_loses_the_lock_and_does_not_switch(
        self,
        building: Callable[[Place], threading.Event],
        chroma_server: str,
        empty_server: Callable[[], None],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        empty_server()
        one, other = (Place(StoreConfig(tmp_path / name, chroma_server)) for name in ("one", "other"))
        monkeypatch.setattr(vectorstore.lock, "_BEAT", 0.0)
        go = building(one)
        monkeypatch.setattr(vectorstore.lock, "STALE", 0.0)
        assert other.build(NEW).switched
        monkeypatch.undo()
        monkeypatch.setattr(vectorstore.lock, "_BEAT", 0.0)
        go.set()
        deadline = time.monotonic() + 30
        while not any("took over" in text for text in one.recorder.seen):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert other.open().canonical == {"doc": NEW}
