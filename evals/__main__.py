"""The command line of the evaluation: ``python -m evals --help``."""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from evals import case_commands, signal_commands
from evals.cases import DEFAULT_CASES, Located, check_cases, load_cases
from evals.compare import DEFAULT_FLOORS, broken_floors, compare_runs, read_floors
from evals.console import SHOWN, print_comparison, print_failures, print_run, progress_bar, show, table
from evals.records import DEFAULT_RUNS, Run, latest_runs, load_run, run_folder
from evals.runner import Texts, describe, run_suite
from ingest.errors import UserError
from ingest.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown", help=(
    "Measure the answers of the assistant: exactly, repeatably, comparably.\n\n"
    "A first round: `validate` the cases, `run` them, look at the `report`; keep the figures with `gate`, follow them with `compare` and "
    "`history`. Public benchmarks: `retrieval`, `answerability`, `sentences`. Speed and other systems: `bench`, `baselines`.\n\n"
    "Cases of your own: `new`, `import`, `from-feedback`."
))  # fmt: skip
app.add_typer(case_commands.app)
app.add_typer(signal_commands.app)
bench_app = typer.Typer()
app.add_typer(bench_app, name="bench")
out, err = Console(), Console(stderr=True)

Cases = Annotated[Path, typer.Option("--cases", help="A case file or a folder of them.")]
Half = Annotated[str, typer.Option(help="Which half of the cases: dev, unseen or all.")]
Runs = Annotated[Path, typer.Option(help="The folder of all runs.")]
BeirDir = Annotated[Path, typer.Option("--beir", help="Folder with corpus.jsonl, queries.jsonl and qrels/*.tsv.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
History = Annotated[bool, typer.Option("--history", help="Use the conversation in metadata.history (or history) of each query.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N queries; the corpus stays whole.")]
Language = Annotated[str, typer.Option(help="Language of the texts and of queries that do not say theirs.")]
Keep = Annotated[Path | None, typer.Option("--keep", help="Keep the index in this folder and reuse its vectors.")]
Tables = Iterable[tuple[str, Sequence[str], Sequence[Sequence[object]]]]


def _settings() -> Settings:
    return load_settings()


def _open(settings: Settings) -> tuple[Any, Texts]:
    from assistant.core import Assistant

    assistant = Assistant.open(settings)
    return assistant, Texts(assistant.index.canonical, assistant.index.by_id, assistant.index.translations)


@app.command()
def train(
    tune: Annotated[bool, typer.Option("--tune", help="First tune E5 to the expected questions: half an hour.")] = False,
) -> None:
    """Fit the stored coefficients anew: the probe where the expected questions changed (minutes), then relevance on the dev half."""
    from assistant import relevance
    from evals.train import fit, refit_probe, save, tune_probe

    settings = _settings()
    with progress_bar("Embedding the expected questions") as progress:
        refitted = refit_probe(settings, progress)
    if tune:
        with progress_bar("Tuning E5 to the expected questions") as progress:
            tune_probe(settings, progress)
    if refitted or tune:
        out.print("The probe was fitted anew. Run `python -m ingest`, then `python -m evals train`.")
        return
    assistant, _ = _open(settings)
    model, figures = fit(assistant.index, load_cases(DEFAULT_CASES, "dev"))
    save(model, Path(relevance.__file__).with_name("relevance.json"))
    out.print(table("Fitted, with held-out figures", ["figure", "value"], [[name, f"{value:.3f}"] for name, value in figures.items()]))


def _run(cases: list[Located], name: str, runs: Path, workers: int, fresh: bool) -> Run:
    settings = _settings()
    assistant, texts = _open(settings)
    if faults := check_cases(cases, texts.canonical):
        raise UserError(f"{faults[0]} ({len(faults)} fault(s); run: python -m evals validate)")
    description = describe(cases, assistant.index.manifest, settings)
    with progress_bar("Asking") as progress:
        folder = run_folder(runs, name)
        options: dict[str, Any] = {"folder": folder, "workers": workers, "fresh": fresh, "progress": progress}
        return run_suite(assistant, cases, texts, description=description, **options)


@app.command()
def run(
    cases: Cases = DEFAULT_CASES,
    half: Half = "all",
    name: Annotated[str | None, typer.Option(help="Name of the run; the same name resumes it.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Threads that ask at the same time.")] = 2,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what a run of this name has done already.")] = False,
    failures: Annotated[bool, typer.Option("--failures", help="List the dev cases that fall short; never unseen ones.")] = False,
    runs: Runs = DEFAULT_RUNS,
) -> None:
    """Ask all cases and print complete answers, quote recall, citation precision and abstention, with n and intervals."""
    if failures and half == "unseen":
        raise UserError("The unseen half stays unseen: it gives figures only. Use --failures with --half dev.")
    chosen = load_cases(cases, half)
    if failures and all(located.half == "unseen" for located in chosen):
        raise UserError("These cases are of the unseen half, which gives figures only.")
    made = _run(chosen, name or f"{half}-{datetime.now(UTC):%Y%m%d-%H%M%S}", runs, workers, fresh)
    print_run(out, made)
    if failures:
        print_failures(out, made)
    inexact = [result.id for result in made.results if result.values["exactness"] not in (None, 1.0)]
    broken = [result.id for result in made.results if result.status == "error"]
    for ids, what in ((inexact, "cite text that is not at its offsets"), (broken, "ended in an exception")):
        if ids:
            err.print(f"{len(ids)} answer(s) {what}: {', '.join(ids[:10])}", style="red", markup=False)
    if inexact or broken:
        raise typer.Exit(1)


@app.command()
def gate(
    name: Annotated[str | None, typer.Argument(help="A run; without it the cases are run now.")] = None,
    floors: Annotated[Path, typer.Option(help="The floors.")] = DEFAULT_FLOORS,
    half: Half = "all",
    workers: Annotated[int, typer.Option(min=1, max=64)] = 2,
    runs: Runs = DEFAULT_RUNS,
) -> None:
    """Fail with exit code 1 and name what is below its floor, by category."""
    limits = read_floors(floors)
    checked = load_run(runs, name) if name else _run(load_cases(DEFAULT_CASES, half), "gate", runs, workers, True)
    if broken := broken_floors(checked, limits, floors):
        for message in broken:
            err.print(message, style="red", markup=False, highlight=False)
        raise typer.Exit(1)
    out.print(f"{checked.name}: every floor holds ({', '.join(checked.halves)}).", markup=False)


@app.command()
def compare(a: str, b: str, runs: Runs = DEFAULT_RUNS) -> None:
    """Show what changed from run A to run B: paired tests, per category, cases that flipped."""
    first, second = load_run(runs, a), load_run(runs, b)
    print_comparison(out, first.name, second.name, compare_runs(first, second))


@app.command()
def history(runs: Runs = DEFAULT_RUNS) -> None:
    """List all finished runs with their main figures, oldest first."""
    rows = []
    for made in latest_runs(runs):
        for half in made.halves:
            figures = made.record["figures"][half]["overall"]
            commit = str(made.record.get("commit") or "")[:8]
            rows.append((made.name, str(made.record["created"])[:16], commit, half, *(show(figures[name]) for name in SHOWN)))
    out.print(table("Runs", ("Run", "Made (UTC)", "Commit", "Half", *(name.replace("_", " ") for name in SHOWN)), rows))


@app.command()
def report(
    name: Annotated[str, typer.Argument(metavar="RUN")],
    html: Annotated[Path | None, typer.Option(help="Where to write the page; report.html in the run's folder by default.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the tables as Markdown, too.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML for CI, too.")] = None,
    runs: Runs = DEFAULT_RUNS,
) -> None:
    """Write a run as one self-contained HTML page (no network), and as Markdown or JUnit XML."""
    from evals.report import html_report, junit_report, markdown_report

    made = load_run(runs, name)
    for path, make in ((html or made.folder / "report.html", html_report), (markdown, markdown_report), (junit, junit_report)):
        if path:
            try:
                path.write_text(make(made), encoding="utf-8")
            except OSError as error:
                raise UserError(f"{path} cannot be written: {error.strerror}.") from None
            out.print(f"Wrote {path}", markup=False, highlight=False)


@app.command()
def judge(
    name: Annotated[str, typer.Argument(metavar="RUN")],
    model: Annotated[str, typer.Option(help="A LangChain chat model, provider:model. It is sent dev questions, answers and gold.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only N answers, the same ones each time.")] = None,
    agreement: Annotated[bool, typer.Option("--agreement", help="Have the hand-labelled sample rated again, too.")] = False,
    runs: Runs = DEFAULT_RUNS,
) -> None:
    """Optional: let a language model rate fluency and usefulness of a run's dev answers; it enters no gate and no figure."""
    from evals.judge import Judge, judge_run
    from evals.judge_report import print_judgement

    made, rater = load_run(runs, name), Judge.load(model)
    with progress_bar("Judging") as progress:
        judgement = judge_run(made, rater, limit=limit, again=agreement, progress=progress)
    print_judgement(out, made, judgement)


def _print(as_json: bool, figures: Any, tables: Tables) -> None:
    """Print *figures* as JSON, or the *tables* (title, columns, rows) made of them."""
    if as_json:
        print(json.dumps(figures, indent=2, default=asdict))
        return
    for title, columns, rows in tables:
        out.print(table(title, columns, rows))


def _benchmark(folder: Path, judged: bool, language: str, keep: Path | None) -> tuple[Any, Any]:
    from evals.retrieval import load_beir, temporary_index

    data = load_beir(folder, language, judged=judged)
    with progress_bar("Embedding") as progress:
        return temporary_index(data, _settings(), language, progress, keep), data


@app.command()
def retrieval(
    beir: BeirDir, as_json: AsJson = False, history: History = False, limit: Limit = None, language: Language = "en", keep: Keep = None
) -> None:
    """Measure retrieval on a BEIR folder with the product's own pipeline: nDCG@10, R@1/5/10, RR@10; fused and part by part."""
    from evals.retrieval import evaluate_retrieval

    index, data = _benchmark(beir, True, language, keep)
    figures = evaluate_retrieval(index, data, history=history, limit=limit)
    measures = list(figures["fused"])
    rows = [(name, *(f"{row[m].value:.4f} [{row[m].low:.3f}–{row[m].high:.3f}]" for m in measures)) for name, row in figures.items()]
    title = f"{beir.name}: {len(data.documents)} documents, n = {figures['fused'][measures[0]].n} queries"
    made = {"beir": str(beir), "documents": len(data.documents), "history": history, "systems": figures}
    _print(as_json, made, [(title, ("", *measures), rows)])


@app.command()
def answerability(
    beir: BeirDir, as_json: AsJson = False, history: History = False, limit: Limit = None, language: Language = "en", keep: Keep = None
) -> None:
    """AUROC of the search's confidence in its best passages: answerable queries against those flagged `answerable: false`."""
    from evals.retrieval import evaluate_answerability

    figures = evaluate_answerability(*_benchmark(beir, False, language, keep), history=history, limit=limit)
    rows = [(name.replace("_", " "), f"{value:.4f}" if isinstance(value, float) else value) for name, value in figures.items()]
    _print(as_json, figures, [(f"{beir.name}: answerability", ("", "Value"), rows)])


@app.command()
def sentences(file: Path, as_json: AsJson = False, language: Language = "en") -> None:
    """Precision, recall and F1 of the sentences that the extractive writer would quote (JSONL: question, sentences, gold)."""
    from evals.retrieval import evaluate_sentences, read_sentence_cases
    from vectorstore.embeddings import load_embeddings

    settings = _settings()
    cases = read_sentence_cases(file, language)
    figures = evaluate_sentences(cases, load_embeddings(settings.embeddings, settings.data_dir / "models"))
    rows = [(kind, *(show(asdict(figure)) for figure in row.values())) for kind, row in figures.items()]
    made = {"file": str(file), "n": len(cases), **figures}
    _print(as_json, made, [(f"{file.name}: {len(cases)} questions", ("", "Precision", "Recall", "F1"), rows)])


@app.command()
def baselines(cases: Cases = DEFAULT_CASES, half: Half = "dev", as_json: AsJson = False) -> None:
    """Measure BM25, MiniLM and hybrid search alone, the LangChain recipe, LlamaIndex's default and the assistant on the same cases."""
    from evals.bench import QUALITY_COLUMNS, parts, quality, quality_rows, side_by_side, systems

    chosen, settings = load_cases(cases, half), _settings()
    assistant, texts = _open(settings)
    with progress_bar("Asking every system") as progress:
        results = side_by_side(systems(assistant, settings), chosen, texts, progress)
    made = {part: quality(found) for part, found in parts(results, chosen).items()}
    tables = [(f"Systems side by side, {half} half, {part}", QUALITY_COLUMNS, quality_rows(found)) for part, found in made.items()]
    _print(as_json, {"half": half, "cases": len(chosen), "parts": made}, tables)


@bench_app.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    n: Annotated[int, typer.Option("-n", min=1, help="How many dev questions.")] = 100,
    repeat: Annotated[int, typer.Option(min=1, help="Cold starts and imports are medians of so many.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Measure imports, a cold `ask`, warm questions, memory and index exactness, with the other systems in the same run.

    `bench ingest` measures ingest instead: its throughput beside the embedding model alone, and its memory.
    """
    if context.invoked_subcommand:
        return
    from evals.bench import bench as measure
    from evals.bench import bench_tables

    settings = _settings()
    cases = load_cases(DEFAULT_CASES, "dev")
    chosen = cases[:: max(1, len(cases) // n)][:n]
    started = time.perf_counter()
    assistant, texts = _open(settings)
    figures = measure(assistant, time.perf_counter() - started, settings, chosen, texts, repeat)
    _print(as_json, figures, bench_tables(figures))


@bench_app.command("ingest")
def bench_of_ingest(
    passages: Annotated[int, typer.Option(min=64, help="How many passages the throughput is measured with.")] = 512,
    largest: Annotated[int, typer.Option(min=1000, help="The largest corpus that memory is measured with, in passages.")] = 50_000,
    as_json: AsJson = False,
) -> None:
    """Measure an ingest: passages per second beside the embedding model alone, and peak memory from 1,000 passages to 50,000 (minutes)."""
    from evals.bench_ingest import bench_ingest, ingest_tables

    with progress_bar("Measuring") as progress:
        figures = bench_ingest(_settings(), passages, largest, progress)
    _print(as_json, figures, ingest_tables(figures))


@app.command()
def documents(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Every file in it and below is read.")],
    to: Annotated[Path | None, typer.Option(help="Write the table there; what stands above its mark is kept. Printed by default.")] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Longest time for one file.")] = 120,
    index: Annotated[bool, typer.Option(help="Build a temporary index of what was read, too.")] = True,
) -> None:
    """Read foreign files behind the guard and tell what became of each, in Markdown; exit code 1 when one crashes or times out."""
    from evals.documents_report import report_on, write_report

    with progress_bar("Reading") as progress:
        report, sound = report_on(folder, seconds, _settings().data_dir / "models" if index else None, progress)
    if to:
        write_report(to, report)
    else:
        print(report)
    if not sound:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; faults that the user can mend end in one line and exit code 2."""
    try:
        app(obj=_settings)
    except UserError as error:
        err.print(f"Error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
