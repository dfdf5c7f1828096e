"""Cases made at the terminal and from feedback, with the real assistant; what is asked is answered through standard input."""

import doctest
import json
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import evals.__main__ as cli
from assistant.core import Assistant
from assistant.feedback import append_feedback, make_feedback
from assistant.types import Turn
from evals import authoring
from evals.authoring import append_cases, check_category, draft_cases, find_verbatim, make_case, parse_numbers
from evals.cases import DEFAULT_CASES, CaseError, GoldQuote, check_cases, load_cases, read_corpus
from ingest.errors import UserError
from ingest.settings import Settings

CANONICAL = read_corpus(Settings.model_fields["corpus_dir"].default)
LIST, FACT, NONE = "List every measure for rehabilitating gang members", "Which resolution set the group up, exactly?", "Is pizza round?"
BIN = [sys.executable, "-m", "evals"]


@pytest.fixture(scope="module")
def real(settings, index_dir):
    return Assistant.open(settings)


@pytest.fixture
def command(monkeypatch, real, settings):
    monkeypatch.setattr(Assistant, "open", lambda settings: real)

    def run(*arguments, typed="", data_dir=None):
        chosen = settings.model_copy(update={"data_dir": data_dir}) if data_dir else settings
        return CliRunner().invoke(cli.app, [str(argument) for argument in arguments], input=typed, obj=lambda: chosen)

    return run


def case(**fields):
    gold = (GoldQuote(source="strategy", quote="PREVENTION:"),)
    return make_case(**{"id": "x-1", "question": "q", "language": "en", "category": "fact", "answerable": True, "gold": gold} | fields)


def test_worked_examples():
    found = doctest.testmod(authoring)
    assert found.attempted >= 2 and found.failed == 0


@given(st.data())
def test_a_quotation_is_found_whatever_its_spacing_and_kept_as_the_document_has_it(data):
    document = CANONICAL[data.draw(st.sampled_from(sorted(CANONICAL)))]
    start = data.draw(st.integers(0, len(document) - 1))
    quote = document[start : start + data.draw(st.integers(1, 400))]
    if not quote.strip():
        assert find_verbatim(quote, CANONICAL) is None
        return
    gaps = data.draw(st.lists(st.sampled_from([" ", "\n", "\t ", "\r\n", "\u00a0"]), min_size=1, max_size=5))
    words = quote.replace("“", '"').replace("’", "'").replace("–", "-").split()
    typed = "".join(word + gaps[place % len(gaps)] for place, word in enumerate(words))
    found = find_verbatim(typed, CANONICAL)
    assert found.quote in CANONICAL[found.source]
    plain = str.maketrans("“”„’‘–—‐‑", '"""\'\'----')
    assert found.quote.translate(plain).split() == quote.translate(plain).split()


@given(st.text(max_size=30))
def test_what_no_document_says_is_never_found(text):
    found = find_verbatim(text + " qzx", CANONICAL)
    assert found is None and find_verbatim("(.*)+ [", CANONICAL) is None


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5)), min_size=1), st.sampled_from([",", ", ", " ", ";", " ,"]))
def test_numbers_and_ranges(pairs, separator):
    text = separator.join(f"{first}-{first + more}" if more else str(first) for first, more in pairs)
    wanted = [number for first, more in pairs for number in range(first, first + more + 1)]
    assert parse_numbers(text, 35) == list(dict.fromkeys(wanted))


@pytest.mark.parametrize("text", ["0", "9", "3-2", "1-", "-", "1,,x", "1--2", "", "99999999999", "1-2-3"])
def test_wrong_numbers_are_refused(text):
    with pytest.raises(CaseError, match="numbers 1 to 8"):
        parse_numbers(text, 8)


def test_a_case_at_the_terminal(command, real, tmp_path):
    target = tmp_path / "new" / "en.jsonl"
    count = len(real.answer(LIST).citations)
    assert count > 5
    done = command("new", "--cases", target, typed=f"{LIST}\n0\nnot in any document\n\n1,3-4\n6\n\nPREVENTION:\n\nNot 1\n\nGood one\ny\n")
    # "0", a wrong quotation and an empty line are asked again; so is the category "Not 1", and then the suggestion is taken
    assert done.exit_code == 0, done.output
    assert "'0' is not one of the numbers" in done.output and "in no document word for word" in done.output
    assert "Mark at least one" in done.output and "cannot be a category" in done.output and "cited" in done.output
    (made,) = (located.case for located in load_cases(target))
    cited = [citation.quote for citation in real.answer(LIST).citations]
    assert [gold.quote for gold in made.gold] == [cited[0], cited[2], cited[3], cited[5]]
    assert [quote.quote for quote in made.acceptable] == ["PREVENTION:"]
    assert (made.id[:8], made.category, made.language, made.notes) == ("en-list-", "list", "en", "Good one")
    assert made.id not in {located.case.id for located in load_cases(DEFAULT_CASES)}
    assert command("validate", target).exit_code == 0
    again = command("new", "--cases", target, "--category", "count", typed=f"  {LIST.upper()}\n{FACT}\nPREVENTION:\n\n\n\ny\n")
    assert again.exit_code == 0 and f"{made.id} asks this already" in again.output
    assert [located.case.category for located in load_cases(target)] == ["list", "count"]


def test_unanswerable_and_after_a_history(command, tmp_path):
    target = tmp_path / "c.jsonl"
    assert command("new", "--cases", target, typed=f"{NONE}\nNone\n\n\n\n\n").exit_code == 0
    history = '[{"role": "user", "content": "What does the strategy say of prevention?"}]'
    done = command("new", "--cases", target, "--history", history, "--language", "es", typed="And?\n1\n\n\n\n\n\n")
    assert done.exit_code == 0, done.output
    first, second = (located.case for located in load_cases(target))
    assert not first.answerable and first.gold == () and first.category == "unanswerable"
    assert second.category == "follow-up" and second.language == "es" and second.history[0].content.startswith("What does")
    assert check_cases(load_cases(target), CANONICAL) == []


def test_breaking_off_writes_nothing(command, tmp_path):
    target = tmp_path / "c.jsonl"
    typed = f"{LIST}\n1\n\n\n\n\n"
    for end in range(len(typed.split("\n"))):  # the input ends before every answer in turn
        done = command("new", "--cases", target, typed="".join(line + "\n" for line in typed.split("\n")[:end]))
        assert done.exit_code == 1 and "Nothing was written" in done.output
    assert command("new", "--cases", target, typed=typed + "n\n").exit_code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--language", "de"], "Use one of: en, es, pt, fr"),
        (["--category", "draft"], "cannot be a category"),
        (["--category", "Ünsinn"], "cannot be a category"),
        (["--cases", "cases.json"], "ends in .jsonl"),
        (["--history", "[1]"], "--history must be JSON"),
    ],
)
def test_mistakes_are_told_before_anything_is_asked(arguments, message, command):
    result = command("new", *arguments)
    assert isinstance(result.exception, UserError) and message in str(result.exception) and "Question" not in result.output


def test_appending_keeps_every_byte_and_is_all_or_nothing(tmp_path, monkeypatch):
    path = tmp_path / "c.jsonl"
    append_cases(path, [case()])
    old = b"\r\n" + path.read_bytes().rstrip(b"\n")  # odd line ends, and none at the end
    path.write_bytes(old)
    path.chmod(0o640)
    append_cases(path, [case(id="x-2", question="¿qué?", notes="\u2028 'a'\n")])
    assert path.read_bytes().startswith(old + b"\n") and path.stat().st_mode & 0o777 == 0o640
    assert [located.case.id for located in load_cases(path)] == ["x-1", "x-2"] and load_cases(path)[1].case.notes == "\u2028 'a'\n"
    before = path.read_bytes()
    with pytest.raises(CaseError, match="the id 'x-1' by now"):
        append_cases(path, [case(id="x-3"), case()])

    def stop(descriptor):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("os.fsync", stop)
        append_cases(path, [case(id="x-3")])
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    (tmp_path / "c.jsonl.lock").touch()
    with pytest.raises(CaseError, match="Another command is writing"):
        append_cases(path, [case(id="x-3")])
    with pytest.raises(CaseError, match="cannot be written"):
        append_cases(path / "below" / "c.jsonl", [case()])


def test_many_writers_lose_nothing(tmp_path):
    path = tmp_path / "c.jsonl"

    def write(number):
        while True:
            try:
                return append_cases(path, [case(id=f"x-{number}")])
            except CaseError as error:
                assert "Another command" in str(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {located.case.id for located in load_cases(path)} == {f"x-{number}" for number in range(8)}


def judged(real, question, verdict, comment="", history=()):
    answer = real.answer(question, history)
    return make_feedback(answer, history, verdict, comment, real.index.manifest.fingerprint)


def test_feedback_becomes_cases_and_drafts_once(command, real, tmp_path):
    turns = (Turn("user", "What does the strategy say of prevention?"), Turn("assistant", "Much."))
    known = load_cases(DEFAULT_CASES)[0].case.question
    entries = [
        judged(real, LIST, "good", "well done"),
        judged(real, LIST.lower() + " ", "good"),
        judged(real, NONE, "good"),
        judged(real, FACT, "good"),
        judged(real, FACT, "bad", "the date is missing"),
        judged(real, "And the schools?", "good", history=turns),
        judged(real, known, "good"),
    ]
    for entry in entries:
        append_feedback(tmp_path, entry)
    done = command("from-feedback", data_dir=tmp_path)
    assert done.exit_code == 0 and "3 judgement(s) skipped" in done.output, done.output
    drafts = tmp_path / "drafts.jsonl"
    made = {located.case.question: located.case for located in load_cases(drafts)}
    assert set(made) == {LIST, NONE, FACT, "And the schools?"}
    assert [gold.quote for gold in made[LIST].gold] == [citation["quote"] for citation in entries[0].answer["citations"]]
    assert made[LIST].category == "list" and made[LIST].notes.endswith("judged good; comment: well done")
    assert (made[NONE].answerable, made[NONE].category, made["And the schools?"].history[0].content) == (
        False,
        "unanswerable",
        turns[0].text,
    )
    bad = made[FACT]  # readers disagree: it is a draft
    assert bad.category == "draft" and bad.gold == () and bad.notes.startswith("draft: ") and "the date is missing" in bad.notes
    assert all(citation["quote"] in bad.notes for citation in entries[3].answer["citations"])
    before = drafts.read_bytes()
    again = command("from-feedback", data_dir=tmp_path)
    assert again.exit_code == 0 and "0 case(s) and 0 draft(s)" in again.output and drafts.read_bytes() == before


def test_a_draft_passes_neither_validate_nor_run(command, real, tmp_path):
    append_feedback(tmp_path, judged(real, FACT, "bad"))
    drafts = tmp_path / "drafts.jsonl"
    assert command("from-feedback", tmp_path / "feedback.jsonl", "--to", drafts).exit_code == 0
    result = command("validate", drafts)
    assert result.exit_code == 1 and "needs gold" in result.output and "still a draft" in result.output
    run = command("run", "--cases", drafts, "--runs", tmp_path / "runs", "--name", "x")
    assert isinstance(run.exception, UserError) and "en-draft-001: an answerable case needs gold" in str(run.exception)
    line = json.loads(drafts.read_text()) | {"gold": [{"source": "strategy", "quote": "PREVENTION:"}]}
    drafts.write_text(json.dumps(line))
    assert command("validate", drafts).exit_code == 1  # its category still says that it is a draft
    drafts.write_text(json.dumps(line | {"category": "fact"}))
    assert command("validate", drafts).exit_code == 0


def test_feedback_on_documents_that_changed_since_or_of_another_shape(real):
    entry = judged(real, LIST, "good")
    changed = draft_cases([entry], [], CANONICAL | {"strategy": "Other words."})
    assert changed.ready == () and "no longer in strategy" in changed.drafts[0].notes
    greeting = judged(real, "Hello!", "good")
    assert draft_cases([greeting], [], CANONICAL).ready[0].category == "smalltalk"
    for broken in ({}, {"citations": [1], "status": "answered"}, {"citations": None, "status": "answered"}):
        with pytest.raises(CaseError, match=r"feedback of .* cannot be understood"):
            draft_cases([replace(entry, answer=broken)], [], CANONICAL)
    with pytest.raises(CaseError, match="language"):
        draft_cases([replace(entry, language="de")], [], CANONICAL)


def test_categories():
    assert check_category("  Cross-Document ") == "cross-document"
    for name in ("", "1", "Draft", "é"):
        with pytest.raises(CaseError):
            check_category(name)


def test_mistakes_end_in_code_2(tmp_path):
    for arguments, message in (
        (["from-feedback", str(tmp_path / "none.jsonl")], "no feedback to read"),
        (["from-feedback", "--to", "drafts.txt"], "ends in .jsonl"),
        (["import", str(tmp_path / "none.csv"), "--to", str(tmp_path / "c.jsonl")], "There is nothing at"),
    ):
        done = subprocess.run([*BIN, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr
    assert json.loads(subprocess.run([*BIN, "schema"], capture_output=True, text=True, timeout=60).stdout)["title"] == "Case"
