"""Which documents there are and where: the manifest of the corpus, what was added to the data folder, and the files there.

A document ships with the corpus, or its file stands in ``<data folder>/documents``: fetched, added by command, or put there by
hand under the id of its source (``annex-i.pdf``) or the file name of its address (``CP24469E-1.pdf``).
"""

import queue
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from filelock import FileLock, Timeout

from ingest.documents import read_document
from ingest.errors import CorpusError, ManifestError, SourceFileError
from ingest.fetch import SUFFIXES, Fetcher, FetchError, shown
from ingest.manifest import find_source, load_manifest
from ingest.readers import sniff
from ingest.remembered import State, digest_of, now, read_states, write_manifest, write_states
from ingest.shelf import Shelf
from ingest.types import Document, Source

Progress = Callable[[int, int], None]
Origin = Literal["shipped", "added", "fetched", "by hand", "absent"]
_DAY = timedelta(days=1)
_WORKERS = 4  # downloads at a time; most documents are on one server


@dataclass(frozen=True, slots=True)
class Entry:
    """A document: its source (``path`` is set when it is at hand), where its file came from, its sha256 and what is remembered."""

    source: Source
    origin: Origin
    sha256: str = ""
    state: State = field(default_factory=State)


class Library:
    """The documents of a corpus folder and a data folder. Reading never writes; what changes anything says so."""

    def __init__(self, corpus_dir: Path, data_dir: Path) -> None:
        self._corpus, self._data = corpus_dir / "sources.toml", data_dir
        self._own, self._remembered = data_dir / "sources.toml", data_dir / "documents.json"
        self.folder, self._shelf = data_dir / "documents", Shelf(data_dir / "readings")
        self.reload()

    def reload(self) -> None:
        """Look again at the manifests and the folder.

        Raises:
            ManifestError: a manifest cannot be used, or both name the same id.
        """
        listed = load_manifest(self._corpus)
        self._added = {source.id: source for source in load_manifest(self._own)} if self._own.is_file() else {}
        if twice := self._added.keys() & {source.id for source in listed}:
            raise ManifestError(f"{self._own}: the corpus has a document {min(twice)!r}, too. Take it out there, or give it another id.")
        self._states = read_states(self._remembered)
        files = [path for path in sorted(self.folder.iterdir()) if path.is_file()] if self.folder.is_dir() else []
        self._files = [path for path in files if not path.name.startswith(".")]
        self.entries = tuple(self._entry(source) for source in (*listed, *self._added.values()))

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources of all entries."""
        return tuple(entry.source for entry in self.entries)

    @property
    def unused(self) -> tuple[Path, ...]:
        """Files in the folder that belong to no source, or to one that has another file."""
        used = {source.path for source in self.sources}
        return tuple(path for path in self._files if str(path) not in used)

    def find(self, source_id: str) -> Entry:
        """The entry with this id.

        Raises:
            UnknownSourceError: there is none.
        """
        return self.entries[self.sources.index(find_source(self.sources, source_id))]

    def _entry(self, source: Source) -> Entry:
        if source.path and source.id not in self._added:
            return Entry(source, "shipped")
        found = self._files_of(source) or [path for path in (Path(source.path or ""),) if path.is_file()]
        state = self._states.get(source.id, State())
        if not found:
            return Entry(replace(source, path=None), "absent", "", state)
        path = max(found, key=lambda item: item.stat().st_mtime_ns)  # of two files for one source the newer one is meant
        digest = digest_of(path)
        same = (path.name, digest) == (state.file, state.sha256)
        origin: Origin = ("fetched" if state.how == "fetched" else "added") if same else "by hand"
        return Entry(replace(source, path=str(path)), origin, digest, state if same else replace(state, unread=""))

    def _files_of(self, source: Source) -> list[Path]:
        stem = quote(source.id, safe="").casefold()
        published = unquote(PurePosixPath(urlsplit(source.url or "").path).name).casefold()
        return [path for path in self._files if path.stem.casefold() == stem or path.name.casefold() == published]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock that whoever changes the library holds.

        Raises:
            CorpusError: another process holds it, or the data folder cannot be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._data / "library.lock", timeout=0.2):
                for left in self.folder.glob(".*.part*"):  # of a process that was killed
                    left.unlink(missing_ok=True)
                self.reload()
                yield
        except Timeout:
            raise CorpusError("Another process is fetching or adding documents. Wait until it has finished and try again.") from None
        except OSError as error:
            raise CorpusError(f"{error.filename or self._data} cannot be written ({error.strerror}). Check ASSISTANT_DATA_DIR.") from None

    # Reading

    def read(
        self,
        entries: tuple[Entry, ...],
        *,
        again: bool = True,
        retry: bool = False,
        keep: bool = True,
        progress: Progress = lambda done, total: None,
    ) -> tuple[dict[str, Document], dict[str, str]]:
        """The documents of *entries* by id, and why others of them could not be read.

        Args:
            entries: What to read; what is not at hand is passed over.
            again: Read files anew instead of taking what an earlier run kept of them.
            retry: Read those files anew that an earlier run could not read.
            keep: Keep the readings, and remember what could not be read.
            progress: Is told how many bytes are read, of how many that have to be.

        Raises:
            SourceFileError: a document that ships is not as it should be.
        """
        documents = {entry.source.id: read_document(entry.source) for entry in entries if entry.origin == "shipped"}
        problems = {}
        wanted = [(entry.source, entry.sha256 if keep else "") for entry in entries if entry.origin != "shipped" and entry.source.path]
        for (source, _), result in zip(wanted, self._shelf.read_all(wanted, again=again, retry=retry, progress=progress), strict=True):
            if isinstance(result, Document):
                documents[source.id] = result
            else:
                problems[source.id] = str(result)
        ids = {entry.source.id for entry in entries if entry.origin != "shipped"}
        states = {name: replace(self._states.get(name, State()), unread=problems.get(name, "")) for name in ids}
        if keep and any(state.unread != self._states.get(name, State()).unread for name, state in states.items()):
            self._remember({name: state for name, state in states.items() if state != State()})
        return documents, problems

    # Changing

    def fetch(
        self, fetcher: Fetcher, *, refresh: bool = False, if_needed: bool = False, progress: Progress = lambda done, total: None
    ) -> dict[str, str]:
        """Fetch what is published and not at hand, and ask once a day whether it has changed; what came of it by id.

        Args:
            fetcher: Does the downloads.
            refresh: Ask for everything again, also for what was removed, whatever the servers said before.
            if_needed: Ask only for what is not at hand and did not fail within the last day.
            progress: Is told how many documents have been asked for, of how many.
        """
        due = [entry for entry in self.entries if _due(entry, refresh=refresh, if_needed=if_needed)]
        if not due:
            return {}
        todo: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[Entry, State, str] | BaseException] = queue.SimpleQueue()
        for entry in due:
            todo.put(entry)

        def work() -> None:
            try:
                while True:
                    entry = todo.get_nowait()
                    done.put((entry, *self._fetch_one(entry, fetcher, refresh)))
            except queue.Empty:
                return
            except BaseException as error:
                done.put(error)

        for _ in range(min(_WORKERS, len(due))):  # daemons, so that Ctrl-C ends the program and not only the waiting
            threading.Thread(target=work, daemon=True).start()
        outcomes: dict[str, str] = {}
        progress(0, len(due))
        for _ in due:
            result = done.get()
            if isinstance(result, BaseException):
                raise result
            entry, state, outcomes[entry.source.id] = result
            self._remember({entry.source.id: state})
            progress(len(outcomes), len(due))
        self.reload()
        return outcomes

    def _fetch_one(self, entry: Entry, fetcher: Fetcher, refresh: bool) -> tuple[State, str]:
        source, old, url, time = entry.source, entry.state, entry.source.url or "", now()
        known = entry.origin == "fetched"
        asked = old if known and old.url == shown(url) and not refresh else State()
        part = self._part(source.id, url)
        try:
            copy = fetcher.fetch(url, part, etag=asked.etag, last_modified=asked.last_modified)
            if copy and source.sha256 and copy.sha256 != source.sha256:
                part.unlink()
                raise FetchError("it is not the file that sources.toml describes (its sha256 differs)")
        except FetchError as error:
            kept = f"kept the copy of {old.at[:10]}: " if known else "not at hand: "
            return replace(old, tried=time, error=str(error)), kept + str(error)
        if copy is None:
            return replace(old, tried=time, error=""), "unchanged"
        target = self._place(source.id, part, copy.kind)
        if known and old.file != target.name:
            (self.folder / old.file).unlink(missing_ok=True)
        state = State(target.name, copy.sha256, "fetched", time, shown(url), copy.url, copy.etag or "", copy.last_modified or "", time)
        return state, "unchanged" if known and copy.sha256 == old.sha256 else f"fetched ({copy.size / 2**20:.1f} MB)"

    def add(self, where: str, source: Source, fetcher: Fetcher | None) -> Document:
        """Add the file or address *where* as *source*, or as the file of the source that has its id and no file.

        Args:
            where: A path, or an http or https address.
            source: What is known of the document; an empty ``language`` is found out from the text.
            fetcher: Does the download; ``None`` when nothing may be fetched.

        Raises:
            CorpusError: it is there already, cannot be had or cannot be read; nothing is changed.
        """
        listed = {entry.source.id: entry for entry in self.entries}.get(source.id)
        if listed and (listed.origin != "absent" or source.id in self._added):
            raise CorpusError(f"There is a document {source.id!r} already. Remove it first, or give this one another --id.")
        web = where.lower().startswith(("http://", "https://"))
        part = self._part(source.id, where if web else Path(where).name)
        try:
            copy = _copy(where, part, fetcher, web)
            digest = copy or digest_of(part)
            for entry in self.entries:
                if digest == (entry.sha256 or entry.source.sha256):
                    raise CorpusError(f"{where} is the document {entry.source.id!r}, which is there already.")
            known = listed.source if listed else replace(source, url=where if web else source.url)
            (document,) = self._shelf.read_all([(replace(known, path=str(part)), digest)], again=True)
            if not isinstance(document, Document):
                raise document
            target = self._place(source.id, part, sniff(part))
        except SourceFileError as error:
            self._shelf.forget(source.id)
            raise CorpusError(str(error).replace(str(part), where).replace(part.name, Path(where).name)) from None
        finally:
            part.unlink(missing_ok=True)
        if not listed:
            own = replace(document.source, path=None if web else str(target))
            write_manifest(self._own, (*self._added.values(), own))
        fetched = web and not listed  # a listed source has an address of its own, which is asked when this file is gone
        state = State(target.name, digest, "fetched" if fetched else "added", now())
        self._remember({source.id: replace(state, url=shown(where), tried=state.at) if fetched else state})
        self.reload()
        return document

    def remove(self, source_id: str) -> Entry:
        """Take a document and its file out of the data folder; what was taken out.

        Raises:
            CorpusError: there is no such document, it ships with the corpus, is not at hand, or another is a version of it.
        """
        entry = self.find(source_id)
        if entry.origin == "shipped":
            raise CorpusError(f"{source_id!r} ships with the assistant and cannot be removed; only what was added or fetched can.")
        if entry.origin == "absent" and source_id not in self._added:
            raise CorpusError(f"{source_id!r} is not at hand, so there is nothing to remove.")
        if source_id in self._added and (others := [source.id for source in self.sources if source.version_of == source_id]):
            raise CorpusError(f"{others[0]!r} is a version of {source_id!r}. Remove that first.")
        self._shelf.forget(source_id)
        for path in self._files_of(entry.source):
            path.unlink()
        if source_id in self._added:
            write_manifest(self._own, (source for name, source in self._added.items() if name != source_id))
        self._remember({source_id: None if source_id in self._added else State(how="removed", at=now())})
        self.reload()
        return entry

    def _part(self, source_id: str, name: str) -> Path:
        """Where a file is put until it is known to be good; the suffix helps to tell Markdown from text."""
        return self.folder / f".{quote(source_id, safe='')}.part{PurePosixPath(urlsplit(name).path).suffix.lower()}"

    def _place(self, source_id: str, part: Path, kind: str) -> Path:
        target = self.folder / f"{quote(source_id, safe='')}{SUFFIXES[kind]}"
        part.replace(target)
        return target

    def _remember(self, changed: Mapping[str, State | None]) -> None:
        states = {**self._states, **changed}
        self._states = {name: state for name, state in states.items() if state is not None}
        write_states(self._remembered, self._states)


def _due(entry: Entry, *, refresh: bool, if_needed: bool) -> bool:
    state, source = entry.state, entry.source
    if not source.url or entry.origin not in ("absent", "fetched"):
        return False
    if refresh or state.how == "removed":
        return refresh
    recent = bool(state.tried) and abs(datetime.now(UTC) - datetime.fromisoformat(state.tried)) < _DAY
    if entry.origin == "absent" or state.url != shown(source.url):
        return not (if_needed and recent and state.error)
    return not recent and not if_needed


def _copy(where: str, part: Path, fetcher: Fetcher | None, web: bool) -> str:
    """Bring the file to *part*; its sha256 where that is known by then."""
    if web and fetcher is None:
        raise CorpusError(f"{shown(where)} cannot be fetched offline. Give the path of a file.")
    if web and fetcher:
        try:
            copy = fetcher.fetch(where, part)
        except FetchError as error:
            raise CorpusError(f"{shown(where)} cannot be added: {error}.") from None
        return copy.sha256 if copy else ""
    try:
        shutil.copyfile(where, part)
    except OSError as error:
        raise CorpusError(f"{where} cannot be read ({error.strerror}). Give the path of a file, or an http or https address.") from None
    return ""
