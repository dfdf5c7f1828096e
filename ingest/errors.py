"""The root of the product's exception tree and the errors of reading a corpus.

Every error that a user can cause derives from :class:`UserError`; its message says what was wrong and
what to do, and entry points print it without a traceback and exit with a non-zero code.
"""


class UserError(Exception):
    """A fault that the person at the keyboard can mend; ``str(error)`` is meant for them."""


class CorpusError(UserError):
    """A manifest or a document cannot be used."""


class ManifestError(CorpusError):
    """``sources.toml`` is missing, malformed or contradicts itself."""


class SourceFileError(CorpusError):
    """A document named in the manifest is missing, unreadable or not what it should be."""


class UnknownSourceError(CorpusError):
    """A source id was asked for that the manifest does not have."""
