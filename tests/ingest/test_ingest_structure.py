"""What must come out of the two real documents."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.structure import build_document
from ingest.types import Document, Passage, PassageList, Source

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
STRATEGY_SHA256 = "7e125511f49f213efcdc91505850cc80178a703e53638f5d62b49dbc4c7f0e41"
WORK_PLAN_SHA256 = "b927e7954518456ab935e07510d6f84d688c99974b1f1884fed3cf1a0f9eb61f"


def items_of(document: Document, found: PassageList) -> list[Passage]:
    by_id = {passage.id: passage for passage in document.passages}
    return [by_id[identity] for identity in found.passage_ids]


def the_list(document: Document, unit: str, section: str = "") -> list[Passage]:
    """The items of the one list that has this unit and, where given, this section."""
    found = [entry for entry in document.lists if entry.unit == unit and section in " / ".join(entry.heading_path)]
    assert len(found) == 1, f"{len(found)} lists of {unit} in {section!r}"
    return items_of(document, found[0])


def containing(document: Document, text: str) -> Passage:
    found = [passage for passage in document.passages if text in passage.text]
    assert len(found) == 1, f"{len(found)} passages with {text!r}"
    return found[0]


class TestFiles:
    @pytest.mark.parametrize(("name", "expected"), [("strategy.txt", STRATEGY_SHA256), ("work-plan.txt", WORK_PLAN_SHA256)])
    def test_bytes_are_the_published_ones(self, name: str, expected: str) -> None:
        assert hashlib.sha256((CORPUS / name).read_bytes()).hexdigest() == expected

    def test_manifest_names_two_documents_and_five_annexes(self, sources: tuple[Source, ...]) -> None:
        assert [source.id for source in sources] == ["strategy", "work-plan", "annex-i", "annex-ii", "annex-iii", "annex-iv", "annex-v"]
        assert [source.sha256 for source in sources[:2]] == [STRATEGY_SHA256, WORK_PLAN_SHA256]
        assert all(source.path is None and source.kind == "annex" for source in sources[2:])

    def test_annex_titles_and_links_are_those_of_the_strategy(self, sources: tuple[Source, ...], strategy: Document) -> None:
        for annex in sources[2:]:
            entry = next(p for p in strategy.passages if p.text.startswith(annex.title))
            assert annex.url and entry.text.endswith(annex.url)


class TestInvariants:
    @pytest.fixture(params=["strategy", "work-plan"])
    def document(self, request: pytest.FixtureRequest, documents: tuple[Document, ...]) -> Document:
        return next(document for document in documents if document.source.id == request.param)

    def test_offsets_cut_the_text_out(self, document: Document) -> None:
        assert document.passages
        for passage in document.passages:
            assert document.canonical[passage.start : passage.end] == passage.text
            assert passage.text == passage.text.strip() != ""

    def test_canonical_is_the_file(self, document: Document) -> None:
        raw = Path(document.source.path or "").read_bytes()
        assert document.canonical == raw.decode("utf-8-sig").replace("\r\n", "\n")

    def test_ordered_without_overlap(self, document: Document) -> None:
        for before, after in zip(document.passages, document.passages[1:], strict=False):
            assert before.end <= after.start

    def test_nothing_but_markers_is_left_out(self, document: Document) -> None:
        left = document.canonical
        for passage in reversed(document.passages):
            left = left[: passage.start] + "\n" + left[passage.end :]
        rest = {piece for piece in re.split(r"\s+", left) if piece}
        assert rest <= {"·", "1.", "2.", "3.", "4.", "\ufffd."}

    def test_ids_and_locators_are_unique(self, document: Document) -> None:
        for name in ("id", "locator"):
            values = [getattr(passage, name) for passage in document.passages]
            assert len(set(values)) == len(values)
        assert len({found.id for found in document.lists}) == len(document.lists)

    def test_lists_and_passages_know_each_other(self, document: Document) -> None:
        for found in document.lists:
            items = items_of(document, found)
            assert [item.list_id for item in items] == [found.id] * len(items)
            assert [item.number for item in items] == list(range(1, len(items) + 1))
            assert [item.start for item in items] == sorted(item.start for item in items)
        listed = {identity for found in document.lists for identity in found.passage_ids}
        assert {passage.id for passage in document.passages if passage.list_id} == listed

    def test_reading_again_gives_the_same(self, document: Document) -> None:
        assert build_document(document.source, document.canonical) == document


class TestStrategy:
    def test_three_bases(self, strategy: Document) -> None:
        bases = the_list(strategy, "basis")
        assert [item.text[:31] for item in bases] == [
            "Full respect for human rights a",
            "Consideration of the impact of ",
            "The recognition that the State ",
        ]
        assert bases[0].heading_path == ("Introduction",)

    def test_six_voluntary_actions(self, strategy: Document) -> None:
        actions = the_list(strategy, "voluntary action")
        assert len(actions) == 6
        assert actions[0].text.startswith("Promoting inter-American cooperation")
        assert actions[5].text.startswith("Promoting coordination among donors")

    @pytest.mark.parametrize(
        ("section", "count", "first", "last"),
        [
            ("I. Prevention", 12, "Establish “Open School” programs", "Encourage regional and international cooperation"),
            ("II. Rehabilitation and social reincorporation", 12, "Develop programs to reincorporate", "Develop educational and technical"),
            ("III. Law enforcement", 7, "Promote the training of judges, prosecutors", "Promote the use of information systems."),
        ],
    )
    def test_actions_of_the_pillars(self, strategy: Document, section: str, count: int, first: str, last: str) -> None:
        actions = [p for p in strategy.passages if p.kind == "list_item" and p.heading_path[-1:] == (section,)]
        assert [action.number for action in actions] == list(range(1, count + 1))
        assert len({action.list_id for action in actions}) == 1
        assert actions[0].text.startswith(first)
        assert actions[-1].text.startswith(last)
        assert {action.unit for action in actions} == {"action"}
        assert {action.heading_path[0] for action in actions} == {"Contributions identified"}

    def test_thirty_one_actions_in_all(self, strategy: Document) -> None:
        assert sum(passage.unit == "action" for passage in strategy.passages) == 31

    def test_annexes_are_each_described_once_and_linked_once(self, strategy: Document) -> None:
        described, linked = [found for found in strategy.lists if found.unit == "Annex"]
        numerals = ["I", "II", "III", "IV", "V"]
        assert [item.text.split()[:2] for item in items_of(strategy, described)] == [["ANNEX", numeral] for numeral in numerals]
        entries = items_of(strategy, linked)
        assert [item.text.split(":")[0] for item in entries] == [f"Annex {numeral}" for numeral in numerals]
        assert [re.findall(r"http://\S+", item.text) for item in entries] == [
            [f"http://scm.oas.org/pdfs/2010/CP24469E-{number}.pdf"] for number in range(1, 6)
        ]

    def test_one_footnote(self, strategy: Document) -> None:
        (note,) = [passage for passage in strategy.passages if passage.kind == "footnote"]
        assert note.text == "Established pursuant to resolution AG/RES. 2461 (XXXIX-O/9)."
        assert note.heading_path == ()

    def test_no_other_lists(self, strategy: Document) -> None:
        assert sorted(found.unit for found in strategy.lists) == [
            "Annex",
            "Annex",
            "action",
            "action",
            "action",
            "basis",
            "voluntary action",
        ]

    def test_locator_as_officials_write_it(self, strategy: Document) -> None:
        action = containing(strategy, "Avoid housing first-time offenders")
        assert action.locator == "Regional Strategy, II. Rehabilitation and social reincorporation, action 9"

    def test_heading_broken_over_two_lines(self, strategy: Document) -> None:
        heading = containing(strategy, "PREVENTION:")
        assert (heading.kind, heading.text) == ("heading", "I.\nPREVENTION:")
        assert containing(strategy, "Rescue public spaces").heading_path == ("Contributions identified", "I. Prevention")

    def test_paragraph_with_the_reference_mark_is_one_passage(self, strategy: Document) -> None:
        passage = containing(strategy, "As a result, on March 2, 2010,")
        assert "\n/ the Working Group held the second special meeting" in passage.text
        assert passage.text.endswith(".")
        assert passage.kind == "paragraph"

    def test_duplicated_items_keep_their_own_places(self, strategy: Document) -> None:
        twice = [p for p in strategy.passages if p.text.startswith("Organize painting workshops")]
        assert [(p.heading_path[-1], p.number) for p in twice] == [
            ("I. Prevention", 6),
            ("II. Rehabilitation and social reincorporation", 5),
        ]
        assert twice[0].text == twice[1].text and twice[0].id != twice[1].id

    def test_typos_stay(self, strategy: Document) -> None:
        containing(strategy, "In order to strengethen hemispheric cooperation")
        containing(strategy, "one of the ways in the different manifestations")
        containing(strategy, "Cooperation in DeaLing with Criminal Gangs")


class TestWorkPlan:
    def test_four_steps(self, work_plan: Document) -> None:
        steps = the_list(work_plan, "step")
        assert [step.text.split()[0] for step in steps] == ["Requesting", "Requesting", "Convening,", "That"]
        assert steps[0].locator == "Work Plan, III. Proposed work methodology, step 1"

    def test_three_mandates(self, work_plan: Document) -> None:
        mandates = the_list(work_plan, "mandate")
        assert [mandate.text.split()[0] for mandate in mandates] == ["That", "Additionally,", "Finally,"]
        assert {mandate.heading_path for mandate in mandates} == {("II. Mandates",)}

    def test_schedule_of_two_dates(self, work_plan: Document) -> None:
        dates = the_list(work_plan, "date")
        assert [" ".join(date.text.split()) for date in dates] == ["Friday, April 3, 2009 (AM)", "Thursday, April 30, 2009 (AM)"]

    @pytest.mark.parametrize(
        ("date", "activities"),
        [
            ("April 3, 2009", ["Election of the vice chairs", "Presentation of the Work Plan", "Consideration of the draft resolution"]),
            ("April 30, 2009", ["Consideration and approval of the draft"]),
        ],
    )
    def test_activities_of_a_date(self, work_plan: Document, date: str, activities: list[str]) -> None:
        found = the_list(work_plan, "activity", date)
        assert len(found) == len(activities)
        for item, start in zip(found, activities, strict=True):
            assert item.text.startswith(start)

    def test_other_business_is_no_activity(self, work_plan: Document) -> None:
        other = [passage for passage in work_plan.passages if passage.text == "Other business"]
        assert [(passage.kind, passage.list_id) for passage in other] == [("standing_item", None)] * 2

    def test_signatory(self, work_plan: Document) -> None:
        (signature,) = [passage for passage in work_plan.passages if passage.kind == "signature"]
        lines = [line for line in signature.text.splitlines() if line]
        assert lines[:2] == ["Jorge Skinner-Klée", "Permanent Representative of Guatemala to the OAS"]
        assert lines[2].startswith("Chair of the Working Group")
        assert signature.heading_path == ()

    def test_typos_stay(self, work_plan: Document) -> None:
        containing(work_plan, "would also compile the materal co")


class TestStableIds:
    ADDED = "A paragraph that was added later, on another matter, ends here."

    def test_an_added_paragraph_leaves_all_other_ids(self, strategy: Document) -> None:
        after = "Annexes I, II, and III will be updated annually."
        changed = build_document(strategy.source, strategy.canonical.replace(after, f"{after}\n\n{self.ADDED}"))
        before = {passage.id: passage.text for passage in strategy.passages}
        now = {passage.id: passage.text for passage in changed.passages}
        assert {text for identity, text in now.items() if identity not in before} == {self.ADDED}
        assert before.items() <= now.items()
        assert {found.id: found.passage_ids for found in changed.lists} == {found.id: found.passage_ids for found in strategy.lists}

    def test_a_changed_paragraph_changes_its_own_id_only(self, strategy: Document) -> None:
        old, new = "Encouraging the horizontal transfer", "Encouraging the vertical transfer"
        changed = build_document(strategy.source, strategy.canonical.replace(old, new))
        before, now = ({passage.id for passage in document.passages} for document in (strategy, changed))
        assert len(before - now) == len(now - before) == 1

    def test_another_source_has_other_ids(self, strategy: Document) -> None:
        other = build_document(replace(strategy.source, id="copy"), strategy.canonical)
        assert not {passage.id for passage in other.passages} & {passage.id for passage in strategy.passages}

    def test_two_lists_under_one_heading_stay_two(self) -> None:
        text = "MEASURES\n- Plant trees.\n- Mend lamps.\n\nSome of this costs money.\n\n- Ask donors.\n- Ask banks.\n"
        document = build_document(Source("doc", "Document", "Doc", "other", "en"), text)
        assert [[item.text for item in items_of(document, found)] for found in document.lists] == [
            ["Plant trees.", "Mend lamps."],
            ["Ask donors.", "Ask banks."],
        ]
        assert len({found.id for found in document.lists}) == 2


WRAPPED = """CONTRIBUTION OF NOWHERE

5. The council was set up in May by seven ministries. It is chaired by an office and meets
on the second Monday of each month in the hall of the town that has asked for it. A sum
of money is paid for the way there.

6. For families the network offers what follows, as far as the means allow it in the year:
   a) visits every three weeks;
   b) schools for parents, with sessions in four languages that are spoken in the
      valleys;
   c) company for those who report a crime.

7. Nothing else is planned.
"""


def test_text_with_hard_line_ends_keeps_its_paragraphs_its_numbers_and_its_inner_lists() -> None:
    document = build_document(Source("n", "Nowhere", "Nowhere", "annex", "en"), WRAPPED)
    items = {passage.locator: " ".join(passage.text.split()) for passage in document.passages if passage.kind == "list_item"}
    heading = "Nowhere, Contribution of nowhere"
    assert list(items) == [f"{heading}, item {number}" for number in ("5", "6", "6.1", "6.2", "6.3", "7")]
    assert items[f"{heading}, item 5"].endswith("A sum of money is paid for the way there.")
    assert items[f"{heading}, item 6.2"].endswith("spoken in the valleys;")
    (inner,) = [found for found in document.lists if len(found.passage_ids) == 3 and found.intro_id]
    assert [passage.number for passage in document.passages if passage.id in inner.passage_ids] == [1, 2, 3]
