"""Readers: one module per format, each with a function ``read(path) -> Reading``; chosen by what a file is, not by its name."""

import codecs
import importlib
import re
import zipfile
from pathlib import Path
from typing import Any

from ingest.errors import SourceFileError
from ingest.reading import Reading

_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b")
# What a page may begin with besides (as browsers see it, WHATWG MIME Sniffing); Markdown may, too.
_PART = re.compile(
    r"<(?:meta|title|link|base|script|style|iframe|h[1-6]|div|font|table|a|b|br|p|main|section|article|header|nav|ul|ol|dl|center|span|img)[\s/>]"
)
_COMMENTS = re.compile(r"(?:\s|<!--.*?-->|<\?xml\b[^>]*>)*", re.DOTALL)
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
    if head.lstrip().startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _inside_zip(path)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        raise SourceFileError(f"{path} is of a kind that cannot be read. Save it as PDF, DOCX, HTML, Markdown or plain text.")
    is_markdown = path.suffix.lower() in (".md", ".markdown")
    if _is_html(head, is_markdown):
        return "html"
    if b"%PDF-" in head[:1024] and (
        b" obj" in head or b"\x00" in head or not head.isascii()
    ):  # behind junk; a text may speak of such files
        return "pdf"
    if b"\x00" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SourceFileError(f"{path} is binary and of a kind that cannot be read. Use PDF, DOCX, HTML, Markdown or plain text.")
    return "markdown" if is_markdown else "text"


def _is_html(head: bytes, is_markdown: bool) -> bool:
    wide = {b"\xff\xfe": "utf-16-le", b"<\x00": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\x00<": "utf-16-be"}.get(head[:2])
    text = head.decode(wide or "utf-8", "replace").removeprefix("\ufeff").lower()
    before = _COMMENTS.match(text)
    start = text[before.end() :] if before else text
    if _PAGE.match(start):
        return True
    if text.lstrip().startswith("<?xml"):
        return "<html" in text
    return not is_markdown and (bool(_PART.match(start)) or start.startswith("<!--"))


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
