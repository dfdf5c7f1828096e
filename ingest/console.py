"""What ``python -m ingest`` prints: the structure of a document, and how each document stands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.tree import Tree

from ingest.errors import CorpusError
from ingest.library import Entry, Library
from ingest.readers import sniff
from ingest.types import Document, Passage


@contextmanager
def progress_bar(console: Console, label: str, unit: str, scale: float = 1) -> Iterator[Callable[[int, int], None]]:
    """A bar with the rate and the remaining time while something of known size is done; it appears when the work begins.

    Gives a function of how much is done, of how much; *scale* is how much of that is one *unit*. Less done than before, or another
    total, begins a new bar. The rate is that since the bar began.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None, said="")
        first, last, size = 0, 0, -1

        def progress(done: int, total: int) -> None:
            nonlocal first, last, size
            if total != size or done < last:
                bar.reset(task, total=total, completed=done)
                first, size = done, total
            last, elapsed = done, bar.tasks[0].elapsed or 0.0
            rate = f", {(done - first) / scale / elapsed:.3g} {unit}/s" if done > first and elapsed > 0.1 else ""
            bar.update(task, completed=done, said=f"{done / scale:.4g}/{total / scale:.4g} {unit}{rate}")

        yield progress


def tree(document: Document) -> Tree:
    """The outline of a document with its passages, their offsets and the beginning of their texts."""
    made = Tree(f"[bold]{escape(document.source.title)}[/] ({len(document.passages)} passages, {len(document.lists)} lists)")
    branches: dict[tuple[str, ...], Tree] = {(): made}
    for passage in document.passages:
        for depth in range(1, len(passage.heading_path) + 1):
            path = passage.heading_path[:depth]
            if path not in branches:
                branches[path] = branches[path[:-1]].add(f"[bold]{escape(path[-1])}[/]")
        if passage.kind != "heading":
            text = " ".join(passage.text.split())
            shown = text if len(text) <= 90 else text[:89] + "…"
            label = f"[cyan]{escape(passage.unit)} {passage.number}[/] \\[{passage.start}:{passage.end}] {escape(shown)}"
            branches[passage.heading_path].add(label, highlight=False)
    return made


def status(entry: Entry, problem: str = "", outcome: str = "") -> str:
    """How a document stands, in words: *outcome* is what came of fetching it just now, *problem* why it could not be read."""
    state = entry.state
    said = {
        "shipped": "ships with the assistant",
        "added": f"added on {state.at[:10]}",
        "fetched": f"fetched on {state.at[:10]}",
        "by hand": "put there by hand",
        "absent": f"not at hand: {state.error or 'not fetched yet'}",
    }[entry.origin]
    if entry.origin == "absent" and state.how == "removed":
        said = f"removed on {state.at[:10]}; --refresh fetches it again"
    if entry.origin == "fetched" and state.error:
        said += f", kept because {state.error}"
    return (outcome or said) + (f"; not in the index: {problem}" if problem else "")


def print_outcome(console: Console, library: Library, outcomes: Mapping[str, str], problems: Mapping[str, str]) -> None:
    """How each document stands after an ingest, and what can be done for those that are not in."""
    table = Table(title="Documents", header_style="bold")
    table.add_column("document", overflow="fold")
    table.add_column("state", overflow="fold")
    for entry in library.entries:
        said = status(entry, problems.get(entry.source.id, ""), outcomes.get(entry.source.id, ""))
        table.add_row(escape(entry.source.short_title), escape(said))
    console.print(table)
    if any(entry.origin == "absent" and entry.source.url for entry in library.entries):
        say(console, f"Documents that are not at hand can be downloaded elsewhere and put into {library.folder} under their own names.")


def print_hints(console: Console, library: Library, documents: Sequence[Document]) -> None:
    """What the readers noted, and what to do about files that belong to no document."""
    for document in documents:
        for note in document.notes:
            say(console, f"Note on {document.source.short_title}: {note}")
    for path in library.unused:
        say(console, f"Not used: {path}. To add it, run: python -m ingest add '{path}' --title \"…\"")


def print_list(console: Console, library: Library, indexed: Mapping[str, Sequence[Passage]] | None) -> None:
    """All documents with their state; *indexed* holds the passages of each document, ``None`` that there is no index."""
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name in ("id", "format", "pages", "passages", "lang", "sha256", "state"):
        table.add_column(name, overflow="fold", no_wrap=name in ("format", "passages", "sha256"))
    for entry in library.entries:
        source, passages = entry.source, (indexed or {}).get(entry.source.id, ())
        pages = max((passage.page or 0 for passage in passages), default=0)
        problem = entry.state.unread or ("run python -m ingest" if source.path and indexed is not None and not passages else "")
        digest = (entry.sha256 or source.sha256 or "–")[:8]
        cells = (source.id, _format(source.path), pages or "–", len(passages) or "–", source.language, digest, status(entry, problem))
        table.add_row(*(escape(str(cell)) for cell in cells))
    console.print(table)


def say(console: Console, text: str) -> None:
    """Print a line as it is, without markup or line breaks of its own."""
    console.print(escape(text), highlight=False, soft_wrap=True)


def _format(path: str | None) -> str:
    try:
        return sniff(Path(path)) if path else "–"
    except CorpusError:
        return "?"
