"""The page of answers in full is what the product answers, and the table of signals comes out and into the report."""

import json
from pathlib import Path

from assistant.core import Assistant
from evals.ablation import GROUPS, ablation
from evals.answers import ANSWERS_PAGE, QUESTIONS, answers_page
from evals.cases import DEFAULT_CASES, load_cases


def test_the_page_of_answers_is_current(assistant: Assistant) -> None:
    """When this fails after a change of answers: ``python -m evals answers``."""
    assert answers_page(assistant) == ANSWERS_PAGE.read_text(encoding="utf-8")


def test_ten_answers_two_of_each_language_and_two_that_are_silent(assistant: Assistant) -> None:
    answers = [assistant.answer(question) for _, question in QUESTIONS]
    assert [answer.language for answer in answers[:8]] == ["en", "en", "es", "es", "pt", "pt", "fr", "fr"]
    assert all(answer.status == "answered" and answer.citations for answer in answers[:8])
    assert all(answer.status == "not_in_corpus" for answer in answers[8:])


def test_what_is_left_out_is_missed(assistant: Assistant) -> None:
    rows = {row.name: row for row in ablation(assistant.index, load_cases(DEFAULT_CASES, "dev")[::4])}
    assert list(rows) == list(GROUPS)
    assert rows["all signals"].complete > rows["without expected questions at all"].complete + 0.05
    assert all(0 <= value <= 1 for row in rows.values() for value in (row.complete, row.precision, row.auroc))


def test_the_report_shows_the_table_that_is_kept_with_a_run(tmp_path: Path) -> None:
    from evals.page import _ablation

    class Kept:
        folder = tmp_path

    assert _ablation(Kept) == ""  # type: ignore[arg-type]
    row = {"name": "without <this>", "complete": 0.5, "precision": 1.0, "auroc": 0.25}
    (tmp_path / "ablation.json").write_text(json.dumps([row]), encoding="utf-8")
    page = _ablation(Kept)  # type: ignore[arg-type]
    assert "without &lt;this&gt;" in page and "50.0 %" in page and "25.0 %" in page
