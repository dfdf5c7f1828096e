"""The plots of a report, as SVG in data URIs."""

import base64
import io
from collections.abc import Sequence
from typing import Any

from evals.metrics import ANSWERED
from evals.records import CaseResult, grouped
from evals.stats import reliability

_BARS = (("complete", "#1b5e9b"), ("quote_recall", "#c25700"), ("citation_precision", "#3c7a3c"), ("abstention", "#7a4a9e"))


def make_plots(results: Sequence[CaseResult]) -> list[tuple[str, str, str]]:
    """(title, description for those who do not see it, data URI) of each plot."""
    import matplotlib

    # Fixed salt and no date: the same run gives the same file. Text stays text.
    with matplotlib.rc_context({"svg.hashsalt": "evals", "svg.fonttype": "none", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3}):
        return [
            _bars("Figures by category", grouped(results, lambda result: result.category)),
            _bars("Figures by language", grouped(results, lambda result: result.language)),
            _reliability(results),
            _latency(results),
            _trade(results),
        ]


def _figure(width: float = 6.0, height: float = 3.4) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _uri(figure: Any) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode()


def _bars(title: str, groups: dict[str, Any]) -> tuple[str, str, str]:
    figure, axes = _figure(10.0)
    said = []
    for position, (metric, colour) in enumerate(_BARS):
        scored = [(place, values[metric]) for place, values in enumerate(groups.values()) if values[metric].n]
        heights = [figure.value for _, figure in scored]
        errors = [[f.value - f.low for _, f in scored], [f.high - f.value for _, f in scored]]
        places = [place + (position - 1.5) * 0.2 for place, _ in scored]
        if scored:
            name = metric.replace("_", " ")
            axes.bar(places, heights, 0.19, yerr=errors, color=colour, label=name, capsize=2, error_kw={"lw": 0.8})
            said += [f"{list(groups)[place]} {name} {f.value:.2f}" for place, f in scored]
    axes.set_xticks(range(len(groups)), [name.replace(" ", "\n").replace("-", "-\n") for name in groups])
    axes.set_ylim(0, 1.05)
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside upper right", ncols=4, fontsize=8)
    return title, f"Bars with 95 % intervals: {'; '.join(said)}.", _uri(figure)


def _reliability(results: Sequence[CaseResult]) -> tuple[str, str, str]:
    given = [result for result in results if result.status in ANSWERED and result.category != "smalltalk"]
    bins = reliability([result.confidence for result in given], [result.values["complete"] or 0.0 for result in given]) if given else []
    figure, axes = _figure()
    axes.plot([0, 1], [0, 1], linestyle="--", color="#555", label="perfect calibration")
    axes.plot([b[0] for b in bins], [b[1] for b in bins], marker="o", color="#1b5e9b", label="given answers, with n per bin")
    for stated, seen, n in bins:
        axes.annotate(str(n), (stated, seen), fontsize=8, xytext=(4, -11), textcoords="offset points")
    axes.set(xlabel="confidence", ylabel="share complete", xlim=(-0.05, 1.08), ylim=(-0.08, 1.05))
    axes.legend(fontsize=8)
    said = "; ".join(f"confidence {stated:.2f}, complete {seen:.2f}, n {n}" for stated, seen, n in bins)
    return "Reliability of the confidence of given answers", f"Per bin: {said or 'no answers'}.", _uri(figure)


def _latency(results: Sequence[CaseResult]) -> tuple[str, str, str]:
    values = sorted(result.latency_ms for result in results)
    figure, axes = _figure()
    axes.hist(values, bins=30, color="#1b5e9b")
    axes.set(xlabel="milliseconds per question", ylabel="questions")
    middle = values[len(values) // 2] if values else 0.0
    return "Latency", f"Histogram of {len(values)} questions; median {middle:.0f} ms.", _uri(figure)


def _trade(results: Sequence[CaseResult]) -> tuple[str, str, str]:
    figure, axes = _figure()
    said = []
    for name, values in grouped(results, lambda result: result.category).items():
        recall, precision = values["quote_recall"].value, values["citation_precision"].value
        if recall is not None and precision is not None:
            axes.scatter([recall], [precision], label=name, s=30)
            axes.annotate(name, (recall, precision), fontsize=7, xytext=(3, 3), textcoords="offset points")
            said.append(f"{name}: recall {recall:.2f}, precision {precision:.2f}")
    axes.set(xlabel="quote recall", ylabel="citation precision", xlim=(0, 1.1), ylim=(0, 1.1))
    return "Quote recall against citation precision, by category", f"{'; '.join(said) or 'nothing scored'}.", _uri(figure)
