"""What a question names, and which passages of documents without editorial data have it: states, names, dates, topics, words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistant.asked import DOCUMENTS, content_keys, frame_stems, label_words, stop_stems
from assistant.terms import QUOTED, capitalised, states, years
from ingest.blocks import label_of
from ingest.entries import fields
from ingest.labels import has_name
from ingest.types import Passage
from vectorstore.glossary import load_glossary
from vectorstore.index import Index
from vectorstore.lexical import fold, stems
from vectorstore.vocabulary import Vocabulary

Keys = frozenset[str]
_ADDRESS = re.compile(r"(?:[\w.+-]+@|https?://(?:www\.)?|www\.)([\w-]+(?:\.[\w-]+)+)\S*")  # its host tells whose it is
_COMMON = 0.5  # a concept that more of the passages have than this is their subject, and tells nothing apart


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names: states by their codes, folded names and numbers, concepts of the vocabulary.

    ``meanings`` has the keys (:class:`vectorstore.glossary.Glossary`) of those names that are ordinary words, too ("Lagoon States").
    """

    states: frozenset[str]
    names: frozenset[str]
    concepts: frozenset[str]
    meanings: Mapping[str, Keys] = field(default_factory=dict, compare=False)


class Subjects:
    """The *passages* of an index by what they name, with the headings and the sentence that introduce them; one row a passage.

    ``introduced`` has for each passage that introduces a list the ids of its items.
    """

    def __init__(self, index: Index, vocabulary: Vocabulary, passages: tuple[Passage, ...]) -> None:
        self._index, self._vocabulary, self._passages = index, vocabulary, passages
        self.introduced = {one.intro_id: one.passage_ids for one in index.lists.values() if one.intro_id}
        self.described = self._described()
        self._entry_of = {other: entry for entry, rows in self.described.items() for other in rows}
        self._row = {passage.id: row for row, passage in enumerate(passages)}
        around = [self._around(passage) for passage in passages]
        titles = {source.id: f"{source.title}\n{source.short_title}" for source in index.sources.values()}
        named = [f"{titles[p.source_id]}\n{text}" for text, p in zip(around, passages, strict=True)]  # a title names who speaks
        self._states = [frozenset(states(text, p.language).values()) for text, p in zip(named, passages, strict=True)]
        self.concepts = [vocabulary.concepts(text, p.language) for text, p in zip(around, passages, strict=True)]
        self.words = [frozenset(words_of(text)) for text in named]
        glossary = load_glossary()
        self.keys = [glossary.all_keys(text, p.language) for text, p in zip(around, passages, strict=True)]
        everywhere: dict[str, int] = {}
        for concept in (concept for found in self.concepts for concept in found):
            everywhere[concept] = everywhere.get(concept, 0) + 1
        self._subject = {concept for concept, count in everywhere.items() if count > _COMMON * len(passages)}
        self._all_words: frozenset[str] = frozenset().union(*self.words)
        self._all_states: frozenset[str] = frozenset().union(*self._states)

    def _around(self, passage: Passage) -> str:
        """A passage with what it stands under, its headings and the sentence or item that introduces its list, and what it introduces."""
        below = [self._index.by_id[identity].text for identity in self.introduced.get(passage.id, ())]
        below += [self._passages[row].text for row in self.described.get(self._row[passage.id], ())]
        return "\n".join((*passage.heading_path, self.introduction(passage), passage.text, *below))

    def _described(self) -> dict[int, tuple[int, ...]]:
        """What stands under the same heading as an entry of a directory, and so describes it, by the row of the entry."""
        under: dict[tuple[str, tuple[str, ...]], list[int]] = {}
        for row, passage in enumerate(self._passages):
            under.setdefault((passage.source_id, passage.heading_path), []).append(row)
        found = {}
        for rows in under.values():
            entries = [row for row in rows if self._passages[row].kind == "table_row" and has_name(fields(self._passages[row].text))]
            others = tuple(row for row in rows if self._passages[row].kind in ("paragraph", "list_item"))
            if len(entries) == 1 and others:
                found[entries[0]] = others
        return found

    def entry_of(self, passage: Passage) -> Passage | None:
        """The entry of a directory that *passage* describes."""
        row = self._entry_of.get(self._row.get(passage.id, -1))
        return self._passages[row] if row is not None else None

    def introduction(self, passage: Passage) -> str:
        """The sentence or item that introduces the list of a passage, or the entry of a directory that it describes, if any."""
        if entry := self.entry_of(passage):
            return entry.text
        found = self._index.lists.get(passage.list_id or "")
        intro = self._index.by_id.get(found.intro_id or "") if found else None
        return intro.text if intro else ""

    def names(self, question: str, language: str) -> Named:
        """What *question* names that tells passages apart; names that no passage has are among them."""
        said = states(question, language)
        spans = self._vocabulary.find(question, language)
        words = plain_words(question)
        terms = {fold(word) for _, start, end in spans for word in words[start:end]}
        names = {word for name in capitalised(question, language) for word in words_of(name) if len(word) > 2}
        names -= terms | {word for name in said for word in words_of(name)} | label_words(question)
        names = {name for name in names if not set(stems(name, language)) <= frame_stems(language) | stop_stems(language)}
        names |= {word for host in _ADDRESS.findall(question) for word in words_of(host.rpartition(".")[0])}
        # A term inside a longer name ("Open Classroom Foundation") is part of that name, and no topic.
        own = {name for name in capitalised(question, language) if any(word in names for word in words_of(name))}
        inside = {word for name in own for word in words_of(name)}
        topics = {c for c, start, end in spans if not {fold(word) for word in words[start:end]} <= inside} - self._subject
        keys = {name: frozenset(key for key in load_glossary().all_keys(name, language) if key.startswith("=")) for name in names}
        return Named(frozenset(said.values()), frozenset(names | set(years(question))), frozenset(topics), keys)

    def rest(self, question: str, language: str) -> frozenset[Keys]:
        """The content words of *question* by their keys that are part of no name and no concept, and of no question's frame."""
        question = _ADDRESS.sub("-", question)
        words = plain_words(question)
        used = {place for _, start, end in self._vocabulary.find(question, language) for place in range(start, end)}
        names = (*capitalised(question, language), *states(question, language))
        taken = {part for name in names for word in words_of(name) for part in (word, *word.split("-"))} | label_words(question)
        left = [word if place not in used and fold(word) not in taken else "-" for place, word in enumerate(words)]
        return content_keys(" ".join(left), language)

    def speaks_of(self, question: str, language: str) -> bool:
        """Whether these documents have the states and names of *question*, and it has some."""
        named = self.names(question, language)
        return bool(named.states or named.names) and named.states <= self._all_states and _has(named.names, self._all_words)

    def unknown(self, named: Named) -> bool:
        """Whether these documents have none of the names, or none of the states, that are *named*."""
        rows = range(len(self._passages))
        nowhere = bool(named.names) and not any(self._speaks_of(named, name, row) for name in named.names for row in rows)
        return nowhere or (bool(named.states) and not named.states & self._all_states)

    def lacks_state(self, question: str, language: str) -> bool:
        """Whether *question* names a state that these documents do not."""
        return not self.names(question, language).states <= self._all_states

    def asked_sources(self, question: str) -> frozenset[str]:
        """Those of these documents that *question* names by a numeral or a short title, or the only one of the kind that it names."""
        text = fold(question)
        named: set[str] = set()
        alike: set[str] = set()
        for identity in {passage.source_id for passage in self._passages}:
            source = self._index.sources[identity]
            label = label_of(source.short_title)
            said = rf"\b(?:annexe?|anexo)s? {re.escape(label[1].lower())}\b" if label else rf"\b{re.escape(fold(source.short_title))}\b"
            kinds = (kind for kind in DOCUMENTS if re.search(rf"\b{kind}", fold(source.title)))
            if re.search(said, text):
                named.add(identity)
            elif any(re.search(rf"\b{kind}", text) for kind in kinds):
                alike.add(identity)
        return frozenset(named or (alike if len(alike) == 1 else ()))

    def author(self, named: Named, sources: frozenset[str]) -> str | None:
        """The one document, of *sources* where there are any, whose title has all the names of a question."""
        titles = {p.source_id: self._index.sources[p.source_id] for p in self._passages} if named.names else {}
        said = {identity: frozenset(words_of(f"{one.title} {one.short_title}")) for identity, one in titles.items()}
        found = [identity for identity, words in said.items() if (not sources or identity in sources) and _has(named.names, words)]
        return found[0] if len(found) == 1 else None

    def inside(self, sources: frozenset[str]) -> list[int]:
        """The passages of *sources*, all where there are none."""
        return [row for row, p in enumerate(self._passages) if not sources or p.source_id in sources]

    def fitting(self, named: Named, sources: frozenset[str]) -> list[int]:
        """The passages that have the states and names of a question; where none has all of its states, those with one of them."""
        inside = self.inside(sources)
        own = [row for row in inside if all(self._speaks_of(named, name, row) for name in named.names)]
        if not own and len(named.names) > 1:  # names that no passage has together
            had = {row: sum(self._speaks_of(named, name, row) for name in named.names) for row in inside}
            own = [row for row, count in had.items() if 2 * count >= len(named.names)]
        every = [row for row in own if named.states <= self._states[row]]
        return every or [row for row in own if len(named.states) > 1 and named.states & self._states[row]]

    def saying(self, question: str, rows: list[int]) -> list[int]:
        """Those of *rows* that have, outside headings, what *question* puts between quotation marks; all where none has."""
        said = [" ".join(words_of(phrase)) for phrase in QUOTED.findall(question)]
        own = {row: " ".join(words_of(self._passages[row].text)) for row in rows if self._passages[row].kind != "heading"} if said else {}
        return [row for row, text in own.items() if any(f" {phrase} " in f" {text} " for phrase in said)] or rows

    def missing(self, question: str, language: str, named: Named, row: int) -> tuple[int, float]:
        """How many topics of *question* a passage lacks, and the share of its topics and other words that it lacks."""
        topics = named.concepts - self.concepts[row]
        rest = self.rest(question, language)
        lacking = sum(not word & self.keys[row] for word in rest)
        return len(topics), (len(topics) + lacking) / max(len(named.concepts) + len(rest), 1)

    def of_states(self, named: Named, rows: Sequence[int]) -> list[int]:
        """Those of *rows* that have all of the states that are *named*; all, where none has."""
        return [row for row in rows if named.states <= self._states[row]] or list(rows)

    def _speaks_of(self, named: Named, name: str, row: int) -> bool:
        return _has(frozenset({name}), self.words[row]) or bool(named.meanings.get(name, frozenset()) & self.keys[row])

    def lacking(self, named: Named, row: int) -> tuple[tuple[float, bool], tuple[float, bool], tuple[float, bool]]:
        """Of the names, the states and the topics that are *named*: the share that a passage lacks, and whether there are any."""
        names = sum(not self._speaks_of(named, name, row) for name in named.names)
        counts = (
            (names, len(named.names)),
            (len(named.states - self._states[row]), len(named.states)),
            (len(named.concepts - self.concepts[row]), len(named.concepts)),
        )
        first, second, third = ((lacks / max(every, 1), every > 0) for lacks, every in counts)
        return first, second, third


def without(question: str, names: frozenset[str]) -> str:
    """*question* without the words that are *names*."""
    return " ".join(word for word in question.split() if not names & set(words_of(word)))


def words_of(text: str) -> list[str]:
    """The folded words of *text*, hyphens inside them kept."""
    return re.findall(r"[\w-]+", fold(text))


def plain_words(question: str) -> list[str]:
    """The words of *question* as the vocabulary counts them."""
    return "".join(char if char.isalnum() else " " for char in question.replace("’", "'")).split()


def _has(names: frozenset[str], words: frozenset[str]) -> bool:
    return all(name in words or name.rstrip("s") in words or f"{name}s" in words for name in names)
