"""Errors of asking."""

from ingest.errors import UserError


class QuestionError(UserError):
    """The question cannot be taken: it is empty, too long, or not text."""


class ModelError(UserError):
    """The configured language model cannot be used."""
