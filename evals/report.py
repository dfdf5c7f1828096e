"""A run as one self-contained HTML page, as Markdown and as JUnit XML."""

import json
from html import escape
from string import Template
from typing import Any
from xml.etree import ElementTree

from evals.console import SHOWN, show
from evals.metrics import METRICS
from evals.records import ALL_FIGURES, CaseResult, Run

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:76rem;padding:1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}table{border-collapse:collapse;width:100%;font-size:.875rem}
.scroll{overflow-x:auto}caption{text-align:left;font-weight:600;padding:.4rem 0}thead th{background:#eef1f4}
th,td{border:1px solid #c4c4c4;padding:.3rem .5rem;text-align:left;vertical-align:top}
figure{margin:1rem 0;display:inline-block;max-width:100%}img{max-width:100%;height:auto}
.good{color:#14602a}.bad{color:#a11212;font-weight:600}mark{background:#ffe08a;color:#1a1a1a}.miss{background:#fbdcdc;color:#1a1a1a}
details pre{white-space:pre-wrap;font:inherit;margin:.3rem 0}summary{cursor:pointer}
form{display:flex;gap:1rem;flex-wrap:wrap;margin:.5rem 0}input,select{font:inherit;padding:.2rem .4rem;border:1px solid #666}
:focus-visible{outline:3px solid #1b5e9b;outline-offset:2px}
"""
_SCRIPT = """
const rows=[...document.querySelectorAll('#cases tbody tr')],[text,group,only,count]=['find','group','only','count'].map(
id=>document.getElementById(id));
function filter(){let n=0;const q=text.value.toLowerCase();for(const row of rows){
const ok=(!q||row.textContent.toLowerCase().includes(q))&&(!group.value||row.dataset.category===group.value)&&
(!only.checked||row.dataset.correct==='0');row.hidden=!ok;if(ok)n++;}
count.textContent=n+' of '+rows.length+' cases';}
for(const e of [text,group,only])e.addEventListener('input',filter);
document.querySelector('form').addEventListener('submit',e=>e.preventDefault());filter();
"""
_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';img-src data:;style-src 'unsafe-inline';script-src 'unsafe-inline'">
<title>Evaluation $name</title><style>$style</style></head><body><main>
<h1>Evaluation run $name</h1>
<p>$created, commit $commit, $n cases. Figures are means with 95 % bootstrap intervals; n counts the scored cases.</p>
$tables
<h2>Plots</h2>$plots
<h2>Cases</h2>
<form role="search" aria-label="Filter the cases"><label>Search <input id="find" type="search"></label>
<label>Category <select id="group"><option value="">all</option>$options</select></label>
<label><input id="only" type="checkbox"> only those that are not correct</label><output id="count"></output></form>
<div class="scroll" tabindex="0" role="region" aria-label="Table of cases"><table id="cases"><thead><tr>$head</tr></thead>
<tbody>$rows</tbody></table></div>
<h2>How this run was made</h2><details><summary>Corpus, index, settings, versions</summary><pre>$record</pre></details>
</main><script>$script</script></body></html>
""")
_COLUMNS = ("Case", "Category", "Language", "Status", "Correct", "Recall", "Precision", "ms", "Question, answer and gold")
FigureTable = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def figure_tables(run: Run) -> list[FigureTable]:
    """(title, columns, rows) of the tables that every form of report shows."""
    tables: list[FigureTable] = []
    for half in run.halves:
        figures = run.record["figures"][half]
        columns = ("Group", *(METRICS[name][0] for name in SHOWN))
        rows: list[tuple[str, ...]] = [("overall", *(show(figures["overall"][name]) for name in SHOWN))]
        for part in ("category", "language"):
            rows += [(f"{part} {name}", *(show(values[metric]) for metric in SHOWN)) for name, values in figures[part].items()]
        tables.append((f"The {half} half", columns, rows))
        every: list[tuple[str, ...]] = [(entry[0], show(figures["overall"][name]), entry[1]) for name, entry in ALL_FIGURES.items()]
        latency = (figures["latency_ms"] or {}).items()
        every += [(f"Latency {name}", f"{value:.1f} ms", "wall time of one question") for name, value in latency]
        tables.append((f"All figures of the {half} half", ("Figure", "Value", "Definition"), every))
    return tables


def html_report(run: Run) -> str:
    """The page; it loads nothing, and its policy forbids it to."""
    from evals.plots import make_plots

    tables = "".join(_table(*table) for table in figure_tables(run))
    plots = "".join(
        f'<figure><figcaption>{escape(title)}</figcaption><img src="{uri}" alt="{escape(said)}"></figure>'
        for title, said, uri in make_plots(run.results)
    )
    record = {key: value for key, value in run.record.items() if key != "figures"}
    return _PAGE.substitute(
        name=escape(run.name),
        created=escape(str(run.record["created"])),
        commit=escape(str(run.record.get("commit") or "unknown")[:12]),
        n=len(run.results),
        style=_STYLE,
        script=_SCRIPT,
        tables=tables,
        plots=plots,
        options="".join(f"<option>{escape(name)}</option>" for name in sorted({result.category for result in run.results})),
        head=_heads(_COLUMNS),
        rows="".join(_row(result) for result in run.results),
        record=escape(json.dumps(record, indent=2, ensure_ascii=False)),
    )


def _heads(columns: tuple[str, ...]) -> str:
    return "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>' for first, *cells in rows
    )
    table = f"<table><caption>{escape(title)}</caption><thead><tr>{_heads(columns)}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}">{table}</div>'


def _row(result: CaseResult) -> str:
    correct = result.values["correct"]
    verdict = '<td class="good">yes</td>' if correct else '<td class="bad">no</td>'
    values = (result.values[name] for name in ("quote_recall", "citation_precision"))
    shares = "".join(f"<td>{'–' if value is None else format(value, '.2f')}</td>" for value in values)
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in (result.category, result.language, result.status))
    detail = _detail(result.open) if result.open else "a case of the unseen half: only its figures are kept"
    return (
        f'<tr data-category="{escape(result.category)}" data-correct="{int(bool(correct))}"><th scope="row">{escape(result.id)}</th>'
        f"{cells}{verdict}{shares}<td>{result.latency_ms:.0f}</td><td>{detail}</td></tr>"
    )


def _detail(shown: dict[str, Any]) -> str:
    case, answer = shown["case"], shown["answer"]
    missing = set(shown["missing"])
    turns = "".join(f"<p>{escape(turn['role'])}: {escape(turn['content'])}</p>" for turn in case["history"])
    gold = "".join(
        f'<li><span class="miss"><strong>missing:</strong> {escape(entry["quote"])}</span></li>'
        if entry["quote"] in missing
        else f"<li>{escape(entry['quote'])}</li>"
        for entry in case["gold"]
    )
    cited = "".join(
        f"<li>[{citation['number']}] {escape(citation['locator'])}: "
        + (f"<mark><strong>extra:</strong> {escape(citation['quote'])}</mark>" if extra else escape(citation["quote"]))
        + "</li>"
        for citation in answer["citations"]
        for extra in [case["answerable"] and citation["number"] in shown["extra"]]
    )
    return (
        f"<details><summary>{escape(case['question'])}</summary>{turns}"
        f"<p><strong>Answer</strong> (confidence {answer['confidence']:.2f})</p><pre>{escape(answer['text'])}</pre>"
        + (f"<p><strong>Gold</strong></p><ul>{gold}</ul>" if gold else "<p><strong>Gold</strong>: none; the documents do not answer.</p>")
        + (f"<p><strong>Citations</strong></p><ul>{cited}</ul>" if cited else "")
        + "</details>"
    )


def markdown_report(run: Run) -> str:
    """The tables as Markdown."""
    parts = [f"# Evaluation run {run.name}", f"{run.record['created']}, commit {run.record.get('commit')}, {len(run.results)} cases."]
    for title, columns, rows in figure_tables(run):
        lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (columns, *rows)]
        lines.insert(1, "|" + " --- |" * len(columns))
        parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def junit_report(run: Run) -> str:
    """JUnit XML: a test case per case, failed when it is not correct; cases of the unseen half give no text away."""
    root = ElementTree.Element("testsuites", name=f"evals {run.name}")
    for half in run.halves:
        chosen = [result for result in run.results if result.half == half]
        wrong = [result for result in chosen if not result.values["correct"]]
        errors = sum(result.status == "error" for result in wrong)
        counts: dict[str, Any] = {"tests": str(len(chosen)), "failures": str(len(wrong) - errors), "errors": str(errors)}
        suite = ElementTree.SubElement(root, "testsuite", name=half, **counts)
        for result in chosen:
            seconds = f"{result.latency_ms / 1000:.4f}"
            case = ElementTree.SubElement(suite, "testcase", classname=f"{half}.{result.category}", name=result.id, time=seconds)
            if result in wrong:
                kind = "error" if result.status == "error" else "failure"
                reason = ElementTree.SubElement(case, kind, message=f"status {result.status}, not correct")
                if result.open:
                    reason.text = _clean("\n".join([result.open["case"]["question"], *(f"missing: {q}" for q in result.open["missing"])]))
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _clean(text: str) -> str:
    """The text without the control characters that XML 1.0 forbids."""
    return "".join(char for char in text if char in "\t\n" or char >= " ")
