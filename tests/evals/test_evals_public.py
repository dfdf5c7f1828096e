"""Public benchmarks on small folders, and the command line with its errors."""

import json
import subprocess
import sys
import zlib

import numpy as np
import pytest

import evals.__main__ as cli
from evals.baselines import bm25
from evals.bench import index_exactness
from evals.retrieval import (
    asked,
    evaluate_answerability,
    evaluate_retrieval,
    evaluate_sentences,
    load_beir,
    read_sentence_cases,
    temporary_index,
)
from ingest.errors import UserError
from ingest.settings import Settings
from vectorstore.embeddings import VectorEmbeddings
from vectorstore.store import Store, StoreConfig

DOCUMENTS = {
    "d1": "Rivers flow to the sea.",
    "d2": "The lamps of the bridge are old.",
    "d3": "",
    "d4": "Trees grow in the park.",
    "d5": "lamps lamps",
}


def encode(texts, query):
    """Bags of hashed words: an embedding that is quick and knows equal words."""
    rows = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in text.lower().replace(".", " ").split():
            rows[row, zlib.crc32(word.encode()) % 63] += 1.0
        rows[row, 63] = 0.01
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def embeddings(monkeypatch):
    fake = VectorEmbeddings("fake", encode, {"fake": (0, 64)})
    monkeypatch.setattr("evals.retrieval.load_embeddings", lambda name, folder: fake)
    return fake


@pytest.fixture
def folder(tmp_path):
    beir = tmp_path / "beir"
    (beir / "qrels").mkdir(parents=True)
    lines = [{"_id": identity, "title": "Things", "text": text} for identity, text in DOCUMENTS.items()]
    (beir / "corpus.jsonl").write_text("\n".join(map(json.dumps, lines)))
    history = [{"role": "user", "content": "Tell me of the bridge."}, {"role": "assistant", "content": "Yes."}]
    queries = [
        {"_id": "q1", "text": "rivers sea", "metadata": {"answerable": True}},
        {"_id": "q2", "text": "and its lamps", "metadata": {"history": history}},
        {"_id": "q3", "text": "budget", "answerable": False},
    ]
    (beir / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (beir / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\nq2\td1\t0\nlost\td4\t1\n")
    return beir


def test_retrieval_on_a_small_folder(embeddings, folder, tmp_path):
    data = load_beir(folder)
    assert data.queries["q2"].history[0].text == "Tell me of the bridge." and data.queries["q3"].answerable is False
    index = temporary_index(data, Settings(data_dir=tmp_path), "en", lambda done, total: None)
    assert len(index.passages) == 5 and all(index.canonical["beir"][p.start : p.end] == p.text for p in index.passages)
    figures = evaluate_retrieval(index, data)
    assert set(figures) == {"fused", "fake", "lexical"}
    fused = figures["fused"]
    assert fused["R@10"].n == 3 and fused["R@10"].value == pytest.approx(2 / 3)  # the query without a text scores 0
    assert fused["R@1"].value == pytest.approx(1 / 3)  # q1 only: d5 is nearer to "lamps" than d2
    assert evaluate_retrieval(index, data, limit=1)["lexical"]["RR@10"].value == 1.0
    assert asked(data.queries["q2"], False) == "and its lamps" and asked(data.queries["q1"], True) == "rivers sea"
    assert "bridge" in asked(data.queries["q2"], True)


def test_the_index_can_be_kept(embeddings, folder, tmp_path):
    data, settings = load_beir(folder), Settings(data_dir=tmp_path)
    calls: tuple[list[int], list[int]] = ([], [])
    for made in calls:
        temporary_index(data, settings, "en", lambda done, total, made=made: made.append(done), tmp_path / "kept")
    assert max(calls[0]) == 5
    assert max(calls[1], default=0) == 0


def test_chroma_is_held_against_exact_search(embeddings, folder, tmp_path):
    index = temporary_index(load_beir(folder), Settings(data_dir=tmp_path), "en", lambda done, total: None, tmp_path / "kept")
    found = index_exactness(index, Store(StoreConfig(tmp_path / "kept")), ["rivers", "lamps of the bridge"], k=3)
    assert found == {"recall": 1.0, "top_lost": 0, "questions": 2, "k": 3}
    answer = bm25(index).answer("old lamps")
    assert {c.quote for c in answer.citations} == {"The lamps of the bridge are old.", "lamps lamps"}
    assert all(index.canonical["beir"][c.start : c.end] == c.quote for c in answer.citations)


def test_answerability_ranks_the_product_s_confidence(embeddings, folder, tmp_path, monkeypatch):
    import assistant.relevance as relevance

    def confidence(index, question, language, hits):
        return 0.1 if "budget" in question else 0.9

    monkeypatch.setattr(relevance, "retrieval_confidence", confidence, raising=False)
    data = load_beir(folder, judged=False)
    index = temporary_index(data, Settings(data_dir=tmp_path), "en", lambda done, total: None)
    figures = evaluate_answerability(index, data)
    assert (figures["auroc"], figures["answerable"], figures["unanswerable"]) == (1.0, 2, 1)
    with pytest.raises(UserError, match="both kinds"):
        evaluate_answerability(index, data, limit=1)


def test_sentences_by_position_or_id(embeddings, tmp_path, monkeypatch):
    import types

    module = types.SimpleNamespace(select_sentences=lambda question, sentences, language, embeddings: [0, 1])
    monkeypatch.setitem(sys.modules, "assistant.extract", module)
    path = tmp_path / "s.jsonl"
    first = {"question": "a?", "sentences": ["one", "two", "three"], "gold": [0, 2]}
    second = {"question": "b?", "sentences": [{"id": "x", "text": "one"}, {"id": "y", "text": "two"}], "gold": ["y"]}
    path.write_text(json.dumps(first) + "\n" + json.dumps(second) + "\n")
    figures = evaluate_sentences(read_sentence_cases(path, "en"), embeddings)
    assert [figures["macro"][name].value for name in ("precision", "recall", "f1")] == pytest.approx([0.5, 0.75, (0.5 + 2 / 3) / 2])
    assert [figures["micro"][name].value for name in ("precision", "recall", "f1")] == pytest.approx([0.5, 2 / 3, 4 / 7])
    path.write_text(json.dumps(first | {"gold": [3]}))
    with pytest.raises(UserError, match="line 1: gold names 3"):
        read_sentence_cases(path, "en")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", "[]", "corpus.jsonl, line 1: an object is needed"),
        ("corpus.jsonl", '{"_id": 1, "text": "x"}', "line 1: the field '_id' must be a text"),
        ("queries.jsonl", "{", "queries.jsonl, line 1: not JSON"),
        ("queries.jsonl", '{"_id": "q", "text": "x", "history": ["hm"]}', "history must be a list"),
        ("queries.jsonl", '{"_id": "q", "text": "x", "answerable": "no"}', "answerable must be true or false"),
        ("queries.jsonl", "", "no documents or no queries"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\n", "test.tsv, line 2"),
        ("qrels/test.tsv", "q1\td1\t0\n", "judges no document relevant"),
    ],
)
def test_errors_of_folders_name_the_place(folder, name, content, message):
    (folder / name).write_text(content)
    with pytest.raises(UserError) as caught:
        load_beir(folder)
    assert message in str(caught.value)
    (folder / name).unlink()
    with pytest.raises(UserError, match=name.split("/")[0].split(".")[0]):
        load_beir(folder)


def test_commands_from_run_to_report(case_folder, tmp_path, monkeypatch, capsys, make_assistant, texts):
    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["evals", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        printed = capsys.readouterr()
        return caught.value.code or 0, printed.out, printed.err.replace("\n", " ")

    def opened(broken=""):
        return lambda settings: (make_assistant(broken), texts)

    monkeypatch.setattr(cli, "_open", opened())
    runs = ["--runs", tmp_path / "runs"]
    monkeypatch.setattr(cli, "out", cli.Console(width=250))
    monkeypatch.setattr(cli, "err", cli.Console(width=250, stderr=True))
    code, out, _ = command("run", "--cases", case_folder, "--name", "good", *runs)
    assert code == 0 and "category list" in out and "n=3" in out and "Complete answers" in out
    monkeypatch.setattr(cli, "_open", opened("lists"))
    code, out, _ = command("run", "--cases", case_folder, "--name", "bad", "--failures", *runs)
    assert code == 0 and "missing: Plant trees along the river." in out and "secret wording" not in out
    code, out, err = command("run", "--cases", case_folder, "--half", "unseen", "--failures", *runs)
    assert code == 2 and "unseen half stays unseen" in err
    code, out, err = command("run", "--cases", case_folder / "unseen", "--failures", *runs)
    assert code == 2 and "figures only" in err
    code, out, _ = command("compare", "good", "good", *runs)
    assert code == 0 and out.strip() == "No differences."
    code, out, _ = command("compare", "good", "bad", *runs)
    assert code == 0 and "dev-list-1 (list): no longer correct" in out
    floors = tmp_path / "floors.json"
    floors.write_text('{"dev": {"category": {"list": {"complete": 1}}}}')
    assert command("gate", "good", "--floors", floors, *runs)[0] == 0
    code, _, err = command("gate", "bad", "--floors", floors, *runs)
    assert code == 1 and "dev, category list: complete is 0.000" in err
    code, out, _ = command("history", *runs)
    assert code == 0 and "good" in out and "bad" in out
    code, out, _ = command("report", "bad", "--markdown", tmp_path / "r.md", "--junit", tmp_path / "r.xml", *runs)
    assert code == 0 and (tmp_path / "runs" / "bad" / "report.html").stat().st_size > 10_000 and (tmp_path / "r.xml").is_file()
    monkeypatch.setattr(cli, "_open", opened("offsets"))
    code, _, err = command("run", "--cases", case_folder, "--name", "shifted", *runs)
    assert code == 1 and "cite text that is not at its offsets" in err
    monkeypatch.setattr(cli, "_open", opened("raises"))
    assert command("run", "--cases", case_folder, "--name", "raised", *runs)[0] == 1
    for arguments in (("report", "gone"), ("compare", "good", "gone"), ("gate", "../x")):
        code, _, err = command(*arguments, *runs)
        assert code == 2 and err.startswith("Error: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["validate", "nowhere.jsonl"], "no case files"),
        (["run", "--half", "third"], "Choose dev, unseen or all"),
        (["retrieval", "--beir", "nowhere"], "corpus.jsonl cannot be read"),
        (["sentences", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
    ],
)
def test_mistakes_end_in_one_line_and_code_2(arguments, message):
    done = subprocess.run([sys.executable, "-m", "evals", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr


def test_help_teaches_and_starts_quickly():
    heavy = "{'torch', 'sklearn', 'matplotlib', 'chromadb', 'ir_measures', 'scipy'}"
    code = f"import sys, evals.__main__; found = {heavy} & set(sys.modules); assert not found, found"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    done = subprocess.run([sys.executable, "-m", "evals", "--help"], capture_output=True, text=True, timeout=60)
    for name in ("validate", "run", "gate", "compare", "report", "retrieval", "bench"):
        assert name in done.stdout
