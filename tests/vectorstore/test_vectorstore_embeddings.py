"""The embedding models: shapes, pins, and the exported model against the original."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

import vectorstore.embeddings
import vectorstore.minilm
from ingest.errors import UserError
from vectorstore.embeddings import VectorEmbeddings, load_embeddings
from vectorstore.errors import EmbeddingsError
from vectorstore.minilm import MiniLM, check_sha256, model_folder

TEXTS = [
    "Rescue public spaces: artificial lighting in risk areas.",
    "¿Qué se propone para los espacios públicos?",
]
LONG = "Gangs and judges " * 100  # longer than the 256 tokens that MiniLM reads


@pytest.fixture(scope="session")
def minilm(models_dir: Path) -> VectorEmbeddings:
    return load_embeddings("minilm", models_dir)


@pytest.fixture(scope="session")
def e5(models_dir: Path) -> VectorEmbeddings:
    return load_embeddings("e5", models_dir)


@pytest.fixture(params=["minilm", "e5", "ensemble"])
def any_embeddings(request: pytest.FixtureRequest) -> VectorEmbeddings:
    return request.getfixturevalue("embeddings" if request.param == "ensemble" else request.param)


class TestVectors:
    def test_they_are_langchain_embeddings(self, any_embeddings: VectorEmbeddings) -> None:
        assert isinstance(any_embeddings, Embeddings)
        (document,) = any_embeddings.embed_documents(["A gang."])
        query = any_embeddings.embed_query("A gang.")
        assert len(document) == len(query) == any_embeddings.dimension
        assert all(type(value) is float for value in (*document, *query))

    @pytest.mark.parametrize("query", [True, False])
    def test_unit_length_and_dimension(self, any_embeddings: VectorEmbeddings, query: bool) -> None:
        vectors = any_embeddings.encode([*TEXTS, "", "\t", "a"], query=query)
        assert vectors.shape == (5, any_embeddings.dimension) and vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)

    def test_dimensions(self, minilm: VectorEmbeddings, e5: VectorEmbeddings, embeddings: VectorEmbeddings) -> None:
        assert (minilm.dimension, e5.dimension, embeddings.dimension) == (384, 384, 768)

    def test_no_texts(self, any_embeddings: VectorEmbeddings) -> None:
        assert any_embeddings.encode([], query=True).shape == (0, any_embeddings.dimension)
        assert any_embeddings.embed_documents([]) == []

    def test_the_order_of_the_texts_is_kept(self, any_embeddings: VectorEmbeddings) -> None:
        together = any_embeddings.encode(TEXTS, query=False)
        apart = np.vstack([any_embeddings.encode([text], query=False) for text in TEXTS])
        np.testing.assert_allclose(together, apart, atol=1e-3)
        back = any_embeddings.encode(TEXTS[::-1], query=False)
        np.testing.assert_allclose(back[::-1], together, atol=1e-3)

    def test_null_characters(self, any_embeddings: VectorEmbeddings) -> None:
        whole, cut = any_embeddings.encode(["Police\x00 training for judges", "Police"], query=False)
        assert np.linalg.norm(whole) == pytest.approx(1, abs=1e-4)
        assert whole @ cut < 0.999, "the text was cut at the null character"

    def test_e5_tells_questions_from_documents(self, e5: VectorEmbeddings) -> None:
        query, document = e5.embed_query(TEXTS[0]), e5.embed_documents([TEXTS[0]])[0]
        assert 0.5 < np.dot(query, document) < 0.999

    def test_meaning(self, any_embeddings: VectorEmbeddings) -> None:
        question = any_embeddings.encode(["Which measures help drug addicts?"], query=True)[0]
        near, far = any_embeddings.encode(
            ["Treatment programs for young people with drug addictions.", "Election of vice chairs"], query=False
        )
        assert question @ near > question @ far

    def test_the_ensemble_is_its_members_side_by_side(
        self, embeddings: VectorEmbeddings, minilm: VectorEmbeddings, e5: VectorEmbeddings
    ) -> None:
        assert embeddings.parts == {"minilm": (0, 384), "e5": (384, 768)}
        whole = embeddings.encode(TEXTS, query=True)
        for member, (begin, end) in zip((minilm, e5), embeddings.parts.values(), strict=True):
            np.testing.assert_allclose(whole[:, begin:end] * 2**0.5, member.encode(TEXTS, query=True), atol=1e-5)


class TestPins:
    def test_minilm_is_the_published_model(self) -> None:
        assert vectorstore.minilm.WEIGHTS_SHA256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
        check_sha256(model_folder() / "model.safetensors", vectorstore.minilm.WEIGHTS_SHA256)

    def test_other_minilm_weights_are_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vectorstore.minilm, "WEIGHTS_SHA256", "0" * 64)
        with pytest.raises(EmbeddingsError, match=r"model\.safetensors is not the pinned one .*make setup"):
            load_embeddings("minilm", tmp_path / "models")
        assert not list(tmp_path.rglob("*.onnx"))

    def test_other_e5_weights_are_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vectorstore.embeddings, "E5_SHA256", "0" * 64)
        for _ in range(2):  # and the refusal is not remembered as a success
            with pytest.raises(EmbeddingsError, match=r"e5-small-q4\.bin is not the pinned one .*make setup"):
                load_embeddings("e5", tmp_path / "models")

    def test_a_check_that_succeeded_is_not_trusted_for_another_file(self, tmp_path: Path, models_dir: Path) -> None:
        (mark,) = models_dir.glob("e5*.checked")
        copy = tmp_path / mark.name
        copy.write_text(mark.read_text() + "0")
        load_embeddings("e5", tmp_path)
        assert copy.read_text() == mark.read_text()

    def test_weights_that_are_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(EmbeddingsError, match=r"weights\.bin is missing.*make setup"):
            check_sha256(tmp_path / "weights.bin", "0" * 64)

    def test_a_damaged_export_is_named(self, tmp_path: Path, models_dir: Path) -> None:
        (export,) = models_dir.glob("all-MiniLM-*.onnx")
        (tmp_path / export.name).write_bytes(export.read_bytes()[:5000])
        with pytest.raises(EmbeddingsError) as caught:
            MiniLM(tmp_path)
        assert export.name in str(caught.value) and "Delete it and run: python -m ingest" in str(caught.value)


class TestAnyModel:
    def test_an_unknown_name(self, models_dir: Path) -> None:
        with pytest.raises(EmbeddingsError) as caught:
            load_embeddings("/nowhere/such-a-model", models_dir)
        assert isinstance(caught.value, UserError)
        for words in ("'/nowhere/such-a-model'", "ASSISTANT_EMBEDDINGS", "ensemble", "minilm", "e5"):
            assert words in str(caught.value)

    def test_the_export_equals_the_original(self, minilm: VectorEmbeddings, models_dir: Path) -> None:
        """The packaged folder, opened by sentence-transformers with torch, is also a model by path."""
        original = load_embeddings(str(model_folder()), models_dir)
        assert original.parts == {"dense": (0, 384)}
        texts = [*TEXTS, LONG]
        for query in (True, False):
            cosines = np.sum(original.encode(texts, query=query) * minilm.encode(texts, query=query), axis=1)
            assert cosines.min() > 1 - 1e-4
