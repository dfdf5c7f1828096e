"""The Gradio web application: ``python app.py`` serves the assistant's page."""

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app_parts.address import check_address
from app_parts.conversation import Conversation, Exchange, plain_text, turns_of
from app_parts.messages import Texts, code_of
from assistant.errors import QuestionError
from assistant.feedback import Verdict, append_feedback, make_feedback
from assistant.types import Answer, Turn
from ingest.errors import UserError
from ingest.settings import Settings, load_settings

if TYPE_CHECKING:
    from assistant.core import Assistant

_log = logging.getLogger("app")
_OFFLINE = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "ANONYMIZED_TELEMETRY": "False", "DO_NOT_TRACK": "1"}


def respond(assistant: "Assistant", message: object, past: Conversation, language: str | None, texts: Texts) -> Iterator[Exchange]:
    """Answer one message of a conversation; every failure becomes a message in the chat.

    Args:
        assistant: Who answers.
        message: The question as Gradio hands it over: a string, or a list of parts.
        past: The exchanges so far.
        language: The language to answer in; ``None`` takes the question's.
        texts: The page's texts, for the message about an unexpected failure.

    Yields:
        The exchange as it grows; the last one has its ``answer``, or a ``failure``.
    """
    question = plain_text(message)
    exchange = Exchange(question)
    yield exchange
    try:
        for piece in assistant.stream(question, turns_of(past), language=language):
            if isinstance(piece, Answer):
                exchange = replace(exchange, text=piece.text, answer=piece)
            else:
                exchange = replace(exchange, text=exchange.text + piece)
            yield exchange
    except QuestionError as error:
        yield replace(exchange, text="", failure=error.said.get(code_of(texts), str(error)))
    except UserError as error:
        yield replace(exchange, text="", failure=str(error))
    except Exception:
        # The visitor gets a polite message and the server keeps serving; the log has the traceback.
        _log.exception("A question could not be answered")
        yield replace(exchange, text="", failure=texts.error)


def keep(data_dir: Path, index: str, answer: Answer, history: Sequence[Turn], verdict: Verdict, comment: str) -> bool:
    """Store a judgement of *answer* in the data folder; whether that could be done.

    Args:
        data_dir: The data folder.
        index: The fingerprint of the corpus that was asked.
        answer: What is judged.
        history: The turns before its question.
        verdict: The judgement.
        comment: What the reader adds; may be empty.
    """
    try:
        append_feedback(data_dir, make_feedback(answer, history, verdict, comment, index))
    except Exception:
        _log.exception("A judgement could not be stored")  # most often a data folder that cannot be written to
        return False
    return True


def main() -> int:
    """Serve the page as the settings say; the exit code is 1 when that cannot be done."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)  # on the handler too: some libraries lower their own loggers to DEBUG
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s: %(message)s", handlers=[handler])
    try:
        settings = load_settings()
        check_address(settings.host, settings.port)
        _run(settings)
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def _run(settings: Settings) -> None:
    os.environ.update(_OFFLINE)  # read by the libraries when they are imported, hence the imports here
    from app_parts.chat import Chat
    from app_parts.events import build_blocks
    from app_parts.pictures import Pictures
    from app_parts.server import serve
    from assistant.core import Assistant

    assistant = Assistant.open(settings)
    kept = partial(keep, settings.data_dir, assistant.index.manifest.fingerprint)
    pictures = Pictures.open(assistant.index, settings.corpus_dir, settings.data_dir)
    chat = Chat(assistant.index, partial(respond, assistant), kept, pictures.sources)
    serve(build_blocks(chat), pictures, settings.host, settings.port)


if __name__ == "__main__":
    sys.exit(main())
