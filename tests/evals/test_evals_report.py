"""The report in a real Chromium, from a file, with the network away; JUnit XML and Markdown as others read them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from evals.records import Run
from evals.report import _clean, html_report, junit_report, markdown_report


@pytest.fixture
def run(broken_run: Run) -> Run:
    return broken_run


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["desktop", "phone-dark"])
def page(request: pytest.FixtureRequest, browser: Browser, run: Run) -> Iterator[Page]:
    """The report, opened from a file. Afterwards: nothing was asked of the network, nothing complained."""
    width, scheme = request.param
    path = run.folder / "report.html"
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    context.set_default_timeout(10_000)
    window, asked, faults = context.new_page(), [], []
    window.on("request", lambda request: asked.append(request.url))
    window.on("console", lambda message: faults.append(message.text))
    window.on("pageerror", lambda error: faults.append(str(error)))
    window.goto(path.as_uri())
    yield window
    context.close()
    assert faults == [] and {urlsplit(url).scheme for url in asked} <= {"file", "data"}
    assert [url for url in asked if url.startswith("file:")] == [path.as_uri()]


def shown(page: Page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('#cases tbody tr')].filter(row => !row.hidden).map(row => row.cells[0].textContent)"
    )


def test_the_page_opens_offline_is_whole_and_passes_axe(page):
    assert (
        page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)") and page.locator("img").count() == 10
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # tables scroll in their own boxes
    for half in ("dev", "unseen"):
        assert "Complete answers" in page.locator(f"#{half}-summary + ul").inner_text()
    page.locator("#open").click()  # with every answer open, too
    page.locator("details", has_text="All figures").first.locator("summary").click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_search_filters_and_sorting(page):
    everything = shown(page)
    assert len(everything) == 10 and page.locator("#count").inner_text() == "10 of 10 cases"
    page.fill("#find", "committee SPRING")
    assert shown(page) == ["dev-fact-1"] and page.locator("#count").inner_text() == "1 of 10 cases"
    page.fill("#find", "")
    page.select_option("#verdict", "wrong")
    assert shown(page) == ["dev-list-1", "unseen-list-1"]
    page.select_option("#half", "unseen")
    assert shown(page) == ["unseen-list-1"]
    page.select_option("#verdict", "")
    page.select_option("#category", "smalltalk")
    assert shown(page) == ["unseen-hello-1"]
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("document.getElementById('count').textContent.startsWith('10 of')")
    page.evaluate("document.querySelector('#cases thead th button').click()")  # on a phone this column is folded away
    assert shown(page) == sorted(everything)
    page.evaluate("document.querySelector('#cases thead th button').click()")
    assert shown(page) == sorted(everything, reverse=True)
    assert page.locator("#cases th[aria-sort=descending]").count() == 1


def test_what_is_missing_is_marked_and_the_keyboard_opens_it(page):
    page.select_option("#verdict", "missing")
    summary = page.locator("#cases summary:visible").first
    summary.focus()
    page.keyboard.press("Enter")
    missing = page.locator("#cases .miss:visible")
    assert missing.count() == 3 and missing.first.inner_text() == "missing: Plant trees along the river."
    assert missing.first.evaluate("node => getComputedStyle(node).backgroundColor") not in ("rgba(0, 0, 0, 0)", "transparent")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("[...document.querySelectorAll('details')].every(details => details.open)")


def test_the_policy_forbids_what_was_not_written(browser, run):
    path = run.folder / "report.html"
    with browser.new_context() as context:
        window, asked = context.new_page(), []
        window.goto(path.as_uri())
        window.on("request", lambda request: asked.append(request.url))
        window.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.intruder = 1'}))")
        window.evaluate("fetch('http://127.0.0.1:9/').catch(() => 0)")
        assert window.evaluate("window.intruder") is None and asked == []


def test_texts_cannot_leave_their_place(run, monkeypatch):
    evil = "</script><script>alert(1)</script><img src=http://x/y onerror=alert(2)>"
    monkeypatch.setattr("evals.plots.make_plots", lambda results: [(evil, f'"{evil}', "data:,")])
    first = run.results[0]
    case = {**first.open["case"], "question": evil, "notes": evil}
    answer = {**first.open["answer"], "text": evil}
    changed = replace(first, id=evil, category=f'"{evil}', open={**first.open, "case": case, "answer": answer})
    made = html_report(Run(run.folder, run.record, (changed, *run.results[1:])))
    assert made.count("<script>") == 1 and "<img src=http" not in made


def test_junit_is_what_ci_reads(run):
    root = ElementTree.fromstring(junit_report(run))
    assert root.tag == "testsuites" and {suite.tag for suite in root} == {"testsuite"}
    number = re.compile(r"\d+(\.\d+)?")
    for node in (root, *root):
        cases = list(node.iter("testcase"))
        assert int(node.get("tests")) == len(cases) == len({(c.get("classname"), c.get("name")) for c in cases})
        assert int(node.get("failures")) == sum(c.find("failure") is not None for c in cases)
        assert int(node.get("errors")) == sum(c.find("error") is not None for c in cases)
        assert number.fullmatch(node.get("time"))
    for case in root.iter("testcase"):
        assert case.get("name") and case.get("classname") and number.fullmatch(case.get("time")) and len(case) <= 1
        assert all(child.tag in ("failure", "error") and child.get("message") and child.get("type") for child in case)
    failure = root.find("testsuite[@name='dev']/testcase[@name='dev-list-1']/failure")
    assert "missing: Plant trees along the river." in failure.text
    assert root.find("testsuite[@name='unseen']/testcase[@name='unseen-list-1']/failure").text is None


@given(st.text(st.characters(codec=None, categories=None)))
def test_any_text_becomes_valid_xml(text):
    element = ElementTree.Element("x")
    element.text = _clean(text)
    assert ElementTree.fromstring(ElementTree.tostring(element, encoding="unicode")).text in (
        None,
        _clean(text).replace("\r\n", "\n").replace("\r", "\n"),
    )


def test_markdown_tables_are_tables(run):
    made = markdown_report(run)
    for block in made.split("\n\n"):
        if block.startswith("|"):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1 and set(block.splitlines()[1]) == set("| -")
    assert "- `dev-list-1` (list, not_in_corpus): Which actions are there?\n  - missing: Plant trees along the river." in made
    assert made.startswith("# Evaluation run broken\n") and "| List completeness |" in made


def test_the_page_is_the_same_every_time(run):
    assert html_report(run) == (run.folder / "report.html").read_text(encoding="utf-8")
