"""Pictures of the PDF pages that passages stand on: drawn on demand, each by a process of its own, and kept in the data folder."""

import json
import logging
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from app_parts.painter import MOST_BYTES, SECONDS
from ingest.errors import UserError
from ingest.library import Library
from ingest.readers import sniff
from ingest.types import Passage
from vectorstore.index import Index

_log = logging.getLogger("app")
_ROOT = Path(__file__).resolve().parents[1]
_PNG = b"\x89PNG\r\n\x1a\n"
_KEPT = 500  # pictures in the data folder; the oldest go first
_PAUSE = 60.0  # seconds before a page that could not be drawn is tried again
Version = tuple[int, int]  # size in bytes and time of the last change of a file


def picture_url(passage: Passage) -> str:
    """The address of the picture of the page that *passage* begins on, relative to the page of the application."""
    return f"page/{quote(passage.source_id, safe='')}/{passage.page}.png?passage={quote(passage.id, safe='')}"


class Pictures:
    """The pictures of one index; safe to use from several threads.

    ``sources`` are the ids of the documents that have pages to show: PDF files at hand when the application started.
    """

    def __init__(self, index: Index, files: dict[str, Path], folder: Path) -> None:
        self._index, self._folder = index, folder
        self._files = {name: (path.resolve(), _version(path)) for name, path in files.items()}
        self._failed: dict[str, float] = {}
        self.sources = frozenset(files)

    @classmethod
    def open(cls, index: Index, corpus_dir: Path, data_dir: Path) -> "Pictures":
        """The pictures of the documents in *index* whose files are in *corpus_dir* or *data_dir*; none where these cannot be read."""
        try:
            sources = Library(corpus_dir, data_dir).sources
        except (UserError, OSError) as error:
            _log.warning("Pages of documents cannot be shown: %s", error)
            sources = ()
        files = {source.id: Path(source.path) for source in sources if source.path and source.id in index.canonical}
        return cls(index, {name: path for name, path in files.items() if _is_pdf(path)}, data_dir / "pages")

    def picture(self, source_id: str, page: str, passage_id: str) -> bytes | None:
        """A PNG picture of a page with a passage marked; ``None`` where there is no such passage or no picture can be made.

        The arguments may be anything: they are compared with what the index has, and no part of a path is made of them.

        Args:
            source_id: The document.
            page: The number of the page, from 1.
            passage_id: The passage to mark; it begins on that page.
        """
        passage = self._index.by_id.get(passage_id)
        if passage is None or (passage.source_id, str(passage.page)) != (source_id, page) or source_id not in self._files:
            return None
        path, version = self._files[source_id]
        if _version(path) != version:
            return None  # the file is no longer the one that was read, and its pages may be others
        text = "" if passage.ocr else passage.text
        key = sha256(json.dumps([str(path), version, passage.page, text]).encode()).hexdigest()
        kept = self._folder / f"{key}.png"
        try:
            return kept.read_bytes()
        except OSError:
            if time.monotonic() < self._failed.get(key, 0.0):
                return None
        picture = _paint({"path": str(path), "page": passage.page, "text": text})
        if picture is None:
            self._failed[key] = time.monotonic() + _PAUSE
            _log.warning("Page %s of %s could not be drawn", page, path)
        else:
            self._keep(kept, picture)
        return picture

    def _keep(self, place: Path, picture: bytes) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as part:
                part.write(picture)
            Path(part.name).replace(place)
            for old in sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)[:-_KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:  # a data folder that cannot be written to, or another process that tidies up
            _log.warning("A picture of a page could not be kept: %s", error)


def _is_pdf(path: Path) -> bool:
    try:
        return sniff(path) == "pdf"
    except UserError:
        return False


def _version(path: Path) -> Version | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _paint(task: dict[str, str | int | None]) -> bytes | None:
    """What :mod:`app_parts.painter` makes of *task*; ``None`` where it fails or takes too long."""
    with tempfile.TemporaryFile() as file:  # the system bounds the size of a file, and of a pipe it does not
        try:
            command = [sys.executable, "-m", "app_parts.painter"]
            done = subprocess.run(
                command, cwd=_ROOT, input=json.dumps(task).encode(), stdout=file, stderr=subprocess.DEVNULL, timeout=SECONDS
            )
        except (subprocess.TimeoutExpired, OSError):
            return None
        file.seek(0)
        picture = file.read(MOST_BYTES + 1)
    return picture if done.returncode == 0 and picture.startswith(_PNG) and len(picture) <= MOST_BYTES else None
