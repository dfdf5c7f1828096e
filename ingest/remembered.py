"""What the data folder remembers: the copies of documents (``documents.json``) and what was added (``sources.toml``)."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from ingest.errors import CorpusError
from ingest.types import Source


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of a document in the data folder; times are UTC in ISO 8601, empty texts are "none".

    ``file``, ``sha256``, ``how`` ("fetched", "added" or "removed"), ``at`` and the fields up to ``last_modified`` are of the copy;
    ``tried`` and ``error`` of the last attempt to fetch; ``unread`` says why the copy is not in the index.
    """

    file: str = ""
    sha256: str = ""
    how: str = ""
    at: str = ""
    url: str = ""
    final_url: str = ""
    etag: str = ""
    last_modified: str = ""
    tried: str = ""
    error: str = ""
    unread: str = ""


def read_states(path: Path) -> dict[str, State]:
    """What is remembered, by source id; nothing where there is no file.

    Raises:
        CorpusError: the file is damaged.
    """
    try:
        states = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return {name: State(**values) for name, values in states.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        raise CorpusError(f"{path} is damaged. Delete it and try again; the documents stay.") from None


def write_states(path: Path, states: Mapping[str, State]) -> None:
    """Write what :func:`read_states` reads."""
    short = {name: {key: value for key, value in asdict(state).items() if value} for name, state in states.items()}
    _write(path, json.dumps(short, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def write_manifest(path: Path, sources: Iterable[Source]) -> None:
    """Write a manifest for :func:`ingest.manifest.load_manifest`; without sources, there is none."""
    text = ""
    for source in sources:
        values = {name: value for name, value in asdict(source).items() if value}
        file, folder = Path(source.path or "").resolve(), path.parent.resolve()
        if source.path and file.is_relative_to(folder):
            values["path"] = file.relative_to(folder).as_posix()
        text += "\n[[source]]\n" + "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())
    if text:
        _write(path, "# What was added to the corpus. Written by python -m ingest add and remove.\n" + text)
    else:
        path.unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """The sha256 of a file in hexadecimal; empty when it cannot be read."""
    try:
        with path.open("rb") as stream:
            digest = sha256()
            while chunk := stream.read(2**20):
                digest.update(chunk)
            return digest.hexdigest()
    except OSError:
        return ""  # the reader says what is wrong with it


def now() -> str:
    """The time as it is remembered."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write(path: Path, text: str) -> None:
    """Write a whole file or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
