"""The manifest ``sources.toml``: which documents there are, and which of them are at hand."""

import hashlib
import tomllib
from pathlib import Path
from typing import get_args

from ingest.errors import ManifestError, SourceFileError, UnknownSourceError
from ingest.types import Source, SourceKind

_FIELDS = {"id", "title", "short_title", "kind", "language", "path", "url", "symbol", "sha256", "version_of"}
_REQUIRED = ("id", "title", "kind", "language")


def load_manifest(path: Path) -> tuple[Source, ...]:
    """Read the manifest at *path*; relative document paths are resolved against its folder.

    Raises:
        ManifestError: the file is missing, is not TOML, or an entry lacks or repeats something.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ManifestError(
            f"There is no readable manifest at {path}. Set ASSISTANT_CORPUS_DIR to the folder that holds sources.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path} cannot be read as TOML: {error}. Correct the file and try again.") from None
    entries = data.get("source", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ManifestError(f"{path}: each document is a table of its own, headed [[source]]. Correct the file and try again.")
    sources: dict[str, Source] = {}
    for position, entry in enumerate(entries, start=1):
        source = _source(entry, position, path)
        if source.id in sources:
            raise ManifestError(f"{path}: the id {source.id!r} is used twice. Give each source its own id.")
        sources[source.id] = source
    if not sources:
        raise ManifestError(f"{path} names no [[source]]. Add at least one document.")
    return tuple(sources.values())


def _source(entry: dict[str, object], position: int, path: Path) -> Source:
    where = f"{path}, source number {position}"
    unknown = set(entry) - _FIELDS
    if unknown:
        raise ManifestError(f"{where}: unknown field {sorted(unknown)[0]!r}. Known fields: {', '.join(sorted(_FIELDS))}.")
    values: dict[str, str] = {}
    for name, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise ManifestError(f"{where}: the field {name!r} must be a non-empty text.")
        values[name] = value
    for name in _REQUIRED:
        if name not in values:
            raise ManifestError(f"{where}: the field {name!r} is missing.")
    if values["kind"] not in get_args(SourceKind):
        raise ManifestError(f"{where}: kind {values['kind']!r} is not one of {', '.join(get_args(SourceKind))}.")
    if "path" not in values and "url" not in values:
        raise ManifestError(f"{where}: give a path or a url.")
    if "path" in values:
        values["path"] = str((path.parent / values["path"]).resolve())
    values.setdefault("short_title", values["title"])
    return Source(**values)  # type: ignore[arg-type]


def find_source(sources: tuple[Source, ...], source_id: str) -> Source:
    """The source with *source_id*.

    Raises:
        UnknownSourceError: no source has that id; the message names those there are.
    """
    for source in sources:
        if source.id == source_id:
            return source
    known = ", ".join(source.id for source in sources)
    raise UnknownSourceError(f"There is no source {source_id!r}. The manifest has: {known}.")


def check_file(source: Source) -> bytes:
    """The bytes of a source's file, which are those that the manifest records where it does.

    Raises:
        SourceFileError: the file is not at hand, is missing, or differs from its recorded sha256.
    """
    if source.path is None:
        raise SourceFileError(f"{source.title} is not at hand. It is published at {source.url}.")
    path = Path(source.path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceFileError(
            f"The document {source.id!r} cannot be read from {path} ({error.strerror}). Put the file there or correct sources.toml."
        ) from None
    if source.sha256 and hashlib.sha256(raw).hexdigest() != source.sha256:
        raise SourceFileError(
            f"{path} is not the text that sources.toml describes (its sha256 differs). Restore the file, "
            "or record the new sha256 if the change is meant."
        )
    return raw


def read_canonical(source: Source) -> str:
    """The canonical text of a text document: UTF-8, without a byte order mark, lines ended by LF.

    Raises:
        SourceFileError: the file is missing, is not UTF-8, is empty, or differs from its recorded sha256.
    """
    raw, path = check_file(source), source.path
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceFileError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8 and try again.") from None
    if not text.strip():
        raise SourceFileError(f"{path} is empty. Put the document's text there.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
