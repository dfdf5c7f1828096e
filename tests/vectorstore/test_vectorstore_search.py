"""Hybrid search over the real corpus, and the lexical index by itself."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda

from vectorstore.embeddings import VectorEmbeddings
from vectorstore.index import Index
from vectorstore.lexical import LexicalIndex, fold, stems
from vectorstore.retriever import HybridRetriever
from vectorstore.store import Store, StoreConfig

QUESTIONS = Path(__file__).resolve().parents[2] / "corpus" / "questions"


@pytest.fixture(scope="module")
def sample() -> list[tuple[str, str]]:
    """50 (language, question) pairs, spread over the four languages, the same in every run."""
    chosen = []
    for language, count in (("en", 14), ("es", 12), ("pt", 12), ("fr", 12)):
        lines = (QUESTIONS / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
        chosen += [(language, json.loads(line)["q"]) for line in random.Random(7).sample(lines, count)]
    return chosen


@pytest.fixture(scope="module")
def vectors(sample: list[tuple[str, str]], embeddings: VectorEmbeddings) -> np.ndarray:
    return embeddings.encode([question for _, question in sample], query=True)


class TestExactness:
    def test_chroma_finds_what_exact_search_finds(self, index: Index, index_dir: Path, vectors: np.ndarray) -> None:
        """The vectors of E5 crowd together, and Chroma's default graph loses some of them; ours must not."""
        store, k = Store(StoreConfig(index_dir)), 10
        for vector in vectors:
            found = store.nearest(index.manifest.version, vector, k)
            exact = index.passage_vectors @ vector
            best = np.sort(exact)[::-1][:k]
            np.testing.assert_allclose([score for _, score in found], best, atol=1e-5)
            assert len({identity for identity, _ in found}) == k
            for identity, score in found:  # equal texts have equal scores, in any order
                assert exact[index.row_of[identity]] == pytest.approx(score, abs=1e-5)

    def test_stored_vectors_are_those_of_the_model(self, index: Index, embeddings: VectorEmbeddings) -> None:
        np.testing.assert_allclose(np.linalg.norm(index.passage_vectors, axis=1), 1, atol=1e-4)
        passage = next(p for p in index.passages if p.text.startswith("Rescue public spaces"))
        text = "Contributions identified: I. Prevention: " + passage.text
        np.testing.assert_allclose(index.passage_vectors[index.row_of[passage.id]], embeddings.encode([text], query=False)[0], atol=1e-3)


class TestSearch:
    def test_hits_have_components_and_a_relevance(self, index: Index, sample: list[tuple[str, str]], vectors: np.ndarray) -> None:
        for (language, question), vector in zip(sample, vectors, strict=True):
            hits = index.search(question, 5, language=language, vector=vector)
            assert len(hits) == 5 and len({hit.passage.id for hit in hits}) == 5
            relevances = [hit.relevance for hit in hits]
            assert relevances == sorted(relevances, reverse=True)
            for hit in hits:
                assert 0 <= hit.relevance <= 1
                assert set(hit.scores) == {"minilm", "e5", "lexical"}
                assert -1.001 <= hit.scores["minilm"] <= 1.001 and -1.001 <= hit.scores["e5"] <= 1.001
                assert hit.scores["lexical"] >= 0
                assert hit.passage is index.by_id[hit.passage.id]

    def test_what_leads_every_ranking_comes_first(self, index: Index, sample: list[tuple[str, str]], vectors: np.ndarray) -> None:
        leaders = 0
        for (language, question), vector in zip(sample, vectors, strict=True):
            hits = index.search(question, len(index.passages), language=language, vector=vector)
            assert (hits[0].relevance, hits[-1].relevance) == (1.0, 0.0)
            names = ["minilm", "e5", "lexical"] if language == "en" else ["e5", "lexical"]  # MiniLM reads English only
            best = {name: max(hit.scores[name] for hit in hits) for name in names}
            for hit in hits:
                if all(hit.scores[name] == best[name] for name in names):
                    leaders += 1
                    assert hit.relevance > 1 - 1e-6
        assert leaders > 0

    def test_part_scores_are_cosines(self, index: Index, embeddings: VectorEmbeddings) -> None:
        vector = embeddings.encode(["police training"], query=True)[0]
        scores = index.dense_scores(vector)
        for name, (begin, end) in embeddings.parts.items():
            part, stored = vector[begin:end], index.passage_vectors[:, begin:end]
            expected = stored @ part / np.linalg.norm(stored, axis=1) / np.linalg.norm(part)
            np.testing.assert_allclose(scores[name], expected, atol=1e-3)

    def test_the_same_question_gives_the_same_hits(self, index: Index, index_dir: Path, embeddings: VectorEmbeddings) -> None:
        again = Index.open(Store(StoreConfig(index_dir)), embeddings)
        first = index.search("What can be done for ex-gang members who need work?", 20)
        assert index.search("What can be done for ex-gang members who need work?", 20) == first
        assert again.search("What can be done for ex-gang members who need work?", 20) == first

    @pytest.mark.parametrize(
        ("language", "question", "expected"),
        [
            ("en", "Where should first-time offenders not be housed?", "Avoid housing first-time offenders"),
            ("en", "Who will use information systems to monitor gangs?", "Promote the use of information systems to monitor"),
            ("es", "¿Con qué frecuencia se actualizan los anexos?", "Annexes I, II, and III will be updated annually."),
            ("pt", "programas de tratamento para jovens dependentes de drogas", "Treatment and rehabilitation programs"),
            ("fr", "élection des vice-présidents", "Election of the vice chairs"),
        ],
    )
    def test_finds_the_passage(self, index: Index, language: str, question: str, expected: str) -> None:
        assert any(hit.passage.text.startswith(expected) for hit in index.search(question, 3, language=language))

    def test_nothing_asked_nothing_found(self, index: Index) -> None:
        assert index.search("") == index.search("  \n") == []

    def test_as_many_as_asked_for(self, index: Index, vectors: np.ndarray) -> None:
        assert len(index.search("gangs", 1, vector=vectors[0])) == 1
        assert len(index.search("gangs", 10_000, vector=vectors[0])) == len(index.passages)

    def test_words_that_nobody_knows_score_nothing(self, index: Index, vectors: np.ndarray) -> None:
        assert all(hit.scores["lexical"] == 0 for hit in index.search("xyzzy", 3, vector=vectors[0]))
        assert not index.knows_word("xyzzy", "en")
        assert index.knows_word(stems("rehabilitation", "en")[0], "en")

    def test_texts_are_read_in_the_language_asked_for(self, index: Index) -> None:
        passage = next(p for p in index.passages if p.text.startswith("Annexes I, II, and III will be updated"))
        assert index.text(passage.id, "en") == passage.text
        assert "anualmente" in index.text(passage.id, "es").lower() or "año" in index.text(passage.id, "es").lower()
        assert index.text(passage.id, "es") != index.text(passage.id, "pt") != passage.text
        assert all(index.covers(language) for language in ("en", "es", "pt", "fr"))


class TestLexical:
    @pytest.mark.parametrize(
        ("language", "one", "other"),
        [
            ("en", "Gangs", "GANG"),
            ("en", "rehabilitation programs", "Rehabilitation Program"),
            ("es", "Prevención", "prevencion"),
            ("es", "jóvenes", "JOVENES"),
            ("es", "pandillas", "PANDILLA"),
            ("pt", "prevenção", "PREVENCAO"),
            ("pt", "ações", "AÇÕES"),
            ("fr", "Prévention", "prevention"),
            ("fr", "mesures", "mesure"),
            ("en", "the State’s", "THE STATE'S"),
        ],
    )
    def test_case_accents_and_endings_are_one(self, language: str, one: str, other: str) -> None:
        assert stems(one, language) == stems(other, language) != []

    def test_different_words_stay_different(self) -> None:
        assert len({stems(word, "en")[0] for word in ("gang", "judge", "prison", "school", "media")}) == 5

    def test_symbols_and_numbers_stay_whole(self) -> None:
        assert "2461" in stems("AG/RES. 2461 (XXXIX-O/09)", "en")
        assert stems("CP24469E-1", "en") == ["cp24469e-1"]
        assert stems("youth- and drop-outs", "en") == stems("youth and drop outs", "en")

    def test_bm25(self) -> None:
        texts = ["judges and police", "police police police", "schools", ""]
        lexical = LexicalIndex([stems(text, "en") for text in texts])
        scores = lexical.scores(stems("JUDGE", "en"))
        assert scores.shape == (4,) and scores[0] > 0 and not scores[1:].any()
        rare_and_common = lexical.scores(stems("police judge", "en"))
        assert rare_and_common[0] > rare_and_common[1] > 0
        assert not lexical.scores(stems("budget", "en")).any() and not lexical.scores([]).any()
        assert lexical.knows("school") and not lexical.knows("budget")

    @pytest.mark.parametrize("documents", [[], [[]], [[], []]])
    def test_nothing_indexed(self, documents: list[list[str]]) -> None:
        assert LexicalIndex(documents).scores(["gang"]).tolist() == [0.0] * len(documents)

    @given(st.text(max_size=100), st.sampled_from(["en", "es", "pt", "fr"]))
    def test_any_text(self, text: str, language: str) -> None:
        found = stems(text, language)
        assert all(isinstance(stem, str) for stem in found)
        assert found == stems(text, language)
        scores = LexicalIndex([found, ["gang"]]).scores(found)
        assert scores.shape == (2,) and (scores >= 0).all()
        assert fold(fold(text)) == fold(text)


class TestRetriever:
    def test_it_is_a_langchain_retriever_over_the_same_search(self, index: Index) -> None:
        retriever = HybridRetriever(index=index, k=4)
        assert isinstance(retriever, BaseRetriever)
        question = "What is proposed for public spaces?"
        found, hits = retriever.invoke(question), index.search(question, 4)
        assert [document.metadata["passage_id"] for document in found] == [hit.passage.id for hit in hits]
        for document, hit in zip(found, hits, strict=True):
            passage = hit.passage
            assert document.page_content == passage.text
            assert document.metadata["relevance"] == pytest.approx(hit.relevance)
            for name in ("source_id", "locator", "start", "end"):
                assert document.metadata[name] == getattr(passage, name)
            start, end = document.metadata["start"], document.metadata["end"]
            assert index.canonical[document.metadata["source_id"]][start:end] == document.page_content

    def test_it_fits_into_a_chain(self, index: Index) -> None:
        chain = HybridRetriever(index=index, k=2) | RunnableLambda(len)
        assert chain.invoke("¿Qué se propone para los espacios públicos?") == 2
        assert chain.batch(["gangs", "judges"]) == [2, 2]
