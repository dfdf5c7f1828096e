"""Errors of the index. Each message names the command or the setting that mends it."""

from ingest.errors import UserError


class IndexUnavailableError(UserError):
    """The index cannot be used."""


class NoIndexError(IndexUnavailableError):
    """Nothing has been ingested yet."""


class IndexMismatchError(IndexUnavailableError):
    """The index was built with other embeddings or by another version of the product."""


class DamagedIndexError(IndexUnavailableError):
    """The data folder cannot be read."""


class StoreUnreachableError(IndexUnavailableError):
    """The configured Chroma server does not answer."""


class EmbeddingsError(UserError):
    """The configured embedding model cannot be loaded or is not the one that was pinned."""


class BuildInProgressError(UserError):
    """Another process is writing the index."""
