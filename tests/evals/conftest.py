"""A tiny corpus, cases about it, and an assistant that answers them by looking words up."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assistant.types import Answer, Citation, Coverage, Turn
from evals.cases import Located, load_cases
from evals.records import Run
from evals.report import html_report
from evals.runner import Texts, run_suite
from ingest.structure import build_document
from ingest.types import Passage, Source
from vectorstore.types import IndexManifest

TEXT = """OPENING

The committee meets in the spring of every year.

The following actions are proposed:
- Plant trees along the river.
- Clean the public squares.
- Repair the lamps of the old bridge.

The secretariat keeps the minutes.
"""


@dataclass
class FakeIndex:
    canonical: dict[str, str]
    by_id: dict[str, Passage]
    manifest: IndexManifest


class FakeAssistant:
    """Cites the passages that share a rare word with the question; abstains when there is none.

    *broken* names what it does badly: lists, facts, history, silence (it never abstains), offsets, or it raises.
    """

    def __init__(self, broken: str = "") -> None:
        document = build_document(Source("doc", "Document", "Doc", "other", "en"), TEXT)
        self.passages = document.passages
        manifest = IndexManifest("v", "fake", 2, "cosine", 1, "f" * 64, 9, 0)
        self.index = FakeIndex({"doc": TEXT}, {p.id: p for p in document.passages}, manifest)
        self.broken = broken
        self.asked: list[str] = []

    def answer(self, question: str, history: tuple[Turn, ...] = (), *, language: str | None = None) -> Answer:
        self.asked.append(question)
        if self.broken == "raises":
            raise ValueError("the retriever is gone")
        if "hello" in question.lower():
            return Answer(None, question, "en", "answered", "Good day.", confidence=1.0)
        past = [] if self.broken == "history" else [turn.text for turn in history if turn.role == "user"]
        text = " ".join([*past, question])
        words = {word for word in re.findall(r"\w+", text.lower()) if len(word) > 4}
        found = [p for p in self.passages if p.kind != "heading" and words & set(re.findall(r"\w+", p.text.lower()))]
        if "actions" in words:
            found = [] if self.broken == "lists" else [p for p in self.passages if p.kind == "list_item"]
        if self.broken == "facts" and len(found) == 1 and not history:
            found = [p for p in self.passages if p not in found][-1:]
        if self.broken == "silence" and not found:
            found = list(self.passages[:1])
        if not found:
            return Answer(None, question, "en", "not_in_corpus", "The documents do not say.", confidence=0.1)
        shift = 1 if self.broken == "offsets" else 0
        citations = tuple(
            Citation(n, p.id, p.source_id, "Document", p.locator, p.page, p.text, p.start + shift, p.end + shift, None)
            for n, p in enumerate(found, start=1)
        )
        coverage = Coverage("actions", len(found), 3) if "actions" in words else None
        markdown = "\n".join(f"{c.quote} [{c.number}]" for c in citations)
        return Answer(None, question, "en", "answered", markdown, citations=citations, coverage=coverage, confidence=0.8)


ACTIONS = ["Plant trees along the river.", "Clean the public squares.", "Repair the lamps of the old bridge."]
TURNS = [{"role": "user", "content": "What of the minutes?"}, {"role": "assistant", "content": "They are kept."}]
CASES = [
    {"id": "list-1", "question": "Which actions are there?", "category": "list", "gold": ACTIONS},
    {"id": "fact-1", "question": "When is the meeting of the committee?", "category": "fact", "gold": ["in the spring of every year"]},
    {"id": "follow-1", "question": "And who?", "category": "follow-up", "gold": ["The secretariat keeps the minutes."], "history": TURNS},
    {"id": "none-1", "question": "What is the budget?", "category": "unanswerable", "gold": [], "must_not_claim": ["million"]},
    {"id": "hello-1", "question": "Hello!", "category": "smalltalk", "gold": []},
]


def write_cases(folder: Path, half: str) -> Path:
    (folder / half).mkdir(parents=True, exist_ok=True)
    lines = []
    for case in CASES:
        gold = [{"source": "doc", "quote": quote} for quote in case["gold"]]
        secret = " (the secret wording)" if half == "unseen" else ""
        made = {"id": f"{half}-{case['id']}", "question": case["question"] + secret, "gold": gold, "answerable": bool(gold)}
        lines.append(json.dumps(case | made | {"language": "en"}))
    (folder / half / "en.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def case_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cases"
    write_cases(folder, "dev")
    return write_cases(folder, "unseen")


@pytest.fixture
def cases(case_folder: Path) -> list[Located]:
    return load_cases(case_folder)


@pytest.fixture
def make_assistant():
    return FakeAssistant


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def texts(assistant: FakeAssistant) -> Texts:
    return Texts(assistant.index.canonical, assistant.index.by_id)


@pytest.fixture
def edit_case():
    return lambda located, **changes: replace(located, case=located.case.model_copy(update=changes))


@pytest.fixture(scope="session")
def broken_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run over both halves of an assistant that loses lists, with its page in ``report.html``."""
    folder, system = tmp_path_factory.mktemp("broken"), FakeAssistant("lists")
    write_cases(folder / "cases", "dev")
    cases = load_cases(write_cases(folder / "cases", "unseen"))
    texts = Texts(system.index.canonical, system.index.by_id)
    run = run_suite(system, cases, texts, description={"commit": "abc", "seed": 1}, folder=folder / "broken")
    (run.folder / "report.html").write_text(html_report(run), encoding="utf-8")
    return run
