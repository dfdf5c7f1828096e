"""The readers on arbitrary text: they never raise, keep their promises and finish in time."""

import re
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.sentences import sentence_spans
from ingest.structure import build_document
from ingest.types import Document, Source

SOURCE = Source("doc", "Document", "Doc", "other", "en")
MARKER = re.compile(r"[·•▪◦‣●○■□–—*-]|\d{1,3}[.)]|\(([a-z]|\d{1,3})\)|[^\w\s]{1,2}\.?")

_WORDS = "gangs the Prevention Ação PREVENTION: AG/RES. 2009 Ítem 日本語 e\u0301 🏛 \u200b and: (AM) ends."
_words = st.sampled_from(_WORDS.split(" "))
_LINES = """I.|II. MANDATES|XIV. |IV.|1.|1. |(a) letter|Annex I|Annex IV: a title|ANNEX II contains reports.|http://scm.oas.org/a.pdf|https://x
|Additionally, it asks.|Finally, it ends.|Jorge Skinner-Klée|Permanent Representative of Guatemala|Chair|Other business|\ufffd.\tEstablished
|¹\tNote|*\tstar|/ goes on|DATE|Friday, April 3, 2009|the following actions:|SCHEDULE OF MEETINGS| |"""
_line = st.one_of(
    st.lists(_words, max_size=8).map(" ".join), st.text(max_size=40), st.sampled_from([line.strip("\n") for line in _LINES.split("|")])
)
_MARKERS = "||· |• |- |– |1. |2) |(3) |(b) |IV. |\t|\t· |  |\u00a0|\ufeff|\t\t"
_prefix = st.sampled_from(_MARKERS.split("|"))
_end = st.sampled_from(["\n", "\n", "\n\n", "\n\n\n\n", "\r\n", "\r", "\u2028", "\x0b", "\x1c", " \n", "\t\n"])
layouts = st.lists(st.builds(lambda *parts: "".join(parts), _prefix, _line, _end), max_size=25).map("".join)


def check(document: Document) -> None:
    end = 0
    for passage in document.passages:
        assert document.canonical[passage.start : passage.end] == passage.text
        assert passage.text.strip() == passage.text != ""
        assert end <= passage.start < passage.end
        gap = document.canonical[end : passage.start].strip()
        assert not gap or all(MARKER.fullmatch(piece) for piece in gap.split()), f"lost: {gap!r}"
        assert passage.locator.startswith("Doc")
        assert passage.number is None or passage.number >= 0
        end = passage.end
    gap = document.canonical[end:].strip()
    assert not gap or all(MARKER.fullmatch(piece) for piece in gap.split()), f"lost: {gap!r}"
    ids = [passage.id for passage in document.passages]
    assert len(set(ids)) == len(ids)
    assert len({found.id for found in document.lists}) == len(document.lists)
    listed = [identity for found in document.lists for identity in found.passage_ids]
    assert len(set(listed)) == len(listed) and set(listed) <= set(ids)
    by_id = {passage.id: passage for passage in document.passages}
    for found in document.lists:
        assert found.passage_ids
        assert [by_id[identity].list_id for identity in found.passage_ids] == [found.id] * len(found.passage_ids)
        numbers = [by_id[identity].number for identity in found.passage_ids]
        first = numbers[0]  # 1, or the one that the document prints
        assert first is not None and numbers == list(range(first, first + len(numbers)))
        assert found.intro_id is None or found.intro_id in by_id


@settings(deadline=1000, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=400))
@example("\x00")
@example("I.\n\n")
@example("\tI.\nPrevention\n")
@example("\t\n\tDATE\n\thttp://x\n- a\n")
def test_reader_on_any_text(text: str) -> None:
    check(build_document(SOURCE, text))


@settings(deadline=1000, suppress_health_check=[HealthCheck.too_slow])
@given(layouts)
def test_reader_on_any_layout(text: str) -> None:
    document = build_document(SOURCE, text)
    check(document)
    assert build_document(SOURCE, text) == document


@pytest.mark.parametrize(
    ("piece", "times"),
    [
        ("A\n", 4000),  # each a heading under the one before
        ("A\n- b\n", 3000),
        ("- b\n", 20_000),
        ("1. a\n\n", 10_000),
        ("Annex I: a\nhttp://x\n", 5000),
        ("\tFriday, April 3, 2009\n\t· a\n", 3000),
        ("I.\n", 8000),
        ("Some text without any end ", 20_000),
        ("Aa Bb Cc ", 20_000),
        ("(", 100_000),
        ("the following actions:\n- a\n- b\n\n", 3000),
    ],
)
def test_reader_takes_time_in_proportion(piece: str, times: int) -> None:
    """Long documents of one shape stay within a few seconds; what grows with the square of the length does not."""
    started = time.process_time()
    document = build_document(SOURCE, piece * times)
    assert time.process_time() - started < 4
    assert sum(len(heading) for passage in document.passages for heading in passage.heading_path) <= 20 * len(document.canonical)


class TestSentences:
    def pieces(self, text: str, language: str = "en") -> list[str]:
        return [text[start:end] for start, end in sentence_spans(text, language)]

    def test_two_sentences(self) -> None:
        text = "  The Chair suggests this.  The Secretariat agrees. "
        assert sentence_spans(text, "en") == ((2, 26), (28, 51))

    @pytest.mark.parametrize(
        "text",
        [
            "It was established pursuant to resolution AG/RES. 2461 (XXXIX-O/09) of the Assembly.",
            "See CP/RES. 964 and AG/RES. 2380 (XXXVIII-O/08) for more.",
            "The document CP/doc. 4469 rev. 2 was read.",
            "As art. 5 and No. 7 say, pp. 3 and 4 apply.",
        ],
    )
    def test_official_abbreviations_end_no_sentence(self, text: str) -> None:
        assert self.pieces(text) == [text]

    def test_real_paragraph(self, strategy: Document) -> None:
        passage = next(p for p in strategy.passages if p.text.startswith("The phenomenon of gangs"))
        pieces = self.pieces(passage.text)
        assert pieces[1].startswith("Gangs are a complex, growing, and dynamic")
        assert all(piece[0].isupper() and piece[-1] in ".”" for piece in pieces)
        assert not any(piece.endswith("AG/RES.") for piece in pieces)

    @settings(deadline=1000)
    @given(st.one_of(st.text(max_size=200), layouts), st.sampled_from(["en", "es", "pt", "fr", "xx"]))
    @example("🏛 One. 日本語。 Two!", "en")
    @example("A\u2028. ", "en")  # sentencex panics on this as it stands
    def test_any_text(self, text: str, language: str) -> None:
        end = 0
        for start, stop in sentence_spans(text, language):
            assert end <= start < stop <= len(text)
            assert text[start:stop] == text[start:stop].strip()
            assert not text[end:start].strip(), "a sentence was lost"
            end = stop
        assert not text[end:].strip()
