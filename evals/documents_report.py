"""What becomes of a folder of foreign files: each is read behind the guard, and the outcomes make a table in Markdown."""

import hashlib
import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from evals.runner import Progress
from ingest.editorial import Editorial
from ingest.errors import SourceFileError, UserError
from ingest.guard import MEGABYTES, SECONDS, read_guarded
from ingest.readers import sniff
from ingest.types import Document, Source

READ, NOTES, REFUSED, TIME, MEMORY, CRASHED = "read", "read, with notes", "refused", "timed out", "out of memory", "crashed"
OUTCOMES = {
    READ: "a document came of it",
    NOTES: "a document came of it, and the person who ingests is told what was left out or may hold errors",
    REFUSED: "no document, and a message that says why and what to do",
    TIME: "stopped by the guard at the limit of time, with a message",
    MEMORY: "stopped by the guard at the limit of memory, with a message",
    CRASHED: "the reader failed in a way that it does not foresee; behind the guard, the process that asked goes on",
}
MARK = "<!-- What follows is written by the command; what stands above is kept. -->"
INDEXED = 20  # passages of each document; the index is to be built, not to be good
_PACKAGES = ("pypdf", "pypdfium2", "selectolax", "python-docx", "markdown-it-py")
_LONGEST = 230  # characters of a message in the table


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file; ``name`` is its path below the folder, ``said`` are the notes or the message without that path."""

    name: str
    kind: str
    size: int
    outcome: str
    seconds: float
    said: str = ""
    pages: int = 0
    passages: int = 0
    lists: int = 0
    ocr_pages: int = 0


def report_on(folder: Path, seconds: float, models: Path | None, progress: Progress) -> tuple[str, bool]:
    """The report on all files in *folder*, and whether none crashed or was stopped.

    Args:
        folder: The files.
        seconds: The longest time for one file.
        models: The folder of the models, to build an index of what was read; ``None`` for no index.
        progress: Is told how many files are done, of how many.

    Raises:
        UserError: the folder holds no file.
    """
    paths, copies = distinct_files(folder)
    outcomes, read = [], []
    for number, path in enumerate(paths, start=1):
        outcome, document = attempt(path, folder, seconds=seconds)
        outcomes.append(outcome)
        if models and document:
            read.append(first_passages(document))
        progress(number, len(paths))
    index = build_from(read, models) if models and read else ""
    limits = f"each within {seconds:g} seconds and {MEGABYTES:,} MB of memory"
    sound = all(one.outcome in (READ, NOTES, REFUSED) for one in outcomes)
    return markdown_table(outcomes, limits=limits, copies=copies, index=index), sound


def distinct_files(folder: Path) -> tuple[list[Path], int]:
    """The files below *folder* by name, each content once, and how many copies were left out.

    Raises:
        UserError: there are none.
    """
    found: dict[str, Path] = {}
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in paths:
        with path.open("rb") as stream:
            found.setdefault(hashlib.file_digest(stream, "sha256").hexdigest(), path)
    if not found:
        raise UserError(f"{folder} holds no file. Name a folder of documents.")
    return list(found.values()), len(paths) - len(found)


def attempt(path: Path, folder: Path, *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> tuple[Outcome, Document | None]:
    """Read *path* behind the guard; whatever happens is an outcome."""
    name = path.relative_to(folder).as_posix()
    source = Source(name, name, name, "other", "en", path=str(path))
    document, outcome, said = None, READ, ""
    started = time.perf_counter()
    try:
        document = read_guarded(source, seconds=seconds, megabytes=megabytes)
        outcome, said = NOTES if document.notes else READ, " ".join(document.notes)
        if not _sound(document):
            outcome, said = CRASHED, "A passage is not the text at its place."
    except SourceFileError as error:
        outcome, said = _refusal(str(error)), str(error)
    except Exception as error:  # what may not happen, and is to be counted when it does
        outcome, said = CRASHED, f"{type(error).__name__}: {error}"
    made = Outcome(name, _kind(path), path.stat().st_size, outcome, time.perf_counter() - started, _told(said, path))
    if document is None:
        return made, None
    pages = {passage.page for passage in document.passages if passage.page}
    machine = {passage.page for passage in document.passages if passage.ocr}
    made = replace(made, pages=len(pages), passages=len(document.passages), lists=len(document.lists), ocr_pages=len(machine))
    return made, document


def _sound(document: Document) -> bool:
    return all(document.canonical[passage.start : passage.end] == passage.text for passage in document.passages)


def _refusal(message: str) -> str:
    """Which outcome a message of the guard stands for."""
    for outcome, pattern in (
        (TIME, "and was stopped"),
        (MEMORY, "MB of memory"),
        (CRASHED, r"^Reading .* failed \(|could not be made sense of"),
    ):
        if re.search(pattern, message, re.DOTALL):
            return outcome
    return REFUSED


def _kind(path: Path) -> str:
    try:
        return sniff(path)
    except SourceFileError:
        return "–"


def _told(message: str, path: Path) -> str:
    """The message in one line without the place of the file on this machine."""
    for place in {str(path), str(path.resolve())}:
        message = message.replace(f"{place}: ", "").replace(place, "the file")
    message = " ".join(message.split())
    return message[:1].upper() + message[1:]


def build_from(documents: Sequence[Document], models: Path) -> str:
    """Build an index of the first passages of *documents* in a temporary folder and search it; what came of it, in a sentence."""
    from vectorstore.build import build_index, make_records
    from vectorstore.embeddings import load_embeddings
    from vectorstore.index import Index
    from vectorstore.store import Store, StoreConfig

    embeddings = load_embeddings("minilm", models)
    records = make_records(tuple(document.source for document in documents), tuple(documents), Editorial((), (), (), {}, 0))
    with tempfile.TemporaryDirectory(prefix="evals-", ignore_cleanup_errors=True) as folder:
        store = Store(StoreConfig(Path(folder)))
        report = build_index(store, embeddings, records, lock_dir=Path(folder))
        hits = Index.open(store, embeddings).search("How is the software installed?", 3)
    named = ", ".join(dict.fromkeys(f"`{hit.passage.source_id}`" for hit in hits)) or "nothing"
    return (
        f"An index of all that was read was built through the pipeline of the product: {report.documents} documents, "
        f"{report.passages} passages, {report.embedded} texts embedded in {report.seconds:.0f} s; a search in it found {named}. "
        f"To be done in minutes it holds at most {INDEXED} passages of a document and uses the setting `minilm`."
    )


def first_passages(document: Document) -> Document:
    """*document* with its first passages only and the lists that lie wholly among them; its text stays."""
    passages = document.passages[:INDEXED]
    kept = {passage.id for passage in passages}
    return replace(document, passages=passages, lists=tuple(found for found in document.lists if kept.issuperset(found.passage_ids)))


def markdown_table(outcomes: Sequence[Outcome], *, limits: str, copies: int, index: str) -> str:
    """The report: what was run, the totals, and a row for each file."""
    totals = Counter(one.outcome for one in outcomes)
    lines = [
        f"{len(outcomes)} distinct files (by sha256; copies left out: {copies}), one after the other, {limits}.",
        "",
        f"Made by `python -m evals documents FOLDER`, with {', '.join(_versions())}.",
        "",
        *_rows(("Outcome", "Files", "What that is"), ((name, totals[name], what) for name, what in OUTCOMES.items())),
        "",
        f"Together: {sum(one.pages for one in outcomes):,} pages with text, {sum(one.passages for one in outcomes):,} passages, "
        f"{sum(one.lists for one in outcomes):,} lists, {sum(one.ocr_pages for one in outcomes):,} pages read by text recognition, "
        f"{sum(one.seconds for one in outcomes):,.0f} s; the longest {max(one.seconds for one in outcomes):.1f} s.",
        "",
        *([index, ""] if index else []),
        "\\* pages on which a passage begins; OCR: those of them that were read by text recognition.",
        "",
        *_rows(
            ("File", "Kind", "KB", "Pages*", "Passages", "Lists", "OCR", "s", "Outcome", "Notes or message"),
            (
                (f"`{one.name}`", one.kind, f"{one.size / 1000:,.1f}", *_counts(one), f"{one.seconds:.1f}", one.outcome, _short(one.said))
                for one in outcomes
            ),
        ),
    ]
    return "\n".join(lines) + "\n"


def _counts(one: Outcome) -> tuple[object, ...]:
    read = one.outcome in (READ, NOTES)
    return tuple(count if read else "" for count in (one.pages, one.passages, one.lists, one.ocr_pages or ""))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + " …"


def _rows(heads: Sequence[str], rows: Iterator[tuple[object, ...]]) -> Iterator[str]:
    for cells in (heads, ["---"] * len(heads), *rows):
        yield "| " + " | ".join(re.sub(r"([|<])", r"\\\1", str(cell)) for cell in cells) + " |"


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()}"
    for package in _PACKAGES:
        try:
            yield f"{package} {metadata.version(package)}"
        except metadata.PackageNotFoundError:
            continue
    if program := shutil.which("tesseract"):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)
        yield (said.stdout or said.stderr).partition("\n")[0].strip() or "tesseract"
    else:
        yield "no tesseract"


def write_report(path: Path, report: str) -> None:
    """Write *report* to *path*; what stands there above the mark is kept.

    Raises:
        UserError: it cannot be written.
    """
    try:
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
        above = old.partition(MARK)[0] if MARK in old else "# Reading foreign files\n\n"
        path.write_text(f"{above}{MARK}\n\n{report}", encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be written ({error}).") from None
