"""Which target a question is after, read off its words."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.wording import Wording

COUNTS = {
    "schools": {"en": {"school": 6, "what": 2}, "es": {"escuel": 3}},
    "judges": {"en": {"judg": 4, "what": 3}},
}


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording(("judges", "schools", "silent"), COUNTS)


def test_the_word_decides(wording: Wording) -> None:
    assert wording.log_probabilities("What about schools?", "en").argmax() == 1
    assert wording.log_probabilities("And for the judges", "en").argmax() == 0
    assert wording.log_probabilities("¿Y las escuelas?", "es").argmax() == 1


def test_they_are_probabilities(wording: Wording) -> None:
    for question in ("What about schools?", "Schools, schools and schools", "judges of the schools"):
        assert float(np.exp(wording.log_probabilities(question, "en")).sum()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(("question", "language"), [("zebra", "en"), ("", "en"), ("What about schools?", "fr")])
def test_without_a_known_word_all_are_alike(wording: Wording, question: str, language: str) -> None:
    np.testing.assert_allclose(wording.log_probabilities(question, language), -np.log(3), atol=1e-4)


def test_a_long_question_is_no_surer_for_its_frame(wording: Wording) -> None:
    short = wording.log_probabilities("school", "en")
    long = wording.log_probabilities("what what what what school", "en")
    assert long[1] - long[0] < short[1] - short[0]


def test_nothing_to_choose_from() -> None:
    assert Wording((), {}).log_probabilities("schools", "en").shape == (0,)
