"""The commands about the product's answers and signals as such. The object of their context is a function that gives the settings."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evals.answers import ANSWERS_PAGE, answers_page
from evals.cases import DEFAULT_CASES, load_cases
from evals.console import table
from evals.records import DEFAULT_RUNS, load_run
from ingest.errors import UserError

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
def fit_facts(
    context: typer.Context,
    sets: Annotated[list[str], typer.Argument(metavar="DATA=CASES...", help="A data folder with an index, and the file of cases over it.")],
) -> None:
    """Fit the weights by which a passage of documents without editorial data is taken for an answer; print them."""
    from evals.fit_facts import fit_facts as fit
    from evals.train import expected_questions

    pairs = [tuple(map(Path, pair.split("=", 1))) for pair in sets]
    if any(len(pair) != 2 for pair in pairs):
        raise UserError("Give each set as DATA=CASES: a data folder with an index, and a file of cases.")
    settings = context.obj()
    weights, intercept, figures = fit(settings, [(pair[0], pair[1]) for pair in pairs], expected_questions(settings, GENERAL))
    rows = [*weights.items(), ("intercept", intercept), *((f"held out: {name}", value) for name, value in figures.items())]
    out.print(table("Confidence in a fact", ("Sign", "Value"), [(name, f"{value:.2f}") for name, value in rows]))
