"""Documents that were read, kept in the data folder: reading a scanned annex takes minutes, and it seldom changes."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ingest.editorial import LANGUAGES
from ingest.errors import SourceFileError
from ingest.guard import read_all_guarded
from ingest.types import Document, Passage, PassageList, Source


class Shelf:
    """A folder of readings; each is named by the file, what the manifest says of it, and the program that read it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read_all(
        self,
        wanted: Sequence[tuple[Source, str]],
        *,
        again: bool = False,
        retry: bool = False,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[Document | SourceFileError]:
        """The document of each source, or why there is none; several files are read at a time.

        Args:
            wanted: Sources with the sha256 of their files; without one, nothing is kept. An empty language is found out from the text.
            again: Read all files anew.
            retry: Read those anew that could not be read.
            progress: Is told how many bytes are read, of how many that have to be.
        """
        found: dict[int, Document | SourceFileError] = {}
        for position, (source, digest) in enumerate(wanted):
            kept = self._kept(source, digest) if digest and not again else None
            if kept and not (retry and isinstance(kept, SourceFileError)):
                found[position] = kept
        missing = [position for position in range(len(wanted)) if position not in found]
        results = read_all_guarded([wanted[position][0] for position in missing], progress=progress)
        for position, result in zip(missing, results, strict=True):
            source, digest = wanted[position]
            if isinstance(result, Document) and not source.language:
                result = _in_language(result, _language_of(result.canonical))
            if digest:
                self._keep(result.source if isinstance(result, Document) else source, digest, result)
            found[position] = result
        return [found[position] for position in range(len(wanted))]

    def forget(self, source_id: str) -> None:
        """Throw away what is kept of a source."""
        for path in self._folder.glob(f"{_safe(source_id)}.*"):
            path.unlink(missing_ok=True)

    def _keep(self, source: Source, digest: str, result: Document | SourceFileError) -> None:
        """Keep a document, or why there is none: a file that took minutes to fail would take them again."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.forget(source.id)
        path = self._place(source, digest)
        part = path.with_suffix(".part")
        kept = {**asdict(result), "source": None} if isinstance(result, Document) else {"problem": str(result)}
        part.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        part.replace(path)

    def _kept(self, source: Source, digest: str) -> Document | SourceFileError | None:
        try:
            data: dict[str, Any] = json.loads(self._place(source, digest).read_text(encoding="utf-8"))
            if "problem" in data:
                return SourceFileError(data["problem"])
            passages = tuple(Passage(**{**entry, "heading_path": tuple(entry["heading_path"])}) for entry in data["passages"])
            lists = tuple(
                PassageList(**{**entry, "heading_path": tuple(entry["heading_path"]), "passage_ids": tuple(entry["passage_ids"])})
                for entry in data["lists"]
            )
            return Document(source, data["canonical"], passages, lists, tuple(data["notes"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or damaged: the file itself is read

    def _place(self, source: Source, digest: str) -> Path:
        key = json.dumps([digest, _program(), asdict(replace(source, path=None))], sort_keys=True)
        return self._folder / f"{_safe(source.id)}.{sha256(key.encode()).hexdigest()[:20]}.json"


def _safe(source_id: str) -> str:
    return sha256(source_id.encode()).hexdigest()[:10]


@cache
def _program() -> str:
    """What the code of this room is: another version of it may read the same file otherwise."""
    digest = sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _language_of(text: str) -> str:
    """en, es, pt or fr by py3langid (Lui and Baldwin, "langid.py", ACL 2012)."""
    import py3langid

    py3langid.set_languages(list(LANGUAGES))
    return str(py3langid.classify(text[:20_000])[0])


def _in_language(document: Document, language: str) -> Document:
    passages = tuple(replace(passage, language=language) for passage in document.passages)
    return replace(document, source=replace(document.source, language=language), passages=passages)
