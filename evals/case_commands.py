"""The commands that make and check cases. The object of their context is a function that gives the settings."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from assistant.feedback import FEEDBACK_FILE, read_feedback
from evals.authoring import DRAFTS_FILE, append_cases, author_case, check_category, draft_cases, known_cases
from evals.cases import DEFAULT_CASES, CaseError, PastTurn, check_cases, json_schema, load_cases, read_corpus
from evals.importing import Format, import_cases, read_rows
from ingest.editorial import LANGUAGES
from ingest.settings import Settings

app = typer.Typer()
out, err = Console(), Console(stderr=True)


def _settings(context: typer.Context) -> Settings:
    settings = context.obj()
    assert isinstance(settings, Settings)
    return settings


@app.command()
def schema() -> None:
    """Print the JSON Schema of a case (one line of a case file)."""
    print(json.dumps(json_schema(), indent=2))


@app.command()
def validate(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(help="Case files or folders; all of them by default.")] = None,
) -> None:
    """Check cases: schema, unique ids, gold quotations verbatim in the documents."""
    canonical = read_corpus(_settings(context).corpus_dir)
    cases = [located for path in paths or [DEFAULT_CASES] for located in load_cases(path)]
    faults = check_cases(cases, canonical)
    if faults:
        for fault in faults:
            err.print(fault, style="red", markup=False, highlight=False)
        raise typer.Exit(1)
    quotes = sum(len(located.case.gold) for located in cases)
    out.print(f"{len(cases)} cases with {quotes} gold quotations: all valid.")


def _detector(settings: Settings) -> Callable[[str], str]:
    """Tells the language of a question; the index is opened for the first one only."""
    from assistant.core import Assistant
    from assistant.language import LanguageDetector

    @cache
    def opened() -> LanguageDetector:
        return LanguageDetector(Assistant.open(settings).index)

    return lambda question: opened().detect(question)


def _past(text: str | None) -> tuple[PastTurn, ...]:
    try:
        return TypeAdapter(tuple[PastTurn, ...]).validate_json(text or "[]")
    except ValidationError:
        raise CaseError('--history must be JSON such as [{"role": "user", "content": "…"}]. Correct it and try again.') from None


def _case_file(path: Path) -> Path:
    if path.suffix != ".jsonl":
        raise CaseError(f"{path} is not named as case files are. Name a file that ends in .jsonl.")
    return path


@app.command("new")
def new(
    context: typer.Context,
    cases: Annotated[
        Path | None, typer.Option("--cases", help="The file to append to; without it evals/cases/dev/LANGUAGE.jsonl.", show_default=False)
    ] = None,
    language: Annotated[str | None, typer.Option(help="en, es, pt or fr; without it the language of the question.")] = None,
    category: Annotated[str | None, typer.Option(help="What is tested, such as fact; without it you are asked.")] = None,
    history: Annotated[str | None, typer.Option(help='Turns before the question, as JSON: [{"role": "user", "content": "…"}].')] = None,
) -> None:
    """Make a case at the terminal: ask, mark what a complete answer rests on among numbered passages, keep it.

    Answers are read from standard input, so that a script can give them. Nothing is written before the last yes.
    """
    from assistant.core import Assistant  # here and not above: the help starts without the libraries of the index

    turns = _past(history)
    if language and language not in LANGUAGES:
        raise CaseError(f"The language {language!r} is not known. Use one of: {', '.join(LANGUAGES)}.")
    category = check_category(category) if category else None
    target = _case_file(cases) if cases else None
    known = known_cases(target or DEFAULT_CASES)
    assistant = Assistant.open(_settings(context))
    try:
        case = author_case(out, assistant, known, history=turns, language=language, category=category)
        target = target or DEFAULT_CASES / "dev" / f"{case.language}.jsonl"
        out.print_json(json.dumps(case.model_dump(mode="json", exclude_defaults=True)))
        keep = typer.confirm(f"Append to {target}?", default=True)
    except (typer.Abort, KeyboardInterrupt):
        err.print("\nNothing was written.")
        raise typer.Exit(1) from None
    if not keep:
        err.print("Nothing was written.")
        raise typer.Exit(1)
    append_cases(target, [case])
    out.print(f"{case.id} was added to {target}.", markup=False, highlight=False, soft_wrap=True)


@app.command("from-feedback")
def from_feedback(
    context: typer.Context,
    path: Annotated[Path | None, typer.Argument(help="A feedback file; that of the data folder by default.", show_default=False)] = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="The file of drafts; drafts.jsonl in the data folder by default.", show_default=False)
    ] = None,
) -> None:
    """Draft cases from what readers said of answers; a second time adds nothing.

    *Good*: what the answer cites becomes gold, and an abstention an unanswerable case. *Bad*: a draft of category `draft`, with the
    comment and the citations in its notes; `validate` and `run` refuse it until you give it gold and a category. Look at all of them,
    then move their lines into a file in evals/cases.
    """
    settings = _settings(context)
    target = _case_file(to or settings.data_dir / DRAFTS_FILE)
    feedback = read_feedback(path or settings.data_dir / FEEDBACK_FILE)
    made = draft_cases(feedback, known_cases(target), read_corpus(settings.corpus_dir))
    if made.ready or made.drafts:
        append_cases(target, [*made.ready, *made.drafts])
    out.print(
        f"{len(made.ready)} case(s) and {len(made.drafts)} draft(s) added to {target}.", markup=False, highlight=False, soft_wrap=True
    )
    out.print(f"{made.duplicates} judgement(s) skipped: the question is asked already.", highlight=False)
    if made.drafts:
        out.print("Drafts have no gold yet: validate and run refuse the file until they are finished.", highlight=False)


@app.command("import")
def import_(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="A folder in the format of BEIR, a CSV table or an Excel workbook (its first sheet).")],
    to: Annotated[Path, typer.Option("--to", help="The case file to append to; made when missing.")],
    form: Annotated[Format | None, typer.Option("--format", help="Without it the extension decides; a folder is BEIR.")] = None,
    document: Annotated[
        str | None, typer.Option("--source", help="Id of the document that is quoted; without it all are searched.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Write the good rows although others are bad.")] = False,
) -> None:
    """Make cases of a BEIR folder or of a CSV or Excel table; all rows or, unless `--skip-bad`, none.

    **Tables.** The first row names the columns, in any order and case; only `question` must be there.

    - `language`: en, es, pt, fr; empty: told from the question
    - `category`: empty: fact, follow-up (with history) or unanswerable
    - `answerable`: true, false, yes, no, 1, 0; empty: true. Answerable rows need gold
    - `gold`, `acceptable`: quotations, several separated by `|` or a new line in the cell
    - `source`: id of the document they stand in; empty: all are searched
    - `must_not_claim`: strings, separated in the same way
    - `notes`, `id` (empty: made), `history`: JSON, a list of objects with role (user, assistant) and content

    CSV is UTF-8, separated by comma, semicolon or tab.

    **BEIR.** corpus.jsonl, queries.jsonl, qrels/test.tsv. Every document judged relevant becomes gold, if it stands in our documents;
    `metadata.answerable: false` makes an unanswerable case; `metadata.history` is kept.

    Quotations may differ from the documents in spacing, quotation marks and dashes; they are kept as the documents have them.
    """
    settings = _settings(context)
    target = _case_file(to)
    canonical = read_corpus(settings.corpus_dir)
    if document and document not in canonical:
        raise CaseError(f"There is no document {document!r} at hand. There are: {', '.join(sorted(canonical))}.")

    made = import_cases(read_rows(source, form), known_cases(target), canonical, _detector(settings), document)
    for problem in made.problems:
        err.print(f"{source}, {problem}", style="red", markup=False, highlight=False, soft_wrap=True)
    if made.problems and not (skip_bad and made.cases):
        total = len(made.problems) + len(made.cases)
        advice = "Mend them, or write the others with --skip-bad." if made.cases else "Mend them and try again."
        raise CaseError(f"{len(made.problems)} of {total} rows cannot be imported; nothing was written. {advice}")
    append_cases(target, made.cases)
    skipped = f"; {len(made.problems)} bad row(s) left out" if made.problems else ""
    out.print(f"{len(made.cases)} case(s) added to {target}{skipped}.", markup=False, highlight=False, soft_wrap=True)
