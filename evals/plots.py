"""The plots of a report, as SVG in data URIs."""

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evals.metrics import ANSWERED
from evals.records import CaseResult, grouped
from evals.stats import bootstrap

Plot = tuple[str, str, str]
# Metric, colour (told apart by the colour-blind, too: Wong, "Points of view: Color blindness", 2011), marker.
_SHOWN = (
    ("complete", "#0072b2", "o"),
    ("quote_recall", "#d55e00", "s"),
    ("citation_precision", "#00795a", "^"),
    ("abstention", "#a03c7d", "D"),
)
_MARKERS = "osD^v<>pP*Xhd"
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "evals",  # with the salt fixed and no date the same run gives the same file; text stays text
    "svg.fonttype": "none",
    "font.size": 9.5,
    "axes.grid": True,
    "grid.alpha": 0.35,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
}


def make_plots(results: Sequence[CaseResult]) -> list[Plot]:
    """(title, description for those who do not see it, data URI) of each plot, all 4.8 inches wide."""
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        return [
            _dots("By category", results, lambda result: result.category),
            _dots("By language", results, lambda result: result.language),
            _trade(results),
            _reliability(results),
            _latency(results),
        ]


def _figure(height: float = 3.6) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.8, height), layout="constrained")
    return figure, figure.add_subplot()


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def _uri(figure: Any) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode()


def _dots(title: str, results: Sequence[CaseResult], key: Callable[[CaseResult], str]) -> Plot:
    """Per group and metric the mean as a dot with its interval as a line."""
    groups = grouped(results, key)
    rows = {name: values for name, values in groups.items() if any(values[metric].n for metric, _, _ in _SHOWN)}
    figure, axes = _figure(1.3 + 0.52 * len(rows))
    said = []
    for position, (metric, colour, marker) in enumerate(_SHOWN):
        label = metric.replace("_", " ")
        scored = [(place, name, values[metric]) for place, (name, values) in enumerate(rows.items()) if values[metric].n]
        places = [place + (position - 1.5) * 0.19 for place, _, _ in scored]
        axes.hlines(places, [f.low for _, _, f in scored], [f.high for _, _, f in scored], color=colour, linewidth=1.4, alpha=0.65)
        axes.plot([f.value for _, _, f in scored], places, marker, color=colour, markersize=4.5, label=label)
        said += [f"{name} {label} {f.value:.2f} (n {f.n})" for _, name, f in scored]
    axes.set_yticks(range(len(rows)), [_short(name) for name in rows])
    axes.set(xlim=(-0.02, 1.03), ylim=(len(rows) - 0.45, -0.55), xlabel="share, with 95 % interval")
    axes.grid(visible=False, axis="y")
    for edge in range(1, len(rows)):
        axes.axhline(edge - 0.5, color="#ddd", linewidth=0.7)
    figure.legend(loc="outside upper center", ncols=2, fontsize=8.5, frameon=False)
    return title, f"Dots with 95 % intervals: {'; '.join(said) or 'nothing scored'}.", _uri(figure)


def _reliability(results: Sequence[CaseResult], bins: int = 10) -> Plot:
    given = [result for result in results if result.status in ANSWERED and result.category != "smalltalk"]
    figure, axes = _figure()
    axes.plot([0, 1], [0, 1], linestyle="--", color="#555", linewidth=1, label="perfect calibration")
    said = []
    for number in range(bins):
        inside = [result for result in given if min(int(result.confidence * bins), bins - 1) == number]
        if not inside:
            continue
        stated, seen = float(np.mean([result.confidence for result in inside])), bootstrap(r.values["complete"] or 0.0 for r in inside)
        axes.vlines(stated, seen.low, seen.high, color="#0072b2", alpha=0.6, linewidth=1.4)
        axes.plot(stated, seen.value, "o", color="#0072b2", markersize=3 + len(inside) ** 0.5 * 0.7)
        axes.annotate(str(seen.n), (stated, -0.07), fontsize=8, ha="center", color="#444")
        said.append(f"confidence {stated:.2f}, complete {seen.value:.2f}, n {seen.n}")
    axes.set(xlabel="confidence (mean of the bin)", ylabel="share complete", xlim=(-0.03, 1.03), ylim=(-0.1, 1.05))
    axes.annotate("n", (-0.02, -0.07), fontsize=8, color="#444")
    axes.legend(fontsize=8.5, loc="lower right", bbox_to_anchor=(1, 0.1), frameon=False)
    return "Reliability of the confidence", f"Per bin: {'; '.join(said) or 'no answers'}.", _uri(figure)


def _latency(results: Sequence[CaseResult]) -> Plot:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    values = np.array(sorted(max(result.latency_ms, 0.01) for result in results) or [1.0])
    figure, axes = _figure()
    axes.hist(values, bins=np.geomspace(values[0] * 0.9, values[-1] * 1.1, 31), color="#0072b2", edgecolor="white", linewidth=0.4)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_formatter(FuncFormatter(lambda x, _: f"{x:g}") if values[-1] / values[0] < 30 else NullFormatter())
    for share, style in ((50, "-"), (95, "--")):
        at = float(np.percentile(values, share))
        axes.axvline(at, color="#d55e00", linestyle=style, linewidth=1.4, label=f"p{share} {at:.0f} ms")
    axes.set(xlabel="milliseconds per question (log scale)", ylabel="questions")
    axes.legend(fontsize=8.5, frameon=False)
    middle, far = (float(np.percentile(values, share)) for share in (50, 95))
    return "Latency", f"Histogram of {len(results)} questions; median {middle:.0f} ms, 95th percentile {far:.0f} ms.", _uri(figure)


def _trade(results: Sequence[CaseResult]) -> Plot:
    figure, axes = _figure(4.2)
    said, least = [], 1.0
    for place, (name, values) in enumerate(grouped(results, lambda result: result.category).items()):
        recall, precision = values["quote_recall"].value, values["citation_precision"].value
        if recall is not None and precision is not None:
            marker = _MARKERS[place % len(_MARKERS)]
            axes.plot(recall, precision, marker, label=_short(name), markersize=8, alpha=0.75, color=f"C{place % 10}", clip_on=False)
            said.append(f"{name}: recall {recall:.2f}, precision {precision:.2f}")
            least = min(least, recall, precision)
    start = max(0.0, np.floor(least * 10 - 0.5) / 10)
    axes.set(xlabel="quote recall", ylabel="citation precision", xlim=(start, 1.005), ylim=(start, 1.005))
    figure.legend(loc="outside upper center", ncols=3, fontsize=8.5, frameon=False)
    return "Quote recall against citation precision", f"By category. {'; '.join(said) or 'Nothing scored'}.", _uri(figure)
