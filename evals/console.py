"""What the commands print: tables and lists for people."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from evals.compare import Comparison
from evals.metrics import METRICS
from evals.records import ALL_FIGURES, Run, failed

SHOWN = ("complete", "quote_recall", "citation_precision", "abstention", "false_abstention")
_err = Console(stderr=True)
FURTHER = tuple(name for name in ALL_FIGURES if name not in SHOWN)


def show(figure: Mapping[str, Any] | None) -> str:
    """A figure as text: value, interval and n.

    >>> show({"value": 0.9, "low": 0.85, "high": 0.951, "n": 40}), show({"value": None, "low": None, "high": None, "n": 0})
    ('90.0 % [85.0–95.1] n=40', '–')
    """
    if not figure or figure["value"] is None:
        return "–"
    interval = f" [{100 * figure['low']:.1f}–{100 * figure['high']:.1f}]" if figure["low"] is not None else ""
    return f"{100 * figure['value']:.1f} %{interval} n={figure['n']}"


def show_ms(name: str, figure: Mapping[str, Any]) -> str:
    """A percentile of the latency as text.

    >>> show_ms("p50", {"value": 83.84, "low": 80.0, "high": 90.0, "n": 40})
    'p50 83.8 ms [80.0–90.0] n=40'
    """
    interval = f" [{figure['low']:.1f}–{figure['high']:.1f}]" if figure["low"] is not None else ""
    return f"{name} {figure['value']:.1f} ms{interval} n={figure['n']}"


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A plain table; the first column names the row."""
    made = Table(title=title, title_justify="left", header_style="bold")
    for position, column in enumerate(columns):
        made.add_column(column, justify="left" if position == 0 else "right", overflow="fold")
    for row in rows:
        made.add_row(*(escape(str(cell)) for cell in row))
    return made


def print_run(console: Console, run: Run) -> None:
    """The figures of a run: overall, per category, per language, latency."""
    for half in run.halves:
        figures = run.record["figures"][half]
        heading = f"{run.name}: {half} half"
        rows = [("overall", *(show(figures["overall"][name]) for name in SHOWN))]
        for part in ("category", "language"):
            rows += [(f"{part} {group}", *(show(values[name]) for name in SHOWN)) for group, values in figures[part].items()]
        console.print(table(heading, ("", *(METRICS[name][0] for name in SHOWN)), rows))
        more = [(ALL_FIGURES[name][0], show(figures["overall"][name]), ALL_FIGURES[name][1]) for name in FURTHER]
        console.print(table("", ("Further figures", "Value", "What it is"), more))
        latency = ", ".join(show_ms(name, figure) for name, figure in figures["latency_ms"].items())
        console.print(f"Latency with {run.record['workers']} worker(s): {latency}\n")
    console.print(f"{len(run.results)} cases in {run.record['seconds']} s; written to {run.folder}", highlight=False)


def print_failures(console: Console, run: Run) -> None:
    """The dev cases that fall short, with what is missing and what is cited in excess."""
    for result in run.results:
        reasons = failed(result)
        if not reasons or not result.open:
            continue
        case, answer = result.open["case"], result.open["answer"]
        console.print(f"[bold]{result.id}[/bold] ({', '.join(reasons)}; {result.status})  {escape(case['question'])}", highlight=False)
        for turn in case["history"]:
            console.print(f"    after ({turn['role']}): {escape(turn['content'][:120])}", highlight=False)
        for quote in result.open["missing"]:
            console.print(f"    missing: {escape(quote)}", style="red", highlight=False)
        for citation in answer["citations"]:
            if case["answerable"] and citation["number"] in result.open["extra"]:
                extra = escape(f"{citation['locator']}: {citation['quote'][:160]}")
                console.print(f"    extra: {extra}", style="yellow", highlight=False)
        if not case["answerable"] and answer["citations"]:
            console.print(f"    answered: {escape(answer['text'][:200])}", style="yellow", highlight=False)


def print_comparison(console: Console, a: str, b: str, result: Comparison) -> None:
    """What changed from one run to another."""
    if result.same:
        console.print("No differences.")
        return
    rows = [
        (d.group, ALL_FIGURES[d.metric][0], *(f"{100 * share:.1f}" for share in shares), f"{d.p:.3f}", d.n)
        for d in result.deltas
        for shares in [(d.before, d.after, d.after - d.before, d.low, d.high)]
    ]
    console.print(table(f"{a} → {b} (%)", ("", "Metric", "Before", "After", "Change", "from", "to", "p", "n"), rows))
    for identity, category, before, after in result.flipped:
        style = "green" if after > before else "red"
        console.print(f"{identity} ({category}): {'now correct' if after > before else 'no longer correct'}", style=style, highlight=False)
    if result.differs:
        console.print(f"The runs differ in: {', '.join(result.differs)}.")
    if result.unpaired:
        console.print(f"{result.unpaired} case(s) are in one run only, or were changed between them, and are left out.")


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the error stream, where that is a terminal; it is told what is done, of how much."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
