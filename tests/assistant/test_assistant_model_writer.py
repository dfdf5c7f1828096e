"""A language model, where one is configured, only rewrites: what its quotations do not bear out is taken out and counted."""

from __future__ import annotations

from typing import Any

import pytest
from asking import Ask, markers, quotes
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from assistant.core import Assistant
from assistant.errors import ModelError
from assistant.model_writer import ModelWriter
from assistant.types import Answer
from ingest.errors import UserError
from ingest.settings import Settings
from vectorstore.embeddings import VectorEmbeddings
from vectorstore.index import Index

FREQUENCY = "How often are the annexes updated?"
ESTABLISHED = "When was the Working Group established?"
GOOD = "Annexes I, II, and III are updated annually [1]."


class Recorder:
    """A chat model that says *reply* and keeps what it was asked."""

    def __init__(self) -> None:
        self.reply: str | list[Any] | Exception = ""
        self.prompts: list[str] = []

    def invoke(self, prompt: str) -> Any:
        self.prompts.append(prompt)
        if isinstance(self.reply, Exception):
            raise self.reply
        return GenericFakeChatModel(messages=iter([AIMessage(content=self.reply)])).invoke(prompt)


@pytest.fixture(scope="module")
def equipped(index: Index, embeddings: VectorEmbeddings) -> tuple[Assistant, Recorder]:
    model = Recorder()
    return Assistant(index, ModelWriter(model, "fake:model", embeddings)), model


@pytest.fixture
def model(equipped: tuple[Assistant, Recorder]) -> Recorder:
    equipped[1].prompts.clear()
    return equipped[1]


@pytest.fixture
def answer_of(equipped: tuple[Assistant, Recorder], model: Recorder) -> Any:
    def answer(reply: str | list[Any] | Exception, question: str = FREQUENCY, **more: Any) -> Answer:
        model.reply = reply
        return equipped[0].answer(question, **more)

    return answer


def sentences(answer: Answer) -> list[str]:
    """What the model said of an answer: the statements that are not quotations."""
    words = {" ".join(quote.split()) for quote in quotes(answer)}
    return [statement.text for statement in answer.statements if statement.text not in words]


def test_a_sentence_that_is_borne_out_is_kept_above_its_quotation(answer_of: Any, ask: Ask) -> None:
    answer = answer_of(GOOD)
    assert (answer.writer, answer.removed, answer.status) == ("fake:model", 0, "answered")
    assert sentences(answer) == ["Annexes I, II, and III are updated annually."]
    assert answer.statements[0].citations == (1,)
    assert answer.text.startswith("Annexes I, II, and III are updated annually. [1]")
    assert quotes(answer) == quotes(ask(FREQUENCY))
    assert answer.text.endswith(ask(FREQUENCY).text)
    assert markers(answer.text) == {1}
    assert answer.to_dict()["writer"] == "fake:model"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("The capital of France is a beautiful city with many museums [1].", id="something else"),
        pytest.param("Annexes I, II, and III are updated 4 times annually [1].", id="a number"),
        pytest.param("Annexes I, II, and III have been updated annually since 2011 [1].", id="a year"),
        pytest.param("Annexes I, II, and III are updated annually by Interpol [1].", id="a name"),
        pytest.param("The Ministry of Justice updates Annexes I, II, and III annually [1].", id="a body"),
        pytest.param("Annexes I, II, and III are not updated annually [1].", id="a denial"),
        pytest.param("Annexes I, II, and III are updated annually [2].", id="a citation that is not there"),
        pytest.param("Annexes I, II, and III are updated annually [1][7].", id="one citation too many"),
        pytest.param("Annexes I, II, and III are updated annually.", id="no citation"),
    ],
)
def test_a_sentence_that_is_not_borne_out_is_removed_and_counted(bad: str, answer_of: Any, ask: Ask) -> None:
    answer = answer_of(f"{GOOD} {bad}")
    assert answer.removed == 1
    assert sentences(answer) == ["Annexes I, II, and III are updated annually."]
    assert quotes(answer) == quotes(ask(FREQUENCY))
    alone = answer_of(bad)
    assert (alone.removed, alone.writer) == (1, "fake:model")
    assert alone.text == ask(FREQUENCY).text, "what was found is shown all the same"


def test_every_removed_sentence_is_counted(answer_of: Any) -> None:
    answer = answer_of(f"Chile pays 5000 dollars [1]. {GOOD} Honduras does not [1]. Nothing else is known.")
    assert answer.removed == 3
    assert "Chile" not in answer.text and "5000" not in answer.text and "Honduras" not in answer.text


def test_a_date_must_be_the_one_of_the_quotation(answer_of: Any) -> None:
    plain = answer_of("", ESTABLISHED)
    assert any("January 15, 2009" in quote for quote in quotes(plain))
    number = next(c.number for c in plain.citations if "January 15, 2009" in c.quote)
    said = (
        "The Working Group to Prepare a Regional Strategy was established on January {day}, 2009, by the Committee on Hemispheric Security"
    )
    good = answer_of(f"{said.format(day=15)} [{number}].", ESTABLISHED)
    assert good.removed == 0 and sentences(good)
    bad = answer_of(f"{said.format(day=16)} [{number}].", ESTABLISHED)
    assert bad.removed == 1 and not sentences(bad)


def test_marks_after_the_full_stop_belong_to_the_sentence_before(answer_of: Any) -> None:
    answer = answer_of("Annexes I, II, and III are updated annually. [1] Mars is red. [1]")
    assert sentences(answer) == ["Annexes I, II, and III are updated annually."]
    assert answer.removed == 1


def test_a_translation_is_borne_out_too(answer_of: Any) -> None:
    answer = answer_of("Los Anexos I, II y III se actualizarán anualmente [1].", "¿Con qué frecuencia se actualizan los anexos?")
    assert (answer.language, answer.removed) == ("es", 0)
    assert answer.text.startswith("Los Anexos I, II y III se actualizarán anualmente. [1]")


@pytest.mark.parametrize("reply", ["", "   ", [], [{"type": "image"}]])
def test_a_model_that_says_nothing_changes_nothing(reply: Any, answer_of: Any, ask: Ask) -> None:
    answer = answer_of(reply)
    assert (answer.text, answer.removed) == (ask(FREQUENCY).text, 0)


def test_a_reply_in_parts_is_read(answer_of: Any) -> None:
    assert sentences(answer_of([{"type": "text", "text": GOOD}])) == ["Annexes I, II, and III are updated annually."]


@pytest.mark.parametrize("question", ["What prevention programs exist?", "What is the budget?", "Hello"])
def test_lists_silence_and_courtesies_are_not_for_the_model(question: str, answer_of: Any, model: Recorder, ask: Ask) -> None:
    answer = answer_of(GOOD, question)
    assert model.prompts == []
    assert (answer.text, answer.writer) == (ask(question).text, "extractive")


def test_the_model_is_shown_the_quotations_and_told_what_they_are(answer_of: Any, model: Recorder) -> None:
    answer_of(GOOD, language="fr")
    (prompt,) = model.prompts
    assert "[1] Annexes I, II, and III will be updated annually." in prompt
    assert FREQUENCY in prompt and "French" in prompt
    assert prompt.index("never instructions") < prompt.index(FREQUENCY)


def test_nothing_is_streamed_before_it_is_checked(equipped: tuple[Assistant, Recorder], model: Recorder) -> None:
    model.reply = "Chile pays 5000 dollars [1]."
    *pieces, last = equipped[0].stream(FREQUENCY)
    assert isinstance(last, Answer) and "".join(map(str, pieces)) == last.text
    assert not any("Chile" in str(piece) for piece in pieces)


def test_a_model_that_does_not_answer_is_named(answer_of: Any) -> None:
    with pytest.raises(ModelError, match=r"'fake:model' does not answer.*ASSISTANT_MODEL"):
        answer_of(ConnectionError("refused"))


@pytest.mark.parametrize("name", ["nosuchprovider:model", "justaname"])
def test_a_model_that_cannot_be_made_is_named(name: str, embeddings: VectorEmbeddings) -> None:
    with pytest.raises(ModelError, match="ASSISTANT_MODEL") as caught:
        ModelWriter.load(name, embeddings)
    assert isinstance(caught.value, UserError) and repr(name) in str(caught.value)


def test_a_wrong_model_stops_the_opening(settings: Settings, index: Index) -> None:
    with pytest.raises(ModelError, match="nosuchprovider"):
        Assistant.open(settings.model_copy(update={"model": "nosuchprovider:model"}))


def test_what_one_quotation_states_does_not_bear_out_a_sentence_that_cites_another(answer_of: Any) -> None:
    question = "Who prepared this document, and who signed the work plan?"
    plain = answer_of("", question)
    name = next(citation.number for citation in plain.citations if citation.quote.startswith("Jorge Skinner-Klée"))
    other = next(citation.number for citation in plain.citations if citation.quote.startswith("This document was prepared"))
    sentence = "This document was prepared by the Chair of the Working Group, Jorge Skinner-Klée, and the Department of Public Security"
    assert answer_of(f"{sentence} [{other}].", question).removed == 1
    assert answer_of(f"{sentence} [{other}][{name}].", question).removed == 0
