"""``python -m assistant``: ask questions on the command line."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.markup import escape

from assistant.errors import QuestionError
from assistant.types import Answer, Turn
from ingest.editorial import LANGUAGES
from ingest.errors import UserError
from ingest.settings import load_settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Ask about the Regional Strategy and read a cited answer. Needs the index that `python -m ingest` builds.",
)
_err = Console(stderr=True, soft_wrap=True)
_Language = Annotated[str | None, typer.Option("--language", help="Answer in en, es, pt or fr; by default in the question's language.")]


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in English, Spanish, Portuguese or French.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as one JSON object.")] = False,
    jsonl: Annotated[
        str | None, typer.Option("--jsonl", help="Answer every line of a file (`-`: standard input); one JSON line out each.")
    ] = None,
    language: _Language = None,
) -> None:
    """Answer one question, or with --jsonl many: lines with `id`, `question` and optionally `history`.

    Examples:
      python -m assistant ask "What prevention programs exist?"
      python -m assistant ask --json "¿Con qué frecuencia se actualizan los anexos?"
      python -m assistant ask --jsonl cases.jsonl > answers.jsonl
    """
    if (question is None) == (jsonl is None):
        _fail("Give a question, or --jsonl with a file (or - for standard input).", 2)
    _speak_utf8()
    try:
        if jsonl is not None:
            sys.exit(_ask_lines(jsonl, language))
        assistant = _open()
        answer = assistant.answer(question, language=language)
    except UserError as error:
        _fail(str(error))
    print(json.dumps(answer.to_dict(), ensure_ascii=False) if as_json else _readable(answer))


@app.command()
def chat(language: _Language = None) -> None:
    """Hold a conversation; follow-up questions are understood. An empty line or Ctrl-D ends it."""
    _speak_utf8(unreadable="replace")
    try:
        assistant = _open()
        history: list[Turn] = []
        while True:
            try:
                question = input("> ").strip()
            except (EOFError, KeyboardInterrupt):
                return
            if not question:
                return
            try:
                answer = assistant.answer(question, history, language=language)
            except QuestionError as error:
                _err.print(escape(str(error)))
                continue
            print(f"\n{_readable(answer)}\n")
            history += [Turn("user", question), Turn("assistant", answer.text)]
    except UserError as error:
        _fail(str(error))


@app.command()
def agencies(
    topic: Annotated[str | None, typer.Option("--topic", help="Only those that deal with it; in any of the four languages.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="Only those of a country; in any of the four languages.")] = None,
    language: Annotated[str, typer.Option("--language", help="The language of the list around the quotations: en, es, pt or fr.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as one JSON object.")] = False,
) -> None:
    """List the agencies that the documents name or describe, each with the quotations that say so.

    Examples:
      python -m assistant agencies
      python -m assistant agencies --topic prevention --country Honduras
      python -m assistant agencies --language es --json
    """
    from assistant.agencies import describe, select_agencies, to_dict

    if language not in LANGUAGES:
        _fail(f"The language {language!r} is not known. Use one of: {', '.join(LANGUAGES)}.", 2)
    _speak_utf8()
    try:
        index = _open().index
    except UserError as error:
        _fail(str(error))
    listed = select_agencies(index, topic, country)
    print(json.dumps(to_dict(index, listed, language), ensure_ascii=False) if as_json else describe(index, listed, language))


def _open() -> Any:
    from assistant.core import Assistant

    return Assistant.open(load_settings())


def _speak_utf8(unreadable: str = "strict") -> None:
    """Read and write UTF-8 whatever the locale; what UTF-8 cannot write becomes an escape, which JSON reads as it was."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors=unreadable)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")


def _fail(message: str, code: int = 1) -> None:
    _err.print(f"[bold red]Error:[/] {escape(message)}", highlight=False)
    sys.exit(code)


def _readable(answer: Answer) -> str:
    """The answer and, under it, where each citation stands."""
    lines = [answer.text]
    if answer.citations:
        lines.append("")
    for citation in answer.citations:
        page = f", p. {citation.page}" if citation.page else ""
        lines.append(f"[{citation.number}] {citation.locator}{page} (characters {citation.start}-{citation.end})")
    return "\n".join(lines)


def _ask_lines(name: str, language: str | None) -> int:
    """Answer the lines of a file; returns 1 when one could not be answered, and still answers the others."""
    try:
        source: TextIO = sys.stdin if name == "-" else Path(name).open(encoding="utf-8-sig")  # noqa: SIM115
    except OSError as error:
        raise QuestionError(
            f"The file {name} cannot be read ({error.strerror}). Give the path of a JSONL file, or - for standard input."
        ) from None
    assistant = _open()
    failed = 0
    with source:
        for number, identity, question, history, problem in _read_lines(source, name):
            try:
                if problem:
                    raise QuestionError(problem)
                answer = assistant.answer(question, history, language=language)
                print(json.dumps({**answer.to_dict(), "id": identity}, ensure_ascii=False), flush=True)
            except QuestionError as error:
                failed += 1
                _err.print(f"[bold red]Error:[/] line {number}: {escape(str(error))}", highlight=False)
                print(json.dumps({"id": identity, "error": f"line {number}: {error}"}, ensure_ascii=False), flush=True)
    return 1 if failed else 0


def _read_lines(source: TextIO, name: str) -> Iterator[tuple[int, Any, str, list[Turn], str]]:
    """(line number, id, question, history, what is wrong with the line or "") for every line that is not blank."""
    try:
        for number, line in enumerate(source, start=1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, None, "", [], f"this is not JSON ({error})"
                continue
            yield (number, *_entry(entry))
    except UnicodeDecodeError:
        where = "Standard input" if name == "-" else f"The file {name}"
        raise QuestionError(f"{where} is not UTF-8 text. Save it as UTF-8 and try again.") from None


def _entry(entry: object) -> tuple[Any, str, list[Turn], str]:
    if not isinstance(entry, dict):
        return None, "", [], "this is not a JSON object with id and question"
    identity = entry.get("id")
    if not isinstance(entry.get("question"), str):
        return identity, "", [], "the field question is missing or is not a text"
    turns = entry.get("history") or []
    try:
        history = [Turn(turn["role"], turn["content"]) for turn in turns]
    except (TypeError, KeyError):
        return identity, "", [], "history must be a list of objects with role and content"
    if any(turn.role not in ("user", "assistant") or not isinstance(turn.text, str) for turn in history):
        return identity, "", [], "in history a role must be user or assistant, and a content a text"
    return identity, entry["question"], history, ""


if __name__ == "__main__":
    app()
