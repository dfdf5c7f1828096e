"""``python -m ingest``: fetch and read the documents and build the index; add, remove and list documents."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ingest.adding import describe
from ingest.console import print_hints, print_list, print_outcome, progress_bar, say, tree
from ingest.documents import read_document
from ingest.editorial import load_editorial
from ingest.errors import CorpusError, UserError
from ingest.fetch import Fetcher, Limits
from ingest.library import Library
from ingest.settings import Settings, load_settings
from ingest.types import Document, Passage

app = typer.Typer(add_completion=False)
_out = Console()
_err = Console(stderr=True)
_NoBuild = Annotated[bool, typer.Option("--no-build", help="Leave the index for the next python -m ingest.")]


@contextmanager
def _opened() -> Iterator[tuple[Settings, Library]]:
    """The settings and the library; what a person can mend ends the program with a message."""
    try:
        settings = load_settings()
        yield settings, Library(settings.corpus_dir, settings.data_dir)
    except UserError as error:
        say(_err, f"Error: {error}")
        sys.exit(1)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the structure that was read, and change nothing.")] = False,
    source: Annotated[str | None, typer.Option("--source", help="With --dry-run: show this source only.")] = None,
    if_needed: Annotated[
        bool,
        typer.Option("--if-needed", help="Fetch only what is missing and did not fail today; say nothing when all is up to date."),
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Open no connection; take the documents that are there.")] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Fetch every published document again, also what was removed.")] = False,
) -> None:
    """Fetch the documents that the manifest names, read all that are at hand, and switch to the new index in one step.

    Documents that were fetched are asked for changes once a day. One that cannot be fetched or read is named, and the others go on;
    an older copy stays. Unchanged passages keep their vectors. A run that is stopped half-way leaves the old index serving.

    Without a way to the internet, download the annexes elsewhere and put the files into the folder documents of the data folder, under
    their own names (CP24469E-1.pdf) or the id of the source (annex-i.pdf). Proxies are not used.
    """
    given = dry_run or source or if_needed or offline or refresh
    if context.invoked_subcommand and not given:
        return
    with _opened() as (settings, library):
        if context.invoked_subcommand:
            raise CorpusError(f"Options of building go without a command. Run: python -m ingest {context.invoked_subcommand} --help")
        if source and not dry_run:
            raise CorpusError("--source goes with --dry-run; the index is always built from all documents.")
        if refresh and (offline or if_needed):
            raise CorpusError("--refresh asks the servers; it goes without --offline and --if-needed.")
        if dry_run:
            _show(library, source)
        else:
            fetch = None if offline or settings.offline else Fetcher(_limits(settings))
            _ingest(settings, library, fetch, refresh=refresh, if_needed=if_needed)


@app.command()
def add(
    where: Annotated[str, typer.Argument(metavar="PATH_OR_URL", help="A PDF, DOCX, HTML, Markdown or text file, or its address.")],
    identity: Annotated[str | None, typer.Option("--id", help="Name of the document in commands; default: its file name.")] = None,
    title: Annotated[str | None, typer.Option(help="Title; default: the file name.")] = None,
    annex: Annotated[str | None, typer.Option(metavar="NUMERAL", help="It is this annex of the strategy, such as I.")] = None,
    short_title: Annotated[str | None, typer.Option(help="How citations call it; default: the title.")] = None,
    language: Annotated[str | None, typer.Option(help="en, es, pt or fr; default: found out from the text.")] = None,
    kind: Annotated[str | None, typer.Option(help="strategy, work plan, annex or other.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Official symbol, such as CP/doc.4469/10.")] = None,
    version_of: Annotated[
        str | None, typer.Option(metavar="ID", help="The document of which this is a version in another language.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where a file that is added by path is published; answers link there.")] = None,
    no_build: _NoBuild = False,
) -> None:
    """Add a document: it is copied into the data folder, read, recorded there in sources.toml, and put into the index.

    With --annex I the file becomes Annex I, which the manifest knows by title and address; with --language es, too, its Spanish version.
    """
    typed = {"id": identity, "title": title, "annex": annex, "short_title": short_title, "language": language, "kind": kind}
    with _opened() as (settings, library):
        described = describe(where, {**typed, "symbol": symbol, "version_of": version_of, "url": url}, library.sources)
        with library.changing(), _err.status("Reading the document"):
            document = library.add(where, described, None if settings.offline else Fetcher(_limits(settings)))
        added = document.source
        say(_out, f"Added {added.id}: {added.title} ({added.language}, {len(document.passages)} passages, {len(document.lists)} lists)")
        _after(settings, library, (document,), no_build)


@app.command()
def remove(
    source_id: Annotated[str, typer.Argument(metavar="ID", help="The id that python -m ingest list shows.")], no_build: _NoBuild = False
) -> None:
    """Remove a document that was added or fetched: its file and its passages.

    A document that the manifest knows by its address stays known by title, and is fetched again by --refresh only.
    """
    with _opened() as (settings, library):
        with library.changing():
            removed = library.remove(source_id)
        say(_out, f"Removed {source_id}: {removed.source.title}")
        _after(settings, library, (), no_build)


@app.command("list")
def list_() -> None:
    """List all documents: whether they are at hand and in the index, and where they came from."""
    with _opened() as (settings, library):
        print_list(_out, library, _indexed(settings))
        print_hints(_out, library, ())


def _limits(settings: Settings) -> Limits:
    return Limits(size=settings.fetch_limit_mb * 2**20, allow_private=settings.allow_private_addresses)


def _show(library: Library, source_id: str | None) -> None:
    chosen = (library.find(source_id),) if source_id else library.entries
    if source_id and chosen[0].origin == "absent":
        read_document(chosen[0].source)  # says that it is not at hand
    documents, problems = library.read(chosen, keep=False)
    if source_id and problems:
        raise CorpusError(problems[source_id])
    for document in documents.values():
        _out.print(tree(document))
    for name, problem in problems.items():
        say(_err, f"{name} is left out: {problem}")


def _ingest(settings: Settings, library: Library, fetcher: Fetcher | None, *, refresh: bool, if_needed: bool) -> None:
    shipped = tuple(entry for entry in library.entries if entry.origin == "shipped")
    documents, _ = library.read(shipped)  # before anything is fetched or written: without them nothing else is worth doing
    outcomes: dict[str, str] = {}
    with library.changing():
        if fetcher:
            with progress_bar(_err, "Fetching documents", "documents") as progress:
                outcomes = library.fetch(fetcher, refresh=refresh, if_needed=if_needed, progress=progress)
        with progress_bar(_err, "Reading documents", "MB", 1e6) as progress:
            entries = tuple(entry for entry in library.entries if entry.origin != "shipped")
            others, problems = library.read(entries, again=refresh, retry=not if_needed, progress=progress)
    switched = _build(settings, library, {**documents, **others}, quiet=if_needed)
    if switched or outcomes or not if_needed:
        print_outcome(_out, library, outcomes, problems)
        print_hints(_out, library, tuple(others.values()))


def _after(settings: Settings, library: Library, changed: tuple[Document, ...], no_build: bool) -> None:
    """Bring the index up to date after a change of the library, without reading again what was read before."""
    print_hints(_out, library, changed)
    if no_build:
        say(_out, "The index is as it was. Run: python -m ingest")
        return
    with progress_bar(_err, "Reading documents", "MB", 1e6) as progress:
        documents, problems = library.read(library.entries, again=False, progress=progress)
    _build(settings, library, documents, quiet=False)
    for name, problem in problems.items():
        say(_err, f"{name} is not in the index: {problem}")


def _indexed(settings: Settings) -> dict[str, list[Passage]] | None:
    """The passages of each document in the index; ``None`` where there is no index."""
    from vectorstore.store import Store, StoreConfig

    if not settings.chroma_url and not (settings.data_dir / "chroma").exists():
        return None
    try:
        store = Store(StoreConfig(settings.data_dir, settings.chroma_url))
        _, records, _ = store.read_serving("passage")
    except UserError as error:
        say(_err, f"Note: {error}")
        return None
    found: dict[str, list[Passage]] = {}
    for record in records:
        passage = Passage(text=record.text, **record.payload["passage"])
        found.setdefault(passage.source_id, []).append(passage)
    return found


def _build(settings: Settings, library: Library, read: Mapping[str, Document], *, quiet: bool) -> bool:
    """Build the index from the documents that were read; whether it is another one than before."""
    from vectorstore.build import build_index, make_records
    from vectorstore.embeddings import load_embeddings
    from vectorstore.probe import fit_probe, load_probe, questions_digest
    from vectorstore.reader import load_reader
    from vectorstore.store import Store, StoreConfig

    documents = tuple(read[source.id] for source in library.sources if source.id in read)
    editorial = load_editorial(settings.corpus_dir, documents)
    store = Store(StoreConfig(settings.data_dir, settings.chroma_url))
    embeddings = load_embeddings(settings.embeddings, settings.data_dir / "models")
    digest = questions_digest(editorial.questions)
    probe = load_probe(settings.corpus_dir / "questions" / "probe.npz", embeddings.name, digest)
    with progress_bar(_err, "Embedding", "passages") as progress:
        records = make_records(library.sources, documents, editorial)
        if probe is None:
            probe = fit_probe(embeddings, editorial.questions, progress)
        if probe.tuned and embeddings.tune:
            embeddings.tune(probe.tuned.adapter)  # writes its file now, so that the first question need not
        covered = {quote.source_id for target in editorial.targets for quote in target.quotes}
        if any(document.source.id not in covered for document in documents):
            load_reader(embeddings)  # so that its file is there, too
        report = build_index(store, embeddings, records, lock_dir=settings.data_dir, probe=probe, progress=progress)
    if quiet and not report.switched:
        return False
    table = Table(title="Index is up to date" if not report.switched else "Index built", show_header=False)
    for name, value in (
        ("documents", f"{report.documents} (not in this index: {len(library.sources) - len(documents)})"),
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
    return report.switched


if __name__ == "__main__":
    app()
