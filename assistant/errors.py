"""Errors of asking."""

from assistant.messages import message
from ingest.editorial import LANGUAGES
from ingest.errors import UserError


class QuestionError(UserError):
    """The question cannot be taken: it is empty, too long, or not text; ``said`` says so in other languages, where it is known."""

    said: dict[str, str]

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.said = {}


def question_error(key: str, **values: object) -> QuestionError:
    """The error that the catalogue of messages has under *key*, in English, with the same in the other languages."""
    error = QuestionError(message(key, "en", **values))
    error.said = {language: message(key, language, **values) for language in LANGUAGES}
    return error


class ModelError(UserError):
    """The configured language model cannot be used."""
