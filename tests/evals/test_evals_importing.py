"""Cases from BEIR folders, CSV and Excel tables: round trips, and what is said of bad rows."""

import csv
import io
import json

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import evals.__main__ as cli
from assistant.core import Assistant
from evals.cases import DEFAULT_CASES, check_cases, load_cases, read_corpus
from evals.importing import COLUMNS, import_cases, read_rows
from ingest.errors import UserError
from ingest.settings import Settings

CANONICAL = read_corpus(Settings.model_fields["corpus_dir"].default)
DEV = [located.case for located in load_cases(DEFAULT_CASES, "dev")]
LAMPS = "Rescue public spaces: artificial lighting in risk areas"
SPORT = "Promote different sporting activities (football, boxing, others)."
TURNS = [{"role": "user", "content": 'What of\nprevention; or "sport"?'}, {"role": "assistant", "content": "Much, | indeed."}]
HEADER = ["Question", "LANGUAGE", "category ", "Answerable", "gold", "source", "acceptable", "Must not claim", "notes", "ID", "history"]
ROWS = [
    ["Which sport, if any?", "", "", "", f"{SPORT}\n{LAMPS}", "", "PREVENTION:", "golf|chess", 'says "sport"; yes', "", ""],
    ["¿Qué deportes se mencionan en la Estrategia?", "", "count", "yes", SPORT.replace(" ", "  "), "strategy", "", "", "", "mine-1", ""],
    ["", "", "", "", "", "", "", "", "", "", ""],
    ["Is there golf?", "en", "", "FALSE", "", "", "", "", "", "", json.dumps(TURNS)],
]


@pytest.fixture(scope="module")
def real(settings, index_dir):
    return Assistant.open(settings)


@pytest.fixture
def command(monkeypatch, settings):
    opened = []

    def run(*arguments, real=None):
        monkeypatch.setattr(Assistant, "open", lambda settings: opened.append(1) or real)
        result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments], obj=lambda: settings)
        return result, str(result.exception) if isinstance(result.exception, UserError) else result.output

    run.opened = opened
    return run


def write_csv(path, lines, delimiter=",", encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(lines)
    return path


def write_excel(path, lines):
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append([{"FALSE": False, "yes": 1.0, "": None}.get(cell, cell) for cell in line])
    book.create_sheet("Other").append(["not looked at"])
    book.save(path)
    return path


def english(text):
    return "en"


@pytest.mark.parametrize("make", ["comma", "semicolon", "tab", "bom", "excel"])
def test_a_table_becomes_valid_cases(make, command, tmp_path, real):
    table, target = tmp_path / ("t.xlsx" if make == "excel" else "t.CSV"), tmp_path / "c.jsonl"
    lines = [HEADER, *ROWS]
    if make == "excel":
        write_excel(table, lines)
    else:
        write_csv(table, lines, {"semicolon": ";", "tab": "\t"}.get(make, ","), "utf-8-sig" if make == "bom" else "utf-8")
    result, output = command("import", table, "--to", target, real=real)
    assert result.exit_code == 0 and "3 case(s) added" in output
    assert command("validate", target)[0].exit_code == 0
    sport, deportes, golf = (located.case for located in load_cases(target))
    assert [gold.quote for gold in sport.gold] == [SPORT, LAMPS] and {gold.source for gold in sport.gold} == {"strategy"}
    assert (sport.language, sport.category, sport.must_not_claim) == ("en", "fact", ("golf", "chess"))
    assert sport.notes == 'says "sport"; yes' and sport.acceptable[0].quote == "PREVENTION:"
    assert (deportes.id, deportes.language, deportes.category, deportes.gold[0].quote) == ("mine-1", "es", "count", SPORT)
    assert (golf.answerable, golf.category, [turn.model_dump() for turn in golf.history]) == (False, "unanswerable", TURNS)
    assert command.opened == [1]  # once for both questions that do not say their language
    before = target.read_bytes()
    result, output = command("import", table, "--to", target, real=real)
    assert "3 of 3 rows" in output and "asks the same question as" in result.output and target.read_bytes() == before


def cells_of(case):
    quotes = [gold.quote for gold in case.gold]
    history = json.dumps([turn.model_dump() for turn in case.history]) if case.history else ""
    fields = (case.question, case.language, case.category, str(case.answerable), "|".join(quotes), "", "", "", case.notes, case.id, history)
    return dict(zip(COLUMNS, fields, strict=True))


PLAIN = [case for case in DEV if not any("\n" in gold.quote for gold in case.gold)]


@given(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=5, unique_by=lambda case: case.id), st.sampled_from(",;\t"), st.randoms())
def test_real_cases_survive_the_way_through_a_table(tmp_path_factory, chosen, delimiter, random):
    columns = list(COLUMNS)
    random.shuffle(columns)
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows([columns, *([cells_of(case)[name] for name in columns] for case in chosen)])
    path = tmp_path_factory.getbasetemp() / "round.csv"
    path.write_bytes(stream.getvalue().encode())
    made = import_cases(read_rows(path), [], CANONICAL, english)
    assert made.problems == ()
    for case, back in zip(chosen, made.cases, strict=True):
        assert [gold.quote for gold in back.gold] == [gold.quote for gold in case.gold]
        empty = {"gold": (), "acceptable": (), "must_not_claim": ()}
        assert back.model_copy(update=empty) == case.model_copy(update=empty | {"question": case.question.strip()})


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"gold": "Nobody wrote this."}, "gold is not word for word in strategy, work-plan: 'Nobody wrote this.'"),
        ({"gold": SPORT, "source": "work-plan"}, "gold is not word for word in work-plan"),
        ({"gold": SPORT, "source": "annex-i"}, "unknown source 'annex-i' (there are: strategy, work-plan)"),
        ({"acceptable": "Nor this.", "gold": SPORT}, "acceptable is not word for word"),
        ({}, "there is no gold"),
        ({"gold": SPORT, "answerable": "no"}, "answerable is false, and yet there is gold"),
        ({"gold": SPORT, "answerable": "maybe"}, "answerable must be true or false, not 'maybe'"),
        ({"gold": SPORT, "language": "de"}, "language: Input should be"),
        ({"gold": SPORT, "category": "A/B"}, "'A/B' cannot be a category"),
        ({"gold": SPORT, "category": "draft"}, "'draft' cannot be a category"),
        ({"gold": SPORT, "history": "{"}, "history must be JSON"),
        ({"gold": SPORT, "history": '[{"role": "system", "content": "x"}]'}, "history must be JSON"),
        ({"gold": SPORT, "history": "5"}, "history must be JSON"),
        ({"gold": SPORT, "id": DEV[0].id}, f"the id {DEV[0].id!r} is used already"),
        ({"gold": SPORT, "id": "good"}, "the id 'good' is used already"),
        ({"gold": SPORT, "question": " IS there golf? "}, "asks the same question as good"),
        ({"gold": SPORT, "question": " "}, "the question is empty"),
        ({"gold": SPORT, "extra": "cell"}, "has more cells than the header"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(cells, message, command, tmp_path):
    good = {"question": "Is there golf?", "language": "en", "answerable": "no", "id": "good"}
    bad = {"question": "A bad row?", "language": "en"} | cells
    lines = [[*COLUMNS], *([row.get(name, "") for name in (*COLUMNS, "extra")] for row in (good, bad))]
    table, target = write_csv(tmp_path / "t.csv", lines), tmp_path / "c.jsonl"
    result, output = command("import", table, "--to", target)
    printed = result.output.replace("\n", " ")
    assert result.exit_code == 1 and "1 of 2 rows cannot be imported; nothing was written" in output and "--skip-bad" in output
    assert f"row 3: {message}" in printed and "row 2" not in printed and not target.exists()
    result, output = command("import", table, "--to", target, "--skip-bad")
    assert result.exit_code == 0 and "1 bad row(s) left out" in output and [located.case.id for located in load_cases(target)] == ["good"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "one of them must be 'question'"),
        ("t.csv", b"question\n", "no rows below its header"),
        ("t.csv", b"question,answr\nx,y\n", "the column 'answr' is not known. The columns are: question, language"),
        ("t.csv", b"question,Question\nx,y\n", "the column 'question' is there twice"),
        ("t.csv", b"question,,gold\nx,,y\n", "the column '' is not known"),
        ("t.csv", "question\n¿qué?".encode("latin-1"), "Save it as 'CSV UTF-8'"),
        ("t.csv", b'question\n"never closed\n', "not a CSV table"),
        ("t.csv", b"question\n" + b"x" * 200_000, "not a CSV table"),
        ("t.xlsx", b"question\nx\n", "cannot be read as an Excel workbook"),
        ("t.xls", b"question\nx\n", "The format of"),
    ],
)
def test_a_table_that_is_none(name, content, message, command, tmp_path):
    (tmp_path / name).write_bytes(content)
    result, output = command("import", tmp_path / name, "--to", tmp_path / "c.jsonl")
    assert result.exit_code == 1 and message in output and not (tmp_path / "c.jsonl").exists()


def test_wrong_arguments(command, tmp_path):
    table, target = write_csv(tmp_path / "t.csv", [HEADER, *ROWS]), tmp_path / "c.jsonl"
    assert "There is no document 'annex-i' at hand" in command("import", table, "--to", target, "--source", "annex-i")[1]
    assert "a file, which does not go with --format beir" in command("import", table, "--to", target, "--format", "beir")[1]
    assert "a folder, which does not go with --format excel" in command("import", tmp_path, "--to", target, "--format", "excel")[1]
    assert "ends in .jsonl" in command("import", table, "--to", tmp_path / "c.json")[1]
    assert "corpus.jsonl cannot be read" in command("import", tmp_path, "--to", target)[1]
    (tmp_path / "t.data").write_bytes(table.read_bytes())
    assert command("import", tmp_path / "t.data", "--to", target, "--format", "csv", "--source", "work-plan")[0].exit_code == 1


@given(st.binary(max_size=200))
def test_any_bytes_end_in_cases_or_one_message(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"question,gold,history\n" + content)
    try:
        made = import_cases(read_rows(path), [], CANONICAL, english)
    except UserError:
        return
    assert len(made.cases) + len(made.problems) > 0


@pytest.fixture
def folder(tmp_path):
    beir = tmp_path / "beir"
    (beir / "qrels").mkdir(parents=True)
    wrapped = SPORT.replace(" ", "\n", 2)
    documents = [("d1", wrapped), ("d2", LAMPS), ("d3", "Rivers flow to the sea."), ("d4", "PREVENTION:")]
    queries = [
        {"_id": "q1", "text": "What of sports in the strategy?"},
        {"_id": "q2", "text": "And lamps?", "metadata": {"history": TURNS, "language": "en"}},
        {"_id": "q3", "text": "The budget?", "metadata": {"answerable": False, "language": "en"}},
    ]
    (beir / "corpus.jsonl").write_text("\n".join(json.dumps({"_id": name, "title": "", "text": text}) for name, text in documents))
    (beir / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (beir / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td4\t2\nq1\td3\t0\nq2\td2\t1\n")
    return beir


def test_a_beir_folder_becomes_valid_cases(folder, command, tmp_path, real):
    target = tmp_path / "cases" / "dev" / "beir.jsonl"
    result, output = command("import", folder, "--to", target, "--source", "strategy", real=real)
    assert result.exit_code == 0 and "3 case(s) added" in output
    assert command("validate", target)[0].exit_code == 0
    sport, lamps, budget = (located.case for located in load_cases(tmp_path / "cases"))
    assert (sport.id, sport.language, [gold.quote for gold in sport.gold]) == ("q1", "en", [SPORT, "PREVENTION:"])
    assert lamps.category == "follow-up" and [turn.model_dump() for turn in lamps.history] == TURNS
    assert (budget.answerable, budget.gold, budget.category) == (False, (), "unanswerable")
    assert check_cases(load_cases(target), CANONICAL) == []


def test_queries_that_cannot_be_imported_give_their_reason(folder, command, tmp_path, real):
    with (folder / "qrels" / "test.tsv").open("a") as stream:
        stream.write("q4\td3\t1\nq6\tgone\t1\nq3\td1\t0\n")
    with (folder / "queries.jsonl").open("a") as stream:
        for name in ("q4", "q5", "q6"):
            stream.write("\n" + json.dumps({"_id": name, "text": f"Question {name}?", "language": "en"}))
    target = tmp_path / "c.jsonl"
    result, output = command("import", folder, "--to", target, "--skip-bad", real=real)
    printed = result.output.replace("\n", " ")
    assert result.exit_code == 0 and "3 case(s) added" in output.replace("\n", " ") and "3 bad row(s) left out" in printed
    assert "query 'q4': document 'd3' is not word for word in strategy, work-plan: 'Rivers flow" in printed
    assert "query 'q5': there is no gold" in printed
    assert "query 'q6': document 'gone' is judged relevant, but is not in corpus.jsonl" in printed
