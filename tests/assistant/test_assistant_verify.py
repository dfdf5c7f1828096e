"""The last check: each way in which an answer could be wrong is caught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from asking import Ask

from assistant.core import Assistant
from assistant.types import Answer, Citation, Statement
from assistant.verify import verify
from assistant.writer import Draft, Writer
from vectorstore.index import Index


@pytest.fixture
def answer(ask: Ask) -> Answer:
    return ask("Which actions mention judges?")


def check(index: Index, answer: Answer, *, citations: Sequence[Citation] = (), statements: Sequence[Statement] = ()) -> list[str]:
    """What is wrong when the first citations or statements of *answer* are replaced by these."""
    cited = [*citations, *answer.citations[len(citations) :]]
    stated = [*statements, *answer.statements[len(statements) :]]
    return verify(index, stated, cited)


def test_a_true_answer_passes(index: Index, answer: Answer) -> None:
    assert len(answer.citations) >= 2
    assert verify(index, list(answer.statements), list(answer.citations)) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda c: {"quote": c.quote.replace("judges", "lawyers")}, id="a word"),
        pytest.param(lambda c: {"quote": c.quote.lower()}, id="case"),
        pytest.param(lambda c: {"quote": c.quote + " "}, id="a space more"),
        pytest.param(lambda c: {"quote": ""}, id="no quote"),
        pytest.param(lambda c: {"quote": "", "end": c.start}, id="an empty stretch"),
        pytest.param(lambda c: {"start": c.start + 1}, id="start"),
        pytest.param(lambda c: {"end": c.end + 1}, id="end"),
        pytest.param(lambda c: {"start": c.start + 7, "end": c.end + 7}, id="both"),
        pytest.param(lambda c: {"source_id": "work-plan"}, id="another source"),
        pytest.param(lambda c: {"source_id": "annex-i"}, id="a source that is not in the index"),
        pytest.param(lambda c: {"source_id": "nowhere"}, id="no such source"),
        pytest.param(lambda c: {"passage_id": "nowhere"}, id="no such passage"),
        pytest.param(lambda c: {"locator": c.locator + "0"}, id="locator"),
        pytest.param(lambda c: {"locator": ""}, id="no locator"),
        pytest.param(lambda c: {"page": 3}, id="page"),
    ],
)
def test_a_wrong_citation_is_caught(change: Any, index: Index, answer: Answer) -> None:
    first = answer.citations[0]
    wrong = check(index, answer, citations=[replace(first, **change(first))])
    assert len(wrong) == 1 and "citation 1" in wrong[0]


def test_a_citation_under_another_passage_is_caught(index: Index, answer: Answer) -> None:
    first, second = answer.citations[:2]
    assert check(index, answer, citations=[replace(first, passage_id=second.passage_id)])
    other = replace(first, passage_id=second.passage_id, locator=second.locator)
    assert check(index, answer, citations=[other])


def test_every_wrong_citation_is_named(index: Index, answer: Answer) -> None:
    first, second = answer.citations[:2]
    wrong = check(index, answer, citations=[replace(first, quote="Nothing."), replace(second, locator="Elsewhere")])
    assert len(wrong) == 2 and "citation 1" in wrong[0] and "citation 2" in wrong[1]


@pytest.mark.parametrize("numbers", [(), (99,), (1, 99), (0,), (-1,)])
def test_a_statement_that_rests_on_nothing_is_caught(numbers: tuple[int, ...], index: Index, answer: Answer) -> None:
    wrong = check(index, answer, statements=[Statement("The judges will be paid.", numbers)])
    assert len(wrong) == 1 and "The judges will be paid." in wrong[0]


def test_statements_without_any_citation_are_caught(index: Index, answer: Answer) -> None:
    assert len(verify(index, list(answer.statements), [])) == len(answer.statements)


def test_an_answer_that_does_not_hold_is_never_shown(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the writer to invent a word, the reader would get nothing rather than that."""
    write = Writer.write

    def invent(self: Writer, *arguments: Any) -> Draft:
        draft = write(self, *arguments)
        draft.citations[0] = replace(draft.citations[0], quote=draft.citations[0].quote.replace("annually", "daily"))
        return draft

    monkeypatch.setattr(Writer, "write", invent)
    shown: list[object] = []
    with pytest.raises(AssertionError, match="citation 1"):
        shown.extend(assistant.stream("How often are the annexes updated?"))
    assert shown == []
