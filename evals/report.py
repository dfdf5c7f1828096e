"""A run as Markdown and as JUnit XML; the HTML page is in :mod:`evals.page`."""

import re
from typing import Any
from xml.etree import ElementTree

from evals.console import SHOWN, show, show_ms
from evals.judge_report import judge_section
from evals.page import html_report as page
from evals.records import ALL_FIGURES, CaseResult, Run

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 has no character for
FigureTable = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def html_report(run: Run) -> str:
    """The HTML page, with the section of the optional judge at its end where the run was judged."""
    return page(run).replace("</main>", f"{judge_section(run)}</main>")


def figure_tables(run: Run) -> list[FigureTable]:
    """(title, columns, rows) of the tables of the Markdown report."""
    tables: list[FigureTable] = []
    for half in run.halves:
        figures = run.record["figures"][half]
        columns = ("Group", *(ALL_FIGURES[name][0] for name in SHOWN))
        rows: list[tuple[str, ...]] = [("overall", *(show(figures["overall"][name]) for name in SHOWN))]
        for part in ("category", "language"):
            rows += [(f"{part} {name}", *(show(values[metric]) for metric in SHOWN)) for name, values in figures[part].items()]
        tables.append((f"The {half} half", columns, rows))
        every: list[tuple[str, ...]] = [(entry[0], show(figures["overall"][name]), entry[1]) for name, entry in ALL_FIGURES.items()]
        every += [("Latency", show_ms(name, figure), "wall time of one question") for name, figure in figures["latency_ms"].items()]
        tables.append((f"All figures of the {half} half", ("Figure", "Value", "Definition"), every))
    return tables


def markdown_report(run: Run) -> str:
    """The figures as Markdown, and the dev cases that are not correct with what they miss."""
    parts = [f"# Evaluation run {run.name}", f"{run.record['created']}, commit {run.record.get('commit')}, {len(run.results)} cases."]
    for title, columns, rows in figure_tables(run):
        lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in (columns, *rows)]
        lines.insert(1, "|" + " --- |" * len(columns))
        parts += [f"## {title}", "\n".join(lines)]
    if wrong := [result for result in run.results if result.open and not result.values["correct"]]:
        parts += ["## Cases that are not correct", "\n".join(_wrong(result) for result in wrong)]
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _wrong(result: CaseResult) -> str:
    assert result.open is not None
    missing = "".join(f"\n  - missing: {_cell(quote)}" for quote in result.open["missing"])
    return f"- `{result.id}` ({result.category}, {result.status}): {_cell(result.open['case']['question'])}{missing}"


def junit_report(run: Run) -> str:
    """JUnit XML: a test case per case, failed when it is not correct; cases of the unseen half give no text away.

    The elements and attributes are those of the schema that Jenkins, GitLab and GitHub actions read (testsuites, testsuite,
    testcase, failure, error), with times in seconds.
    """
    root = ElementTree.Element("testsuites", {"name": f"evals {run.name}", **_counts(run.results)})
    for half in run.halves:
        chosen = [result for result in run.results if result.half == half]
        stamp = str(run.record["created"])[:19]
        suite = ElementTree.SubElement(root, "testsuite", {"name": half, "timestamp": stamp, "skipped": "0", **_counts(chosen)})
        for result in chosen:
            names = {"classname": f"{half}.{result.category}", "name": _clean(result.id), "time": _seconds([result])}
            case = ElementTree.SubElement(suite, "testcase", names)
            if not result.values["correct"]:
                kind = "error" if result.status == "error" else "failure"
                message = f"status {result.status}, not correct"
                reason = ElementTree.SubElement(case, kind, message=message, type=result.category)
                if result.open:
                    lines = [result.open["case"]["question"], *(f"missing: {quote}" for quote in result.open["missing"])]
                    reason.text = _clean("\n".join(lines))
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _counts(results: Any) -> dict[str, str]:
    wrong = [result for result in results if not result.values["correct"]]
    errors = sum(result.status == "error" for result in wrong)
    counts = {"tests": len(results), "failures": len(wrong) - errors, "errors": errors}
    return {name: str(count) for name, count in counts.items()} | {"time": _seconds(results)}


def _seconds(results: Any) -> str:
    return f"{sum(result.latency_ms for result in results) / 1000:.4f}"


def _clean(text: str) -> str:
    """The text without what XML 1.0 forbids."""
    return _FORBIDDEN.sub("", text)
