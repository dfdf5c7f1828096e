"""What a judge's ratings look like: a section of the HTML report, and tables on the console."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from rich.console import Console

from evals.console import table
from evals.judge import SCALES, Rated, chosen, digest_of, prompt_sha256, read_judgement
from evals.records import Run
from ingest.errors import UserError

WARNING = (
    "These are the opinions of a language model, not measurements: they enter no gate and no other figure. A provider may change a model "
    "under the same name, so the scores drift; compare only runs judged by the same model under the same prompt, and read them beside the "
    "agreement with the labels of evals/judge_sample.jsonl, a small sample labelled by hand by one annotator, the author of its items."
)
SELF = "The judge is the model that wrote the answers; models rate their own text too well (Panickssery et al., 2024)."


def judge_section(run: Run) -> str:
    """The section "Judge (optional)" of the report; nothing when the run was not judged."""
    try:
        made = read_judgement(run.folder)
    except UserError as error:
        return f"<h2>Judge (optional)</h2><p>{escape(str(error))}</p>"
    if made is None:
        return ""
    said = [WARNING, *notes(run, made)]
    facts = f"Model {made['model']}, temperature {made['settings']['temperature']}, {made['created']}; prompt version "
    facts += f"{made['prompt_version']} (sha256 {made['prompt_sha256'][:12]})."
    tables = _table("Ratings of the dev answers, 1 to 5", ("Scale", "Mean", "95 % interval", "n"), rating_rows(made))
    columns = ("Scale", "Weighted kappa", "Spearman", "Exact", "n")
    tables += _table("Agreement with the labels made by hand", columns, agreement_rows(made))
    rows = [
        (r.id, r.category, r.language, _show(r.fluency, 0), _show(r.usefulness, 0), r.reason or "not understood") for r in _ratings(made)
    ]
    each = _table("Each answer", ("Case", "Category", "Language", "Fluency", "Usefulness", "Reason"), rows)
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in (facts, *said))
    return f"<h2>Judge (optional)</h2>{paragraphs}{tables}<details><summary>Ratings and reasons</summary>{each}</details>"


def print_judgement(console: Console, run: Run, made: Mapping[str, Any]) -> None:
    """The same for people at a terminal."""
    console.print(table(f"{run.name}: ratings by {made['model']}, 1 to 5", ("", "Mean", "95 % interval", "n"), rating_rows(made)))
    columns = ("", "Weighted kappa", "Spearman", "Exact", "n")
    console.print(table("Agreement with the labels made by hand", columns, agreement_rows(made)))
    for text in (*notes(run, made), WARNING):
        console.print(text, markup=False, highlight=False)


def notes(run: Run, made: Mapping[str, Any]) -> list[str]:
    """What a reader of the ratings has to know of them beside :data:`WARNING`."""
    current = {result.id: digest_of(material) for result, material in chosen(run)}
    stale = sum(current.get(rated.id) != rated.digest for rated in _ratings(made))
    unread = (
        f"{made['unscored']} reply or replies on this run and {made['agreement'].get('unscored', 0)} on the sample could not be understood."
    )
    return [
        f"{len(_ratings(made))} of {len(current)} dev answers were sent to the judge. {unread}",
        *(["The judge was stopped before it was through."] if not made["finished"] else []),
        *([f"{stale} rating(s) are of answers that have changed since; judge again."] if stale else []),
        *(["The prompt has changed since; judge again."] if made["prompt_sha256"] != prompt_sha256() else []),
        *([f"The provider says that it was answered by: {', '.join(made['answered_by'])}."] if made["answered_by"] else []),
        *([SELF] if made["wrote_the_answers"] else []),
    ]


def rating_rows(made: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Scale, mean, interval and n."""
    figures = ((scale, made["figures"][scale]) for scale in SCALES)
    return [(scale, _show(f["value"]), f"{_show(f['low'])}–{_show(f['high'])}" if f["n"] else "–", str(f["n"])) for scale, f in figures]


def agreement_rows(made: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Scale, quadratic-weighted kappa, Spearman's rank correlation, share of equal ratings and n."""
    found = made["agreement"]
    rows = ((scale, found[scale]) for scale in SCALES if scale in found)
    return [(s, _show(f["kappa"]), _show(f["spearman"]), _show(f["exact"]["value"]), str(found["n"])) for s, f in rows]


def _ratings(made: Mapping[str, Any]) -> list[Rated]:
    return [Rated(**entry) for entry in made["ratings"]]


def _show(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>' for first, *cells in rows
    )
    table = f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}">{table}</div>'
