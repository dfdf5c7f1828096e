"""The parts of the page that need no browser."""

from __future__ import annotations

import html
import logging
import re
import string
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import asdict, fields, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

import app
from app_parts.chat import Chat, Visitor
from app_parts.conversation import Exchange, plain_text, turns_of
from app_parts.markup import answer_markdown, copy_text, link_html, literal_markdown, question_markdown
from app_parts.messages import TEXTS, preferred_language
from app_parts.sources import panel_html
from assistant.errors import question_error
from assistant.types import Answer, Citation, Turn
from ingest.errors import UserError
from ingest.types import Passage, Source
from vectorstore.index import Index

EN = TEXTS["en"]


def make_index(text: str, quote: str, url: str | None = None) -> Index:
    source = Source("doc", "A <Document>", "Doc", "other", "en", url=url)
    start = text.index(quote)
    passage = Passage("p", "doc", "paragraph", (), "Doc, paragraph 1", "en", start, start + len(quote), quote, "paragraph")
    index = SimpleNamespace(
        sources={"doc": source},
        canonical={"doc": text},
        passages=(passage,),
        headings={},
        by_id={"p": passage},
        lists={},
        translations={"p": {"es": "Hola."}},
    )
    return cast(Index, index)


def make_answer(index: Index, **changes: object) -> Answer:
    passage = index.by_id["p"]
    citation = Citation(1, "p", "doc", "A <Document>", passage.locator, None, passage.text, passage.start, passage.end, None, (0, 2))
    answer = Answer(None, "q?", "en", "answered", "It says so [1].", citations=(citation,), confidence=0.9)
    return replace(answer, **changes)  # type: ignore[arg-type]


def make_chat(index: Index, kept: list[tuple[object, ...]]) -> Chat:
    """A chat that answers nothing; the judgements that it keeps go into *kept*."""

    def keep(*said: object) -> bool:
        kept.append(said)
        return True

    return Chat(index, lambda *_: iter(()), keep)


class Stub:
    """An assistant that yields what it was given, or raises it."""

    def __init__(self, *pieces: str | Answer | Exception) -> None:
        self.pieces = pieces
        self.asked: list[tuple[str, tuple[Turn, ...], str | None]] = []

    def stream(self, question: str, history: Sequence[Turn] = (), *, language: str | None = None) -> Iterator[str | Answer]:
        self.asked.append((question, tuple(history), language))
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def respond(stub: Stub, message: object, past: tuple[Exchange, ...] = (), language: str | None = None) -> list[Exchange]:
    return list(app.respond(cast(Any, stub), message, past, language, EN))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a", "a"),
        (["a", "b"], "a\nb"),
        ([{"type": "text", "text": "a"}, {"type": "file", "file": {"path": "/x"}}], "a"),
        ({"role": "user", "content": [{"text": "a", "type": "text"}]}, "a"),
        ({"text": "a", "files": []}, "a"),
        (None, ""),
        (7, ""),
    ],
)
def test_content_of_any_form_becomes_text(content: object, text: str) -> None:
    assert plain_text(content) == text


def test_respond_grows_the_exchange_and_passes_the_history_on() -> None:
    answer = make_answer(make_index("One two.", "two"))
    stub = Stub("It ", "says so [1].", answer)
    past = (Exchange("before?", "so", answer), Exchange("failed?", failure="oh"))
    seen = respond(stub, [{"type": "text", "text": "q?"}], past, "fr")
    assert [exchange.text for exchange in seen] == ["", "It ", "It says so [1].", answer.text]
    assert seen[-1].answer is answer
    assert stub.asked == [("q?", (Turn("user", "before?"), Turn("assistant", answer.text)), "fr")]
    assert turns_of(past) == stub.asked[0][1]


def test_an_error_for_the_user_is_shown_as_it_is() -> None:
    last = respond(Stub(UserError("Please ask something.")), "")[-1]
    assert (last.text, last.failure, last.answer) == ("", "Please ask something.", None)


def test_a_question_that_cannot_be_taken_is_explained_in_the_language_of_the_page() -> None:
    stub = cast(Any, Stub(question_error("long_question", count=12000, most=10000)))
    said = {code: list(app.respond(stub, "q?", (), None, texts))[-1].failure for code, texts in TEXTS.items()}
    assert said["en"] == "The question has 12000 characters; at most 10000 can be taken. Shorten it."
    assert said["es"] == "La pregunta tiene 12000 caracteres; se admiten 10000 como máximo. Acórtela."
    assert len(set(said.values())) == 4 and all("10000" in text for text in said.values())


def test_an_unexpected_error_is_logged_and_told_politely(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        last = respond(Stub("Half an ", ValueError("secret detail")), "q?")[-1]
    assert last.failure == EN.error and last.text == ""
    assert "secret detail" in caplog.text


def test_stopping_leaves_what_was_said_and_is_no_turn_of_the_conversation() -> None:
    index = make_index("One two.", "two")
    chat = make_chat(index, [])
    view = chat.stop((Exchange("q?", "Half an"),), Visitor())
    assert not view.running and view.conversation[-1] == Exchange("q?", "Half an", failure="Stopped.") and view.box is None
    assert turns_of(view.conversation) == ()


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "# a *b* `c` [d](e) 1. $$x$$ https://x.org &amp; \\", "ñ · “é”"])
def test_literal_markdown_has_no_markup_left_and_loses_nothing(text: str) -> None:
    shown = literal_markdown(text)
    assert not set(re.sub(r"&#\d+;", "", shown)) & set(string.punctuation)
    assert html.unescape(shown) == text


def test_a_huge_question_is_cut_in_its_bubble_only() -> None:
    assert len(html.unescape(question_markdown("x" * 20_000))) == 601


def test_only_known_numbers_become_markers_and_html_of_an_answer_is_text() -> None:
    index = make_index("One two.", "two")
    text = "See [1], [2], [3](x) &lt; <b>this</b>."
    shown = answer_markdown(Exchange("q?", text, make_answer(index, text=text)), 4, EN)
    assert shown.count('class="marker"') == 1 and 'href="#source-4-1"' in shown
    assert "[2], [3](x) &lt; &lt;b>this&lt;/b>." in shown
    streaming = answer_markdown(Exchange("q?", text), 4, EN)
    assert streaming.count('class="marker"') == 2


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "file:///etc/passwd", "//x.org"])
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert link_html(url, "x", "x") == ""


def test_the_card_names_the_place_in_the_document_as_the_browser_counts() -> None:
    text = "😀 <b>&\r\n 😀 two three"
    index = make_index(text, "two")
    page = panel_html(index, Exchange("<q>", "t", make_answer(index)), 2, EN, EN)
    start = int(re.findall(r'data-start="(\d+)"', page)[0])
    assert text.encode("utf-16-le")[2 * start : 2 * (start + 3)].decode("utf-16-le") == "two"
    stored = re.findall(r'<div hidden class="text"[^>]*>(.*?)</div>', page, re.S)
    assert [html.unescape(found) for found in stored] == [text]
    assert "<mark>tw</mark>o" in page and "A &lt;Document&gt;" in page and "&lt;q&gt;" in page and 'id="source-2-1"' in page


def test_of_a_long_document_only_the_surroundings_are_sent() -> None:
    text = "a" * 100_000 + "two" + "b" * 100_000
    index = make_index(text, "two")
    page = panel_html(index, Exchange("q?", "t", make_answer(index)), 1, EN, EN)
    assert 'data-before="1" data-after="1"' in page and len(page) < 20_000
    (stored,) = re.findall(r'<div hidden class="text"[^>]*>(.*?)</div>', page, re.S)
    start, end = (int(re.findall(rf'data-{name}="(\d+)"', page)[0]) for name in ("start", "end"))
    assert stored[start:end] == "two"


def test_a_translation_is_labelled_as_unofficial_and_folded_beside_a_part_of_a_passage() -> None:
    index = make_index("One two.", "two")
    whole = panel_html(index, Exchange("q?", "t", make_answer(index, language="es")), 1, EN, TEXTS["es"])
    assert '<div class="translation"><p class="label">Traducción de trabajo no oficial (Español)</p><p lang="es">Hola.</p></div>' in whole
    answer = make_answer(index, language="es")
    part = replace(answer, citations=(replace(answer.citations[0], quote="tw"),))
    assert '<details class="translation">' in panel_html(index, Exchange("q?", "t", part), 1, EN, TEXTS["es"])


def test_near_misses_are_shown_as_such() -> None:
    index = make_index("One two.", "two")
    answer = make_answer(index)
    nothing = replace(answer, status="not_in_corpus", citations=(), nearest=answer.citations)
    page = panel_html(index, Exchange("q?", "t", nothing), 1, EN, EN)
    assert "They do not answer the question." in page and "Not in the documents" in page and "Confidence" not in page


def test_the_copied_text_carries_the_quotations() -> None:
    assert copy_text(make_answer(make_index("One two.", "two"))) == "It says so [1].\n\n[1] A <Document>. Doc, paragraph 1: “two”"


def test_every_language_fills_the_same_fields() -> None:
    names = {field.name for field in fields(EN)} - {"status", "units", "feedback", "agencies", "pages"}
    for texts in TEXTS.values():
        assert set(texts.status) == set(EN.status) and set(texts.units) == set(EN.units)
        assert all(text == text.strip() != "" and "{" not in text for text in asdict(texts.feedback).values())
        for name in names:
            wanted, given = (sorted(part[1] or "" for part in string.Formatter().parse(getattr(of, name))) for of in (EN, texts))
            assert [field for field in given if field] == [field for field in wanted if field], (texts.name, name)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr-CA,en;q=0.8", "fr"),
        ("de, es-MX;q=0.4, pt;q=0.6", "pt"),
        ("de", "en"),
        ("es;q=0, en", "en"),
        ("es;q=x", "en"),
        ("*", "en"),
    ],
)
def test_the_page_starts_in_the_browsers_language(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_pages_lose_foreign_addresses_and_gain_a_policy() -> None:
    from app_parts.server import OwnHostOnly

    page = b'<head><meta property="og:image"\n content="https://x.org/a.jpg" /><title>T</title></head>'

    async def inner(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(page))],
            }
        )
        await send({"type": "http.response.body", "body": page[:20], "more_body": True})
        await send({"type": "http.response.body", "body": page[20:]})

    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    # Nothing here really waits, so the coroutine ends at once; asyncio.run is not allowed beside Playwright's own loop.
    with pytest.raises(StopIteration):
        OwnHostOnly(inner)({"type": "http"}, cast(Any, None), send).send(None)  # type: ignore[attr-defined]
    headers = dict(sent[0]["headers"])
    assert sent[1]["body"] == b"<head><title>T</title></head>"
    assert headers[b"content-length"] == b"29" and b"default-src 'self'" in headers[b"content-security-policy"]
