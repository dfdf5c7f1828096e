"""Web pages and Markdown: their structure comes out as their author meant it. All texts are fictitious."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from readings import Found, parts

from ingest.errors import SourceFileError
from ingest.readers import html, markdown
from ingest.readers.compose import Composer, shown
from ingest.readers.hygiene import clean, raised


@pytest.fixture
def page(tmp_path: Path) -> Callable[[str | bytes], list[Found]]:
    """Reads a web page from its body, or from all of its bytes."""

    def read(body: str | bytes) -> list[Found]:
        path = tmp_path / "page.html"
        path.write_bytes(body if isinstance(body, bytes) else f"<!doctype html><meta charset=utf-8><body>{body}".encode())
        return parts(html.read(path))

    return read


@pytest.fixture
def note(tmp_path: Path) -> Callable[[str], list[Found]]:
    def read(text: str) -> list[Found]:
        path = tmp_path / "note.md"
        path.write_text(text, encoding="utf-8")
        return parts(markdown.read(path))

    return read


class TestHygiene:
    def test_what_nobody_sees_goes_and_accents_stay(self) -> None:
        assert clean("  pre\u00advenc\u0327a\u0303o\u00a0\u202etxt\u202c\x00 \u2028 fin\ud800\u200b \U000e0041") == "prevenção txt fin"
        assert clean(clean("e\u0301\ufeff x")) == "é x"

    def test_raised_figures(self) -> None:
        assert raised("12") == "¹²" and raised("st") == "st"

    @pytest.mark.parametrize(
        ("number", "form", "text"),
        [(1999, "upperRoman", "MCMXCIX"), (27, "lowerLetter", "aa"), (10**6, "lowerRoman", "1000000"), (0, "upperLetter", "0")],
    )
    def test_numbers(self, number: int, form: str, text: str) -> None:
        assert shown(number, form) == text


class TestComposer:
    def test_markers_typed_by_hand_make_items(self) -> None:
        composer = Composer(Path("x"))
        for text in ("The measures:", "- one", "2) two", "2009 was a year"):
            composer.add("paragraph", text)
        assert [found[0] for found in parts(composer.reading())] == ["paragraph", "item", "item", "paragraph"]

    def test_a_frame_around_a_text_is_no_table_and_a_long_first_row_no_head(self) -> None:
        composer = Composer(Path("x"))
        composer.table([[(0, 1, "Framed.")]], 1)
        composer.table([[(0, 1, "long " * 100), (1, 1, "b")], [(0, 1, "c"), (1, 1, "d")]], 1)
        found = parts(composer.reading())
        assert found[0] == ("paragraph", 0, "", "Framed.") and found[2][3] == "c | d"

    def test_no_text_is_an_error(self) -> None:
        composer = Composer(Path("empty.html"))
        composer.add("paragraph", " \u200b ")
        with pytest.raises(SourceFileError, match=r"empty\.html holds no text"):
            composer.reading()


class TestHtml:
    def test_headings_and_paragraphs(self, page: Callable[[str], list[Found]]) -> None:
        assert page("<h1>Añadas &amp; niños</h1>loose <b>bo</b>ld<h3>C</h3><p>a<br>b<br><br>c") == [
            ("heading", 1, "", "Añadas & niños"),
            ("paragraph", 0, "", "loose bold"),
            ("heading", 3, "", "C"),
            ("paragraph", 0, "", "a b"),
            ("paragraph", 0, "", "c"),
        ]

    def test_nested_lists_with_numbers(self, page: Callable[[str], list[Found]]) -> None:
        body = "<ol start=3><li>three<ul><li>a<li><p>b</p><p>more</p></ul><li value=7>seven</ol><ol type=i><li>x<li>y</ol>"
        assert page(body) == [
            ("item", 1, "3.", "three"),
            ("item", 2, "•", "a"),
            ("item", 2, "•", "b more"),
            ("item", 1, "7.", "seven"),
            ("item", 1, "i.", "x"),
            ("item", 1, "ii.", "y"),
        ]

    def test_tables(self, page: Callable[[str], list[Found]]) -> None:
        body = """<table><caption>Budget</caption><thead><tr><th rowspan=2>State<th colspan=2>Year<tr><th>2008<th>2009</thead>
            <tr><th scope=row rowspan=2>Perú<td>1<td>2<tr><td>3<td>4<tr><td colspan=3>Total: 10</table>"""
        assert page(body) == [
            ("paragraph", 0, "", "Budget"),
            ("row", 0, "table 1", "State: Perú | Year, 2008: 1 | Year, 2009: 2"),
            ("row", 0, "table 1", "Year, 2008: 3 | Year, 2009: 4"),
            ("row", 0, "table 1", "Total: 10"),
        ]

    def test_a_table_that_arranges_the_page_is_none(self, page: Callable[[str], list[Found]]) -> None:
        found = page("<table><tr><td><h2>Left</h2><p>text<td><table><tr><th>A<th>B<tr><td>1<td>2</table></table>")
        assert found == [("heading", 2, "", "Left"), ("paragraph", 0, "", "text"), ("row", 0, "table 1", "A: 1 | B: 2")]

    def test_definitions_quotations_and_plain_layout(self, page: Callable[[str], list[Found]]) -> None:
        found = page(
            "<dl><dt>OAS<dd>Organization<dt>GS<dt>SG<dd>Secretariat<dd>Also</dl><blockquote>q</blockquote><pre>one\nline\n\ntwo</pre>"
        )
        assert [text for *_, text in found] == ["OAS: Organization", "GS: SG: Secretariat", "Also", "q", "one line", "two"]
        assert {found[0] for found in found[:3]} == {"item"}

    def test_footnotes_come_last_and_their_marks_join_no_number(self, page: Callable[[str], list[Found]]) -> None:
        body = """<p>AG/RES. 2461<sup>2</sup> of 2009<sup><a href="#fn1">1</a></sup>.</p>
            <aside role=doc-footnote><p>[1] First.</p></aside>
            <section class=footnotes><ol start=2><li>Second. <a href="#r2">↩</a></ol></section>
            <p>End."""
        assert page(body) == [
            ("paragraph", 0, "", "AG/RES. 2461² of 2009."),
            ("paragraph", 0, "", "End."),
            ("footnote", 0, "1", "First."),
            ("footnote", 0, "2", "Second."),
        ]

    def test_furniture_and_hidden_text_are_left_out(self, page: Callable[[str], list[Found]]) -> None:
        body = """<header>Site</header><nav>Menu</nav><main><header><h1>T</h1></header>x</main><aside>ad</aside><footer>©</footer>
            <script>s</script><style>p{}</style><noscript>n</noscript><template>t</template><!-- c -->
            <p hidden>h</p><p aria-hidden=true>a</p>
            <p style="color:red; DISPLAY : none">d</p><span style="font-size:0">f</span><div role=navigation>r</div>
            <button>b</button><svg><text>v</text></svg>"""
        assert page(body) == [("heading", 1, "", "T"), ("paragraph", 0, "", "x")]

    @pytest.mark.parametrize(
        ("head", "encoding"),
        [
            ("<meta charset=iso-8859-1>", "cp1252"),
            ('<meta http-equiv=Content-Type content="text/html; charset=windows-1252">', "cp1252"),
            ("", "cp1252"),
            ("<meta charset=utf-8>", "cp1252"),
            ("", "utf-8"),
            ("<meta charset=iso-8859-1>", "utf-8-sig"),
            ("<meta charset=punycode>", "utf-8"),
            ("", "utf-16"),
        ],
    )
    def test_encodings(self, page: Callable[[bytes], list[Found]], head: str, encoding: str) -> None:
        text = "La prevención de las “maras” – niñez, à l’école"
        assert page(f"<html><head>{head}</head><body><p>{text}".encode(encoding)) == [("paragraph", 0, "", text)]

    def test_a_page_cut_short_inside_a_character_is_noted(self, tmp_path: Path) -> None:
        (tmp_path / "a.html").write_bytes(("<html><p>" + "niñez " * 9).encode()[:-4])
        reading = html.read(tmp_path / "a.html")
        assert reading.canonical.startswith("niñez niñez") and "1 characters" in reading.notes[0]


class TestMarkdown:
    def test_structure(self, note: Callable[[str], list[Found]]) -> None:
        text = """---
title: front matter
---
# Título

Intro [link](http://x)[^a] and AG/RES. 2461<sup>2</sup>, `code` <span>in</span>:

3. three
   - *a*
   - b

     more
4. four

| State | Year |
|-------|------|
| Perú  | 2009 |
| Chile<br>South | |

> quoted

<div>raw</div>

## Sub

    indented

[^a]: A note.
"""
        assert note(text) == [
            ("heading", 1, "", "Título"),
            ("paragraph", 0, "", "Intro link and AG/RES. 2461², code in:"),
            ("item", 1, "3.", "three"),
            ("item", 2, "•", "a"),
            ("item", 2, "•", "b more"),
            ("item", 1, "4.", "four"),
            ("row", 0, "table 1", "State: Perú | Year: 2009"),
            ("row", 0, "table 1", "State: Chile South"),
            ("paragraph", 0, "", "quoted"),
            ("heading", 2, "", "Sub"),
            ("paragraph", 0, "", "indented"),
            ("footnote", 0, "a", "A note."),
        ]

    def test_raw_html_is_noted_and_says_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "a.md").write_text("<script>\nevil()\n</script>\n\nText <script>evil()</script> more <!-- c -->\n")
        reading = markdown.read(tmp_path / "a.md")
        assert reading.canonical == "Text more" and reading.notes == ("1 blocks of raw HTML were left out.",)

    def test_it_must_be_utf_8(self, tmp_path: Path) -> None:
        (tmp_path / "a.md").write_bytes("niñez".encode("cp1252"))
        with pytest.raises(SourceFileError, match=r"a\.md is not UTF-8 text \(byte 2\)"):
            markdown.read(tmp_path / "a.md")
