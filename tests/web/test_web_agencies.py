"""The list of agencies on the page, with the registry of the real corpus."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from visits import Visit

from app_parts.agencies import agencies_html, agency_panel_html
from app_parts.messages import TEXTS
from vectorstore.index import Index

PHONE = pytest.mark.parametrize("visit", [(1280, 900, "light"), (390, 844, "dark")], ids=["desktop", "phone"], indirect=True)


def open_list(visit: Visit) -> None:
    visit.page.wait_for_timeout(1_500)  # the page takes the browser's language, which renders the panel once more
    visit.page.locator("#agencies > button").click()
    expect(visit.page.locator("#agency-list li")).to_have_count(9)


def test_every_language_fills_the_same_fields() -> None:
    for texts in TEXTS.values():
        for name, text in asdict(texts.agencies).items():
            wanted = re.findall(r"{\w+}", getattr(TEXTS["en"].agencies, name))
            assert sorted(re.findall(r"{\w+}", text)) == sorted(wanted) and text == text.strip() != ""


def test_what_is_typed_is_shown_as_text_and_an_unknown_agency_is_none(index: Index) -> None:
    assert "<script>" not in agencies_html(index, "<script>x</script>", TEXTS["en"])
    assert agency_panel_html(index, "agency-unknown", TEXTS["en"], "") is None


@PHONE
def test_an_agency_leads_to_its_passages_and_back(visit: Visit) -> None:
    page = visit.page
    open_list(visit)
    expect(page.locator("#agency-list .note")).to_contain_text("9 of 9 agencies. Annex I")
    entry = page.locator("#agency-list li", has_text="Department of Public Security")
    entry.locator("a.marker").nth(1).click()
    card = page.locator("#panel .card.current")
    expect(card.locator(".document mark")).to_contain_text("with the assistance of the Department of Public Security", timeout=20_000)
    expect(card.locator("blockquote")).to_be_in_viewport()
    expect(page.locator("#panel .near")).to_have_text("Department of Public Security")
    assert page.evaluate("[document.documentElement.scrollWidth === window.innerWidth]") == [True]
    assert not Axe().run(page).response["violations"]
    card.locator(".back").click()
    expect(entry.locator("a.marker").nth(1)).to_be_focused()


def test_a_topic_or_a_country_narrows_the_list(visit: Visit) -> None:
    page = visit.page
    open_list(visit)
    page.locator("#agency-filter input").fill("prevención")
    expect(page.locator("#agency-list li")).to_have_count(2)
    page.locator("#agency-filter input").fill("Honduras")
    expect(page.locator("#agency-list .note")).to_contain_text("No agency in this index fits.")
    page.locator("#language label", has_text="Français").click()
    expect(page.locator("#agencies > button")).to_contain_text("Organismes (9)")
    expect(page.locator("#agency-list li")).to_have_count(9)


def test_the_answer_is_still_what_is_copied(visit: Visit) -> None:
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.ask("What prevention programs exist?")
    open_list(visit)
    visit.page.locator("#agency-list a.marker").first.click()
    expect(visit.page.locator("#panel .near")).to_have_text("Permanent Council")
    visit.page.get_by_role("button", name="Copy answer").click()
    assert "Open School" in visit.page.evaluate("navigator.clipboard.readText()")
    visit.page.locator("#chat a.marker", has_text="[3]").first.click()
    expect(visit.page.locator("#source-1-3")).to_be_focused()
