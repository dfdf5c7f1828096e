"""``python -m assistant`` as a user or another program runs it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import Ask, Run

PREVENTION = "What prevention programs exist?"
FREQUENCY = "How often are the annexes updated?"
STATES = "What is the situation in Niger, Oman, Chad and Jordan?"


def everything(folder: Path) -> list[str]:
    """All files and folders in *folder*."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def timeless(found: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in found.items() if name not in ("timings_ms", "id")}


def plain_failure(done: object, *words: str) -> None:
    """An error that a person can read, on stderr only, with a non-zero exit."""
    returncode, stdout, stderr = done.returncode, done.stdout, done.stderr  # type: ignore[attr-defined]
    assert returncode != 0
    assert stdout == ""
    assert stderr.startswith("Error: ")
    assert len(stderr.strip().splitlines()) == 1, stderr
    assert "Traceback" not in stderr
    for word in words:
        assert word in stderr, stderr


# one question


def test_a_question_is_answered_for_reading(run_assistant: Run, ask: Ask) -> None:
    done = run_assistant("ask", PREVENTION)
    assert (done.returncode, done.stderr) == (0, "")
    answer = ask(PREVENTION)
    assert done.stdout.startswith(answer.text)
    places = done.stdout[len(answer.text) :].strip().splitlines()
    assert len(places) == 12
    for citation, place in zip(answer.citations, places, strict=True):
        assert place.startswith(f"[{citation.number}] {citation.locator}")
        assert f"{citation.start}-{citation.end}" in place


def test_json_is_one_object_with_the_contract_in_utf8_whatever_the_locale(run_assistant: Run, ask: Ask) -> None:
    question = "¿Qué se propone para los espacios públicos?"
    done = run_assistant("ask", "--json", question, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONHASHSEED="7")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    found = json.loads(done.stdout)
    assert list(found) == list(ask(question).to_dict())
    assert timeless(found) == timeless(json.loads(json.dumps(ask(question).to_dict())))
    assert "traducción" in done.stdout, "the text can be read without decoding escapes"


# many questions


@pytest.fixture(scope="module")
def lines() -> list[tuple[object, str, list[dict[str, str]]]]:
    said = [{"role": "user", "content": PREVENTION}, {"role": "assistant", "content": "…"}]
    return [
        ("a", PREVENTION, []),
        (17, "and for rehabilitation?", said),
        (None, "¿Cuál es el presupuesto?", []),
        (2.5, STATES, []),
        ({"n": [1]}, "What \ud800 is [/b] the budget?", []),
        ("a", FREQUENCY, [{"role": "user", "content": ""}]),
    ]


def test_jsonl_answers_line_by_line_as_asked_one_by_one(
    run_assistant: Run, ask: Ask, lines: list[tuple[object, str, list[dict[str, str]]]], tmp_path: Path
) -> None:
    """Another process, another hash seed, a file with a byte order mark and blank lines: the same answers."""
    file = tmp_path / "cases.jsonl"
    cases = [{"id": identity, "question": question, **({"history": said} if said else {})} for identity, question, said in lines]
    file.write_bytes(b"\xef\xbb\xbf\n" + "\n\n  \n".join(json.dumps(case) for case in cases).encode() + b"\n\n")
    done = run_assistant("ask", "--jsonl", str(file), PYTHONHASHSEED="1")
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in found] == [identity for identity, _, _ in lines]
    assert [answer["question"] for answer in found] == [question for _, question, _ in lines]
    assert [answer["status"] for answer in found] == ["answered", "answered", *["not_in_corpus"] * 3, "answered"]
    for answer, (_, question, said) in zip(found, lines, strict=True):
        earlier = [turn["content"] for turn in said if turn["role"] == "user" and turn["content"]]
        assert timeless(answer) == timeless(json.loads(json.dumps(ask(question, *earlier).to_dict())))
    assert everything(tmp_path) == ["cases.jsonl"]


def test_a_malformed_line_is_named_and_the_others_are_answered(run_assistant: Run) -> None:
    given = [
        json.dumps({"id": 1, "question": FREQUENCY}),
        "{not json [/b]",
        "",
        json.dumps(["a", "list"]),
        json.dumps({"id": "no question"}),
        json.dumps({"id": "number", "question": 5}),
        json.dumps({"id": "empty", "question": "  "}),
        json.dumps({"id": "long", "question": "x" * 10_001}),
        json.dumps({"id": "history", "question": FREQUENCY, "history": "before"}),
        json.dumps({"id": "role", "question": FREQUENCY, "history": [{"role": "robot", "content": "hi"}]}),
        json.dumps({"id": "turn", "question": FREQUENCY, "history": [{"role": "user"}]}),
        "[" * 100_000,
        json.dumps({"id": 2, "question": FREQUENCY, "history": None, "more": True}),
    ]
    done = run_assistant("ask", "--jsonl", "-", stdin="\n".join(given))
    assert done.returncode == 1
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in found] == [
        1, None, None, "no question", "number", "empty", "long", "history", "role", "turn", None, 2
    ]  # fmt: skip
    good, bad = [found[0], found[-1]], found[1:-1]
    assert all(answer["status"] == "answered" and answer["citations"] for answer in good)
    assert timeless(good[0]) == timeless(good[1])
    numbers = [2, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    assert all(f"line {number}:" in answer["error"] for number, answer in zip(numbers, bad, strict=True))
    said = done.stderr.strip().splitlines()
    assert [line.split(":")[1].strip() for line in said] == [f"line {number}" for number in numbers]
    assert "Traceback" not in done.stderr


# a conversation


def test_in_a_chat_the_second_question_may_lean_on_the_first(run_assistant: Run, ask: Ask) -> None:
    done = run_assistant("chat", stdin=f"{PREVENTION}\nand for rehabilitation?\n\nWhat is the budget?\n")
    assert (done.returncode, done.stderr) == (0, "")
    first, second = ask(PREVENTION).text, ask("and for rehabilitation?", PREVENTION).text
    assert 0 < done.stdout.index(first) < done.stdout.index(second)
    assert "budget" not in done.stdout, "an empty line ends a chat"


def test_a_chat_goes_on_after_a_question_that_cannot_be_taken(run_assistant: Run, ask: Ask) -> None:
    done = run_assistant("chat", "--language", "fr", stdin=b"[/b]" + b"x" * 10_001 + b"\nhi \xff\n" + FREQUENCY.encode() + b"\n")
    assert done.returncode == 0
    assert "10005 characters" in done.stderr and "Traceback" not in done.stderr
    assert ask(FREQUENCY, language="fr").text in done.stdout


# help


@pytest.mark.parametrize("arguments", [("--help",), ("ask", "--help"), ("chat", "--help"), ()])
def test_help_teaches(arguments: tuple[str, ...], run_assistant: Run) -> None:
    done = run_assistant(*arguments)
    assert done.returncode == (0 if arguments else 2)
    assert "Traceback" not in done.stderr
    words = {
        ("ask", "--help"): ("Examples:", "python -m assistant ask", "--json", "--jsonl", "--language", "`id`"),
        ("chat", "--help"): ("follow-up", "Ctrl-D"),
    }.get(arguments, ("ask", "chat", "python -m ingest"))
    assert all(word in done.stdout for word in words)


# what can go wrong


def test_without_an_index_the_command_is_named_and_nothing_is_made(run_assistant: Run, tmp_path: Path) -> None:
    plain_failure(run_assistant("ask", FREQUENCY, data=tmp_path), "no index", "python -m ingest")
    assert everything(tmp_path) == []


def test_an_index_of_other_embeddings_names_the_command(run_assistant: Run, index_dir: Path) -> None:
    before = everything(index_dir)
    plain_failure(run_assistant("ask", FREQUENCY, ASSISTANT_EMBEDDINGS="e5"), "ensemble", "e5", "python -m ingest")
    assert everything(index_dir) == before


@pytest.fixture
def damaged(index_dir: Path, tmp_path: Path) -> Callable[[Callable[[bytes], bytes]], Path]:
    def make(harm: Callable[[bytes], bytes]) -> Path:
        data = tmp_path / "data"
        shutil.copytree(index_dir / "chroma", data / "chroma")
        file = data / "chroma" / "chroma.sqlite3"
        file.write_bytes(harm(file.read_bytes()))
        return data

    return make


@pytest.mark.parametrize(
    "harm", [lambda data: b"this is not a database" * 99, lambda data: data[: len(data) // 3]], ids=["garbage", "cut off"]
)
def test_a_damaged_data_folder_is_said_to_be_so(
    harm: Callable[[bytes], bytes], damaged: Callable[[Callable[[bytes], bytes]], Path], run_assistant: Run
) -> None:
    data = damaged(harm)
    before = everything(data)
    plain_failure(run_assistant("chat", stdin=FREQUENCY, data=data), str(data), "python -m ingest")
    assert everything(data) == before


def test_a_file_that_is_missing_is_named(run_assistant: Run, tmp_path: Path) -> None:
    plain_failure(run_assistant("ask", "--jsonl", str(tmp_path / "[/b] gone.jsonl")), "[/b] gone.jsonl", "No such file")
    plain_failure(run_assistant("ask", "--jsonl", str(tmp_path)), str(tmp_path), "directory")
    assert everything(tmp_path) == []


def test_a_file_that_is_not_utf8_is_said_to_be_so(run_assistant: Run, tmp_path: Path) -> None:
    file = tmp_path / "latin.jsonl"
    file.write_bytes('{"id": 1, "question": "¿Qué?"}\n'.encode("latin-1"))
    plain_failure(run_assistant("ask", "--jsonl", str(file)), str(file), "UTF-8")


def test_standard_input_that_is_not_utf8_is_said_to_be_so_whatever_the_locale(run_assistant: Run) -> None:
    plain_failure(run_assistant("ask", "--jsonl", "-", stdin='{"question": "¿Qué?"}'.encode("latin-1"), LC_ALL="C"), "UTF-8")


@pytest.mark.parametrize("arguments", [("ask",), ("ask", FREQUENCY, "--jsonl", "-")])
def test_one_question_or_a_file_must_be_given(arguments: tuple[str, ...], run_assistant: Run) -> None:
    plain_failure(run_assistant(*arguments), "Give a question", "--jsonl")


def test_a_wrong_setting_is_named(run_assistant: Run) -> None:
    plain_failure(run_assistant("ask", FREQUENCY, ASSISTANT_PORT="many"), "ASSISTANT_PORT")
