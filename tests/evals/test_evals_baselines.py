"""Other systems beside the assistant: their own libraries' chunks, the same interface, cases and table, no network."""

import json
import subprocess
import sys

import pytest

import evals.__main__ as cli
from evals.baselines import TOP, Found, Retriever, bm25, dense, hybrid, langchain_recipe, llamaindex_default
from evals.bench import COMPARED, PARTS, QUALITY_COLUMNS, parts, quality, quality_rows, side_by_side, systems
from evals.cases import DEFAULT_CASES, load_cases
from evals.runner import Texts
from ingest.errors import UserError
from vectorstore.embeddings import load_embeddings

NAMES = ["BM25 alone", "MiniLM alone", "Hybrid search alone", "LangChain recipe", "LlamaIndex default", "this assistant"]
QUESTIONS = ["Which actions involve judges?", "What is the budget?", "¿Qué programas de prevención existen?"]


class Product:
    """The real index behind an assistant that knows one answer, since the answers of the real one are tested elsewhere."""

    def __init__(self, index):
        self.index = index
        self.answer = bm25(index).answer


@pytest.fixture(scope="session")
def minilm(models_dir):
    return load_embeddings("minilm", models_dir)


@pytest.fixture(scope="session")
def named(index, settings):
    return systems(Product(index), settings)


def cited(system, question):
    return [(c.source_id, c.start, c.quote) for c in system.answer(question).citations]


def test_every_system_quotes_verbatim_through_one_interface(named, index):
    assert list(named) == NAMES
    for name, system in named.items():
        for question in QUESTIONS:
            answer = system.answer(question, (), language="en")
            assert (answer.status == "answered") == bool(answer.citations) and answer.question == question, name
            assert 0 <= answer.confidence <= 1 and len(answer.citations) <= TOP
            for c in answer.citations:
                assert c.quote and index.canonical[c.source_id][c.start : c.end] == c.quote, (name, c)
    assert named["BM25 alone"].answer("zzz qqq").status == "not_in_corpus"


def test_the_recipe_is_the_library_s_splitter_and_chroma(index, minilm):
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    chunks = {(source, chunk) for source, text in index.canonical.items() for chunk in splitter.split_text(text)}
    first, second = (langchain_recipe(index.canonical, minilm) for _ in range(2))
    for question in QUESTIONS:
        found = cited(first, question)
        assert len(set(found)) == 4 and {(source, text) for source, _, text in found} <= chunks
        assert found == cited(second, question)  # the store of the first is not the second's


def test_llamaindex_is_as_it_comes(index, minilm):
    from llama_index.core.node_parser import SentenceSplitter

    splitter = SentenceSplitter()
    assert (splitter.chunk_size, splitter.chunk_overlap) == (1024, 200)
    chunks = {(source, chunk) for source, text in index.canonical.items() for chunk in splitter.split_text(text)}
    system = llamaindex_default(index.canonical, minilm)
    for question in QUESTIONS:
        found = cited(system, question)
        assert len(set(found)) == 2 and {(source, text) for source, _, text in found} <= chunks


def test_the_nearest_chunk_is_the_nearest_under_the_same_embedding(index, minilm):
    """Every dense system searches with MiniLM: its best hit has the greatest cosine among what it could have returned."""
    from llama_index.core.node_parser import SentenceSplitter

    chunks = [chunk for text in index.canonical.values() for chunk in SentenceSplitter().split_text(text)]
    cosines = minilm.encode(chunks, query=False) @ minilm.encode([QUESTIONS[0]], query=True)[0]
    answer = llamaindex_default(index.canonical, minilm).answer(QUESTIONS[0])
    assert answer.citations[0].quote == chunks[int(cosines.argmax())]
    assert answer.confidence == pytest.approx(float(cosines.max()), abs=1e-5)


def test_searches_over_passages_return_passages(index, minilm):
    passages = {(p.source_id, p.start, p.text) for p in index.passages}
    for system in (bm25(index), dense(index, minilm), hybrid(index)):
        for question in QUESTIONS:
            found = cited(system, question)
            assert set(found) <= passages and (len(found) == TOP or system.name == "BM25 alone")
    hits = index.search(QUESTIONS[2], TOP, language="es")
    assert [text for _, _, text in cited(hybrid(index), QUESTIONS[2])] == [hit.passage.text for hit in hits]


def test_a_text_that_is_not_at_its_offset_is_seen(cases, texts):
    """The quotation is what the library returned, so wrong offsets lower the exactness."""
    right = Retriever("right", lambda question: [Found("doc", 0, "OPENING", 1.0)])
    wrong = Retriever("wrong", lambda question: [Found("doc", 1, "OPENING", 1.0)])
    made = quality(side_by_side({"right": right, "wrong": wrong}, cases, texts))
    assert (made["right"]["exactness"]["value"], made["wrong"]["exactness"]["value"]) == (1.0, 0.0)


@pytest.mark.parametrize(("module", "make"), [("llama_index.core", llamaindex_default), ("langchain_chroma", langchain_recipe)])
def test_a_missing_library_is_named_with_the_command(monkeypatch, module, make):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=r"is not installed\. Run: \.venv/bin/pip install -c constraints\.txt -e \"\.\[evals\]\""):
        make({"doc": "Text."}, None)


def test_the_same_cases_in_every_row(named, index):
    chosen = [located for located in load_cases(DEFAULT_CASES, "dev") if located.case.category != "smalltalk"][::30]
    seen = []
    results = side_by_side(named, chosen, Texts(index.canonical, index.by_id), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (6, 6) and list(results) == NAMES
    assert {tuple(result.id for result in found) for found in results.values()} == {tuple(located.case.id for located in chosen)}
    divided = parts(results, chosen)
    assert list(divided) == list(PARTS) and divided["all cases"] == results
    for part, found in divided.items():
        made = quality(found)
        assert {figures["exactness"]["value"] for figures in made.values()} == {1.0}
        assert len({figures["complete"]["n"] for figures in made.values()}) == 1, part
        rows = quality_rows(made)
        assert [row[0] for row in rows] == NAMES and {len(row) for row in rows} == {len(QUALITY_COLUMNS)}


def test_the_command_prints_a_table_or_json(monkeypatch, capsys, case_folder, make_assistant):
    def opened(settings):
        assistant = make_assistant()
        return assistant, Texts(assistant.index.canonical, assistant.index.by_id)

    other = Retriever("other", lambda question: [])
    monkeypatch.setattr(cli, "_open", opened)
    monkeypatch.setattr(cli, "out", cli.Console(width=250))
    monkeypatch.setattr("evals.bench.systems", lambda assistant, settings: {"other": other, "this assistant": assistant})
    arguments = ["baselines", "--cases", str(case_folder)]
    cli.app(arguments, standalone_mode=False)
    printed = capsys.readouterr().out
    assert "dev half, all cases" in printed and "dev half, without history" in printed and "100.0 %" in printed and "other" in printed
    cli.app([*arguments, "--json"], standalone_mode=False)
    made = json.loads(capsys.readouterr().out)
    assert (made["half"], made["cases"]) == ("dev", 5) and list(made["parts"]) == list(PARTS)
    systems_of_all = made["parts"]["all cases"]
    assert list(systems_of_all) == ["other", "this assistant"]
    assert set(systems_of_all["other"]) == {*COMPARED, "exactness", "median_ms"}
    assert systems_of_all["other"]["abstention"]["value"] == 1.0 and systems_of_all["other"]["complete"]["value"] == 0.0


def test_llamaindex_downloads_nothing():
    """Its tokenizer and its sentence model come with the package: in a fresh process no name is even looked up."""
    code = """
import socket, warnings
warnings.simplefilter("error")
def closed(*arguments, **named): raise AssertionError(f"network: {arguments}")
socket.getaddrinfo = socket.socket.connect = closed
from llama_index.core.node_parser import SentenceSplitter
chunks = SentenceSplitter().split_text("Judges are trained. " * 1000)
print(len(chunks) > 1, {chunk[-8:] for chunk in chunks})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True {'trained.'}\n", "")
