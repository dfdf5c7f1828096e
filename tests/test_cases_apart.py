"""The evaluation cases and the expected questions are kept apart: what was trained on is not asked."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NEAR = 0.8  # Jaccard similarity of the word sets


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def test_no_case_is_a_near_duplicate_of_an_expected_question() -> None:
    expected: dict[str, list[frozenset[str]]] = {}
    for path in (ROOT / "corpus" / "questions").glob("??.jsonl"):
        expected[path.stem] = [_words(json.loads(line)["q"]) for line in path.read_text(encoding="utf-8").splitlines()]
    assert sum(map(len, expected.values())) > 5000
    near = []
    for path in (ROOT / "evals" / "cases").rglob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            asked = _words(case["question"])
            if case.get("history") or len(asked) < 3:  # "Hello!" has one form, and a follow-up is nothing without its history
                continue
            if any(len(asked & words) >= NEAR * len(asked | words) for words in expected[case["language"]]):
                near.append(case["id"])
    assert near == []
