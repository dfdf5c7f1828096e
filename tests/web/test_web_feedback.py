"""Readers' judgements of answers: what may be judged, what is stored, and the form under the conversation."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect
from test_web_parts import make_answer, make_chat, make_index
from visits import Visit

import app
from app_parts.chat import Form, Visitor
from app_parts.conversation import Exchange
from app_parts.messages import TEXTS
from app_parts.page import note_html
from assistant.feedback import FEEDBACK_FILE, Feedback, read_feedback
from assistant.types import Answer, Turn

INDEX = make_index("One two.", "two")
ANSWER = make_answer(INDEX)
JUDGED = (Exchange("before?", "so", ANSWER), Exchange("failed?", failure="oh"), Exchange("q?", "t", ANSWER))
PREVENTION = "What prevention programs exist?"


def test_a_judgement_is_kept_once_with_the_history_before_its_question() -> None:
    kept: list[tuple[object, ...]] = []
    chat = make_chat(INDEX, kept)
    form = chat.judge(JUDGED, Form("comment"), "bad", "No.")
    assert form == Form("sent") and not form.to_send
    assert kept == [(ANSWER, (Turn("user", "before?"), Turn("assistant", ANSWER.text)), "bad", "No.")]
    assert chat.judge(JUDGED, form, "good") == form
    assert len(kept) == 1


@pytest.mark.parametrize("past", [(), (Exchange("q?", "Half an"),), (Exchange("b?", "t", ANSWER), Exchange("q?", failure="oh"))])
def test_without_a_whole_answer_there_is_nothing_to_judge(past: tuple[Exchange, ...]) -> None:
    kept: list[tuple[object, ...]] = []
    chat = make_chat(INDEX, kept)
    assert chat.view(past, Visitor()).form == Form("closed")
    assert chat.judge(past, Form("open"), "good") == Form("open")
    assert chat.judge(JUDGED, Form("closed"), "good") == Form("closed")
    assert kept == []


def test_a_whole_answer_opens_the_form_and_a_running_one_closes_it() -> None:
    chat = replace(make_chat(INDEX, []), respond=lambda *_: iter([Exchange("q?"), Exchange("q?", "It"), Exchange("q?", "It.", ANSWER)]))
    forms = [view.form for view in chat.ask("q?", JUDGED, Visitor())]
    assert forms == [Form("closed"), Form("closed"), Form("open")]


def test_a_stop_that_comes_too_late_leaves_the_form_as_it_is() -> None:
    chat = make_chat(INDEX, [])
    assert chat.stop(JUDGED, Visitor()).form is None
    assert chat.stop((Exchange("q?", "Half an"),), Visitor()).form == Form("closed")


def test_a_failed_write_is_told_and_can_be_tried_again() -> None:
    chat = replace(make_chat(INDEX, []), keep=lambda *_: False)
    form = chat.judge(JUDGED, Form("comment"), "bad", "No.")
    assert form == Form("comment", failed=True) and form.to_send
    for texts in TEXTS.values():
        lines = [note_html(Form("open"), texts), note_html(form, texts), note_html(Form("sent"), texts)]
        assert len(set(lines)) == 3 and 'class="failure"' in lines[1]


def test_a_kept_judgement_is_read_again(tmp_path: Path) -> None:
    history = (Turn("user", "before?"), Turn("assistant", "so"))
    assert app.keep(tmp_path / "new", "abc", ANSWER, history, "bad", " missing: é\n") is True
    (feedback,) = read_feedback(tmp_path / "new" / FEEDBACK_FILE)
    assert (feedback.verdict, feedback.comment, feedback.index, feedback.history) == ("bad", "missing: é", "abc", history)
    assert feedback.answer["text"] == ANSWER.text


def test_what_cannot_be_written_is_logged_and_raises_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FEEDBACK_FILE).mkdir()
    with caplog.at_level(logging.ERROR):
        assert app.keep(tmp_path, "abc", ANSWER, (), "good", "") is False
        broken: Answer = replace(ANSWER, text="\ud800")  # no UTF-8 has it
        assert app.keep(tmp_path / "other", "abc", broken, (), "good", "") is False
    assert caplog.text.count("A judgement could not be stored") == 2


@pytest.fixture
def kept(data_dir: Path) -> Iterator[Path]:
    """The feedback file of the running application, not there yet."""
    path = data_dir / FEEDBACK_FILE
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def said(path: Path) -> list[Feedback]:
    return read_feedback(path) if path.exists() else []


def test_a_yes_is_stored_at_once_thanked_and_asked_no_more(visit: Visit, kept: Path) -> None:
    page = visit.page
    expect(page.locator("#feedback")).to_have_count(0)
    visit.ask(PREVENTION)
    expect(page.get_by_role("group", name="Was this answer right?").get_by_role("button")).to_have_text(["Yes", "No"])
    expect(page.locator("#feedback .privacy")).to_contain_text("stays on this server")
    page.get_by_role("button", name="Yes").dblclick()
    expect(page.locator("#news")).to_have_text("Thank you. Your feedback has been saved.")
    expect(page.locator("#feedback .thanks")).to_be_visible()
    expect(page.locator("#feedback button")).to_have_count(0)
    expect(page.locator("#chat .bot-row li")).to_have_count(12)
    (feedback,) = said(kept)
    assert (feedback.verdict, feedback.question, feedback.history, feedback.language) == ("good", PREVENTION, (), "en")
    assert feedback.answer["coverage"]["total"] == 12 and len(feedback.index) == 64
    visit.ask("and for rehabilitation?")  # a new answer, a new judgement
    page.get_by_role("button", name="Yes").click()
    expect(page.locator("#feedback .thanks")).to_be_visible()
    _, second = said(kept)
    assert [turn.role for turn in second.history] == ["user", "assistant"] and second.history[0].text == PREVENTION


def test_a_no_asks_for_a_comment_that_may_stay_empty(visit: Visit, kept: Path) -> None:
    page = visit.page
    visit.ask(PREVENTION)
    page.get_by_role("button", name="No").click()
    comment = page.get_by_role("textbox", name="What is missing or wrong?")
    expect(comment).to_be_visible()
    expect(page.get_by_role("button", name="No")).to_have_attribute("aria-expanded", "true")
    assert said(kept) == []
    comment.fill("Action 13\nis missing.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#news")).to_contain_text("Thank you")
    expect(page.locator("#feedback :is(button, textarea)")).to_have_count(0)
    assert [(feedback.verdict, feedback.comment) for feedback in said(kept)] == [("bad", "Action 13\nis missing.")]
    page.locator("#retry").click()
    expect(page.get_by_role("button", name="No")).to_be_visible()
    page.get_by_role("button", name="No").click()
    expect(comment).to_have_value("")  # nothing is left of the last comment
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#feedback .thanks")).to_be_visible()
    assert [feedback.comment for feedback in said(kept)] == ["Action 13\nis missing.", ""]


def test_the_form_goes_with_the_conversation_and_with_a_new_question(visit: Visit, kept: Path) -> None:
    page = visit.page
    visit.ask(PREVENTION)
    page.get_by_role("button", name="No").click()
    page.locator("#comment textarea").fill("Half a com")
    visit.ask("gangs " * 2_000)  # too long: a failure is nothing to judge
    expect(page.locator("#feedback")).to_have_count(0)
    visit.ask(PREVENTION)
    expect(page.locator("#yes")).to_be_visible()
    expect(page.locator("#comment")).to_have_count(0)
    page.locator("#clear").click()
    expect(page.locator("#feedback")).to_have_count(0)
    assert said(kept) == []


def test_the_form_speaks_the_chosen_language_at_every_step(visit: Visit, kept: Path) -> None:
    page = visit.page

    def choose(code: str) -> None:
        page.locator("#language label", has_text=TEXTS[code].name).click()
        expect(page.locator("html")).to_have_attribute("lang", code)

    visit.ask(PREVENTION)
    for code, texts in reversed(TEXTS.items()):
        choose(code)
        expect(page.locator("#feedback-ask")).to_have_text(texts.feedback.ask)
        expect(page.locator("#verdict button")).to_have_text([texts.feedback.yes, texts.feedback.no])
        expect(page.locator("#feedback .privacy")).to_have_text(texts.feedback.privacy)
    page.locator("#no").click()
    page.locator("#comment textarea").fill("x")
    choose("fr")
    expect(page.get_by_role("textbox", name=TEXTS["fr"].feedback.comment)).to_have_value("x")
    expect(page.locator("#send")).to_have_text("Envoyer")
    page.locator("#send").click()
    expect(page.locator("#news")).to_have_text(TEXTS["fr"].feedback.thanks)
    choose("es")
    expect(page.locator("#feedback .thanks")).to_have_text(TEXTS["es"].feedback.thanks)
    expect(page.locator("#feedback button")).to_have_count(0)
    assert len(said(kept)) == 1


def test_a_data_folder_that_cannot_be_written_to_is_told_in_the_pages_language(visit: Visit, kept: Path) -> None:
    page = visit.page
    kept.mkdir()
    try:
        page.locator("#language label", has_text="Português").click()
        expect(page.locator("html")).to_have_attribute("lang", "pt")
        visit.ask(PREVENTION)
        page.locator("#no").click()
        page.locator("#comment textarea").fill("Falta uma ação.")
        page.locator("#send").click()
        expect(page.locator("#feedback .failure")).to_have_text(TEXTS["pt"].feedback.failed)
        expect(page.locator("#news")).to_have_text(TEXTS["pt"].feedback.failed)
    finally:
        kept.rmdir()
    expect(page.locator("#comment textarea")).to_have_value("Falta uma ação.")
    page.locator("#send").click()  # it can be written to again
    expect(page.locator("#feedback .thanks")).to_be_visible()
    assert [feedback.comment for feedback in said(kept)] == ["Falta uma ação."]
