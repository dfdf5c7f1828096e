"""Documents beyond those that ship: fetched, put there by hand, added, removed, listed; through the command line as people use it."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner
from web_server import ERROR_PAGE, PDF, Site, serving

import ingest.shelf
from ingest.__main__ import app
from ingest.adding import describe
from ingest.errors import CorpusError, SourceFileError
from ingest.fetch import Fetcher, Limits
from ingest.guard import read_all_guarded
from ingest.library import Library
from ingest.manifest import load_manifest
from ingest.remembered import write_manifest
from ingest.types import Document, Source
from vectorstore.embeddings import load_embeddings
from vectorstore.index import Index
from vectorstore.store import Store, StoreConfig

SHIPPED = '[[source]]\nid = "plan"\ntitle = "The plan"\nkind = "work plan"\nlanguage = "en"\npath = "plan.txt"\n'
ANNEX = (
    '[[source]]\nid = "annex-{low}"\ntitle = "Annex {up}: A list"\nshort_title = "Annex {up}"\n'
    'kind = "annex"\nlanguage = "en"\nurl = "{url}"\n'
)
PLAN = "THE PLAN\n\nThe group meets twice a year in Washington.\n"
REPORT = "THE REPORT\n\nThe Secretariat reported on the football school of Tela.\n\n- Open the school.\n- Train the teachers.\n"
SPANISH = "INFORME\n\nLa Secretaría informó sobre las escuelas abiertas que los Estados Miembros crearon para los jóvenes.\n"
ANNEX_TEXT = "DIRECTORY\n\nThe agency of Honduras for families works in every town.\n"

Run = Callable[..., Result]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        made.versioned("/pdfs/CP-1.txt", ANNEX_TEXT.encode(), '"1"')
        made.put("/pdfs/CP-2.pdf", ERROR_PAGE, Content_Type="text/html")
        yield made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def corpus(tmp_path: Path, site: Site) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    annexes = ANNEX.format(low="i", up="I", url=site.url("/pdfs/CP-1.txt")) + ANNEX.format(
        low="ii", up="II", url=site.url("/pdfs/CP-2.pdf")
    )
    (folder / "sources.toml").write_text(SHIPPED + annexes, encoding="utf-8")
    (folder / "plan.txt").write_text(PLAN, encoding="utf-8")
    return folder


@pytest.fixture
def run(corpus: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("add", "x.txt")`` runs the command line, off the network unless ``offline="false"``; it must succeed unless ``fails``."""
    values = {"CORPUS_DIR": str(corpus), "DATA_DIR": str(data), "EMBEDDINGS": "minilm", "ALLOW_PRIVATE_ADDRESSES": "true"}
    for name, value in values.items():
        monkeypatch.setenv(f"ASSISTANT_{name}", value)
    monkeypatch.setenv("COLUMNS", "300")

    def invoke(*arguments: str, offline: str = "true", fails: bool = False) -> Result:
        monkeypatch.setenv("ASSISTANT_OFFLINE", offline)
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == int(fails), done.output
        assert not fails or (done.stdout == "" and done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1)
        return done

    return invoke


@pytest.fixture
def report(tmp_path: Path) -> str:
    path = tmp_path / "Report_of 2011.txt"
    path.write_text(REPORT, encoding="utf-8")
    return str(path)


def row(done: Result, name: str) -> list[str]:
    """The cells of a document's row in the output of ``list`` or in the table of an ingest."""
    lines = [re.split(r"\s{2,}| │ ", line.strip(" │")) for line in done.stdout.splitlines() if re.match(rf"[ │]*{re.escape(name)}\s", line)]
    assert len(lines) == 1, done.stdout
    return [cell.strip(" │") for cell in lines[0]]


def remembered(data: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((data / "documents.json").read_text(encoding="utf-8"))
    return found


def a_week_ago(data: Path) -> None:
    text = re.sub(r'"tried": "[^"]+"', '"tried": "2020-01-01T00:00:00+00:00"', (data / "documents.json").read_text(encoding="utf-8"))
    (data / "documents.json").write_text(text, encoding="utf-8")


class TestThroughTheIndex:
    """The whole way once: fetch, add, list, remove, with the real embeddings."""

    def test_documents_come_and_go(self, run: Run, site: Site, data: Path, report: str, models_dir: Path) -> None:
        data.mkdir()
        (data / "models").symlink_to(models_dir)

        def passages() -> set[str]:
            found = Index.open(Store(StoreConfig(data)), load_embeddings("minilm", data / "models"))
            assert all(source.path is None for source in found.sources.values())
            assert found.sources["annex-i"].url == site.url("/pdfs/CP-1.txt")
            return {f"{passage.source_id}: {passage.text}" for passage in found.passages}

        first = run(offline="false")
        assert re.search(r"documents +│ 2 \(not in this index: 1\)", first.stdout)
        assert row(first, "Annex I")[1:] == ["fetched (0.0 MB)"]
        assert row(first, "Annex II")[1:] == ["not at hand: a PDF was expected, and a web page came, probably an error page"]
        assert str(data / "documents") in first.stdout
        assert "annex-i: The agency of Honduras for families works in every town." in passages()

        asked = len(site.asked)
        assert run("--if-needed", offline="false").stdout == "" and len(site.asked) == asked

        added = run("add", report, "--id", "report")
        assert added.stdout.startswith("Added report: Report_of 2011 (en, 4 passages, 1 lists)\n") and "Index built" in added.stdout
        assert "report: Train the teachers." in passages()
        listed = run("list")
        assert row(listed, "plan")[1:6] == ["text", "–", "2", "en", "–"]
        assert row(listed, "annex-i")[1:5] == ["text", "–", "2", "en"] and row(listed, "annex-i")[6].startswith("fetched on 20")
        assert row(listed, "annex-ii")[1:6] == ["–", "–", "–", "en", "–"]
        assert row(listed, "report")[3] == "4" and row(listed, "report")[6].startswith("added on 20")

        removed = run("remove", "report")
        assert removed.stdout.startswith("Removed report: Report_of 2011\n") and re.search(r"removed +│ 4 ", removed.stdout)
        assert not any(text.startswith("report:") for text in passages())
        assert sorted(path.name for path in (data / "documents").iterdir()) == ["annex-i.txt"]
        assert not (data / "sources.toml").exists()

        (data / "documents" / "annex-ii.pdf").write_bytes(PDF)  # not a PDF that can be read
        broken = run("--offline", offline="false")
        assert re.search(r"documents +│ 2 \(not in this index: 1\)", broken.stdout)
        assert row(broken, "Annex II")[1].startswith("put there by hand; not in the index: ")
        assert "; not in the index: " in row(run("list"), "annex-ii")[6]


class TestFetch:
    def fetch(self, corpus: Path, data: Path, **options: bool) -> dict[str, str]:
        library = Library(corpus, data)
        with library.changing():
            return library.fetch(Fetcher(Limits(allow_private=True, attempts=1)), **options)

    def test_what_was_fetched_is_asked_for_once_a_day(self, corpus: Path, data: Path, site: Site) -> None:
        first = self.fetch(corpus, data)
        state = remembered(data)["annex-i"]
        assert first["annex-i"].startswith("fetched") and (data / "documents" / "annex-i.txt").read_text() == ANNEX_TEXT
        assert (state["url"], state["etag"], state["file"]) == (site.url("/pdfs/CP-1.txt"), '"1"', "annex-i.txt")
        assert len(state["sha256"]) == 64 and state["at"] == state["tried"]
        assert list(self.fetch(corpus, data)) == ["annex-ii"]

        a_week_ago(data)
        assert self.fetch(corpus, data, if_needed=True).keys() == {"annex-ii"}
        a_week_ago(data)
        assert self.fetch(corpus, data)["annex-i"] == "unchanged"
        assert {path: headers["If-None-Match"] for path, headers in site.asked}["/pdfs/CP-1.txt"] == '"1"'

        a_week_ago(data)
        site.versioned("/pdfs/CP-1.txt", b"Another edition.", '"2"')
        assert self.fetch(corpus, data)["annex-i"].startswith("fetched")
        assert Path(str(Library(corpus, data).find("annex-i").source.path)).read_bytes() == b"Another edition."

    def test_refresh_asks_as_if_for_the_first_time(self, corpus: Path, data: Path, site: Site) -> None:
        self.fetch(corpus, data)
        assert self.fetch(corpus, data, refresh=True)["annex-i"] == "unchanged"
        assert [headers["If-None-Match"] for path, headers in site.asked if path == "/pdfs/CP-1.txt"] == [None, None]

    def test_a_failure_is_not_tried_again_the_same_day_in_passing(self, corpus: Path, data: Path, site: Site) -> None:
        self.fetch(corpus, data, if_needed=True)
        assert self.fetch(corpus, data, if_needed=True) == {}
        assert self.fetch(corpus, data).keys() == {"annex-ii"}

    def test_a_failure_leaves_the_old_copy(self, corpus: Path, data: Path, site: Site) -> None:
        self.fetch(corpus, data)
        site.put("/pdfs/CP-1.txt", status=404)
        a_week_ago(data)
        outcome = self.fetch(corpus, data)["annex-i"]
        assert re.fullmatch(r"kept the copy of \d{4}-\d\d-\d\d: 127\.0\.0\.1 answered 404 Not Found", outcome)
        entry = Library(corpus, data).find("annex-i")
        assert entry.origin == "fetched" and Path(str(entry.source.path)).read_text() == ANNEX_TEXT

    def test_another_format_takes_the_place_of_the_old_file(self, corpus: Path, data: Path, site: Site) -> None:
        self.fetch(corpus, data)
        manifest = (corpus / "sources.toml").read_text()
        (corpus / "sources.toml").write_text(manifest.replace("CP-1.txt", "CP-3.pdf"))
        site.put("/pdfs/CP-3.pdf")
        assert self.fetch(corpus, data, if_needed=True)["annex-i"].startswith("fetched"), "the address is another one"
        assert [path.name for path in (data / "documents").iterdir()] == ["annex-i.pdf"]

    def test_the_recorded_sha256_must_be_met(self, corpus: Path, data: Path) -> None:
        manifest = (corpus / "sources.toml").read_text()
        (corpus / "sources.toml").write_text(manifest.replace("CP-1.txt", f'CP-1.txt"\nsha256 = "{"0" * 64}'))
        assert "sha256 differs" in self.fetch(corpus, data)["annex-i"]
        assert list((data / "documents").iterdir()) == []

    def test_one_host_that_is_down_is_looked_up_once(self, corpus: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        manifest = (corpus / "sources.toml").read_text()
        (corpus / "sources.toml").write_text(re.sub(r"127\.0\.0\.1:\d+", "scm.oas.test", manifest))
        asked: list[str] = []
        monkeypatch.setattr("ingest.fetch._look_up", lambda host, port, timeout: asked.append(host) or [])
        outcomes = self.fetch(corpus, data)
        assert set(outcomes.values()) == {"not at hand: scm.oas.test cannot be found (no network, or no such name)"} and len(outcomes) == 2
        assert asked == ["scm.oas.test"]

    def test_what_a_killed_run_left_is_cleared_away(self, corpus: Path, data: Path) -> None:
        (data / "documents").mkdir(parents=True)
        (data / "documents" / ".annex-i.part.txt").write_text("half")
        self.fetch(corpus, data)
        assert [path.name for path in (data / "documents").iterdir()] == ["annex-i.txt"]


class TestByHand:
    @pytest.fixture
    def folder(self, data: Path) -> Path:
        (data / "documents").mkdir(parents=True)
        return data / "documents"

    @pytest.mark.parametrize("name", ["annex-i.txt", "Annex-I.html", "cp-1.TXT"])
    def test_a_file_of_the_right_name_is_taken_and_not_fetched_over(self, corpus: Path, data: Path, folder: Path, name: str) -> None:
        (folder / name).write_text(ANNEX_TEXT)
        library = Library(corpus, data)
        entry = library.find("annex-i")
        assert entry.origin == "by hand" and entry.source.path == str(folder / name) and library.unused == ()
        assert TestFetch().fetch(corpus, data, refresh=True).keys() == {"annex-ii"}

    def test_the_newer_of_two_files_is_meant(self, corpus: Path, data: Path, folder: Path) -> None:
        TestFetch().fetch(corpus, data)
        (folder / "annex-i.md").write_text("# A later edition\n")
        library = Library(corpus, data)
        assert library.find("annex-i").source.path == str(folder / "annex-i.md")
        assert library.unused == (folder / "annex-i.txt",)

    def test_a_changed_copy_is_somebodys_own(self, corpus: Path, data: Path, folder: Path) -> None:
        TestFetch().fetch(corpus, data)
        (folder / "annex-i.txt").write_text("Corrected.")
        assert Library(corpus, data).find("annex-i").origin == "by hand"

    def test_other_files_are_named_with_the_command_to_add_them(self, run: Run, folder: Path) -> None:
        (folder / "notes of may.txt").write_text("Notes.")
        (folder / "plan.txt").write_text("Another plan.")
        done = run("list")
        assert (
            f"Not used: {folder}/notes of may.txt. To add it, run: python -m ingest add '{folder}/notes of may.txt' --title" in done.stdout
        )
        assert f"Not used: {folder}/plan.txt" in done.stdout
        assert row(done, "plan")[6:] == ["ships with the assistant"]


class TestAdd:
    def test_what_is_recorded(self, run: Run, corpus: Path, data: Path, report: str) -> None:
        options = [
            "--title",
            'The "report" \\ of\n2011',
            "--short-title",
            "Report",
            "--symbol",
            "CP/doc.1",
            "--url",
            "https://oas.org/r.txt",
        ]
        run("add", report, "--no-build", "--kind", "other", *options)
        (source,) = load_manifest(data / "sources.toml")
        path = str((data / "documents" / "report-of-2011.txt").resolve())
        assert source == Source(
            "report-of-2011", 'The "report" \\ of 2011', "Report", "other", "en", path, "https://oas.org/r.txt", "CP/doc.1"
        )
        assert Path(path).read_text() == REPORT and Path(report).read_text() == REPORT
        assert Library(corpus, data).find("report-of-2011").origin == "added"
        assert not (data / "chroma").exists()

    def test_the_language_is_found_out(self, run: Run, data: Path, tmp_path: Path) -> None:
        (tmp_path / "informe.txt").write_text(SPANISH, encoding="utf-8")
        assert "(es, " in run("add", str(tmp_path / "informe.txt"), "--no-build").stdout
        assert load_manifest(data / "sources.toml")[0].language == "es"

    def test_an_annex_that_the_manifest_knows(self, run: Run, corpus: Path, data: Path, report: str, site: Site) -> None:
        run("add", report, "--annex", "i", "--no-build")
        entry = Library(corpus, data).find("annex-i")
        assert entry.origin == "added" and entry.source.title == "Annex I: A list" and entry.source.url == site.url("/pdfs/CP-1.txt")
        assert not (data / "sources.toml").exists()
        assert TestFetch().fetch(corpus, data, refresh=True).keys() == {"annex-ii"}, "an added file was fetched over"
        assert "already" in run("add", report, "--annex", "I", fails=True).stderr

    def test_an_annex_in_another_language_and_a_new_one(self, run: Run, corpus: Path, data: Path, report: str, tmp_path: Path) -> None:
        (tmp_path / "informe.txt").write_text(SPANISH, encoding="utf-8")
        run("add", str(tmp_path / "informe.txt"), "--annex", "I", "--language", "es", "--no-build")
        run("add", report, "--annex", "VI", "--no-build")
        spanish, new = (Library(corpus, data).find(name).source for name in ("annex-i-es", "annex-vi"))
        assert (spanish.version_of, spanish.language, spanish.short_title) == ("annex-i", "es", "Annex I (es)")
        assert (new.kind, new.short_title, new.title, new.version_of) == ("annex", "Annex VI", "Annex VI", None)

    def test_from_an_address(self, run: Run, corpus: Path, data: Path, site: Site) -> None:
        url = site.put("/r/Third%20meeting.txt", REPORT.encode())
        assert run("add", url, "--no-build", offline="false").stdout.startswith("Added third-meeting: Third meeting (en")
        entry = Library(corpus, data).find("third-meeting")
        assert entry.origin == "fetched" and entry.source.url == url and entry.state.url == url
        a_week_ago(data)
        assert TestFetch().fetch(corpus, data)["third-meeting"] == "unchanged"

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["nowhere.txt"], "nowhere.txt cannot be read"),
            (["{report}", "--id", "../x"], "--id"),
            (["{report}", "--kind", "poem"], "--kind 'poem' is not one of strategy"),
            (["{report}", "--language", "de"], "--language 'de' is not one of en"),
            (["{report}", "--annex", "four"], "--annex 'FOUR'"),
            (["{report}", "--version-of", "annex-ix"], "There is no source 'annex-ix'"),
            (["{report}", "--url", "https://me:secret@oas.org/"], "--url"),
            (["{report}", "--id", "plan"], "There is a document 'plan' already"),
            (["{binary}"], "binary.bin is binary"),
            (["{copy}"], "is the document 'annex-ii', which is there already"),
            (["http://me:secret@127.0.0.1/x.txt"], "http://127.0.0.1/x.txt cannot be added: the address holds a user name or a password."),
        ],
    )
    def test_what_cannot_be_added_changes_nothing(
        self, run: Run, data: Path, tmp_path: Path, report: str, arguments: list[str], words: str
    ) -> None:
        (tmp_path / "binary.bin").write_bytes(b"\x00\x01\x02")
        (tmp_path / "copy.txt").write_text(ANNEX_TEXT)
        (data / "documents").mkdir(parents=True)
        (data / "documents" / "annex-ii.txt").write_text(ANNEX_TEXT)
        places = {"report": report, "binary": str(tmp_path / "binary.bin"), "copy": str(tmp_path / "copy.txt")}
        message = run("add", *(argument.format(**places) for argument in arguments), offline="false", fails=True).stderr
        assert words in message and "secret" not in message and ".part" not in message
        assert [path.name for path in (data / "documents").iterdir()] == ["annex-ii.txt"]
        assert list(data.rglob("*.json")) == []
        assert not (data / "sources.toml").exists()

    def test_nothing_is_fetched_offline(self, run: Run, site: Site) -> None:
        assert "offline" in run("add", site.put("/r.txt", REPORT.encode()), fails=True).stderr and site.asked == []

    def test_the_name_of_a_file_that_tells_nothing(self) -> None:
        with pytest.raises(CorpusError, match="--id"):
            describe("日本.txt", {}, ())
        assert describe("日本.txt", {"id": "japan"}, ()).title == "日本"


class TestRemove:
    def test_a_fetched_one_stays_known_and_is_fetched_again_when_asked_for(self, run: Run, corpus: Path, data: Path) -> None:
        TestFetch().fetch(corpus, data)
        run("remove", "annex-i", "--no-build")
        assert list((data / "documents").iterdir()) == []
        assert TestFetch().fetch(corpus, data).keys() == {"annex-ii"}
        assert re.search(r"removed on \S+; --refresh fetches it again", row(run("list"), "annex-i")[-1])
        assert "annex-i" in TestFetch().fetch(corpus, data, refresh=True)

    @pytest.mark.parametrize(
        ("name", "words"), [("plan", "ships with the assistant"), ("annex-i", "not at hand"), ("nothing", "There is no source 'nothing'")]
    )
    def test_what_cannot_be_removed(self, run: Run, name: str, words: str) -> None:
        assert words in run("remove", name, fails=True).stderr

    def test_its_versions_go_first(self, run: Run, report: str, tmp_path: Path) -> None:
        (tmp_path / "informe.txt").write_text(SPANISH, encoding="utf-8")
        run("add", report, "--id", "report", "--no-build")
        run("add", str(tmp_path / "informe.txt"), "--version-of", "report", "--no-build")
        assert "'informe' is a version of 'report'" in run("remove", "report", fails=True).stderr
        run("remove", "informe", "--no-build")
        run("remove", "report", "--no-build")


class TestFaults:
    def test_options_of_building_with_a_command(self, run: Run) -> None:
        assert "python -m ingest list --help" in run("--offline", "list", fails=True).stderr

    def test_refresh_offline(self, run: Run) -> None:
        assert "--refresh" in run("--refresh", "--offline", fails=True).stderr

    def test_damaged_memory(self, run: Run, data: Path) -> None:
        data.mkdir()
        (data / "documents.json").write_text('{"annex-i": {"colour": "red"}}')
        assert "documents.json is damaged. Delete it" in run("list", fails=True).stderr

    def test_an_id_in_both_manifests(self, run: Run, data: Path) -> None:
        data.mkdir()
        (data / "sources.toml").write_text(SHIPPED)
        assert "the corpus has a document 'plan', too" in run("list", fails=True).stderr

    def test_two_at_a_time(self, run: Run, data: Path, report: str) -> None:
        data.mkdir()
        with FileLock(data / "library.lock"):
            assert "Another process" in run("add", report, fails=True).stderr

    def test_a_data_folder_that_is_a_file(self, run: Run, data: Path, report: str) -> None:
        data.write_text("")
        assert "ASSISTANT_DATA_DIR" in run("add", report, fails=True).stderr

    def test_a_document_that_cannot_be_read_stops_nobody(self, corpus: Path, data: Path) -> None:
        TestFetch().fetch(corpus, data)
        (data / "documents" / "annex-ii.pdf").write_bytes(PDF)
        library = Library(corpus, data)
        documents, problems = library.read(library.entries)
        assert list(documents) == ["plan", "annex-i"] and list(problems) == ["annex-ii"]
        assert remembered(data)["annex-ii"]["unread"] == problems["annex-ii"] != ""
        (data / "documents" / "annex-ii.pdf").unlink()
        (data / "documents" / "annex-ii.txt").write_text(REPORT)
        library.reload()
        assert library.read(library.entries)[1] == {} and "unread" not in remembered(data)["annex-ii"]


def test_what_was_read_is_kept_until_the_file_changes(corpus: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    TestFetch().fetch(corpus, data)
    read: list[str] = []

    def reading(sources: list[Source], **options: Any) -> list[Document | SourceFileError]:
        read.extend(source.id for source in sources)
        return read_all_guarded(sources, **options)

    monkeypatch.setattr(ingest.shelf, "read_all_guarded", reading)

    def look(again: bool = False) -> dict[str, Document]:
        library = Library(corpus, data)
        return library.read(library.entries, again=again)[0]

    first = look()
    assert look() == first and read == ["annex-i"]
    look(again=True)
    assert len(read) == 2
    (data / "documents" / "annex-i.txt").write_text("Corrected.")
    assert look() != first and look() == look() and len(read) == 3
    (kept,) = (data / "readings").iterdir()
    kept.write_text("{")
    assert look()["annex-i"].canonical == "Corrected." and len(read) == 4

    (data / "documents" / "annex-i.txt").write_bytes(b"\xff\xfe\x00")
    assert "annex-i" not in look() and len(read) == 5
    assert "annex-i" not in look() and len(read) == 5, "a file that cannot be read was read again"


_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(_words, _words)
def test_any_title_survives_the_manifest(title: str, short: str) -> None:
    described = describe("a.txt", {"title": title, "short_title": short, "language": "en"}, ())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sources.toml"
        write_manifest(path, [Source(**{**{f: getattr(described, f) for f in Source.__slots__}, "url": "http://oas.org/"})])
        (loaded,) = load_manifest(path)
    assert (loaded.title, loaded.short_title) == (described.title, described.short_title)
    assert described.title == loaded.title != ""
