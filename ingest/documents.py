"""From a source of the manifest to a document, whatever its format."""

from pathlib import Path

from ingest.manifest import check_file, read_canonical
from ingest.readers import read_file, sniff
from ingest.structure import build_document
from ingest.types import Document, Source


def read_document(source: Source) -> Document:
    """Read the file of *source* with the reader for its kind and give it its structure.

    Raises:
        SourceFileError: the file is missing, differs from its recorded sha256, or cannot be read.
    """
    if source.path is None:
        return build_document(source, read_canonical(source))  # says that the document is not at hand
    if sniff(Path(source.path)) == "text":
        return build_document(source, read_canonical(source))
    check_file(source)
    reading = read_file(Path(source.path))
    return build_document(source, reading.canonical, reading)
