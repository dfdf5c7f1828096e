"""What cannot be asked, and what is taken out of what can."""

from __future__ import annotations

import pytest
from asking import Ask, quotes

from assistant.core import MAX_QUESTION, Assistant
from assistant.errors import QuestionError
from assistant.types import Answer
from ingest.errors import UserError
from ingest.settings import Settings
from vectorstore.embeddings import VectorEmbeddings
from vectorstore.errors import NoIndexError

FREQUENCY = "How often are the annexes updated?"
ANNUALLY = ["Annexes I, II, and III will be updated annually."]


@pytest.mark.parametrize("question", ["", " ", "\t\n \r\n", "\x00\x07", "\u202e\u2066\u2069", "\ufeff", "\u200b\u200f", "\x85\u2028"])
def test_an_empty_question_is_refused_in_words(question: str, assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match="empty"):
        assistant.answer(question)


def test_a_question_error_is_an_error_of_the_user() -> None:
    assert issubclass(QuestionError, UserError)


def test_a_stream_refuses_before_it_says_anything(assistant: Assistant) -> None:
    with pytest.raises(QuestionError):
        next(iter(assistant.stream("")))


def test_ten_thousand_and_one_characters_are_too_many(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match=r"10001 characters.*10000") as caught:
        assistant.answer("x" * (MAX_QUESTION + 1))
    assert "xxx" not in str(caught.value)


def test_ten_thousand_characters_are_answered_without_endless_work(
    assistant: Assistant, embeddings: VectorEmbeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question made of two hundred questions must not cost two hundred answers."""
    calls = []
    kind = type(assistant.index.embeddings)
    encode = kind.encode

    def counted(self: VectorEmbeddings, texts: list[str], *, query: bool) -> object:
        calls.append(len(texts))
        return encode(self, texts, query=query)

    monkeypatch.setattr(kind, "encode", counted)
    many = "".join(f"Which programs did town {n} start for its youth? " for n in range(400))[:MAX_QUESTION]
    assert len(many) == MAX_QUESTION
    answer = assistant.answer(many.strip() + "?" * (MAX_QUESTION - len(many.strip())))
    assert answer.status in ("answered", "partial", "not_in_corpus")
    assert sum(calls) <= 40


@pytest.mark.parametrize("language", ["de", "EN", "", "english", "en-US", "[/x]"])
def test_an_unknown_language_is_named_with_those_there_are(language: str, assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match="en, es, pt, fr") as caught:
        assistant.answer(FREQUENCY, language=language)
    assert repr(language) in str(caught.value)


@pytest.mark.parametrize(
    "mark",
    ["\x00", "\x1b", "\x7f", "\x85", "\u061c", "\u200b", "\u200e", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069", "\ufeff", "\ud800"],
)
def test_control_and_bidi_characters_are_taken_out(mark: str, ask: Ask, assistant: Assistant) -> None:
    answer = assistant.answer(f"{mark}How often are{mark} the annexes updated?{mark}")
    assert quotes(answer) == ANNUALLY
    assert mark not in answer.text
    assert (answer.status, answer.text) == (ask(FREQUENCY).status, ask(FREQUENCY).text)


def test_control_characters_do_not_come_back_in_the_words_of_the_answer(assistant: Assistant) -> None:
    answer = assistant.answer("What does the strategy say about Hon\u202eduras and \u2066Belize\u2069?")
    assert not set("\u202e\u2066\u2069") & set(answer.text)


def test_line_breaks_in_a_question_are_spaces(ask: Ask, assistant: Assistant) -> None:
    assert quotes(assistant.answer("How often\nare the\tannexes\r\nupdated?")) == ANNUALLY


def test_markup_in_a_question_is_not_in_the_answer(assistant: Assistant) -> None:
    answer = assistant.answer("<script>alert(1)</script> What prevention programs exist?")
    assert len(answer.citations) == 12
    assert "<script" not in answer.text
    assert "do not mention What" not in answer.text, "a question word is no name"


def test_without_an_index_the_command_is_named_and_nothing_is_left_behind(settings: Settings, tmp_path: object) -> None:
    with pytest.raises(NoIndexError, match="python -m ingest"):
        Assistant.open(settings.model_copy(update={"data_dir": tmp_path}))


def _without_time(answer: Answer) -> dict[str, object]:
    return {name: value for name, value in answer.to_dict().items() if name != "timings_ms"}


def test_a_refused_question_does_no_harm_to_the_next(ask: Ask, assistant: Assistant) -> None:
    with pytest.raises(QuestionError):
        assistant.answer(" ")
    assert _without_time(assistant.answer(FREQUENCY)) == _without_time(ask(FREQUENCY))
