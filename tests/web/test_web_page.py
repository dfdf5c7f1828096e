"""The page in a real browser, asking the real assistant."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from visits import Visit

PREVENTION = "What prevention programs exist?"
THIRD = "Encourage the use of national and local media to transmit awareness campaigns"
PHONE = pytest.mark.parametrize("visit", [(375, 812, "light")], ids=["phone"], indirect=True)


def test_a_list_question_is_answered_with_every_item_and_a_card_for_each(visit: Visit) -> None:
    visit.ask(PREVENTION)
    expect(visit.page.locator("#chat .bot-row li")).to_have_count(12)
    expect(visit.page.locator("#panel .card")).to_have_count(12)
    expect(visit.page.locator("#panel .badge")).to_have_text("Answered")
    expect(visit.page.locator("#panel .coverage")).to_have_text("12 of 12 actions")
    expect(visit.page.locator("#panel .confidence")).to_contain_text("Confidence")
    markers = visit.page.locator("#chat a.marker").all_inner_texts()
    assert {f"[{number}]" for number in range(1, 13)} <= set(markers)
    expect(visit.page.locator("#panel .locator").nth(2)).to_have_text("Regional Strategy, I. Prevention, action 3")


def test_a_marker_opens_its_card_and_shows_the_passage_in_its_document(visit: Visit) -> None:
    visit.ask(PREVENTION)
    visit.page.locator("#chat a.marker", has_text="[3]").first.click()
    card = visit.page.locator("#source-1-3")
    expect(card).to_have_class(re.compile(r"\bcurrent\b"))
    expect(card).to_be_focused()
    highlighted = card.locator(".document mark")
    expect(highlighted).to_contain_text(THIRD)
    expect(highlighted).to_have_text(card.locator("blockquote").inner_text())
    expect(highlighted).to_be_in_viewport()
    # The document is there around the passage: its first and its last words.
    expect(card.locator(".document")).to_contain_text("Mandate")
    expect(card.locator(".document")).to_contain_text("AG/RES. 2461 (XXXIX-O/9)")
    visit.page.locator("#chat a.marker", has_text="[5]").first.click()
    expect(visit.page.locator("#panel .card.current")).to_have_id("source-1-5")
    expect(visit.page.locator("#panel details.place[open]")).to_have_count(1)


def test_a_card_opens_without_its_marker(visit: Visit) -> None:
    visit.ask(PREVENTION)
    card = visit.page.locator("#source-1-1")
    card.locator("summary", has_text="Show in the document").click()
    expect(card.locator(".document mark")).to_contain_text("Establish “Open School” programs")


def test_a_follow_up_is_understood_and_earlier_sources_stay_in_reach(visit: Visit) -> None:
    visit.ask(PREVENTION)
    visit.ask("and for rehabilitation?")
    expect(visit.page.locator("#panel .card")).to_have_count(12)
    expect(visit.page.locator("#panel .locator").first).to_contain_text("II. Rehabilitation and social reincorporation, action 1")
    visit.page.locator("#chat a.marker[href='#source-1-3']").first.click()
    expect(visit.page.locator("#source-1-3 .document mark")).to_contain_text(THIRD)
    expect(visit.page.locator("#source-1-3")).to_have_class(re.compile(r"\bcurrent\b"))


def test_an_unanswerable_question_says_so_and_shows_no_citation(visit: Visit) -> None:
    visit.ask("What is the budget?")
    expect(visit.page.locator("#panel .badge")).to_have_text("Not in the documents")
    expect(visit.page.locator("#chat a.marker")).to_have_count(0)
    if visit.page.locator("#panel .card").count():
        expect(visit.page.locator("#panel .near")).to_have_text("Nearest passages. They do not answer the question.")


def test_the_language_choice_changes_the_labels(visit: Visit) -> None:
    page = visit.page
    for name, code, ask, documents in (
        ("Español", "es", "Preguntar", "Documentos"),
        ("Português", "pt", "Perguntar", "Documentos"),
        ("Français", "fr", "Demander", "Documents"),
        ("English", "en", "Ask", "Documents"),
    ):
        page.locator("#language label", has_text=name).click()
        expect(page.locator("html")).to_have_attribute("lang", code)
        expect(page.locator("#ask")).to_have_text(ask)
        expect(page.locator("#documents h2")).to_have_text(documents)
    assert page.title() == "Strategy Assistant"


def test_a_chosen_language_is_the_answers_language(visit: Visit) -> None:
    visit.page.locator("#language label", has_text="Español").click()
    expect(visit.page.locator("#ask")).to_have_text("Preguntar")
    visit.ask(PREVENTION)
    expect(visit.page.locator("#panel .coverage")).to_have_text("12 de 12 acciones")
    translation = visit.page.locator("#source-1-1 .translation")
    expect(translation).to_contain_text("Traducción de trabajo no oficial")
    expect(translation.locator("p[lang=es]")).to_contain_text("Establecer programas de “Escuela Abierta”")
    expect(visit.page.locator("#source-1-1 blockquote")).to_contain_text("Establish “Open School” programs")


def test_the_panel_follows_the_language_of_an_example_question(visit: Visit) -> None:
    visit.page.locator("button.example", has_text="espacios públicos").click()
    expect(visit.page.locator("#panel h2")).to_contain_text("Fuentes")
    expect(visit.page.locator("#panel blockquote").first).to_contain_text("Rescue public spaces")


def test_the_documents_list_says_what_is_not_in_the_index(visit: Visit) -> None:
    expect(visit.page.locator("#documents li.present")).to_have_count(2)
    absent = visit.page.locator("#documents li.absent")
    expect(absent).to_have_count(5)
    for number, entry in enumerate(absent.all(), start=1):
        expect(entry).to_contain_text("not in this index")
        expect(entry.locator("a")).to_have_attribute("href", f"http://scm.oas.org/pdfs/2010/CP24469E-{number}.pdf")


@PHONE
def test_on_a_phone_nothing_overflows_and_the_panel_stands_below(visit: Visit) -> None:
    widths = "[document.documentElement.scrollWidth, window.innerWidth]"
    assert visit.page.evaluate(widths) == [375, 375]
    visit.ask(PREVENTION)
    expect(visit.page.locator("#panel .card")).to_have_count(12)
    assert visit.page.evaluate(widths) == [375, 375]
    talk, side = visit.page.locator("#talk").bounding_box(), visit.page.locator("#side").bounding_box()
    assert talk is not None and side is not None and side["y"] >= talk["y"] + talk["height"]
    visit.page.locator("#chat a.marker", has_text="[3]").first.click()
    expect(visit.page.locator("#source-1-3 .document mark")).to_be_in_viewport()
    assert visit.page.evaluate(widths) == [375, 375]
    visit.page.locator("#source-1-3 .back").click()
    expect(visit.page.locator("#chat a.marker[href='#source-1-3']").first).to_be_focused()


def test_nothing_is_loaded_from_another_host(visit: Visit) -> None:
    visit.ask(PREVENTION)
    assert len(visit.requests) > 5  # the fixture has looked at every one of them
    html = visit.page.request.get(visit.page.url)
    assert "default-src 'self'" in html.headers["content-security-policy"]
    loaded = re.findall(r"""<(?:script|link|img|iframe|meta)\b[^>]*?\b(?:src|href|content)=["']?(https?:)?//""", html.text())
    assert loaded == []
    assert not any(host in html.text() for host in ("googleapis", "gstatic", "cdnjs", "jsdelivr", "unpkg"))
    fonts = visit.page.evaluate("[...document.fonts].filter(font => font.status === 'loaded').map(font => font.family)")
    assert fonts == []


@pytest.mark.parametrize(
    "question",
    [
        "<img src=x onerror=\"document.title='broken'\">",
        "<script>document.title='broken'</script>",
        "**bold** `code` [link](javascript:alert(1))",
    ],
)
def test_html_in_a_question_is_shown_as_text(visit: Visit, question: str) -> None:
    visit.ask(question)
    bubble = visit.page.locator("#chat .user-row").last
    expect(bubble).to_contain_text(question)
    assert bubble.locator("img, script, a, strong, code").count() == 0
    assert visit.page.locator("#panel img, #panel script").count() == 0
    assert visit.page.title() == "Strategy Assistant"


def test_the_keyboard_alone_is_enough(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.type(PREVENTION)
    page.keyboard.press("Enter")
    expect(page.locator("#panel .card")).to_have_count(12)
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.getAttribute('href')") == "#source-1-3":
            break
    expect(page.locator("#chat a.marker[href='#source-1-3']").first).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Source 3"
    page.keyboard.press("Enter")
    expect(page.locator("#source-1-3")).to_be_focused()
    expect(page.locator("#source-1-3 .document mark")).to_contain_text(THIRD)
    page.keyboard.press("Escape")
    expect(page.locator("#chat a.marker[href='#source-1-3']").first).to_be_focused()


def test_forward_tabbing_reaches_the_cards_and_enter_opens_one(visit: Visit) -> None:
    visit.ask(PREVENTION)
    visit.page.locator("#question textarea").focus()
    for _ in range(30):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement.matches('.card summary')"):
            break
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#panel details.place[open] .document mark")).to_have_count(1)


def test_screen_readers_are_told(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("#chat [role=log]")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#news")).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("textbox", name="Your question")).to_have_count(1)
    expect(page.get_by_role("radio", name="Français")).to_have_count(1)
    visit.ask(PREVENTION)
    expect(page.locator("#news")).to_contain_text("Answer ready: Answered, 12 of 12 actions. Sources: 12.")


def test_retry_asks_again_and_clear_starts_anew(visit: Visit) -> None:
    page = visit.page
    visit.ask(PREVENTION)
    first = visit.last_answer()
    page.get_by_role("button", name="Retry").click()
    page.wait_for_timeout(300)
    expect(page.locator("#panel .card")).to_have_count(12)
    expect(page.locator("#chat .user-row")).to_have_count(1)
    assert visit.last_answer() == first
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#chat .bot-row")).to_have_count(0)
    expect(page.locator("#panel .card")).to_have_count(0)
    expect(page.locator("button.example").first).to_be_visible()
    visit.ask("and for rehabilitation?")  # nothing is left of the earlier conversation to follow up
    expect(page.locator("#chat .user-row")).to_have_count(1)


def test_the_copied_answer_brings_its_sources(visit: Visit) -> None:
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.ask(PREVENTION)
    visit.page.get_by_role("button", name="Copy answer").click()
    expect(visit.page.locator("#copy")).to_have_text("Copied")
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert "[3] Regional Strategy to Promote Inter-American Cooperation" in copied
    assert THIRD in copied and "<a" not in copied
    expect(visit.page.locator("#copy")).to_have_text("Copy answer")


def test_an_empty_and_an_endless_question_get_a_plain_message(visit: Visit) -> None:
    visit.ask("   ")
    expect(visit.page.locator("#chat .bot-row")).to_have_count(1)
    expect(visit.page.locator("#chat .user-row")).to_have_count(0)
    assert len(visit.last_answer()) > 10
    visit.ask("gangs " * 2_000)
    expect(visit.page.locator("#chat .bot-row")).to_have_count(2)
    assert re.search("10,?000", visit.last_answer())
    # The question is back in its box, to be shortened.
    assert visit.page.locator("#question textarea").input_value().startswith("gangs gangs")
    expect(visit.page.locator("#panel .card")).to_have_count(0)


@pytest.mark.parametrize("visit", [(1280, 900, "light"), (1280, 900, "dark")], ids=["light", "dark"], indirect=True)
def test_text_has_enough_contrast(visit: Visit) -> None:
    """WCAG 2.1, 1.4.3: at least 4.5 to 1 for text of normal size."""
    visit.ask(PREVENTION)
    expect(visit.page.locator("#panel .card")).to_have_count(12)
    visit.page.locator("#chat a.marker", has_text="[3]").first.click()
    visit.page.mouse.move(0, 0)
    visit.page.wait_for_timeout(400)
    low = visit.page.evaluate(_CONTRAST)
    assert low == []


_CONTRAST = """() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
  const over = (top, below) => below.map((value, i) => i < 3 ? top[i] * top[3] + value * (1 - top[3]) : 1);
  const light = (c) => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = (element) => { const stack = [];
    for (let e = element; e; e = e.parentElement) stack.push(parse(getComputedStyle(e).backgroundColor));
    return stack.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]); };
  const low = [];
  for (const e of document.querySelectorAll('#top *, #talk *, #side *')) {
    const own = [...e.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest('.sr-only')) continue;
    const style = getComputedStyle(e), back = ground(e), front = over(parse(style.color), back);
    const pair = [light(front), light(back)].sort((a, b) => b - a), ratio = (pair[0] + .05) / (pair[1] + .05);
    if (ratio < 4.5) low.push(`${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return low;
}"""
