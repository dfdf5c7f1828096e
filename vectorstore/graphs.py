"""Models as ONNX graphs: written once with PyTorch, which takes seconds to import, and run by ONNX Runtime in every later process."""

import contextlib
import os
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from vectorstore.errors import EmbeddingsError

_EXPORTING = threading.Lock()  # PyTorch writes one graph at a time


def write_graph(module: Any, example: tuple[Any, ...], inputs: Sequence[str], output: str, target: Path) -> None:
    """Write a PyTorch *module*, traced on *example*, whose *inputs* have any batch size and length; the file appears whole or not at all.

    Raises:
        EmbeddingsError: it cannot be written.
    """
    import torch

    part = target.with_suffix(f".{os.getpid()}-{uuid4().hex[:8]}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _EXPORTING, warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                example,
                str(part),
                input_names=list(inputs),
                output_names=[output],
                dynamic_axes={name: {0: "batch", 1: "length"} for name in inputs},
                opset_version=17,
                dynamo=False,
            )
        part.replace(target)
    except OSError as error:
        raise EmbeddingsError(f"The model cannot be written into {target.parent} ({error.strerror}): 90 MB are needed there.") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def open_graph(path: Path) -> Any:
    """The session of ONNX Runtime that runs the graph in *path*.

    Raises:
        EmbeddingsError: the file is damaged.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Threads that spin while they wait starve those of the other models, which a question needs in turn.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises its own types for a damaged file
        raise EmbeddingsError(
            f"The prepared model {path} is damaged ({type(error).__name__}). Delete it and run: python -m ingest"
        ) from None
