"""The picture of a PDF page in the sources panel, with the passage marked: a fictitious Annex I beside the shipped corpus."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import unquote

import documents as fictitious
import httpx
import pytest
from playwright.sync_api import Browser, expect
from test_web_axe import violations
from visits import Visit, open_window, running

from app_parts import pictures
from app_parts.conversation import Exchange
from app_parts.messages import TEXTS
from app_parts.pictures import Pictures, picture_url
from app_parts.sources import panel_html
from assistant.types import Answer, Citation
from ingest.types import Passage, Source
from vectorstore.index import Index

_QUESTION = "How many agencies in Jamaica does the directory list?"
_PNG = b"\x89PNG\r\n\x1a\n"
# Dots of the picture that are yellow, as share of all.
_YELLOW = """(picture) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: picture.naturalWidth, height: picture.naturalHeight });
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  const dots = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let found = 0;
  for (let n = 0; n < dots.length; n += 4) if (dots[n] > 200 && dots[n + 1] > 180 && dots[n + 2] < 190) found++;
  return found * 4 / dots.length;
}"""


@pytest.fixture(scope="session")
def annex_dir(
    index_dir: Path, tmp_path_factory: pytest.TempPathFactory, run_module: Callable[..., subprocess.CompletedProcess[str]]
) -> Path:
    """A data folder with a fictitious Annex I, added as a user does."""
    own = tmp_path_factory.mktemp("pages") / "data"
    shutil.copytree(index_dir, own, ignore=shutil.ignore_patterns("models"))
    (own / "models").symlink_to(index_dir / "models", target_is_directory=True)
    file = own.parent / "directory.pdf"
    fictitious.directory_table(file)
    done = run_module("ingest", "add", str(file), "--annex", "I", ASSISTANT_DATA_DIR=str(own))
    assert done.returncode == 0, done.stderr
    return own


@pytest.fixture(scope="session")
def annex_url(annex_dir: Path) -> Iterator[str]:
    with running(annex_dir) as address:
        yield address


@pytest.fixture(params=[(1280, 900, "light"), (390, 844, "dark")], ids=["desktop", "phone"])
def visit(request: pytest.FixtureRequest, browser: Browser, annex_url: str) -> Iterator[Visit]:
    with open_window(browser, annex_url, *request.param) as window:
        yield window


def test_the_page_opens_with_the_passage_marked(visit: Visit, annex_url: str, annex_dir: Path) -> None:
    page = visit.page
    page.wait_for_timeout(1_500)  # the page takes the browser's language, which renders the panel once more
    visit.ask(_QUESTION)
    page.locator("#chat a.marker", has_text="[1]").first.click()
    card = page.locator("#source-1-1")
    expect(card.locator(".document mark")).to_contain_text("Jamaica")
    picture = card.locator(".sheet img")
    expect(picture).to_be_hidden()
    assert not any(".png" in request for request in visit.requests)  # nothing is drawn before it is wanted

    card.locator(".sheet > summary").click()
    expect(picture).to_be_in_viewport()
    page.wait_for_function("document.querySelector('#source-1-1 .sheet img').naturalWidth > 1000")
    assert 0.005 < picture.evaluate(_YELLOW) < 0.1
    expect(picture).to_have_attribute("alt", "Page 2 of Annex I; the quoted passage is marked")
    official = card.locator("a.official")
    expect(official).to_have_text("Official document, page 2")
    assert (official.get_attribute("href") or "").endswith(".pdf#page=2")
    assert page.evaluate("document.documentElement.scrollWidth === window.innerWidth")
    assert violations(visit) == []

    page.locator("#chat a.marker", has_text="[3]").first.click()  # who opened one page wants to see the next
    page.wait_for_function("document.querySelector('#source-1-3 .sheet img').naturalWidth > 1000")
    expect(picture).to_be_hidden()

    address = card.locator(".sheet a").get_attribute("href") or ""
    got = httpx.get(f"{annex_url}/{address}")
    assert (got.status_code, got.headers["content-type"], got.content[:8]) == (200, "image/png", _PNG)
    assert "max-age" in got.headers["cache-control"] and got.headers["x-content-type-options"] == "nosniff"
    assert got.content in [path.read_bytes() for path in (annex_dir / "pages").iterdir()]
    source, number, passage = re.fullmatch(r"page/(.+)/(\d+)\.png\?passage=(.+)", unquote(address)).groups()  # type: ignore[union-attr]
    assert (source, number) == ("annex-i", "2")
    for path, wanted in (
        ("page/annex-ii/2.png", passage),
        ("page/strategy/2.png", passage),
        ("page/annex-i/1.png", passage),
        ("page/annex-i/02.png", passage),
        (f"page/annex-i/{'9' * 5000}.png", passage),
        ("page/annex-i/2.png", passage + "0"),
        ("page/annex-i/2.png", ""),
        ("page/..%2F..%2Fannex-i/2.png", passage),
        ("page/annex-i/..%2Fpages%2F2.png", "../../etc/passwd"),
    ):
        assert httpx.get(f"{annex_url}/{path}", params={"passage": wanted}).status_code == 404, path


def test_without_its_file_the_panel_says_so(browser: Browser, annex_url: str, annex_dir: Path) -> None:
    file = annex_dir / "documents" / "annex-i.pdf"
    with open_window(browser, annex_url, 1280, 900, "light") as visit:
        visit.page.wait_for_timeout(1_500)
        visit.ask(_QUESTION)
        file.rename(file.with_suffix(".away"))
        try:
            visit.page.locator("#chat a.marker", has_text="[2]").first.click()
            visit.page.locator("#source-1-2 .sheet > summary").click()
            expect(visit.page.locator("#source-1-2 .missing")).to_have_text("The picture of this page cannot be shown.")
            expect(visit.page.locator("#source-1-2 .sheet img")).to_be_hidden()
        finally:
            file.with_suffix(".away").rename(file)
        assert visit.faults and all("404" in fault for fault in visit.faults)
        visit.faults.clear()


# Without a browser

_SENTENCE = "Agency: Mango Hill Second Step Association | Country: Jamaica"


def make_index(**changes: object) -> Index:
    passage = Passage("doc:1", "doc", "table_row", (), "Doc, p. 1", "en", 0, len(_SENTENCE), _SENTENCE, "row", page=1)
    passage = replace(passage, **changes)  # type: ignore[arg-type]
    by_id = {
        passage.id: passage,
        "doc:2": replace(passage, id="doc:2", text=f"{_SENTENCE}."),
        "doc:9": replace(passage, id="doc:9", page=99),
    }
    source = Source("doc", "A document", "Doc", "other", "en")
    return cast(
        Index, SimpleNamespace(by_id=by_id, canonical={"doc": _SENTENCE}, sources={"doc": source}, lists={}, headings={}, translations={})
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    fictitious.directory_table(tmp_path / "doc.pdf")
    return tmp_path / "doc.pdf"


def test_pictures_are_kept_and_the_oldest_go_first(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_KEPT", 1)
    made = Pictures(make_index(), {"doc": file}, tmp_path / "pages")
    first = made.picture("doc", "1", "doc:1")
    assert first and first.startswith(_PNG)
    monkeypatch.setattr(pictures, "_paint", lambda _: _PNG)
    assert made.picture("doc", "1", "doc:1") == first  # not drawn again
    assert made.picture("doc", "1", "doc:2") == _PNG
    assert [path.read_bytes() for path in (tmp_path / "pages").iterdir()] == [_PNG]
    file.write_bytes(file.read_bytes() + b"\n")
    assert made.picture("doc", "1", "doc:2") is None  # another file than the one that was read


def test_a_folder_that_cannot_be_written_to_costs_no_picture(file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "pages").write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        assert Pictures(make_index(), {"doc": file}, tmp_path / "pages").picture("doc", "1", "doc:1")
    assert "could not be kept" in caplog.text


@pytest.mark.parametrize("trouble", ["damaged", "no such page", "slow", "large"])
def test_what_cannot_be_drawn_is_no_picture(trouble: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if trouble == "damaged":
        file.write_bytes(b"%PDF-1.7\n" + b"1 0 obj <</Type /Pages /Kids [1 0 R]>> endobj " * 50)
    if trouble == "slow":
        monkeypatch.setattr(pictures, "SECONDS", 0.01)
    if trouble == "large":
        monkeypatch.setattr(pictures, "MOST_BYTES", 1000)
    made = Pictures(make_index(), {"doc": file}, tmp_path / "pages")
    wanted = ("doc", "99", "doc:9") if trouble == "no such page" else ("doc", "1", "doc:1")
    assert made.picture(*wanted) is None
    monkeypatch.setattr(pictures, "_paint", lambda _: pytest.fail("a page that failed is not tried again at once"))
    assert made.picture(*wanted) is None
    assert not (tmp_path / "pages").exists()


def test_only_pdf_files_at_hand_have_pages(index: Index, index_dir: Path, tmp_path: Path) -> None:
    corpus = Path(__file__).resolve().parents[2] / "corpus"
    assert Pictures.open(index, corpus, index_dir).sources == frozenset()  # the shipped documents are texts
    assert Pictures.open(index, tmp_path / "nowhere", index_dir).sources == frozenset()  # and without a manifest the page works


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_recognised_text_is_said_to_be_so(language: str) -> None:
    texts = TEXTS[language]
    fields = asdict(texts.pages)
    assert all(text == text.strip() != "" for text in fields.values())
    wanted = asdict(TEXTS["en"].pages)
    assert {name: set(re.findall(r"{\w+}", text)) for name, text in fields.items()} == {
        name: set(re.findall(r"{\w+}", text)) for name, text in wanted.items()
    }
    citation = Citation(1, "doc:1", "doc", "A document", "Doc, p. 1", 1, _SENTENCE, 0, len(_SENTENCE), "https://example.org/d.pdf#page=1")
    exchange = Exchange("q?", "a [1]", Answer(None, "q?", language, "answered", "a [1].", citations=(citation,), confidence=0.9))
    for ocr in (True, False):
        index = make_index(ocr=ocr)
        panel = panel_html(index, exchange, 1, texts, texts, frozenset({"doc"}))
        assert (texts.pages.recognised in panel) is ocr
        described = (texts.pages.plain if ocr else texts.pages.marked).format(page=1, title="Doc")
        assert f'alt="{described}"' in panel and picture_url(index.by_id["doc:1"]) in panel
        assert texts.pages.official.format(page=1) in panel
        assert "<img" not in panel_html(index, exchange, 1, texts, texts)  # a document whose file is not at hand
