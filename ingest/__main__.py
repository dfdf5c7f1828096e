"""``python -m ingest``: read the documents of the manifest and build the index."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.tree import Tree

from ingest.editorial import load_editorial
from ingest.errors import CorpusError, UserError
from ingest.manifest import find_source, load_manifest, read_canonical
from ingest.settings import Settings, load_settings
from ingest.structure import build_document
from ingest.types import Document, Source

app = typer.Typer(add_completion=False, help="Read the documents of the manifest and build the index that the assistant answers from.")
_out = Console()
_err = Console(stderr=True)


@app.command()
def main(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the structure that was read, and change nothing.")] = False,
    source: Annotated[str | None, typer.Option("--source", help="With --dry-run: show this source only.")] = None,
    if_needed: Annotated[bool, typer.Option("--if-needed", help="Say nothing when the index is up to date.")] = False,
) -> None:
    """Ingest every document at hand, embed what is new, and switch to the new index in one step.

    Unchanged passages keep their vectors. A run that is stopped half-way leaves the old index serving.
    """
    try:
        settings = load_settings()
        sources = load_manifest(settings.corpus_dir / "sources.toml")
        if source and not dry_run:
            raise CorpusError("--source goes with --dry-run; the index is always built from all documents.")
        chosen = (find_source(sources, source),) if source else sources
        documents = tuple(build_document(item, read_canonical(item)) for item in chosen if item.path or source)
        if dry_run:
            for document in documents:
                _out.print(_tree(document))
        else:
            _build(settings, sources, documents, quiet=if_needed)
    except UserError as error:
        _fail(str(error))


def _fail(message: str) -> None:
    _err.print(f"[bold red]Error:[/] {escape(message)}", highlight=False, soft_wrap=True)
    sys.exit(1)


def _build(settings: Settings, sources: tuple[Source, ...], documents: tuple[Document, ...], *, quiet: bool) -> None:
    from vectorstore.build import build_index, make_records
    from vectorstore.embeddings import load_embeddings
    from vectorstore.probe import fit_probe, load_probe, questions_digest
    from vectorstore.store import Store, StoreConfig

    editorial = load_editorial(settings.corpus_dir, documents)
    store = Store(StoreConfig(settings.data_dir, settings.chroma_url))
    embeddings = load_embeddings(settings.embeddings, settings.data_dir / "models")
    digest = questions_digest(editorial.questions)
    probe = load_probe(settings.corpus_dir / "questions" / "probe.npz", embeddings.name, digest)
    columns = (TextColumn("Embedding"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(*columns, console=_err, transient=True) as bar:
        task = bar.add_task("embed", total=None, rate="")

        def progress(done: int, total: int) -> None:
            elapsed = bar.tasks[0].elapsed or 1e-9
            bar.update(task, completed=done, total=total, rate=f"{done / elapsed:.0f}/s")

        records = make_records(sources, documents, editorial)
        if probe is None:
            probe = fit_probe(embeddings, editorial.questions, progress)
        report = build_index(store, embeddings, records, lock_dir=settings.data_dir, probe=probe, progress=progress)
    if quiet and not report.switched:
        return
    table = Table(title="Index is up to date" if not report.switched else "Index built", show_header=False)
    for name, value in (
        ("documents", f"{report.documents} (not in this index: {sum(not item.path for item in sources)})"),
        ("passages", report.passages),
        ("lists", report.lists),
        ("expected questions", report.questions),
        ("embedded", report.embedded),
        ("unchanged", report.unchanged),
        ("removed", report.removed),
        ("seconds", f"{report.seconds:.1f}"),
    ):
        table.add_row(name, str(value))
    _out.print(table)
    if editorial.stale:
        _err.print(f"Note: {editorial.stale} entries of the expected questions quote text that is no longer in the documents; left out.")


def _tree(document: Document) -> Tree:
    tree = Tree(f"[bold]{escape(document.source.title)}[/] ({len(document.passages)} passages, {len(document.lists)} lists)")
    branches: dict[tuple[str, ...], Tree] = {(): tree}
    for passage in document.passages:
        for depth in range(1, len(passage.heading_path) + 1):
            path = passage.heading_path[:depth]
            if path not in branches:
                branches[path] = branches[path[:-1]].add(f"[bold]{escape(path[-1])}[/]")
        if passage.kind != "heading":
            text = " ".join(passage.text.split())
            shown = text if len(text) <= 90 else text[:89] + "…"
            label = f"[cyan]{passage.unit} {passage.number}[/] \\[{passage.start}:{passage.end}] {escape(shown)}"
            branches[passage.heading_path].add(label, highlight=False)
    return tree


if __name__ == "__main__":
    app()
