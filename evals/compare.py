"""Runs against floors and against each other."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.cases import HALVES
from evals.groups import group_differences
from evals.metrics import METRICS
from evals.records import ALL_FIGURES, CaseResult, Run, outcomes_of
from evals.stats import paired_difference
from ingest.errors import UserError

DEFAULT_FLOORS = Path(__file__).resolve().parent / "floors.json"
_GROUPS = ("overall", "category", "language")

_VISIBLE = 0.0005  # half of the last digit that the tables show


@dataclass(frozen=True, slots=True)
class Delta:
    """A paired change of a metric over the ``n`` cases that both runs scored; ``p`` of the two-sided test."""

    group: str
    metric: str
    before: float
    after: float
    low: float
    high: float
    p: float
    n: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs. ``differs`` names the parts of their descriptions, ``unpaired`` counts cases of one run only."""

    deltas: tuple[Delta, ...]
    flipped: tuple[tuple[str, str, float, float], ...]
    differs: tuple[str, ...]
    unpaired: int

    @property
    def same(self) -> bool:
        """Whether there is nothing to report."""
        return not self.deltas and not self.flipped and not self.unpaired


def read_floors(path: Path) -> dict[str, Any]:
    """The floors: half -> ``overall`` -> metric -> number, and half -> ``category`` or ``language`` -> group -> metric -> number.

    Raises:
        UserError: the file cannot be read or names something that is not measured.
    """
    try:
        floors = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"The floors cannot be read from {path}: {error}.") from None
    for half, group, metric, floor in _walk(floors, path):
        if half not in HALVES or metric not in ALL_FIGURES or isinstance(floor, bool) or not isinstance(floor, int | float):
            raise UserError(f"{path}: {half} / {group} / {metric} = {floor!r} is not a floor. Metrics: {', '.join(ALL_FIGURES)}.")
    return dict(floors)


def _walk(floors: Any, path: Path) -> list[tuple[str, str, str, Any]]:
    """The floors as rows (half, group, metric, floor); groups of categories and languages are written ``category list``."""
    rows: list[tuple[str, str, str, Any]] = []
    try:
        for half, parts in floors.items():
            for part, content in parts.items():
                if part not in _GROUPS:
                    raise UserError(f"{path}: {half} has a part {part!r}. Parts: {', '.join(_GROUPS)}.")
                named = {part: content} if part == "overall" else {f"{part} {name}": values for name, values in content.items()}
                rows += [(half, group, metric, floor) for group, values in named.items() for metric, floor in values.items()]
    except AttributeError:
        raise UserError(f"{path}: floors are objects of objects, half -> part -> metric -> number.") from None
    return rows


def broken_floors(run: Run, floors: Mapping[str, Any], path: Path = DEFAULT_FLOORS) -> list[str]:
    """What is below its floor (or, for metrics where less is better, above its ceiling), one message each.

    A floor on something that the run could not score is broken. Halves that the run left out are not checked.

    Raises:
        UserError: no floor concerns the halves of the run.
    """
    rows = [row for row in _walk(floors, path) if row[0] in run.halves]
    if not rows:
        raise UserError(f"{path} has no floor for what the run {run.name!r} measured ({', '.join(run.halves)}).")
    broken = []
    for half, group, metric, floor in rows:
        part, _, name = group.partition(" ")
        figures = run.record["figures"][half][part]
        figure = (figures.get(name, {}) if name else figures).get(metric) or {"value": None, "n": 0}
        higher = ALL_FIGURES[metric][2]
        value, bound = figure["value"], "floor" if higher else "ceiling"
        if value is None:
            broken.append(f"{half}, {group}: {metric} was not scored (n = 0), the floor is {floor}")
        elif (value < floor - 1e-12) if higher else (value > floor + 1e-12):
            broken.append(f"{half}, {group}: {metric} is {value:.3f} (n = {figure['n']}), the {bound} is {floor}")
    return broken


def compare_runs(a: Run, b: Run) -> Comparison:
    """The change from *a* to *b* over the cases that are the same in both, overall and per category.

    Only metrics that changed on some case are given. Binary metrics are tested by McNemar's exact test, shares by the
    paired bootstrap (see :func:`evals.stats.paired_difference`), figures of groups by :func:`evals.groups.group_differences`.
    Flipped cases are those whose ``correct`` changed.
    """
    left, right = ({(result.id, result.digest): result for result in run.results} for run in (a, b))
    pairs = [(left[key], right[key]) for key in left if key in right]
    groups = {"overall": pairs}
    for category in sorted({before.category for before, _ in pairs}):
        groups[f"category {category}"] = [pair for pair in pairs if pair[0].category == category]
    deltas = [delta for group, members in groups.items() for delta in _deltas(group, members)]
    flipped = [
        (before.id, before.category, before.values["correct"] or 0.0, after.values["correct"] or 0.0)
        for before, after in pairs
        if before.values["correct"] != after.values["correct"]
    ]
    described = ("cases", "corpus", "index", "settings", "versions", "commit", "code", "seed")
    differs = [name for name in described if a.record.get(name) != b.record.get(name)]
    unpaired = len(left) + len(right) - 2 * len(pairs)
    return Comparison(tuple(deltas), tuple(flipped), tuple(differs), unpaired)


def _deltas(group: str, pairs: list[tuple[CaseResult, CaseResult]]) -> list[Delta]:
    means = [delta for metric in METRICS if (delta := _delta(group, metric, pairs))]
    before, after = ([pair[side] for pair in pairs] for side in (0, 1))
    groups = [Delta(group, name, *found) for name, found in group_differences(outcomes_of(before), outcomes_of(after)).items()]
    # Confidences differ in the last digits when the same texts were embedded in other batches; that is no change.
    return means + [delta for delta in groups if abs(delta.after - delta.before) >= _VISIBLE]


def _delta(group: str, metric: str, pairs: list[tuple[CaseResult, CaseResult]]) -> Delta | None:
    scored = [(x, y) for before, after in pairs if (x := before.values[metric]) is not None and (y := after.values[metric]) is not None]
    if all(abs(x - y) < 1e-12 for x, y in scored):
        return None
    first, second = [x for x, _ in scored], [y for _, y in scored]
    _, low, high, p = paired_difference(first, second)
    return Delta(group, metric, sum(first) / len(first), sum(second) / len(second), low, high, p, len(scored))
