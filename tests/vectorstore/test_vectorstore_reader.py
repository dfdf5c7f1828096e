"""The reader: question and passage as one text, long passages in windows, and what it tells apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vectorstore.embeddings import load_embeddings
from vectorstore.reader import Reader, load_reader, together, windows

ENTRY = "The Fictitious Bureau of Harbour Safety (an invented body) patrols the docks of Port Elmo every night with twelve officers."


@pytest.fixture(scope="module")
def reader(models_dir: Path) -> Reader:
    found = load_reader(load_embeddings("ensemble", models_dir))
    assert found is not None
    return found


def test_a_short_passage_is_one_window_under_its_heading_and_introduction() -> None:
    assert windows("Measures", "The bureau shall:", "patrol the docks", "en") == ["Measures: The bureau shall: patrol the docks"]
    assert windows("", "", "patrol the docks", "en") == ["patrol the docks"]
    assert together("Who patrols?", "the docks") == "Who patrols? passage: the docks"


def test_a_long_passage_is_read_in_windows_of_whole_sentences_that_lose_nothing() -> None:
    sentences = [f"Sentence number {number} says that the invented office has {number} boats at sea." for number in range(40)]
    found = windows("Boats", "", " ".join(sentences), "en")
    assert len(found) > 3 and all(len(window) <= 720 for window in found)
    assert all(any(sentence in window for window in found) for sentence in sentences)
    endless = windows("Boats", "", "boats " * 5000, "en")
    assert len(endless) <= 6 and all(len(window) < 1500 for window in endless)


def test_the_reader_scores_each_passage_by_its_best_window(reader: Reader) -> None:
    one, other = windows("", "", ENTRY, "en"), windows("", "", "The weather was fine that week.", "en")
    apart = reader.scores("Who patrols the docks at night?", [one, other])
    assert apart.shape == (2,) and apart[0] > apart[1]
    joined = reader.scores("Who patrols the docks at night?", [[*one, *other], other])
    np.testing.assert_allclose(joined, [apart.max(), apart[1]], atol=1e-4)
    assert reader.scores("Who?", []).shape == (0,)


def test_a_question_without_end_leaves_room_for_the_passage(reader: Reader) -> None:
    question = "Who patrols the docks at night? " + "Please tell me all of it, if you can. " * 200
    apart = reader.scores(question, [windows("", "", ENTRY, "en"), windows("", "", "The weather was fine that week.", "en")])
    assert apart[0] > apart[1]


PAIRS = [  # what the entry answers, and what it leaves open
    ("How many officers patrol the docks of Port Elmo?", "What does the Bureau of Harbour Safety cost a year?"),
    ("¿Quién vigila los muelles de Port Elmo por la noche?", "¿En qué año se fundó la oficina de seguridad portuaria?"),
    ("Com que frequência os cais de Port Elmo são patrulhados?", "Qual é o telefone da segurança portuária?"),
    ("Combien d'agents surveillent les quais de Port Elmo ?", "Qui dirige le bureau de la sécurité portuaire ?"),
]


def test_what_a_passage_says_is_mostly_told_from_what_it_leaves_open(reader: Reader) -> None:
    text = [windows("Agencies", "", ENTRY, "en")]
    apart = [reader.scores(answered, text)[0] - reader.scores(left_open, text)[0] for answered, left_open in PAIRS]
    assert sum(difference > 0 for difference in apart) >= 3 and np.mean(apart) > 1.0


def test_what_was_just_read_is_not_read_again() -> None:
    """Reading is the slow part, and a conversation asks its earlier questions again with every turn."""
    calls: list[list[str]] = []

    class Counting:
        def encode(self, pairs: list[str], *, longest: int) -> np.ndarray:
            calls.append(pairs)
            return np.ones((len(pairs), 2), dtype=np.float32)

    reader = Reader(Counting(), np.ones(3, dtype=np.float32))
    for question in ("Who?", "When?", "Who?"):
        np.testing.assert_array_equal(reader.scores(question, [["a", "b"], ["c"]]), [3, 3])
    assert calls == [[together(question, text) for text in "abc"] for question in ("Who?", "When?")]


def test_without_e5_there_is_no_reader(models_dir: Path) -> None:
    assert load_reader(load_embeddings("minilm", models_dir)) is None
