"""Runs, gate, comparison and reports on a fake assistant."""

import json
from dataclasses import asdict, replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core import Assistant
from evals.cases import CaseError, check_cases, json_schema, load_cases, read_corpus
from evals.compare import DEFAULT_FLOORS, broken_floors, compare_runs, read_floors
from evals.records import load_run, run_folder
from evals.report import html_report, junit_report, markdown_report
from evals.runner import Texts, describe, run_cases, run_suite
from ingest.errors import UserError
from ingest.settings import Settings

FLOORS = {
    "dev": {
        "overall": {"complete": 1, "exactness": 1, "false_abstention": 0},
        "category": {"list": {"complete": 1}, "fact": {"complete": 1}},
    }
}


def without_latency(results):
    return [replace(result, latency_ms=0.0) for result in results]


def make_run(system, cases, texts, folder, **options):
    description = describe(cases, system.index.manifest, Settings(chroma_url="http://me:pass@host:8000"))
    return run_suite(system, cases, texts, description=description, folder=folder, **options)


def test_the_fake_answers_everything_and_the_record_describes_itself(assistant, cases, texts, tmp_path):
    run = make_run(assistant, cases, texts, tmp_path / "one")
    overall = run.record["figures"]["dev"]["overall"]
    assert (overall["complete"]["value"], overall["complete"]["n"]) == (1.0, 3)
    assert (overall["abstention"]["n"], overall["smalltalk"]["n"], overall["exactness"]["value"]) == (1, 1, 1.0)
    assert overall["auroc"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 4}
    assert run.record["figures"]["dev"]["latency_ms"]["p50"]["n"] == 5
    record = json.loads((tmp_path / "one" / "run.json").read_text())
    for name in ("corpus", "index", "settings", "versions", "commit", "code", "seed", "created", "cases"):
        assert name in record
    assert "pass" not in json.dumps(record["settings"])
    assert load_run(tmp_path, "one").results == run.results


def test_workers_do_not_change_the_result(assistant, cases, texts):
    one, two = (run_cases(assistant, cases * 5, texts, workers=workers) for workers in (1, 2))
    assert without_latency(one) == without_latency(two)


def test_nothing_of_the_unseen_half_is_written_but_figures(assistant, cases, texts, tmp_path):
    run = make_run(assistant, cases, texts, tmp_path / "one")
    written = (tmp_path / "one" / "cases.jsonl").read_text() + html_report(run) + markdown_report(run) + junit_report(run)
    assert "secret wording" not in written and "Which actions are there?" in written


def test_a_stopped_run_resumes_and_a_changed_one_is_refused(make_assistant, cases, texts, tmp_path):
    whole = make_run(make_assistant(), cases, texts, tmp_path / "one")
    path = tmp_path / "one" / "cases.jsonl"
    kept = path.read_text()[: len(path.read_text()) // 2]  # a killed process: half of the file, the last line cut off
    path.write_text(kept)
    again = make_assistant()
    resumed = make_run(again, cases, texts, tmp_path / "one")
    assert 0 < len(again.asked) == len(cases) - kept.count("\n")
    assert without_latency(resumed.results) == without_latency(whole.results)
    with pytest.raises(UserError, match=r"this changed: cases.*--fresh"):
        make_run(again, cases[1:], texts, tmp_path / "one")
    assert len(make_run(again, cases[1:], texts, tmp_path / "one", fresh=True).results) == len(cases) - 1


def test_a_run_compared_with_itself_reports_nothing(assistant, cases, texts, tmp_path):
    first, second = (make_run(assistant, cases, texts, tmp_path / name) for name in "ab")
    assert compare_runs(first, first).same and compare_runs(first, second).same
    assert compare_runs(first, second).differs == ()


def test_a_broken_retriever_is_caught_by_category_and_by_comparison(make_assistant, cases, texts, tmp_path):
    good = make_run(make_assistant(), cases, texts, tmp_path / "good")
    assert broken_floors(good, FLOORS) == []
    bad = make_run(make_assistant("lists"), cases, texts, tmp_path / "bad")
    broken = broken_floors(bad, FLOORS)
    assert any("category list: complete is 0.000 (n = 1), the floor is 1" in message for message in broken)
    assert any("overall: false_abstention" in message and "ceiling" in message for message in broken)
    assert not any("category fact" in message for message in broken)
    change = compare_runs(good, bad)
    assert ("dev-list-1", "list", 1.0, 0.0) in change.flipped
    assert {(d.group, d.metric) for d in change.deltas} >= {("overall", "complete"), ("category list", "quote_recall")}
    assert not any(d.group == "category fact" for d in change.deltas)


EVERY_CATEGORY = {
    "dev": {
        "category": {
            "list": {"complete": 1, "list_completeness": 1, "list_claim": 1},
            "fact": {"complete": 1},
            "follow-up": {"complete": 1},
            "unanswerable": {"abstention": 1},
        }
    }
}


@pytest.mark.parametrize(
    ("broken", "category"), [("lists", "list"), ("facts", "fact"), ("history", "follow-up"), ("silence", "unanswerable")]
)
def test_what_is_broken_is_caught_in_its_category_and_only_there(broken, category, make_assistant, cases, texts, tmp_path):
    assert broken_floors(make_run(make_assistant(), cases, texts, tmp_path / "good"), EVERY_CATEGORY) == []
    messages = broken_floors(make_run(make_assistant(broken), cases, texts, tmp_path / "bad"), EVERY_CATEGORY)
    assert messages and {message.split(":")[0] for message in messages} == {f"dev, category {category}"}


def test_the_real_assistant_with_cut_lists_falls_below_the_real_floors(settings, index_dir, tmp_path):
    product = Assistant.open(settings)
    index, texts = product.index, Texts(product.index.canonical, product.index.by_id, product.index.translations)
    chosen = [c for c in load_cases(half="dev") if c.case.language == "en" and c.case.category in ("list", "fact")]
    floors = {"dev": {"category": {name: read_floors(DEFAULT_FLOORS)["dev"]["category"][name] for name in ("list", "fact")}}}
    good = make_run(product, chosen, texts, tmp_path / "good", workers=2)
    assert broken_floors(good, floors) == []
    assert without_latency(run_cases(product, chosen[::4], texts)) == without_latency(good.results[::4])  # alone as beside others
    for name, target in index.targets.items():  # the retriever loses the last item of each list
        if target.kind == "list":
            index.targets[name] = replace(target, quotes=target.quotes[:-1])
    for name, found in index.lists.items():
        index.lists[name] = replace(found, passage_ids=found.passage_ids[:-1])
    messages = broken_floors(make_run(Assistant(index), chosen, texts, tmp_path / "cut"), floors)
    assert any(message.startswith("dev, category list: complete") for message in messages)
    assert any(message.startswith("dev, category list: list_completeness") for message in messages)
    assert not any("category fact" in message for message in messages)


def test_group_figures_are_compared_too(make_assistant, cases, texts, tmp_path):
    good, bad = (make_run(make_assistant(broken), cases, texts, tmp_path / f"run{broken}") for broken in ("", "silence"))
    found = {(delta.group, delta.metric): (delta.before, delta.after) for delta in compare_runs(good, bad).deltas}
    assert found["overall", "abstention_f1"] == (1.0, 0.0) and found["overall", "abstention"] == (1.0, 0.0)
    assert ("category list", "abstention") not in found


def test_inexact_quotations_and_exceptions_are_seen(make_assistant, cases, texts, tmp_path):
    shifted = make_run(make_assistant("offsets"), cases, texts, tmp_path / "offsets")
    assert shifted.record["figures"]["dev"]["overall"]["exactness"]["value"] == 0.0
    raising = make_run(make_assistant("raises"), cases, texts, tmp_path / "raises")
    assert {result.status for result in raising.results} == {"error"}
    overall = raising.record["figures"]["dev"]["overall"]
    assert (overall["correct"]["value"], overall["abstention"]["value"], overall["false_abstention"]["value"]) == (0.0, 0.0, 0.0)


def test_floors_must_name_what_is_measured(assistant, cases, texts, tmp_path):
    path = tmp_path / "floors.json"
    unmeasured = ('{"dev": {"overall": {"bleu": 1}}}', '{"dev": {"overall": {"complete": "1"}}}')
    for wrong in (*unmeasured, '{"dev": {"nothing": {}}}', '{"dev": 3}', "["):
        path.write_text(wrong)
        with pytest.raises(UserError, match=r"floors\.json"):
            read_floors(path)
    run = make_run(assistant, [c for c in cases if c.case.category == "fact"], texts, tmp_path / "facts")
    unscored = {"dev": {"overall": {"abstention": 0.5}, "category": {"list": {"complete": 0.5}}}}
    assert len(broken_floors(run, unscored)) == 2  # a floor on what was not scored is broken, not passed


def test_reports_are_whole_and_load_nothing(make_assistant, cases, texts, tmp_path):
    run = make_run(make_assistant("lists"), cases, texts, tmp_path / "one")
    page = html_report(run)
    assert "default-src 'none'" in page and 'lang="en"' in page and page.count("<img") == page.count('alt="') == 10
    assert 'src="http' not in page and "@import" not in page and "<link" not in page
    assert "<strong>missing:</strong> Plant trees along the river." in page
    suites = ElementTree.fromstring(junit_report(run))
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in suites] == [("dev", "5", "1"), ("unseen", "5", "1")]
    assert "| category list |" in markdown_report(run)


def test_names_of_runs_stay_in_the_folder(tmp_path):
    for name in ("../up", "", ".hidden", "a/b", "x" * 100):
        with pytest.raises(UserError):
            run_folder(tmp_path, name)
    with pytest.raises(UserError, match="There is no run 'gone'"):
        load_run(tmp_path, "gone")


def test_the_cases_of_the_repository_are_valid_and_halved():
    cases = load_cases()
    assert len(cases) >= 400 and check_cases(cases, read_corpus(Settings().corpus_dir)) == []
    halves = [located.half for located in cases]
    assert abs(halves.count("dev") - halves.count("unseen")) <= 10


def test_faults_of_cases_are_named(cases, texts, edit_case):
    unknown = cases[1].case.gold[0].model_copy(update={"source": "nowhere"})
    altered = cases[1].case.gold[0].model_copy(update={"quote": "in the autumn"})
    for changes, message in (
        ({"gold": (unknown,)}, "unknown source 'nowhere'"),
        ({"gold": (altered,)}, "gold quotation is not verbatim in doc"),
        ({"gold": ()}, "an answerable case needs gold"),
        ({"answerable": False}, "a case that is not answerable has gold"),
        ({"question": cases[0].case.question}, "asks the same question as dev-list-1"),
    ):
        faults = check_cases([cases[0], edit_case(cases[1], **changes)], texts.canonical)
        assert len(faults) == 1 and message in faults[0] and "en.jsonl, line 2" in faults[0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "JSON"),
        ('{"id": "a"}', "field question"),
        ('{"id": "a", "question": "q", "language": "de", "category": "fact", "answerable": false}', "field language"),
        ('{"id": "a", "question": "q", "language": "en", "category": "fact", "answerable": "no"}', "field answerable"),
        ('{"id": "a", "question": "q", "language": "en", "category": "fact", "answerable": false, "extra": 1}', "field extra"),
    ],
)
def test_errors_of_lines_name_file_and_line(tmp_path, line, message):
    path = tmp_path / "some.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(CaseError, match=r"some\.jsonl, line 2") as caught:
        load_cases(path)
    assert message in str(caught.value)


def test_ids_are_unique_over_files(case_folder):
    (case_folder / "dev" / "more.jsonl").write_text((case_folder / "dev" / "en.jsonl").read_text())
    with pytest.raises(CaseError, match="is used already in"):
        load_cases(case_folder)


def test_schema_is_that_of_the_cases(cases):
    schema = json_schema()
    assert schema["additionalProperties"] is False and {"id", "question", "language", "category", "answerable"} <= set(schema["required"])
    assert set(schema["properties"]) == set(asdict(cases[0])["case"].model_dump())


@given(st.binary(max_size=200))
def test_arbitrary_files_give_a_message_or_cases(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "any.jsonl"
    path.write_bytes(data)
    with pytest.raises(CaseError):
        load_cases(path)
