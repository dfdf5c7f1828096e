"""The report on foreign files: every outcome has its name, no place of this machine gets out, the index survives."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from documents import spanish
from pypdf import PdfWriter
from typer.testing import CliRunner

from evals import documents_report
from evals.__main__ import app
from evals.documents_report import CRASHED, MEMORY, NOTES, READ, REFUSED, TIME, attempt, distinct_files, first_passages, markdown_table
from ingest.errors import SourceFileError, UserError
from ingest.settings import load_settings
from ingest.types import Document, Source

LIMITS = "each within 60 seconds"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good PDF and its copy, a damaged one, and a file that is none."""
    made = tmp_path / "foreign"
    (made / "more").mkdir(parents=True)
    spanish(made / "good.pdf")
    shutil.copy(made / "good.pdf", made / "more" / "same.pdf")
    (made / "more" / "damaged.pdf").write_bytes(b"%PDF-1.7\n" + b"1 0 obj << /Type /Catalog | < broken" * 3)
    (made / "picture.pdf").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    return made


def test_every_file_has_an_outcome(folder: Path) -> None:
    paths, copies = distinct_files(folder)
    outcomes = {one.name: one for one, _ in (attempt(path, folder) for path in paths)}
    assert copies == 1 and list(outcomes) == ["good.pdf", "more/damaged.pdf", "picture.pdf"]
    good, damaged, picture = outcomes.values()
    assert good.outcome == READ and good.kind == "pdf"
    assert good.pages >= 1 and good.passages > 5 and good.lists >= 1 and good.ocr_pages == 0
    assert damaged.outcome == REFUSED and damaged.kind == "pdf" and "damaged" in damaged.said
    assert picture.outcome == REFUSED and picture.kind == "–" and picture.passages == 0


def test_the_table_names_no_place_of_this_machine(folder: Path) -> None:
    outcomes = [attempt(path, folder)[0] for path in distinct_files(folder)[0]]
    made = markdown_table(outcomes, limits=LIMITS, copies=1, index="")
    assert str(folder) not in made and "/tmp" not in made
    assert "3 distinct files (by sha256; copies left out: 1)" in made and "pypdf" in made
    assert f"| {READ} | 1 |" in made and f"| {REFUSED} | 2 |" in made and f"| {CRASHED} | 0 |" in made
    (row,) = [line for line in made.splitlines() if line.startswith("| `more/damaged.pdf` |")]
    assert row.count(" | ") == 9 and row.endswith(" |")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (SourceFileError("Reading a.pdf took longer than 3 seconds and was stopped. Split it."), TIME),
        (SourceFileError("a.pdf needs more than 9 MB of memory to be read."), MEMORY),
        (SourceFileError("Reading a.pdf failed (the reader stopped unexpectedly, code -11). Get it again."), CRASHED),
        (SourceFileError("a.pdf could not be made sense of (KeyError). Save it anew as PDF."), CRASHED),
        (SourceFileError("a.pdf is protected by a password."), REFUSED),
        (KeyError("oh | no"), CRASHED),
    ],
)
def test_what_went_wrong_is_told_apart(folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: str) -> None:
    def fail(source: Source, **bounds: float) -> Document:
        raise error

    monkeypatch.setattr(documents_report, "read_guarded", fail)
    made, document = attempt(folder / "good.pdf", folder)
    assert made.outcome == outcome and made.said and document is None
    row = markdown_table([made], limits=LIMITS, copies=0, index="").splitlines()[-1]
    assert row.count("|") - row.count("\\|") == 11


def test_notes_and_broken_passages_count(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, document = attempt(folder / "good.pdf", folder)
    assert document
    kept = first_passages(document)
    assert len(kept.passages) == min(documents_report.INDEXED, len(document.passages)) and kept.canonical == document.canonical
    noted = Document(document.source, document.canonical, document.passages, document.lists, ("page 2 has no text layer.",))
    monkeypatch.setattr(documents_report, "read_guarded", lambda source, **bounds: noted)
    assert attempt(folder / "good.pdf", folder)[0].outcome == NOTES
    moved = Document(document.source, "x" + document.canonical, document.passages, document.lists)
    monkeypatch.setattr(documents_report, "read_guarded", lambda source, **bounds: moved)
    assert attempt(folder / "good.pdf", folder)[0].outcome == CRASHED


def test_the_command_writes_below_its_mark_and_builds_an_index(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.md"
    target.write_text(f"# Mine\n\nkept\n\n{documents_report.MARK}\n\nformer\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["documents", str(folder), "--to", str(target)], obj=load_settings)
    assert done.exit_code == 0, done.output
    written = target.read_text(encoding="utf-8")
    assert written.startswith("# Mine\n\nkept\n\n") and "former" not in written
    assert "1 documents" in written and "`good.pdf`" in written


def test_a_folder_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no file"):
        distinct_files(tmp_path)


def test_a_file_stopped_by_the_clock_fails_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, made = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(made)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "blank.pdf").write_bytes(made.getvalue())

    def slow(source: Source, **bounds: float) -> Document:
        raise SourceFileError(f"Reading {source.path} took longer than 1 seconds and was stopped. Split it.")

    monkeypatch.setattr(documents_report, "read_guarded", slow)
    done = CliRunner().invoke(app, ["documents", str(tmp_path / "in"), "--no-index"], obj=load_settings)
    assert done.exit_code == 1 and f"| {TIME} | 1 |" in done.output and "Reading the file took" in done.output
