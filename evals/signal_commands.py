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

app = typer.Typer()
out = Console()
ABLATION_FILE = "ablation.json"


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
