"""From what a person types about a document to its source."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePath
from typing import get_args
from urllib.parse import unquote, urlsplit

from ingest.editorial import LANGUAGES
from ingest.errors import CorpusError
from ingest.manifest import find_source
from ingest.types import Source, SourceKind


def describe(where: str, typed: Mapping[str, str | None], sources: tuple[Source, ...]) -> Source:
    """The source for the file or address *where*; ``language`` is empty when it has to be found out from the text.

    Args:
        where: A path or an address; its file name is the title and the id where none are typed.
        typed: Fields of a source, and ``annex``: the numeral of an annex, which gives id, kind and short title.
        sources: The sources there are. An annex in another language than its source here is a version of that.

    Raises:
        CorpusError: something cannot be used; the message names the option.
    """
    given = {name: text for name, value in typed.items() if (text := _clean(value or ""))}
    if annex := given.pop("annex", ""):
        given = _annex(annex, given, sources)
    name = unquote(PurePath(urlsplit(where).path if "://" in where else where).name)
    stem = name.rpartition(".")[0] or name
    title = given.setdefault("title", _clean(stem))
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    source_id = given.setdefault("id", re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60])
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", source_id):
        raise CorpusError(f"The id {source_id!r} cannot be used. Give small letters, digits and hyphens with --id, such as report-2024.")
    for option, allowed in (("kind", get_args(SourceKind)), ("language", LANGUAGES)):
        if given.get(option, allowed[0]) not in allowed:
            raise CorpusError(f"--{option} {given[option]!r} is not one of {', '.join(allowed)}.")
    address = urlsplit(given.get("url", ""))
    if "url" in given and (address.scheme not in ("http", "https") or "@" in address.netloc):
        raise CorpusError("--url must be an http or https address without a user name or password; answers link to it.")
    if "version_of" in given:
        find_source(sources, given["version_of"])
    fields = {"short_title": title, "kind": "other", "language": "", **given}
    return Source(**fields)  # type: ignore[arg-type]


def _annex(numeral: str, given: dict[str, str], sources: tuple[Source, ...]) -> dict[str, str]:
    numeral = numeral.upper()
    if not re.fullmatch(r"[IVXLC]+", numeral):
        raise CorpusError(f"--annex {numeral!r} is not a numeral. Give it as the document has it, such as I or IV.")
    fields = {"id": f"annex-{numeral.lower()}", "kind": "annex", "short_title": f"Annex {numeral}"}
    listed = next((source for source in sources if source.id == fields["id"]), None)
    language = given.get("language", "")
    if listed and language not in ("", listed.language):
        fields = {
            **fields,
            "id": f"{listed.id}-{language}",
            "title": f"{listed.title} ({language})",
            "short_title": f"{listed.short_title} ({language})",
            "version_of": listed.id,
        }
    fields |= given
    return {"title": fields["short_title"], **fields}


def _clean(text: str) -> str:
    """One line without what cannot be printed."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
