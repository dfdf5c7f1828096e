"""A document in two languages: the reader's is quoted. The Spanish version here is made for these tests and is FICTITIOUS."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from asking import turns

from assistant.core import Assistant
from assistant.types import Answer, Plan
from assistant.verify import verify
from assistant.writer import Draft, Writer
from ingest.editorial import Quote
from ingest.settings import Settings
from ingest.types import Document

ROOT = Path(__file__).resolve().parents[2]
VERSION = "strategy-es"
TITLE = "FICTITIOUS Spanish version of the strategy"


def spanish_text(strategy: Document) -> str:
    """The strategy, laid out as it is, with each passage in its working translation, under a line that says what this is."""
    rows = (ROOT / "corpus" / "translations" / "es.jsonl").read_text(encoding="utf-8").splitlines()
    known = {row["text"]: row["translation"] for row in map(json.loads, rows) if row["source"] == "strategy"}
    text = strategy.canonical
    for passage in reversed(strategy.passages):
        text = text[: passage.start] + known.get(passage.text, passage.text) + text[passage.end :]
    return f"FICTITIOUS: this text was made for a test and is no document of the OAS.\n\n{text}"


@pytest.fixture(scope="session")
def spanish(
    tmp_path_factory: pytest.TempPathFactory,
    index_dir: Path,
    settings: Settings,
    strategy: Document,
    run_module: Callable[..., subprocess.CompletedProcess[str]],
) -> Assistant:
    """The shipped corpus with the version added as a user adds it."""
    data = tmp_path_factory.mktemp("versions") / "data"
    shutil.copytree(index_dir, data, ignore=shutil.ignore_patterns("models"))
    (data / "models").symlink_to(index_dir / "models", target_is_directory=True)
    file = data.parent / "estrategia.txt"
    file.write_text(spanish_text(strategy), encoding="utf-8")
    options = ("--id", VERSION, "--version-of", "strategy", "--language", "es", "--title", TITLE, "--short-title", "Estrategia Regional")
    done = run_module("ingest", "add", str(file), *options, ASSISTANT_DATA_DIR=str(data))
    assert done.returncode == 0, done.stdout + done.stderr
    return Assistant.open(settings.model_copy(update={"data_dir": data}))


def bullets(assistant: Assistant, source: str, after: str, before: str) -> list[str]:
    """The bulleted lines of a text between two of its lines."""
    part = assistant.index.canonical[source].partition(after)[2].partition(before)[0]
    return [line.removeprefix("·").strip() for line in part.splitlines() if line.startswith("·")]


def checked(assistant: Assistant, answer: Answer) -> Answer:
    """*answer*, of which every citation stands in its source at its offsets, and no passage and its version are both cited."""
    index = assistant.index
    assert verify(index, list(answer.statements), [*answer.citations, *answer.nearest]) == []
    cited = {citation.passage_id for citation in answer.citations}
    for citation in answer.citations:
        assert index.canonical[citation.source_id][citation.start : citation.end] == citation.quote
        for language in ("en", "es"):
            assert not cited.intersection(index.counterpart(citation.passage_id, language) or ())
    return answer


def test_a_spanish_list_question_quotes_the_whole_list_of_the_spanish_version(spanish: Assistant) -> None:
    answer = checked(spanish, spanish.answer("¿Qué programas de prevención existen?"))
    items = bullets(spanish, VERSION, "I. PREVENCIÓN", "II. ")
    assert len(items) == 12
    assert [citation.quote for citation in answer.citations] == items
    assert {(citation.source_id, citation.title) for citation in answer.citations} == {(VERSION, TITLE)}
    places = [citation.locator.rpartition(" ") for citation in answer.citations]
    assert [place[2] for place in places] == [str(number) for number in range(1, 13)]
    assert all(place[0].startswith("Estrategia Regional, I. Prevención, ") for place in places)
    assert answer.coverage is not None and (answer.coverage.shown, answer.coverage.total) == (12, 12)
    assert answer.coverage.list == "Regional Strategy, I. Prevention"
    assert "12 acciones" in answer.text and "no oficial" not in answer.text


def test_an_english_list_question_quotes_the_english_document(spanish: Assistant) -> None:
    answer = checked(spanish, spanish.answer("What prevention programs exist?"))
    assert [citation.quote for citation in answer.citations] == bullets(spanish, "strategy", "PREVENTION:", "II. ")
    assert {citation.source_id for citation in answer.citations} == {"strategy"}
    assert answer.coverage is not None and (answer.coverage.shown, answer.coverage.total) == (12, 12)


@pytest.mark.parametrize(("language", "unofficial"), [("pt", "não oficial"), ("fr", "non officielle")])
def test_where_the_readers_language_has_no_version_the_original_is_quoted_with_its_translation(
    spanish: Assistant, language: str, unofficial: str
) -> None:
    answer = checked(spanish, spanish.answer("What prevention programs exist?", language=language))
    assert {citation.source_id for citation in answer.citations} == {"strategy"} and len(answer.citations) == 12
    assert unofficial in answer.text


def test_a_document_without_a_version_is_quoted_as_it_is(spanish: Assistant) -> None:
    answer = checked(spanish, spanish.answer("¿Qué pasos propone el plan de trabajo como metodología?"))
    assert {citation.source_id for citation in answer.citations} == {"work-plan"} and len(answer.citations) == 4
    assert "no oficial" in answer.text


def test_parts_groups_and_follow_ups_keep_their_counts(spanish: Assistant) -> None:
    group = checked(spanish, spanish.answer("¿Cuántas acciones hay de prevención y de rehabilitación?"))
    assert {citation.source_id for citation in group.citations} == {VERSION}
    assert group.coverage is not None and (group.coverage.shown, group.coverage.total) == (24, 24)
    part = checked(spanish, spanish.answer("¿Qué acciones de prevención tienen que ver con la policía?"))
    assert {citation.source_id for citation in part.citations} == {VERSION}
    assert part.coverage is not None and part.coverage.shown == len(part.citations) < part.coverage.total == 12
    more = checked(spanish, spanish.answer("¿y de rehabilitación?", turns("¿Qué programas de prevención existen?")))
    assert [citation.quote for citation in more.citations] == bullets(spanish, VERSION, "II. REHABILITACIÓN", "III. ")


def test_the_annexes_are_said_to_be_missing_in_the_version_too(spanish: Assistant) -> None:
    answer = checked(spanish, spanish.answer("¿Qué contiene el Anexo IV?"))
    assert {citation.source_id for citation in answer.citations} == {VERSION}
    assert "CP24469E-4.pdf" in answer.text


def _sentence(assistant: Assistant, source: str, words: str) -> Quote:
    """The sentence of *source* that begins with *words*, as a plan quotes it."""
    index = assistant.index
    start = index.canonical[source].index(words)
    passage = next(p for p in index.passages if p.source_id == source and p.start <= start < p.end)
    end = index.canonical[source].find(". ", start)
    return Quote(source, passage.id, start, passage.end if end < 0 or end > passage.end else end + 1)


def _written(assistant: Assistant, plan: Plan, language: str) -> Draft:
    draft = Writer(assistant.index, assistant._planner._decider.terms).write(plan, "?", language)
    assert verify(assistant.index, draft.statements, draft.citations) == []
    return draft


def test_of_a_sentence_the_sentence_in_the_same_place_is_quoted(spanish: Assistant) -> None:
    quote = _sentence(spanish, "strategy", "Gangs are a complex")
    (citation,) = _written(spanish, Plan("fact", "", (quote,)), "es").citations
    assert citation.source_id == VERSION
    assert citation.quote.startswith("Las pandillas son") and citation.quote.count(".") == 1


def test_the_short_answer_is_marked_where_the_version_has_it_verbatim(spanish: Assistant) -> None:
    index = spanish.index
    quote = _sentence(spanish, "strategy", "Resolution AG/RES. 2461")
    passage = index.by_id[quote.passage_id]
    whole = replace(quote, end=passage.end)
    for text, marked in (("AG/RES. 2380", "AG/RES. 2380"), ("Permanent Council", None)):
        start = passage.start + passage.text.index(text)
        draft = _written(spanish, Plan("fact", "", (whole,), (start, start + len(text))), "es")
        (citation,) = draft.citations
        assert citation.source_id == VERSION
        assert (citation.quote[slice(*citation.mark)] if citation.mark else None) == marked


def test_a_plan_that_has_both_versions_quotes_one(spanish: Assistant) -> None:
    """As a search over documents without editorial data finds them."""
    index = spanish.index
    found = [p for p in index.passages if p.list_id and p.heading_path[-1:] in (("I. Prevention",), ("I. Prevención",))]
    quotes = tuple(Quote(p.source_id, p.id, p.start, p.end) for p in found)
    assert len(quotes) == 24
    for language, source in (("es", VERSION), ("en", "strategy"), ("fr", "strategy")):
        draft = _written(spanish, Plan("topic", "", quotes), language)
        assert [citation.source_id for citation in draft.citations] == [source] * 12
        assert draft.coverage is not None
        assert (draft.coverage.list, draft.coverage.shown, draft.coverage.total) == ("Regional Strategy, I. Prevention", 12, 12)


def test_without_versions_nothing_is_exchanged(assistant: Assistant) -> None:
    answer = checked(assistant, assistant.answer("¿Qué programas de prevención existen?"))
    assert {citation.source_id for citation in answer.citations} == {"strategy"} and "no oficial" in answer.text
