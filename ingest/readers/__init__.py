"""Readers: one module per format, each with a function ``read(path) -> Reading``; chosen by what a file is, not by its name."""

import importlib
import zipfile
from pathlib import Path
from typing import Any

from ingest.errors import SourceFileError
from ingest.reading import Reading

_HTML = (b"<!doctype html", b"<html", b"<head", b"<body", b"<?xml")
MODULES = {"pdf": "ingest.readers.pdf", "docx": "ingest.readers.docx", "html": "ingest.readers.html", "markdown": "ingest.readers.markdown"}


def sniff(path: Path) -> str:
    """What the file at *path* is: ``pdf``, ``docx``, ``html``, ``markdown`` or ``text``.

    Raises:
        SourceFileError: it cannot be read, is empty, or is of a kind that no reader takes.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise SourceFileError(f"The document cannot be read from {path} ({error.strerror}). Put the file there.") from None
    if not head.strip():
        raise SourceFileError(f"{path} is empty. Put the document there.")
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _inside_zip(path)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        raise SourceFileError(f"{path} is of a kind that cannot be read. Save it as PDF, DOCX, HTML, Markdown or plain text.")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_HTML) and (b"<html" in head.lower() or not start.startswith(b"<?xml")):
        return "html"
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceFileError(f"{path} is binary and of a kind that cannot be read. Use PDF, DOCX, HTML, Markdown or plain text.")
    return "markdown" if path.suffix.lower() in (".md", ".markdown") else "text"


def _inside_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise SourceFileError(f"{path} is damaged ({error}). Get it again.") from None
    if "word/document.xml" in names:
        return "docx"
    raise SourceFileError(f"{path} is an archive, not a document. Unpack it and add the documents in it one by one.")


def read_file(path: Path) -> Reading:
    """Read a file that is not plain text with the reader for its kind.

    Raises:
        SourceFileError: no reader takes it, or its reader cannot make sense of it.
    """
    module: Any = importlib.import_module(MODULES[sniff(path)])
    reading: Reading = module.read(path)
    return reading
