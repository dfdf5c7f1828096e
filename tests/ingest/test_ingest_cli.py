"""``python -m ingest`` as its users meet it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.__main__ import app
from vectorstore.embeddings import load_embeddings
from vectorstore.index import Index
from vectorstore.store import Store, StoreConfig

Run = Callable[..., subprocess.CompletedProcess[str]]
CORPUS = Path(__file__).resolve().parents[2] / "corpus"


def numbers(output: str) -> dict[str, str]:
    """The summary table as a dictionary."""
    return {match[1]: match[2].strip() for match in re.finditer(r"│ ([\w ]+?) +│ (.+?) +│", output)}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestBuild:
    def test_summary_of_the_first_run(self, first_ingest: subprocess.CompletedProcess[str]) -> None:
        found = numbers(first_ingest.stdout)
        assert "Index built" in first_ingest.stdout
        assert found["documents"] == "2 (not in this index: 5)"
        assert (found["passages"], found["lists"]) == ("96", "12")
        assert int(found["expected questions"]) > 1000
        assert int(found["embedded"]) >= 96
        assert (found["unchanged"], found["removed"]) == ("0", "0")
        assert float(found["seconds"]) > 0
        assert "Note:" not in first_ingest.stderr

    def test_second_run_embeds_nothing(self, first_ingest: subprocess.CompletedProcess[str], index_dir: Path, run_module: Run) -> None:
        again = run_module("ingest", ASSISTANT_DATA_DIR=str(index_dir))
        assert again.returncode == 0, again.stderr
        first, found = numbers(first_ingest.stdout), numbers(again.stdout)
        assert "Index is up to date" in again.stdout
        assert (found["embedded"], found["unchanged"], found["removed"]) == ("0", first["embedded"], "0")
        assert found["passages"] == first["passages"]


class TestChange:
    OLD = "Annexes I, II, and III will be updated annually."
    NEW = "Annexes I, II, and III will be updated every second year."

    def test_only_what_changed_is_embedded(
        self, tmp_path: Path, models_dir: Path, run_module: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        corpus, data = tmp_path / "corpus", tmp_path / "data"
        shutil.copytree(CORPUS, corpus, ignore=shutil.ignore_patterns("questions"))
        manifest = (corpus / "sources.toml").read_text(encoding="utf-8")
        (corpus / "sources.toml").write_text(re.sub(r"sha256 = .*\n", "", manifest), encoding="utf-8")
        data.mkdir()
        (data / "models").symlink_to(models_dir)
        environment = {"ASSISTANT_CORPUS_DIR": str(corpus), "ASSISTANT_DATA_DIR": str(data), "ASSISTANT_EMBEDDINGS": "minilm"}
        first = run_module("ingest", **environment)
        assert first.returncode == 0, first.stderr

        text = (corpus / "strategy.txt").read_text(encoding="utf-8")
        assert self.OLD in text
        (corpus / "strategy.txt").write_text(text.replace(self.OLD, self.NEW), encoding="utf-8")
        second = run_module("ingest", "--if-needed", **environment)
        assert second.returncode == 0, second.stderr
        before, after = numbers(first.stdout), numbers(second.stdout)
        assert (after["embedded"], after["removed"], after["passages"]) == ("1", "1", before["passages"])
        assert int(after["unchanged"]) == int(before["embedded"]) - 1

        index = Index.open(Store(StoreConfig(data)), load_embeddings("minilm", data / "models"))
        texts = [passage.text for passage in index.passages]
        assert self.NEW in texts and self.OLD not in texts
        assert self.OLD not in index.canonical["strategy"]
        assert index.search("How often are the annexes updated?")[0].passage.text == self.NEW

        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        third = CliRunner().invoke(app, ["--if-needed"])
        assert (third.exit_code, third.stdout) == (0, "")


class TestDryRun:
    @pytest.fixture(autouse=True)
    def _here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.data = tmp_path / "data"
        monkeypatch.setenv("ASSISTANT_DATA_DIR", str(self.data))
        monkeypatch.setenv("COLUMNS", "200")

    def test_prints_the_structure_and_writes_nothing(self) -> None:
        before = files(CORPUS)
        done = CliRunner().invoke(app, ["--dry-run"])
        assert done.exit_code == 0, done.output
        assert not self.data.exists()
        assert files(CORPUS) == before
        lines = done.output.splitlines()
        assert re.match(r"Regional Strategy to Promote .* \(67 passages, 7 lists\)$", lines[0])
        pillar = next(number for number, line in enumerate(lines) if line.endswith("II. Rehabilitation and social reincorporation"))
        assert "action 1 [8041:8146] Develop programs to reincorporate school drop-outs" in lines[pillar + 1]
        assert "action 12 [" in lines[pillar + 12]
        assert any(re.search(r"footnote 1 \[\d+:\d+\] Established pursuant", line) for line in lines)

    def test_one_source(self) -> None:
        done = CliRunner().invoke(app, ["--dry-run", "--source", "work-plan"])
        assert done.exit_code == 0
        assert done.output.startswith("Draft Work Plan") and "Regional Strategy to Promote Inter-American Cooperation (" not in done.output
        assert "Open School" not in done.output

    def test_square_brackets_in_a_document_are_text(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "doc.txt").write_text("TITLE [/bold]\n\nA text with [red] and [/] in it.\n", encoding="utf-8")
        manifest = '[[source]]\nid = "d"\ntitle = "On [/] and [x]"\nkind = "other"\nlanguage = "en"\npath = "doc.txt"\n'
        (tmp_path / "sources.toml").write_text(manifest, encoding="utf-8")
        monkeypatch.setenv("ASSISTANT_CORPUS_DIR", str(tmp_path))
        done = CliRunner().invoke(app, ["--dry-run"])
        assert done.exit_code == 0, done.output
        assert "On [/] and [x] (2 passages" in done.output
        assert "A text with [red] and [/] in it." in done.output


class TestErrors:
    """Each ends with exit code 1, a message that says what and what to do, no traceback and no half-written state."""

    @pytest.fixture
    def corpus(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "corpus"
        shutil.copytree(CORPUS, folder, ignore=shutil.ignore_patterns("questions", "translations"))
        monkeypatch.setenv("ASSISTANT_CORPUS_DIR", str(folder))
        monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "data"))
        monkeypatch.setenv("ASSISTANT_EMBEDDINGS", "minilm")
        return folder

    def fault(self, *arguments: str) -> str:
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == 1
        assert isinstance(done.exception, SystemExit)
        assert done.stdout == ""
        assert done.stderr.startswith("Error: ")
        return done.stderr

    def test_as_a_process(self, tmp_path: Path, run_module: Run) -> None:
        done = run_module("ingest", ASSISTANT_CORPUS_DIR=str(tmp_path / "no[/]where"), ASSISTANT_DATA_DIR=str(tmp_path / "data"))
        assert done.returncode == 1
        assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1
        assert f"{tmp_path}/no[/]where/sources.toml" in done.stderr and "ASSISTANT_CORPUS_DIR" in done.stderr
        assert not (tmp_path / "data").exists()

    def test_file_missing(self, corpus: Path) -> None:
        (corpus / "work-plan.txt").unlink()
        assert "work-plan.txt" in self.fault()
        assert not (corpus.parent / "data").exists()

    def test_not_utf8(self, corpus: Path) -> None:
        manifest = (corpus / "sources.toml").read_text(encoding="utf-8")
        (corpus / "sources.toml").write_text(re.sub(r"sha256 = .*\n", "", manifest), encoding="utf-8")
        (corpus / "strategy.txt").write_bytes(b"caf\xe9")
        assert "not UTF-8" in self.fault()

    def test_changed_document(self, corpus: Path) -> None:
        with (corpus / "strategy.txt").open("a") as stream:
            stream.write("!")
        assert "sha256 differs" in self.fault()

    def test_no_source_in_the_manifest(self, corpus: Path) -> None:
        (corpus / "sources.toml").write_text("")
        assert "names no [[source]]" in self.fault()

    def test_unknown_source(self, corpus: Path) -> None:
        message = self.fault("--dry-run", "--source", "annex-vi")
        assert "annex-vi" in message and "work-plan" in message

    def test_source_without_a_file(self, corpus: Path) -> None:
        assert "not at hand" in self.fault("--dry-run", "--source", "annex-ii")

    def test_source_without_dry_run(self, corpus: Path) -> None:
        assert "--dry-run" in self.fault("--source", "strategy")

    def test_bad_setting(self, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ASSISTANT_PORT", "many")
        assert "ASSISTANT_PORT" in self.fault()

    def test_bad_vocabulary(self, corpus: Path) -> None:
        (corpus / "vocabulary.toml").write_text("[")
        assert "vocabulary.toml" in self.fault()

    def test_unknown_embeddings(self, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ASSISTANT_EMBEDDINGS", str(corpus / "no-model"))
        assert "ASSISTANT_EMBEDDINGS" in self.fault()

    def test_server_that_does_not_answer(self, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ASSISTANT_CHROMA_URL", "http://127.0.0.1:9")
        message = self.fault()
        assert "http://127.0.0.1:9" in message and "ASSISTANT_CHROMA_URL" in message

    def test_damaged_data_folder(self, corpus: Path) -> None:
        folder = corpus.parent / "data" / "chroma"
        folder.mkdir(parents=True)
        (folder / "chroma.sqlite3").write_bytes(b"garbage " * 1000)
        assert "python -m ingest" in self.fault()
        assert (folder / "chroma.sqlite3").read_bytes() == b"garbage " * 1000


def test_help_teaches() -> None:
    done = CliRunner().invoke(app, ["--help"])
    assert done.exit_code == 0
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", " ", done.output).split())
    for words in ("--dry-run", "--source", "--if-needed", "Unchanged passages keep their vectors", "leaves the old index serving"):
        assert words in text
