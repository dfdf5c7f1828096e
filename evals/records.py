"""What a run leaves behind: one self-describing record, and one line per case. Figures are made from the lines."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.cases import HALVES
from evals.groups import GROUP_FIGURES, Outcomes, group_figures
from evals.metrics import ABSTAINED, ANSWERED, METRICS
from evals.stats import Figure, bootstrap, percentile_figures
from ingest.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_RUNS = ROOT / "runs"
ALL_FIGURES = METRICS | GROUP_FIGURES


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One line of a run. ``open`` holds question, gold and answer of dev cases and is ``None`` for the unseen half.

    ``writer`` is "extractive" or the name of the model that wrote, ``removed`` how many of its sentences the product took out.
    """

    id: str
    half: str
    category: str
    language: str
    answerable: bool
    digest: str
    status: str
    confidence: float
    values: dict[str, float | None]
    latency_ms: float
    open: dict[str, Any] | None = None
    writer: str = "extractive"
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its record (``run.json``) and its lines (``cases.jsonl``)."""

    folder: Path
    record: dict[str, Any]
    results: tuple[CaseResult, ...]

    @property
    def name(self) -> str:
        """The run's name."""
        return str(self.record["name"])

    @property
    def halves(self) -> tuple[str, ...]:
        """The halves that it measured."""
        return tuple(half for half in HALVES if half in self.record["figures"])


def summarise(results: Sequence[CaseResult]) -> dict[str, Figure]:
    """Every figure of :data:`ALL_FIGURES` over *results*."""
    return {name: bootstrap(result.values[name] for result in results) for name in METRICS} | group_figures(outcomes_of(results))


def outcomes_of(results: Sequence[CaseResult]) -> Outcomes:
    """What the group figures are made of; smalltalk is left out."""
    asked = [result for result in results if result.answerable or result.category != "smalltalk"]
    return Outcomes(
        answerable=np.array([r.answerable for r in asked], dtype=bool),
        abstained=np.array([r.status in ABSTAINED for r in asked], dtype=bool),
        given=np.array([r.status in ANSWERED for r in asked], dtype=bool),
        complete=np.array([r.values["complete"] == 1.0 for r in asked], dtype=bool),
        confidence=np.array([r.confidence for r in asked], dtype=float),
    )


def grouped(results: Sequence[CaseResult], key: Callable[[CaseResult], str]) -> dict[str, dict[str, Figure]]:
    """The figures of each group, groups in alphabetical order."""
    return {name: summarise([result for result in results if key(result) == name]) for name in sorted({key(result) for result in results})}


def all_figures(results: Sequence[CaseResult]) -> dict[str, Any]:
    """Per half: ``overall``, ``category`` and ``language`` figures as JSON, and those of latency in milliseconds."""
    figures: dict[str, Any] = {}
    for half in HALVES:
        if chosen := [result for result in results if result.half == half]:
            figures[half] = {
                "overall": _json(summarise(chosen)),
                "category": {name: _json(group) for name, group in grouped(chosen, lambda result: result.category).items()},
                "language": {name: _json(group) for name, group in grouped(chosen, lambda result: result.language).items()},
                "latency_ms": _json(percentile_figures([result.latency_ms for result in chosen])),
            }
    return figures


def _json(figures: dict[str, Figure]) -> dict[str, Any]:
    return {name: asdict(figure) for name, figure in figures.items()}


def write_json(path: Path, data: Any) -> None:
    """Write *data* so that the file appears whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(path)


def read_results(path: Path) -> list[CaseResult]:
    """The lines of ``cases.jsonl``; a last line that was cut off is dropped.

    Raises:
        UserError: another line cannot be read.
    """
    if not path.is_file():
        return []
    results = []
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            made = json.loads(line)
            made["values"] = dict.fromkeys(METRICS) | made["values"]  # what an older run did not measure is unscored
            results.append(CaseResult(**made))
        except (ValueError, TypeError, KeyError):
            if number < len(lines):
                raise UserError(f"{path}, line {number}: not a result of this version. Run again with --fresh.") from None
    return results


def run_folder(runs: Path, name: str) -> Path:
    """The folder of the run called *name*.

    Raises:
        UserError: the name would leave the folder *runs*.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,79}", name):
        raise UserError(f"{name!r} cannot name a run. Use letters, digits, dots, hyphens and underscores.")
    return runs / name


def load_run(runs: Path, name: str) -> Run:
    """A finished run, by its name or by the path of its folder.

    Raises:
        UserError: there is no such run, or it did not finish.
    """
    folder = Path(name) if "/" in name else run_folder(runs, name)
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = ", ".join(sorted(path.parent.name for path in runs.glob("*/run.json"))) or "none yet"
        raise UserError(f"There is no run {name!r} ({folder / 'run.json'} cannot be read). Runs: {known}.") from None
    if not record.get("finished"):
        raise UserError(f"The run {name!r} did not finish. Resume it: python -m evals run --name {name}")
    return Run(folder, record, tuple(read_results(folder / "cases.jsonl")))


def latest_runs(runs: Path) -> list[Run]:
    """All finished runs, oldest first."""
    found = []
    for path in sorted(runs.glob("*/run.json")):
        try:
            found.append(load_run(runs, path.parent.name))
        except UserError:
            continue
    return sorted(found, key=lambda run: str(run.record["created"]))


def failed(result: CaseResult) -> list[str]:
    """Why a case needs a look: the names of the metrics that are short of their best (the focus aside)."""
    ideal = {name: float(better) for name, (_, _, better) in METRICS.items()} | {"focus": result.values["focus"]}
    return [name for name, value in result.values.items() if value is not None and value != ideal[name]]
