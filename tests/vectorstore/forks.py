"""A process that has imported everything and forks: each fork does one thing to an index, at once, and can be killed.

``python forks.py DATA_DIR FILE...`` reads lines from standard input: ``build N`` (the text of the N-th file), ``build N SECONDS`` (and
kill it after so many), ``hold N`` (build, but never come to an end of embedding) and ``check``. It answers with the id of the fork and,
when that has ended, with its exit code and what it said. Nothing of Chroma is open before a fork, as in any process that starts.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from small_corpus import Place, read

import vectorstore.build
from vectorstore.build import embedded_text
from vectorstore.store import StoreConfig


def check(place: Place, texts: list[str]) -> int:
    """Which of *texts* the serving version holds, all of it, with the right vectors, found by Chroma, too."""
    index = place.open()
    number = texts.index(index.canonical["doc"])
    document = read(texts[number])
    assert index.passages == document.passages
    assert tuple(index.lists.values()) == document.lists
    encode = place.recorder.embeddings().encode
    expected = encode([embedded_text(passage) for passage in index.passages], query=False)
    np.testing.assert_allclose(index.passage_vectors, expected, atol=1e-6)
    sentences = [embedded_text(index.by_id[item.passage_id], item.text) for item in index.sentences]
    np.testing.assert_allclose(index.sentence_vectors, encode(sentences, query=False), atol=1e-6)
    row = len(index.passages) // 2
    ((found, score),) = place.store.nearest(index.manifest.version, index.passage_vectors[row], 1)
    assert found == index.passages[row].id and score > 0.9999
    return number


def serve(place: Place, texts: list[str]) -> None:
    for line in sys.stdin:
        command = line.split()
        sending, receiving = os.pipe()[::-1]
        child = os.fork()
        if not child:
            code, said = 0, ""
            try:
                if command[0] == "hold":
                    place.recorder.before = signal.pause
                said = str(check(place, texts)) if command[0] == "check" else place.build(texts[int(command[1])]).version
            except BaseException:
                code, said = 1, traceback.format_exc()
            os.write(sending, said.encode()[-4000:])
            os._exit(code)
        os.close(sending)
        print(child, flush=True)
        if len(command) > 2:
            time.sleep(float(command[2]))
            os.kill(child, signal.SIGKILL)  # not waited for yet, so the id is still its own
        with os.fdopen(receiving) as stream:
            said = stream.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([code, said]), flush=True)


if __name__ == "__main__":
    vectorstore.build.WINDOW = 128  # several windows, so that a kill falls between them, too
    serve(Place(StoreConfig(Path(sys.argv[1]))), [Path(name).read_text(encoding="utf-8") for name in sys.argv[2:]])
