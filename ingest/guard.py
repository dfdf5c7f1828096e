"""Reading in a process of its own: a file that hangs a parser, exhausts the memory or crashes it costs nobody else anything.

``python -m ingest.guard`` is that process; it takes its task from standard input and hands the document back on standard output.
"""

import io
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest import errors, types
from ingest.documents import read_document
from ingest.errors import SourceFileError, UserError
from ingest.readers import sniff

SECONDS = 120.0
MEGABYTES = 2048
_PLAIN_BYTES = 2_000_000  # plain text up to this size meets no foreign parser and takes well under a second: no process for it
_ROOT = Path(__file__).resolve().parents[1]


def read_guarded(source: types.Source, *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> types.Document:
    """Read *source* like :func:`ingest.documents.read_document`, within *seconds* by the clock and *megabytes* of memory.

    Memory is bounded where the system can do that (Linux); the time everywhere.

    Raises:
        SourceFileError: the file cannot be read, or not within these bounds.
    """
    if source.path is None or (sniff(Path(source.path)) == "text" and Path(source.path).stat().st_size <= _PLAIN_BYTES):
        return read_document(source)
    located = replace(source, path=str(Path(source.path).resolve()))  # the process works elsewhere
    outcome, result = _run(pickle.dumps((located, seconds, megabytes)), source.path, seconds)
    if isinstance(result, types.Document):
        return replace(result, source=source)
    if isinstance(result, SourceFileError):
        raise result
    if outcome == "memory":
        raise SourceFileError(f"{source.path} needs more than {megabytes} MB of memory to be read. Split it into parts or save it anew.")
    raise SourceFileError(f"Reading {source.path} failed ({result}). The file may be damaged: save it anew or get it again.")


def read_all_guarded(
    sources: Sequence[types.Source],
    *,
    seconds: float = SECONDS,
    megabytes: int = MEGABYTES,
    at_once: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[types.Document | SourceFileError]:
    """Read *sources*, as many at once as there are cores, and give for each in order its document or why there is none.

    *progress* is told how many bytes of how many are read: the time that a document takes goes with its size.
    """

    def attempt(source: types.Source) -> types.Document | SourceFileError:
        try:
            return read_guarded(source, seconds=seconds, megabytes=megabytes)
        except SourceFileError as error:
            return error

    with ThreadPoolExecutor(at_once or os.cpu_count() or 1) as threads:  # each thread only waits for its process
        reading = {threads.submit(attempt, source): _size(source) for source in sources}
        done, total = 0, sum(reading.values())
        progress(done, total)
        for ended in as_completed(reading):
            done += reading[ended]
            progress(done, total)
        return [ended.result() for ended in reading]


def _size(source: types.Source) -> int:
    try:
        return Path(source.path).stat().st_size if source.path else 0
    except OSError:
        return 0


def _run(task: bytes, path: str, seconds: float) -> tuple[str, Any]:
    """What the process made of *task*: ``read`` and a document, ``error`` and its error, ``memory``, ``failed`` and why."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest.guard"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what parsers grumble about foreign files; it may be without end
        start_new_session=True,  # to end it together with what it starts
    )
    try:
        answer, _ = process.communicate(task, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise SourceFileError(
            f"Reading {path} took longer than {seconds:g} seconds and was stopped. Split it into parts or save it anew."
        ) from None
    finally:  # also when the person at the keyboard interrupts
        _end(process)
    if process.returncode == 0:
        try:
            outcome, result = _Answer(io.BytesIO(answer)).load()
            return str(outcome), result
        except Exception as error:  # a process that a hostile file took over may write anything
            return "failed", f"its answer made no sense: {type(error).__name__}"
    if -process.returncode == getattr(signal, "SIGXCPU", 0):
        return "failed", "it took more computing time than is allowed"
    return "failed", f"the reader stopped unexpectedly, code {process.returncode}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process with all that it started, if it still runs."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.communicate()


class _Answer(pickle.Unpickler):
    """Unpickles documents and errors of this room and nothing else: a document read may not decide what code runs here."""

    def find_class(self, module: str, name: str) -> Any:
        room = {"ingest.types": types, "ingest.errors": errors}.get(module)
        found = getattr(room, name, None)
        if isinstance(found, type) and found.__module__ == module:
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a document")


def _bound(seconds: float, megabytes: int) -> None:
    """Set the limits that the system enforces; where it has none, the clock of the parent is the only one."""
    try:
        import resource
    except ImportError:  # Windows
        return
    cores = os.cpu_count() or 1
    limits = {"RLIMIT_AS": megabytes * 1_000_000, "RLIMIT_CPU": int(seconds * cores) + 5, "RLIMIT_CORE": 0}
    for name, limit in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        try:
            resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
        except (OSError, ValueError):  # macOS knows the name of the memory limit and refuses it
            continue


def _serve() -> None:
    """Read what standard input asks for and answer on standard output, which nothing else may write to."""
    source, seconds, megabytes = pickle.load(sys.stdin.buffer)
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    spare = bytearray(8_000_000)  # given back when memory runs out, so that there is some to say so
    _bound(seconds, megabytes)
    try:
        payload = pickle.dumps(("read", read_document(source)))
    except MemoryError:
        del spare
        payload = pickle.dumps(("memory", None))
    except UserError as error:
        payload = pickle.dumps(("error", SourceFileError(str(error))))
    except Exception as error:
        payload = pickle.dumps(("failed", f"{type(error).__name__}: {str(error)[:200]}"))
    channel.write(payload)
    channel.close()
    os._exit(0)  # what native libraries do at their end is no longer of interest


if __name__ == "__main__":
    _serve()
