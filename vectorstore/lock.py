"""One build at a time: a file lock for this machine and, where Chroma is a server, a lock there for all machines."""

import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from vectorstore.errors import BuildInProgressError
from vectorstore.store import Store

STALE = 300.0  # seconds without a sign of life after which a holder on another machine is taken for dead
_BEAT = 15.0  # seconds between two signs of life


@contextmanager
def build_lock(folder: Path, store: Store) -> Iterator[Callable[[], None]]:
    """Hold the build lock; whoever holds it is named beside it. Gives what to call often: it tells others that this build is alive.

    The file lock ends with its process, however that ends. So where a server says that a build of the same folder goes on, while
    this process has the lock of that folder, that build is gone; a build of another machine is, when it gave no sign for
    :data:`STALE` seconds.

    Raises:
        BuildInProgressError: another process holds the lock, or (from the call given) took it because this one stood still.
    """
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / "build.holder"
    lock = FileLock(folder / "build.lock")
    who = f"process {os.getpid()} on {socket.gethostname()}"
    try:
        lock.acquire(timeout=0.2)
    except Timeout:
        raise _refused(holder.read_text(encoding="utf-8") if holder.is_file() else "another process") from None
    try:
        holder.write_text(who, encoding="utf-8")
        if store.shared:
            with _server_lock(store, {"who": who, "place": _place(folder), "token": uuid.uuid4().hex}) as beat:
                yield beat
        else:
            yield lambda: None
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def _server_lock(store: Store, holder: dict[str, str]) -> Iterator[Callable[[], None]]:
    while (other := store.claim(holder)) is not None:
        if other.get("place") != holder["place"] and float(other["age"]) < STALE:
            raise _refused(other.get("who", "another process"), f" If that is gone, wait {STALE / 60:.0f} minutes.")
        store.release()
    last = time.monotonic()

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last >= _BEAT:
            last = time.monotonic()
            if not store.renew(holder):
                raise BuildInProgressError(f"This build stood still for {STALE / 60:.0f} minutes, and another one took over.")

    try:
        yield beat
    finally:
        if store.renew(holder):
            store.release()


def _refused(who: str, more: str = "") -> BuildInProgressError:
    return BuildInProgressError(f"The index is being written by {who}. Wait until it has finished and try again.{more}")


def _place(folder: Path) -> str:
    """A name of this data folder that no other folder has."""
    name = folder / "build.place"
    if not name.is_file():
        name.write_text(uuid.uuid4().hex, encoding="utf-8")
    return name.read_text(encoding="utf-8")
