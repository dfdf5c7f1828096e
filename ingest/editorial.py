"""What a documentation centre keeps beside the documents: vocabulary, expected questions, translations.

All of it is optional. Every quotation is resolved against the canonical texts; an entry whose quotation is
no longer in its document is stale, is left out and is counted.
"""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ingest.errors import CorpusError
from ingest.types import Document

LANGUAGES = ("en", "es", "pt", "fr")
TargetKind = Literal["list", "group", "topic", "fact", "agency", "none", "help", "overview", "refuse"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of a document: ``canonical[start:end]`` of *source_id*, inside the passage *passage_id*."""

    source_id: str
    passage_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Target:
    """What a question is after: the quotations of a complete answer, or the reason why there is none.

    ``span`` is the (start, end) of the piece of the first quotation that is the answer itself. ``reason``
    maps a language to the sentence that says what the documents do not state.
    """

    id: str
    kind: TargetKind
    quotes: tuple[Quote, ...] = ()
    also: tuple[Quote, ...] = ()
    span: tuple[int, int] | None = None
    reason: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedQuestion:
    """A question as somebody would put it, and the target that it is after."""

    text: str
    language: str
    target_id: str


@dataclass(frozen=True, slots=True)
class Concept:
    """An entry of the controlled vocabulary; ``terms`` holds (language, term) pairs, the preferred one first."""

    id: str
    preferred: tuple[tuple[str, str], ...]
    terms: tuple[tuple[str, str], ...]
    broader: str | None
    covered: bool


@dataclass(frozen=True, slots=True)
class Editorial:
    """The editorial data of a corpus; ``translations`` maps (source id, text) to language to translation."""

    targets: tuple[Target, ...]
    questions: tuple[ExpectedQuestion, ...]
    concepts: tuple[Concept, ...]
    translations: dict[tuple[str, str], dict[str, str]]
    stale: int


def load_editorial(folder: Path, documents: tuple[Document, ...]) -> Editorial:
    """Read ``vocabulary.toml``, ``questions/`` and ``translations/`` below *folder*, where they exist.

    Raises:
        CorpusError: a file cannot be parsed; the message names the file and the line.
    """
    targets: list[Target] = []
    stale = 0
    by_source = {document.source.id: document for document in documents}
    path = folder / "questions" / "targets.jsonl"
    for entry in _jsonl(path, "id", "kind"):
        try:
            target = _target(entry, by_source)
        except (KeyError, TypeError, AttributeError):
            raise CorpusError(f"{path}: the target {entry['id']!r} is not written as the others are. Correct it and try again.") from None
        if target is None:
            stale += 1
        else:
            targets.append(target)
    known = {target.id for target in targets}
    questions = [
        ExpectedQuestion(entry["q"], language, entry["t"])
        for language in LANGUAGES
        for entry in _jsonl(folder / "questions" / f"{language}.jsonl", "q", "t")
        if entry["t"] in known
    ]
    translations: dict[tuple[str, str], dict[str, str]] = {}
    for language in LANGUAGES:
        for entry in _jsonl(folder / "translations" / f"{language}.jsonl", "source", "text", "translation"):
            translations.setdefault((entry["source"], entry["text"]), {})[language] = entry["translation"]
    _join_lines(translations, documents)
    return Editorial(tuple(targets), tuple(questions), _vocabulary(folder / "vocabulary.toml"), translations, stale)


def _join_lines(translations: dict[tuple[str, str], dict[str, str]], documents: tuple[Document, ...]) -> None:
    """Add the translation of passages that are translated line by line; a line without one, such as a link, stays as it is."""
    for document in documents:
        for passage in document.passages:
            lines = passage.text.split("\n")
            known = [translations.get((passage.source_id, line.strip()), {}) for line in lines]
            for language in {language for found in known for language in found} if len(lines) > 1 else ():
                joined = "\n".join(found.get(language, line) for line, found in zip(lines, known, strict=True))
                translations.setdefault((passage.source_id, passage.text), {}).setdefault(language, joined)


def _jsonl(path: Path, *required: str) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, each with the *required* texts; a file that is not there has none."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if line.strip():
            try:
                entry = json.loads(line)
            except ValueError as error:  # not JSON, or not UTF-8
                raise CorpusError(f"{path}, line {number} is not JSON ({error}). Correct the line and try again.") from None
            if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in required):
                raise CorpusError(
                    f"{path}, line {number} must be an object with the texts {', '.join(required)}. Correct it and try again."
                )
            yield entry


def _target(entry: dict[str, Any], documents: dict[str, Document]) -> Target | None:
    places = [_places(item, documents) for item in entry.get("gold", [])]
    if any(not found for found in places):
        return None
    flat = _choose(places, documents)
    also = [quote for item in entry.get("also", []) for quote in _places(item, documents)]
    span = None
    if entry.get("span") and flat:
        canonical = documents[flat[0].source_id].canonical
        at = canonical.find(entry["span"], flat[0].start, flat[0].end)
        span = (at, at + len(entry["span"])) if at >= 0 else None
    return Target(
        entry["id"], entry["kind"], flat, tuple(q for q in also if q not in flat), span, tuple(sorted(entry.get("reason", {}).items()))
    )


def _places(item: dict[str, str], documents: dict[str, Document]) -> list[Quote]:
    """Where a quotation stands: all passages that are it, else the first that contains it, else across passages.

    ``section`` restricts the search to passages under a heading that contains it.
    """
    document = documents.get(item["source"])
    if document is None:
        return []
    text, section = item["quote"], item.get("section", "")
    passages = [p for p in document.passages if not section or any(section in heading for heading in p.heading_path)]
    whole = [p for p in passages if p.text == text]
    partly = [p for p in passages if text in p.text and p.kind != "heading"][:1]
    found = [Quote(document.source.id, p.id, p.start + p.text.find(text), p.start + p.text.find(text) + len(text)) for p in whole or partly]
    return found or _across(text, document)


def _choose(places: list[list[Quote]], documents: dict[str, Document]) -> tuple[Quote, ...]:
    """Of a text that stands in several lists, keep the places in the lists that the other quotations name."""
    list_of = {p.id: p.list_id for document in documents.values() for p in document.passages}
    certain = {list_of[found[0].passage_id] for found in places if len(found) == 1}
    chosen: dict[Quote, None] = {}
    for found in places:
        kept = [quote for quote in found if list_of[quote.passage_id] in certain]
        chosen.update(dict.fromkeys(kept or found))
    return tuple(chosen)


def _across(text: str, document: Document) -> list[Quote]:
    """A quotation that runs over several passages, or that is a heading, is cited passage by passage."""
    at = document.canonical.find(text)
    if at < 0:
        return []
    return [
        Quote(document.source.id, passage.id, max(at, passage.start), min(at + len(text), passage.end))
        for passage in document.passages
        if passage.start < at + len(text) and at < passage.end
    ]


def _vocabulary(path: Path) -> tuple[Concept, ...]:
    if not path.is_file():
        return ()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} cannot be read as TOML: {error}. Correct the file and try again.") from None
    concepts: list[Concept] = []
    identity = ""
    try:
        for identity, entry in data.get("concepts", {}).items():
            preferred = tuple((language, entry["preferred"][language]) for language in LANGUAGES if language in entry["preferred"])
            variants = tuple((language, term) for language in LANGUAGES for term in entry.get("variants", {}).get(language, []))
            concepts.append(Concept(identity, preferred, preferred + variants, entry.get("broader"), bool(entry.get("covered", True))))
    except (KeyError, TypeError, AttributeError):
        raise CorpusError(f"{path}: the concept {identity!r} is not written as the others are. Correct it and try again.") from None
    return tuple(concepts)
