"""The registry of agencies: the bodies that the documents name, and the entries of directories in them.

Nothing in it is inferred: every name is written in a passage, and an entry's fields are those of its row. Two names are
of one body when they are the same words, share an acronym, or say the same in two languages; a country tells apart
what is called alike.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.bodies import HEADS, Body, acronyms, kind_of, named_bodies
from ingest.body_names import countries_in, country_of, one_word_terms, same_meaning, same_words
from ingest.editorial import Concept
from ingest.entries import fields
from ingest.folding import fold
from ingest.labels import meaning_of
from ingest.types import Document, Passage

_NOTHING = frozenset(("", "n a", "na", "none", "not available", "not applicable", "ninguno", "no disponible", "nenhum", "aucun", "tbd"))
_ACRONYM = re.compile(r"\s*\(\s*([A-Z][\w/&.-]*[A-Z])\s*\)")
_GENERIC = ("working group",)  # two capitals that are a name only where the whole name is known
_LONGEST = 200  # characters; a longer value of a name is a description


@dataclass(frozen=True, slots=True)
class Agency:
    """A body: ``name`` is its most frequent name, ``variants`` are (language, name) pairs of all its names.

    ``country`` is as written and ``code`` its ISO 3166 code where it is a state. ``entries`` are the passages that
    describe it as an entry of a directory, ``mentions`` those that name it in running text, both in document order.
    """

    id: str
    name: str
    kind: str
    acronym: str | None = None
    variants: tuple[tuple[str, str], ...] = ()
    country: str | None = None
    code: str | None = None
    contact: str | None = None
    programmes: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


@dataclass
class _Draft:
    """An agency while its names are collected; ``sources`` are the documents that speak of it."""

    kind: str
    country: str | None = None
    code: str | None = None
    acronyms: Counter[str] = field(default_factory=Counter)
    names: Counter[tuple[str, str]] = field(default_factory=Counter)
    contact: list[str] = field(default_factory=list)
    programmes: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)

    def freeze(self, order: dict[str, int]) -> Agency:
        """The agency as it is known now, its passages in *order*."""
        name = max(self.names, key=lambda item: self.names[item])[1]
        digest = hashlib.sha256("\x1f".join((self.kind, *same_words(name), self.code or self.country or "")).encode()).hexdigest()
        acronym = self.acronyms.most_common(1)[0][0] if self.acronyms else None
        mentions = set(self.mentions) - set(self.entries)
        if not mentions and not self.entries:
            mentions = set(self.headings)
        return Agency(
            f"agency:{digest[:10]}",
            name,
            self.kind,
            acronym,
            tuple(sorted(self.names)),
            self.country,
            self.code,
            "; ".join(dict.fromkeys(self.contact)) or None,
            tuple(dict.fromkeys(self.programmes)),
            tuple(sorted(set(self.entries), key=order.__getitem__)),
            tuple(sorted(mentions, key=order.__getitem__)),
        )


def find_agencies(documents: Iterable[Document], concepts: Iterable[Concept] = ()) -> tuple[Agency, ...]:
    """The registry of *documents*: directory entries first, then the bodies named in running text, in document order.

    Args:
        documents: What was read.
        concepts: The controlled vocabulary, whose terms join names across languages.
    """
    registry = _Registry(one_word_terms(concepts))
    read = tuple(documents)
    for document in read:
        for passage, entry, country in _directory(document):
            registry.enter(passage, entry, country)
    for document in read:
        for passage in document.passages:
            registry.read(passage)
    for document in read:
        for passage in document.passages:
            registry.read_short(passage)
    return registry.freeze({passage.id: n for n, passage in enumerate(passage for document in read for passage in document.passages)})


def _directory(document: Document) -> Iterator[tuple[Passage, dict[str, list[tuple[str, str]]], str | None]]:
    """The rows of the lists that are directories: each with its fields by meaning and its country."""
    by_id = {passage.id: passage for passage in document.passages}
    lists: list[Sequence[str]] = [found.passage_ids for found in document.lists]
    listed = {identity for found in lists for identity in found}
    lists += [(passage.id,) for passage in document.passages if passage.kind == "table_row" and passage.id not in listed]
    for members in lists:
        rows = [(by_id[identity], fields(by_id[identity].text)) for identity in members if by_id[identity].kind == "table_row"]
        meanings = {meaning_of(label) for _, entry in rows for label, _ in entry}
        naming = "body" if "body" in meanings else "name"
        if naming not in meanings or not meanings & {"contact", "programmes", "country"}:
            continue
        first = rows[0][1][:1] if rows else ()
        carries = bool(first) and meaning_of(first[0][0]) == "country"  # said once, it holds for the rows below
        country = None
        for passage, entry in rows:
            by_meaning: dict[str, list[tuple[str, str]]] = {"names": []}
            for label, value in entry:
                if fold(value) not in _NOTHING:
                    by_meaning.setdefault("names" if meaning_of(label) == naming else meaning_of(label), []).append((label, value))
            said = [value for _, value in by_meaning.get("country", [])]
            above = [heading for heading in passage.heading_path if country_of(heading) and len(heading) < 40]
            country = said[0] if said else country if carries else above[-1] if above else None
            people = naming == "name" and "programmes" not in meanings  # a list of names may be one of persons
            by_meaning["names"] = [pair for pair in by_meaning["names"] if not people or named_bodies(pair[1], passage.language)]
            yield passage, by_meaning, country


class _Registry:
    """Collects agencies and joins their names."""

    def __init__(self, terms: dict[str, str]) -> None:
        self._terms = terms
        self._drafts: list[_Draft] = []
        self._keys: dict[tuple[str, ...], list[_Draft]] = {}  # strict names, meanings and acronyms, each with its mark
        self._seen: dict[str, list[str]] = {}  # the names found in a passage, for the search of acronyms
        self._rest: dict[str, str] = {}  # of an entry, what it says beside the name

    def enter(self, passage: Passage, entry: dict[str, list[tuple[str, str]]], country: str | None) -> None:
        """Take an entry of a directory."""
        self._rest[passage.id] = "\n".join(f"{label}: {value}" for key, said in entry.items() if key != "names" for label, value in said)
        for _, value in entry["names"]:
            for piece in re.split(r"\s*;\s*", value):
                acronym = _ACRONYM.search(piece)
                name = " ".join((piece[: acronym.start()] if acronym else piece).split()).strip(" .,-")
                if not 3 <= len(name) <= _LONGEST or not any(char.isalpha() for char in name):
                    continue
                kind, language = kind_of(name, passage.language) or ("", passage.language)
                body = Body(name, kind, language, acronym.group(1) if acronym else None)
                code = country_of(country) if country else None
                draft = self._find(body, code, country, None) or self._add(body, code, country)
                self._name(draft, body, passage)
                draft.entries.append(passage.id)
                draft.contact += [f"{label}: {value}" for label, value in entry.get("contact", [])]
                draft.programmes += [part for _, said in entry.get("programmes", []) for part in re.split(r"\s*;\s*", said) if part]

    def read(self, passage: Passage) -> None:
        """Take the bodies that a passage names in full."""
        for body in named_bodies(self._rest.get(passage.id, passage.text), passage.language):
            self._seen.setdefault(passage.id, []).append(body.name)
            own = countries_in(body.name)
            if _bare(body.name).casefold() in _GENERIC or (own and own[0][1] == body.name):
                continue
            code, country = own[-1] if own else (None, None)
            draft = self._find(body, code, country, passage) or self._add(body, code, country)
            self._name(draft, body, passage)
            (draft.headings if passage.kind == "heading" else draft.mentions).append(passage.id)

    def read_short(self, passage: Passage) -> None:
        """Take the bodies that a passage names by an acronym, or by a kind of which the document has one."""
        text = " ".join(self._rest.get(passage.id, passage.text).split())
        for name in sorted(self._seen.get(passage.id, ()), key=len, reverse=True):
            if name.casefold() in _GENERIC:
                kept = [draft for draft in self._drafts if draft.kind == name.casefold() and passage.source_id in draft.sources]
                self._mention(kept, passage)
            text = text.replace(name, " ")
        for short in dict.fromkeys(acronyms(text)):
            kept = self._keys.get(("acronym", short)) or [draft for draft in self._drafts if short in _initials(draft)]
            if len(kept) == 1 and self._fits(kept[0], None, passage):
                kept[0].acronyms[short] += 1
            self._mention([draft for draft in kept if self._fits(draft, None, passage)], passage)

    def freeze(self, order: dict[str, int]) -> tuple[Agency, ...]:
        """The registry; *order* ranks the passages."""
        return tuple({agency.id: agency for agency in (draft.freeze(order) for draft in self._drafts if draft.names)}.values())

    @staticmethod
    def _mention(drafts: list[_Draft], passage: Passage) -> None:
        if len(drafts) == 1:
            (drafts[0].headings if passage.kind == "heading" else drafts[0].mentions).append(passage.id)

    @staticmethod
    def _fits(draft: _Draft, code: str | None, passage: Passage) -> bool:
        """Whether a body named in *passage*, with a country in its name or without, can be *draft*."""
        if draft.country is None or draft.code == code:
            return draft.code == code
        if code is not None:
            return False
        around = {found for part in (passage.text, *passage.heading_path) for found, _ in countries_in(part)}
        return draft.code in around or (passage.source_id in draft.sources and not around)

    def _find(self, body: Body, code: str | None, country: str | None, passage: Passage | None) -> _Draft | None:
        """The agency that *body* is, named in *passage* or, where that is ``None``, in an entry of a directory."""
        for key in self._keys_of(body):
            for draft in self._keys.get(key, ()):
                alike = draft.code == code and (code is not None or fold(draft.country or "") == fold(country or ""))
                fits = alike if passage is None else self._fits(draft, code, passage)
                if fits and _joins(key[0], draft, body):
                    return draft
        return None

    def _keys_of(self, body: Body) -> list[tuple[str, ...]]:
        name = _bare(body.name)
        for _, country in countries_in(name):  # which agency of that name it is, its country says
            name = name.replace(country, " ") if name != country else name
        keys = [("words", *same_words(name))]
        if body.acronym:
            keys.append(("acronym", body.acronym))
        if body.kind:
            english, others = HEADS[body.kind]
            heads = re.findall(r"[^\W_]+", f"{english} {others}")
            keys.append(("means", *same_meaning(name, body.kind, heads, self._terms)))
        return keys

    def _add(self, body: Body, code: str | None, country: str | None) -> _Draft:
        draft = _Draft(body.kind, country, code)
        self._drafts.append(draft)
        return draft

    def _name(self, draft: _Draft, body: Body, passage: Passage) -> None:
        draft.names[(body.language, _bare(body.name))] += 1
        draft.sources.add(passage.source_id)
        if body.acronym:
            draft.acronyms[body.acronym] += 1
        for key in self._keys_of(body):
            known = self._keys.setdefault(key, [])
            if not any(found is draft for found in known):
                known.append(draft)


def _joins(key: str, draft: _Draft, body: Body) -> bool:
    """Whether a *key* that both have makes *body* the same as *draft*.

    An acronym does between languages, and inside one where a name is the other shortened; a meaning between languages only.
    """
    if key == "words":
        return True
    if draft.kind != body.kind and key == "acronym":
        return False
    mine = [set(same_words(name)) for language, name in draft.names if language == body.language]
    words = set(same_words(body.name))
    return not mine or (key == "acronym" and any(words <= known or known <= words for known in mine))


def _bare(name: str) -> str:
    return re.sub(r"^(?:OAS|OEA) (?=\w+ \w)", "", name)


def _initials(draft: _Draft) -> set[str]:
    found = {"".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper()) for _, name in draft.names}
    return {initials for initials in found if len(initials) > 2}
