"""axe-core finds nothing on the page: WCAG 2.0 to 2.2, levels A and AA, and its best practices; no rule is left out."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from visits import Visit

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_WINDOWS = [(width, height, scheme) for width, height in ((1280, 900), (390, 844)) for scheme in ("light", "dark")]


def violations(visit: Visit) -> list[str]:
    """What axe finds, each as rule, element and reason."""
    visit.page.mouse.move(0, 0)
    visit.page.wait_for_timeout(400)  # colours fade
    result = Axe().run(visit.page, options={"runOnly": _TAGS}).response
    assert len(result["passes"]) > 25  # it has looked
    return [f"{found['id']}: {node['target']} {node['failureSummary']}" for found in result["violations"] for node in found["nodes"]]


@pytest.mark.parametrize("visit", _WINDOWS, ids=["desktop-light", "desktop-dark", "phone-light", "phone-dark"], indirect=True)
def test_axe_finds_nothing_at_any_step(visit: Visit) -> None:
    page = visit.page
    assert violations(visit) == [], "the empty page"
    visit.ask("What prevention programs exist?")
    page.locator("#chat a.marker", has_text="[3]").first.click()
    expect(page.locator("#source-1-3 .document mark")).to_be_in_viewport()
    assert violations(visit) == [], "an answer and an open source"
    page.locator("#no").click()
    page.locator("#comment textarea").fill("One is missing.")
    assert violations(visit) == [], "the feedback form"
    page.locator("#send").click()
    expect(page.locator("#feedback .thanks")).to_be_visible()
    assert violations(visit) == [], "the thanks"
    visit.ask("What is the budget?")
    assert violations(visit) == [], "an abstention"
    visit.ask("gangs " * 2_000)
    assert violations(visit) == [], "a failure"
