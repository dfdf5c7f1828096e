"""A run as one self-contained HTML page: it loads nothing, and its policy forbids it to."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from evals.console import SHOWN, show, show_ms
from evals.metrics import ABSTAINED
from evals.page_parts import PAGE, SCRIPT, STYLE
from evals.records import ALL_FIGURES, CaseResult, Run

# The figures of the summary, and those given for every group.
GROUPED = ("complete", "list_completeness", *SHOWN[1:])
CARDS = (
    *("complete", "list_completeness", "citation_precision", "exactness", "abstention", "false_abstention"),
    *("false_premise", "adversarial", "language"),
)
_COLUMNS = ("Case", "Question, answer and gold", "Verdict", "Half", "Category", "Language", "Status", "Recall", "Precision", "ms")
_VERDICTS = {
    "right": "correct",
    "wrong": "not correct",
    "missing": "gold missing",
    "extra": "citations beside the gold",
    "silent": "wrongly silent",
    "spoke": "should be silent",
}
Figures = Mapping[str, Any]


def html_report(run: Run) -> str:
    """The page of *run*: summary, figures by category and language, plots, every case, and how it was made."""
    record = {key: value for key, value in run.record.items() if key != "figures"}
    halves = "".join(_half(half, run) for half in run.halves)
    targets = [(f"{half}-{part}", f"{half}: {part}") for half in run.halves for part in ("summary", "categories", "languages", "plots")]
    links = [*targets, ("all-cases", "cases"), ("record", "how it was made")]
    return PAGE.substitute(
        name=escape(run.name),
        about=escape(_about(run)),
        style=STYLE,
        script=SCRIPT,
        style_hash=_hash(STYLE),
        script_hash=_hash(SCRIPT),
        links="".join(f'<li><a href="#{target}">{escape(label)}</a></li>' for target, label in links),
        halves=halves + _ablation(run),
        selects=_selects(run.results),
        head="".join(f'<th scope="col" aria-sort="none"><button type="button">{escape(column)}</button></th>' for column in _COLUMNS),
        rows="".join(_row(result) for result in run.results),
        record=escape(json.dumps(record, indent=2, ensure_ascii=False)),
    )


def _ablation(run: Run) -> str:
    """What each signal of relevance contributes, where ``evals ablation`` has kept it with the run."""
    path = run.folder / "ablation.json"
    if not path.is_file():
        return ""
    heads = ("Signals", "Complete", "Citation precision", "Confidence AUROC")
    rows = "".join(
        f'<tr><th scope="row">{escape(row["name"])}</th>'
        + "".join(f"<td>{100 * row[name]:.1f} %</td>" for name in ("complete", "precision", "auroc"))
        + "</tr>"
        for row in json.loads(path.read_text(encoding="utf-8"))
    )
    columns = "".join(f'<th scope="col">{head}</th>' for head in heads)
    about = "Both models fitted and tested without the signals named, cross-validated on the development half; single questions only."
    return (
        f'<section id="ablation"><h2>What each signal contributes</h2><p>{about}</p>'
        '<div class="scroll" tabindex="0" role="region" aria-label="What each signal contributes">'
        f'<table class="figures"><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _hash(text: str) -> str:
    """The source expression of a Content-Security-Policy that admits *text* inline."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _about(run: Run) -> str:
    record = run.record
    commit = str(record.get("commit") or "unknown")[:12]
    made = f"{str(record['created'])[:16].replace('T', ' ')} UTC, commit {commit}, {len(run.results)} cases, seed {record.get('seed')}."
    return f"{made} Figures are means with 95 % bootstrap intervals over cases; n counts the cases that a figure scores, – is unscored."


def _half(half: str, run: Run) -> str:
    from evals.plots import make_plots

    figures = run.record["figures"][half]
    cards = "".join(_card(name, figures["overall"][name]) for name in CARDS)
    if median := figures["latency_ms"].get("p50"):
        said = f"95 %: {median['low']:.0f}–{median['high']:.0f} ms, n\u00a0=\u00a0{median['n']}"
        value = f"{median['value']:.0f} ms"
        cards += f'<li><span class="name">Median latency</span><span class="value">{value}</span><span class="soft">{said}</span></li>'
    plots = "".join(
        f'<figure><figcaption>{escape(title)}</figcaption><img src="{uri}" alt="{escape(said)}"></figure>'
        for title, said, uri in make_plots([result for result in run.results if result.half == half])
    )
    return (
        f'<h2 id="{half}-summary">The {half} half</h2><ul class="cards">{cards}</ul>{_every(half, figures)}'
        f'<h3 id="{half}-categories">By category</h3>{_groups(f"{half} half by category", figures, "category")}'
        f'<h3 id="{half}-languages">By language</h3>{_groups(f"{half} half by language", figures, "language")}'
        f'<h3 id="{half}-plots">Plots</h3><div class="plots">{plots}</div>'
    )


def _card(name: str, figure: Figures) -> str:
    heading, definition, higher = ALL_FIGURES[name]
    value = "–" if figure["value"] is None else f"{100 * figure['value']:.1f} %"
    said = _interval(figure, "95 %: ") + ("" if higher else ", less is better")
    return (
        f'<li title="{escape(definition)}"><span class="name">{escape(heading)}</span>'
        f'<span class="value">{value}</span>{_bar(figure)}<span class="soft">{said}</span></li>'
    )


def _bar(figure: Figures) -> str:
    """The value and its interval on a track from 0 to 100."""
    if figure["value"] is None:
        return ""
    value, low, high = (100 * (figure[key] if figure[key] is not None else figure["value"]) for key in ("value", "low", "high"))
    return (
        '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" y="2" width="100" height="2"/>'
        f'<rect class="range" x="{low:.1f}" y="1" width="{max(high - low, 0.2):.1f}" height="4"/>'
        f'<rect class="at" x="{min(max(value - 0.6, 0), 98.8):.1f}" width="1.2" height="6"/></svg>'
    )


def _interval(figure: Figures, before: str = "") -> str:
    if figure["value"] is None:
        return "n\u00a0=\u00a00"
    interval = f"{before}{100 * figure['low']:.1f}–{100 * figure['high']:.1f}, " if figure["low"] is not None else ""
    return f"{interval}n\u00a0=\u00a0{figure['n']}"


def _groups(label: str, figures: Figures, part: str) -> str:
    """Figures per group; the first row is over all."""
    names = [name for name in GROUPED if figures["overall"][name]["n"]]
    heads = "".join(f'<th scope="col">{escape(ALL_FIGURES[name][0])}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{escape(group)}</th>{"".join(_cell(values[name]) for name in names)}</tr>'
        for group, values in [("all", figures["overall"]), *figures[part].items()]
    )
    table = f'<table class="figures"><thead><tr><th scope="col">{part.capitalize()}</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">{table}</div>'


def _cell(figure: Figures) -> str:
    if figure["value"] is None:
        return '<td class="soft">–</td>'
    return f'<td><b>{100 * figure["value"]:.1f} %</b>{_bar(figure)}<span class="soft">{_interval(figure)}</span></td>'


def _every(half: str, figures: Figures) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(heading)}</th><td>{escape(show(figures["overall"][name]))}</td><td>{escape(definition)}</td></tr>'
        for name, (heading, definition, _) in ALL_FIGURES.items()
    )
    latency = "; ".join(show_ms(name, figure) for name, figure in figures["latency_ms"].items())
    rows += f'<tr><th scope="row">Latency</th><td>{escape(latency)}</td><td>wall time of one question</td></tr>'
    head = '<thead><tr><th scope="col">Figure</th><th scope="col">Value</th><th scope="col">Definition</th></tr></thead>'
    region = f'<div class="scroll" tabindex="0" role="region" aria-label="All figures of the {half} half">'
    return (
        f"<details><summary>All figures and their definitions</summary>{region}<table>{head}<tbody>{rows}</tbody></table></div></details>"
    )


def _selects(results: Iterable[CaseResult]) -> str:
    """The choices over the table of cases; only those that leave a choice."""
    values = {name: sorted({getattr(result, name) for result in results}) for name in ("half", "category", "language", "status")}
    options = {name: [(value, value) for value in found] for name, found in values.items() if len(found) > 1}
    made = {"verdict": list(_VERDICTS.items()), **options}
    return "".join(
        f'<label>{name.capitalize()} <select id="{name}"><option value="">all</option>'
        + "".join(f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in found)
        + "</select></label>\n"
        for name, found in made.items()
    )


def _verdict(result: CaseResult) -> tuple[str, str]:
    """(the kinds of :data:`_VERDICTS` that hold, the verdict in words)."""
    values, shown = result.values, result.open
    kinds, words = ["right" if values["correct"] else "wrong"], "correct"
    if not values["correct"]:
        words = "error" if result.status == "error" else "should be silent" if not result.answerable else "not correct"
        kinds += ["spoke"] if words == "should be silent" and result.category != "smalltalk" else []
        if result.answerable and (recall := values["quote_recall"] or 0.0) < 1:
            kinds, total = [*kinds, "missing"], len(shown["case"]["gold"]) if shown else 0
            words = f"{len(shown['missing'])} of {total} missing" if shown else f"{100 * (1 - recall):.0f} % missing"
        if result.answerable and result.status in ABSTAINED:
            kinds, words = [*kinds, "silent"], "wrongly silent"
    if (values["citation_precision"] or 0.0) < 1 and values["citation_precision"] is not None:
        kinds.append("extra")
    return " ".join(kinds), words


def _row(result: CaseResult) -> str:
    kinds, words = _verdict(result)
    values = (result.values[name] for name in ("quote_recall", "citation_precision"))
    shares = "".join("<td>–</td>" if value is None else f"<td>{value:.2f}</td>" for value in values)
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in (result.half, result.category, result.language, result.status))
    detail = _detail(result) if result.open else '<span class="soft">a case of the unseen half: only its figures are kept</span>'
    chosen = "".join(f' data-{name}="{escape(str(getattr(result, name)))}"' for name in ("half", "category", "language", "status"))
    return (
        f'<tr data-verdict="{kinds}"{chosen}><th scope="row">{escape(result.id)}</th><td>{detail}</td>'
        f'<td class="{"good" if result.values["correct"] else "bad"}">{escape(words)}</td>{cells}{shares}'
        f'<td data-sort="{result.latency_ms:.1f}">{result.latency_ms:.0f}</td></tr>'
    )


def _detail(result: CaseResult) -> str:
    """Question, and folded under it the answer, the gold with what is missing, the citations with what is extra."""
    assert result.open is not None
    shown, lang = result.open, escape(result.language)
    case, answer, missing = shown["case"], shown["answer"], set(shown["missing"])
    turns = "".join(f'<p lang="{lang}"><b>{escape(turn["role"])}:</b> {escape(turn["content"])}</p>' for turn in case["history"])
    gold = "".join(
        f'<li class="miss"><strong>missing:</strong> {escape(entry["quote"])}</li>'
        if entry["quote"] in missing
        else f'<li><span class="good">found:</span> {escape(entry["quote"])}</li>'
        for entry in case["gold"]
    )
    cited = "".join(
        f"<li>[{citation['number']}] {escape(citation['locator'])}: "
        + (f'<mark class="extra"><strong>extra:</strong> {escape(citation["quote"])}</mark>' if extra else escape(citation["quote"]))
        + "</li>"
        for citation in answer["citations"]
        for extra in [case["answerable"] and citation["number"] in shown["extra"]]
    )
    facts = f"{result.id}: {_verdict(result)[1]}, {result.category}, {result.language}, {result.status}"
    facts += f", confidence {answer['confidence']:.2f}, {result.latency_ms:.0f} ms"
    return (
        f'<details><summary lang="{lang}">{escape(case["question"])}</summary><p class="soft">{escape(facts)}</p>{turns}'
        f'<p><strong>Answer</strong></p><pre class="answer" lang="{lang}">{escape(answer["text"])}</pre>'
        + (f"<p><strong>Gold</strong></p><ul>{gold}</ul>" if gold else "<p><strong>Gold</strong>: none; the documents do not answer.</p>")
        + (f"<p><strong>Citations</strong></p><ul>{cited}</ul>" if cited else "")
        + (f'<p class="soft">Note of the case: {escape(case["notes"])}</p>' if case["notes"] else "")
        + "</details>"
    )
