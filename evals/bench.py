"""Speed, memory and exactness of the product, and other systems beside it, all in one run on one machine."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from evals.baselines import bm25, dense, hybrid, langchain_recipe, llamaindex_default
from evals.cases import Case, Located
from evals.console import show
from evals.records import ALL_FIGURES, ROOT, CaseResult, summarise
from evals.runner import Progress, System, Texts, run_cases
from evals.stats import percentiles
from ingest.errors import UserError
from ingest.settings import Settings
from vectorstore.embeddings import load_embeddings
from vectorstore.index import Index
from vectorstore.store import Store, StoreConfig

_TICK = 0.005  # seconds between two looks at a running child
LIBRARIES = ("numpy", "pydantic_settings", "langchain_core.embeddings", "onnxruntime", "bm25s", "chromadb")
HEAVY = ("gradio", "torch", "sentence_transformers")
COMPARED = ("complete", "quote_recall", "citation_precision", "focus", "abstention", "false_abstention")
QUALITY_COLUMNS = ("System", *(ALL_FIGURES[name][0] for name in COMPARED), "Median ms")
# The other systems read English and no history; so that this is not all that a table shows, there is one for each part.
PARTS: dict[str, Callable[[Case], bool]] = {
    "all cases": lambda case: True,
    "without history": lambda case: not case.history,
    "English, without history": lambda case: case.language == "en" and not case.history,
}


def child(arguments: Sequence[str]) -> tuple[float, float]:
    """(seconds of wall time, peak memory in MiB) of a Python process started with *arguments*.

    Raises:
        UserError: it failed; the message ends with what it printed last.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)
        peak = 0.0
        while process.poll() is None:  # what the system tells afterwards counts the memory of the parent, too
            peak = max(peak, peak_mib(process.pid))
            time.sleep(_TICK)
        seconds = time.perf_counter() - started
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()
    if process.returncode:
        raise UserError(f"python {' '.join(arguments[:3])} failed: {said.splitlines()[-1] if said else process.returncode}")
    return seconds, peak


def peak_mib(pid: int | str = "self") -> float:
    """The peak memory of a running process in MiB; 0 where the system does not tell or the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return int(next((line.split()[1] for line in lines if line.startswith("VmHWM")), "0")) / 1024


def import_times(names: Sequence[str] = (*LIBRARIES, *HEAVY), repeat: int = 3) -> dict[str, float]:
    """Seconds to import each library in a process of its own, less the start of Python (``python``), medians."""
    bare = statistics.median(child(["-c", ""])[0] for _ in range(repeat))
    together = ", ".join(LIBRARIES)
    times = {name: statistics.median(child(["-c", f"import {name}"])[0] for _ in range(repeat)) - bare for name in (*names, together)}
    return {"python": bare, **{("these together" if name == together else name): seconds for name, seconds in times.items()}}


def index_exactness(index: Index, store: Store, questions: Sequence[str], k: int = 10) -> dict[str, float]:
    """How Chroma's approximate search compares with exact search over the same vectors.

    ``recall`` is the share of the exact *k* best that it returns, where a passage as near as the exact k-th counts too
    (the definition of ann-benchmarks, Aumüller et al., 2020); ``top_lost`` counts questions that lose the best passage.
    """
    k = min(k, len(index.passages))
    shares, lost = [], 0
    for vector in index.embeddings.encode(list(questions), query=True):
        exact = np.sort(index.passage_vectors @ vector)[::-1]
        rows = [index.row_of[identity] for identity, _ in store.nearest(index.manifest.version, vector, k)]
        found = [float(score) for score in index.passage_vectors[rows] @ vector]
        shares.append(sum(score >= exact[k - 1] - 1e-5 for score in found) / k)
        lost += int(max(found, default=-1.0) < exact[0] - 1e-5)
    return {"recall": statistics.fmean(shares), "top_lost": lost, "questions": len(questions), "k": k}


def systems(assistant: Any, settings: Settings) -> dict[str, System]:
    """The baselines and the assistant, by the name that tables show.

    Raises:
        UserError: a library of the group ``evals`` is not installed.
    """
    index: Index = assistant.index
    minilm = load_embeddings("minilm", settings.data_dir / "models")
    recipes = [langchain_recipe(index.canonical, minilm), llamaindex_default(index.canonical, minilm)]
    others = [bm25(index), dense(index, minilm), hybrid(index), *recipes]
    return {**{system.name: system for system in others}, "this assistant": assistant}


def side_by_side(
    named: Mapping[str, System], cases: Sequence[Located], texts: Texts, progress: Progress = lambda done, total: None
) -> dict[str, list[CaseResult]]:
    """The results of every system on the same cases, one question at a time; each is asked a first question to warm up."""
    results = {}
    for done, (name, system) in enumerate(named.items()):
        system.answer(cases[0].case.question)
        results[name] = run_cases(system, cases, texts)
        progress(done + 1, len(named))
    return results


def parts(results: Mapping[str, list[CaseResult]], cases: Sequence[Located]) -> dict[str, dict[str, list[CaseResult]]]:
    """*results* for each of :data:`PARTS` that *cases* have any of."""
    places = {part: [place for place, located in enumerate(cases) if belongs(located.case)] for part, belongs in PARTS.items()}
    return {part: {name: [found[i] for i in chosen] for name, found in results.items()} for part, chosen in places.items() if chosen}


def quality(results: Mapping[str, list[CaseResult]]) -> dict[str, dict[str, Any]]:
    """The figures of every system: those of :data:`COMPARED`, the exactness of its quotations, its median latency."""
    made = {}
    for name, found in results.items():
        figures = summarise(found)
        median = statistics.median(result.latency_ms for result in found)
        made[name] = {**{metric: asdict(figures[metric]) for metric in (*COMPARED, "exactness")}, "median_ms": round(median, 1)}
    return made


def quality_rows(made: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The figures of :func:`quality` as rows for :data:`QUALITY_COLUMNS`."""
    return [(name, *(show(figures[metric]) for metric in COMPARED), f"{figures['median_ms']:.1f}") for name, figures in made.items()]


def bench(
    assistant: Any, load_seconds: float, settings: Settings, cases: Sequence[Located], texts: Texts, repeat: int = 3
) -> dict[str, Any]:
    """Everything measured once, in one run; times in seconds unless named otherwise."""
    question = next(located.case.question for located in cases if located.case.answerable and not located.case.history)
    cold = [child(["-m", "assistant", "ask", question]) for _ in range(repeat)]
    imports = import_times(repeat=repeat)
    results = side_by_side(systems(assistant, settings), cases, texts)
    store = Store(StoreConfig(settings.data_dir, settings.chroma_url))
    warm = percentiles([result.latency_ms for result in results["this assistant"]]) or {}
    recipe = percentiles([result.latency_ms for result in results["LangChain recipe"]]) or {}
    cold_seconds = statistics.median(seconds for seconds, _ in cold)
    return {
        "imports": imports,
        "cold_ask": {"median": cold_seconds, "worst": max(seconds for seconds, _ in cold), "peak_mib": max(peak for _, peak in cold)},
        "load": load_seconds,
        "warm_ms": warm,
        "peak_mib_of_this_process": peak_mib(),
        "ratios": {
            "cold ask / bare imports of its libraries": cold_seconds / (imports["python"] + imports["these together"]),
            "warm question / warm LangChain recipe": warm["p50"] / recipe["p50"],
        },
        "index": index_exactness(assistant.index, store, [located.case.question for located in cases]),
        "quality": quality(results),
        "cores": len(os.sched_getaffinity(0)),
    }


def bench_tables(figures: dict[str, Any]) -> list[tuple[str, Sequence[str], Sequence[Sequence[str]]]]:
    """(title, columns, rows) of the figures of :func:`bench`."""
    cold, warm, index = figures["cold_ask"], figures["warm_ms"], figures["index"]
    speed = [
        ("cold `python -m assistant ask`, median of process wall time", f"{cold['median']:.2f} s (worst {cold['worst']:.2f} s)"),
        ("peak memory of a cold ask", f"{cold['peak_mib']:.0f} MiB"),
        ("load (Assistant.open with its imports)", f"{figures['load']:.2f} s"),
        ("warm question", ", ".join(f"{name} {value:.1f} ms" for name, value in warm.items())),
        ("peak memory of this process, with all systems", f"{figures['peak_mib_of_this_process']:.0f} MiB"),
        *((name, f"{value:.2f}") for name, value in figures["ratios"].items()),
        (f"Chroma's HNSW against exact search, recall@{index['k']}", f"{index['recall']:.4f} (n={index['questions']})"),
        ("questions on which HNSW loses the best passage", f"{index['top_lost']}"),
    ]
    imports = [(name, f"{seconds:.2f}") for name, seconds in figures["imports"].items()]
    return [
        (f"Speed and exactness on {figures['cores']} cores", ("", "Value"), speed),
        ("Bare imports, each in a process of its own", ("", "Seconds"), imports),
        ("The same questions, the same run", QUALITY_COLUMNS, quality_rows(figures["quality"])),
    ]
