"""What readers say of answers: one JSON line each in the data folder, read again by the evaluation as draft cases."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock

from assistant.types import Answer, Turn
from ingest.errors import UserError

FEEDBACK_FILE = "feedback.jsonl"  # in the data folder
Verdict = Literal["good", "bad"]
LONGEST = 4000  # characters of a comment that are kept


@dataclass(frozen=True, slots=True)
class Feedback:
    """One reader's judgement of one answer.

    ``answer`` is the JSON form of the answer (the contract of ``Answer.to_dict``); ``time`` is UTC in ISO 8601;
    ``index`` is the fingerprint of the corpus that was asked; ``comment`` may be empty.
    """

    time: str
    question: str
    history: tuple[Turn, ...]
    language: str
    verdict: Verdict
    comment: str
    answer: dict[str, Any]
    index: str


def make_feedback(answer: Answer, history: Sequence[Turn], verdict: Verdict, comment: str, index: str) -> Feedback:
    """The judgement of *answer*, given now, to a question that stood after *history*."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    said = comment.strip()[:LONGEST]
    return Feedback(now, answer.question, tuple(history), answer.language, verdict, said, answer.to_dict(), index)


def append_feedback(data_dir: Path, feedback: Feedback) -> None:
    """Add a line to the feedback file, whoever else writes at the same time.

    Raises:
        OSError: the data folder cannot be written to.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    entry = asdict(feedback) | {"history": [{"role": turn.role, "content": turn.text} for turn in feedback.history]}
    path = data_dir / FEEDBACK_FILE
    with FileLock(path.with_suffix(".lock"), timeout=10), path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry, ensure_ascii=False) + "\n")


def read_feedback(path: Path) -> list[Feedback]:
    """The judgements in a feedback file, oldest first.

    Raises:
        UserError: the file cannot be read, or a line of it is no judgement.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"There is no feedback to read at {path} ({error}).") from None
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                entry = json.loads(line)
                turns = tuple(Turn(turn["role"], turn["content"]) for turn in entry.pop("history"))
                feedback = Feedback(history=turns, **entry)
                if feedback.verdict not in get_args(Verdict) or not isinstance(feedback.answer, dict):
                    raise ValueError("verdict or answer")
                found.append(feedback)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise UserError(f"{path}, line {number}: not a line of feedback ({error}).") from None
    return found
