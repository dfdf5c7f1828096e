"""The commands about the product's answers and signals as such. The object of their context is a function that gives the settings."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from evals.answers import ANSWERS_PAGE, answers_page
from evals.cases import DEFAULT_CASES, load_cases
from evals.console import progress_bar, table
from evals.records import DEFAULT_RUNS, load_run
from ingest.settings import Settings

app = typer.Typer()
out = Console()
ABLATION_FILE = "ablation.json"
# The targets of expected questions that no document of the field answers.
GENERAL = (
    *(
        "none/weather",
        "none/cooking",
        "none/sports-results",
        "none/programming",
        "none/maths",
        "none/general-knowledge",
        "none/prices-finance",
    ),
    *("none/travel", "none/news", "none/medical-advice", "none/oas-general", "none/opinion"),
)


_Sets = Annotated[
    list[str],
    typer.Argument(metavar="FOLDER=CASES...", help="Documents listed in FOLDER/sources.json (or an index), and the cases over them."),
]


@app.command()
def answers(context: typer.Context, path: Annotated[Path, typer.Option("--out", help="Where the page is written.")] = ANSWERS_PAGE) -> None:
    """Write the page of ten answers in full."""
    from assistant.core import Assistant

    path.write_text(answers_page(Assistant.open(context.obj())), encoding="utf-8")
    out.print(f"Wrote {path}", markup=False, highlight=False)


@app.command()
def ablation(
    context: typer.Context,
    run: Annotated[str | None, typer.Option("--run", help="Keep the table with this run, so that its report shows it.")] = None,
    runs: Annotated[Path, typer.Option(help="The folder of all runs.")] = DEFAULT_RUNS,
) -> None:
    """What each signal of relevance contributes: both models fitted and tested without it, on the dev half; minutes."""
    from assistant.core import Assistant
    from evals.ablation import ablation as ablate

    folder = load_run(runs, run).folder if run else None
    rows = ablate(Assistant.open(context.obj()).index, load_cases(DEFAULT_CASES, "dev"))
    shown = [(row.name, *(f"{100 * value:.1f} %" for value in (row.complete, row.precision, row.auroc))) for row in rows]
    out.print(table("Held out, dev half", ("Signals", "Complete", "Citation precision", "Confidence AUROC"), shown))
    if folder:
        (folder / ABLATION_FILE).write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")


@app.command()
def fit_reader(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Documents NAME.txt and questions NAME.tsv (see evals.reading).")],
    anew: Annotated[bool, typer.Option("--anew", help="Start from the packaged model, not from the reader that is there.")] = False,
) -> None:
    """Train vectorstore/reader.npz, which reads question and passage together, on questions over fictitious documents: hours.

    Then run fit-facts, whose coefficients are for one reader.
    """
    from evals.reading import RANK, load_reading, train_reader
    from vectorstore.embeddings import e5_file, load_embeddings
    from vectorstore.reader import load_values, save_values
    from vectorstore.tuned import untrained

    settings, start = context.obj(), load_values()
    if anew:
        start = untrained(e5_file().read_bytes(), RANK), np.zeros_like(start[1])
    with progress_bar("Finding what does not answer") as progress:
        asked = load_reading(folder, load_embeddings("e5", settings.data_dir / "models"), progress)
    with progress_bar("Training the reader") as progress:
        adapter, weights = train_reader(e5_file(), asked, start, progress)
    save_values(Path(str(files("vectorstore").joinpath("reader.npz"))), adapter, weights)
    out.print(f"Trained on {len(asked)} questions. Run fit-facts next.", markup=False, highlight=False)


@app.command()
def fit_facts(
    context: typer.Context,
    sets: _Sets,
) -> None:
    """Fit assistant/facts.json, by which facts are found in documents without editorial data; print held-out figures."""
    from assistant.facts import FEATURES, SIGNALS
    from evals.fit_facts import fit_facts as fit
    from evals.train import expected_questions

    settings = context.obj()
    with _indexed(settings, sets) as indexed:
        model, figures = fit(settings, indexed, expected_questions(settings, GENERAL))
    stored = {
        "weights": {name: round(value, 4) for name, value in zip(FEATURES, model.weights, strict=True)},
        "signals": {name: round(value, 4) for name, value in zip(SIGNALS, model.signal_weights, strict=True)},
        "intercept": round(model.intercept, 4),
    }
    path = Path(str(files("assistant").joinpath("facts.json")))
    path.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
    out.print(table("Facts, held out", ("Figure", "Value"), [(name, f"{value:.2f}") for name, value in figures.items()]))


@app.command()
def beside(context: typer.Context, sets: _Sets) -> None:
    """Ask cases over documents that no editorial data describe, beside the corpus that ships; print figures only."""
    from evals.beside import FIGURES, ask_beside
    from evals.judged import mean
    from evals.metrics import METRICS

    settings, rows = context.obj(), []
    with _indexed(settings, sets) as indexed:
        for data, cases in indexed:
            values = [one.values for one in ask_beside(settings, data, cases)]
            figures = [mean(value[name] for value in values) for name in FIGURES]
            rows.append((cases.stem, str(len(values)), *("" if figure is None else f"{100 * figure:.1f} %" for figure in figures)))
    out.print(table("Documents of one's own", ("Cases", "n", *(METRICS[name][0] for name in FIGURES)), rows))


@contextmanager
def _indexed(settings: Settings, sets: list[str]) -> Iterator[list[tuple[Path, Path]]]:
    """The data folders and the cases of *sets*; documents without an index get one for the time being."""
    from evals.beside import index_beside, pair_of

    with tempfile.TemporaryDirectory() as scratch:
        found: dict[Path, Path] = {}
        pairs = [pair_of(text) for text in sets]
        for folder, _ in pairs:
            if folder not in found:
                ready = (folder / "chroma").exists()
                found[folder] = folder if ready else index_beside(settings, folder, Path(scratch) / str(len(found)))
        yield [(found[folder], cases) for folder, cases in pairs]
