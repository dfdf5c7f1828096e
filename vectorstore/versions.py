"""Language versions of one document: which passages and lists of one say what those of the other say.

They are found by structure, never by likeness alone. Versions have the same headings in the same order, under them the same
lists and paragraphs, in a list the same items. Where counts differ, only what reads the same in both languages tells which is
which: the numbers of items, figures and dates, links, labels of annexes, names, and how long a list is. What is left between
two such places is paired where it has the same shape on both sides, and has no counterpart otherwise.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, groupby, pairwise

from ingest.editorial import Quote
from ingest.sentences import sentence_spans
from ingest.types import Passage, Source
from vectorstore.lexical import fold

_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+")
_FIGURE = re.compile(r"\d+(?:[.,:\u00a0\u202f]\d+)*")
_ANNEX = re.compile(r"\b(?:annexe?|anexo|appendi(?:x|ce)|ap[eéê]ndice)\s+([IVXL]+|\d+)\b", re.I)
_NUMBER = re.compile(r"\(?([IVXL]+|\d{1,3}(?:\.\d+)*|[a-z])[.)]\s")
_LONG = 4  # a list of so many items may be told from others by its length
_TELLING = 3  # so many figures or letters, and no fewer, may tell a passage from others
Ids = tuple[str, ...]
_Pairs = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Node:
    """A passage, a list or a section with its parts, and what in it reads the same in every language.

    ``id`` is empty for a text before any heading. ``marks`` are figures, links and labels of annexes; ``number`` is the
    number that stands before the text itself; ``names`` are words that the document writes with a capital only.
    """

    id: str
    shape: tuple[str, int]
    marks: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    number: str = ""
    parts: tuple["_Node", ...] = ()

    def contradicts(self, other: "_Node") -> bool:
        """Whether both have marks and none in common, or both are numbered and not alike; of two headings, whether one is numbered."""
        marks = bool(self.marks and other.marks) and not self.marks & other.marks
        numbered = bool(self.number and other.number) or self.shape[0] == "section"
        return marks or (numbered and self.number != other.number)

    def flat(self) -> tuple["_Node", ...]:
        """The parts, after the heading of a section."""
        head = (_Node(self.id, ("heading", 0), number=self.number),) if self.shape[0] == "section" and self.id else ()
        return (*head, *self.parts) if self.shape[0] in ("section", "list") else (self,)

    def telling(self) -> set[str]:
        """What may tell the node from its neighbours."""
        sizes = {f"{len(found.parts)} items" for found in (self, *self.parts) if found.shape[0] == "list" and len(found.parts) >= _LONG}
        return {key for key in self.marks | self.names if len(key) >= _TELLING} | sizes | ({self.number} - {""})


def counterparts(passages: Sequence[Passage], sources: Mapping[str, Source], canonical: Mapping[str, str]) -> dict[str, dict[str, Ids]]:
    """What says the same in other languages, by the id of a passage or list and the language.

    Args:
        passages: Of all documents, each document's in text order.
        sources: By id, in the order of the manifests; ``version_of`` says which are versions of one document.
        canonical: The texts by source id.

    Returns:
        ``{passage_id: {language: (passage_id,)}}``, and the same for the ids of lists. What has no certain counterpart is not in it.
    """
    texts: dict[str, list[Passage]] = {}
    for passage in passages:
        texts.setdefault(passage.source_id, []).append(passage)
    groups: dict[str, list[Source]] = {}
    for source in sources.values():
        if source.id in texts:
            groups.setdefault(source.version_of or source.id, []).append(source)
    result: dict[str, dict[str, Ids]] = {}
    for root, members in groups.items():
        members.sort(key=lambda source: source.id != root)  # the original first, where it is at hand
        if len(members) > 1:
            _join(result, members, [_outline(texts[source.id], canonical[source.id]) for source in members])
    return result


def quote_in(quote: Quote, passage: Passage, other: Passage) -> Quote:
    """*quote*, which is of *passage*, in its counterpart *other*: its sentences where both have as many, else all of it."""
    start, end = quote.start - passage.start, quote.end - passage.start
    ours, theirs = (sentence_spans(given.text, given.language) for given in (passage, other))
    chosen = [theirs[place] for place, (a, b) in enumerate(ours) if a < end and start < b] if len(ours) == len(theirs) else []
    if not chosen or (start, end) == (0, len(passage.text)):
        return Quote(other.source_id, other.id, other.start, other.end)
    return Quote(other.source_id, other.id, other.start + chosen[0][0], other.start + chosen[-1][1])


def _join(result: dict[str, dict[str, Ids]], members: list[Source], outlines: list[tuple[_Node, ...]]) -> None:
    """Align the first of *members* with each other one, and those with each other by way of the first."""
    base = members[0].language
    for source, outline in zip(members[1:], outlines[1:], strict=True):
        for ours, theirs in _align(outlines[0], outline) if source.language != base else ():
            known = result.setdefault(ours, {})
            if source.language not in known:  # else there is a run of the same list before, or another version
                result.setdefault(theirs, {base: (ours,), **known})
                for (identity,) in known.values():
                    result[identity].setdefault(source.language, (theirs,))
                known[source.language] = (theirs,)


def _align(ours: tuple[_Node, ...], theirs: tuple[_Node, ...]) -> _Pairs:
    """The ids that correspond, in two runs of nodes of which the beginnings and the ends correspond."""
    if [node.shape for node in ours] == [node.shape for node in theirs] and (same := _agreeing(ours, theirs)):
        for one, other in same:
            yield from _pair(one, other)
        return
    if pivots := _pivots(ours, theirs):
        for (i, j), (k, m) in pairwise([(-1, -1), *pivots, (len(ours), len(theirs))]):
            yield from _align(ours[i + 1 : k], theirs[j + 1 : m])
            if k < len(ours):
                yield from _pair(ours[k], theirs[m])
    elif ours and theirs:
        flat = [tuple(chain.from_iterable(node.flat() for node in nodes)) for nodes in (ours, theirs)]
        if flat != [ours, theirs]:
            yield from _align(flat[0], flat[1])


def _pair(one: _Node, other: _Node) -> _Pairs:
    if one.id and other.id:
        yield one.id, other.id
    yield from _align(one.parts, other.parts)


def _agreeing(ours: tuple[_Node, ...], theirs: tuple[_Node, ...]) -> list[tuple[_Node, _Node]]:
    """The pairs of two runs of one shape without those that contradict each other; none where these are many."""
    pairs = list(zip(ours, theirs, strict=True))
    good = [(one, other) for one, other in pairs if not one.contradicts(other)]
    alike = sum(bool(one.marks & other.marks) for one, other in good)
    return good if len(good) == len(pairs) or alike > 2 * (len(pairs) - len(good)) else []


def _pivots(ours: tuple[_Node, ...], theirs: tuple[_Node, ...]) -> list[tuple[int, int]]:
    """The places of pairs that are certain: what tells each from all others on its side is the same, and no two cross."""
    places = _unique(ours), _unique(theirs)
    pairs = {(places[0][key], places[1][key]) for key in places[0].keys() & places[1].keys()}
    sure = sorted((i, j) for i, j in pairs if ours[i].shape[0] == theirs[j].shape[0] and not ours[i].contradicts(theirs[j]))
    highest = [-1, *accumulate((j for _, j in sure), max)]  # before each pair
    lowest = [len(theirs), *accumulate((j for _, j in reversed(sure)), min)][-2::-1]  # after each pair
    rows = Counter(i for i, _ in sure)
    return [(i, j) for n, (i, j) in enumerate(sure) if highest[n] < j < lowest[n] and rows[i] == 1]


def _unique(nodes: tuple[_Node, ...]) -> dict[str, int]:
    """The places of the keys that one node only has."""
    counts = Counter(key for node in nodes for key in node.telling())
    return {key: place for place, node in enumerate(nodes) for key in node.telling() if counts[key] == 1}


def _outline(passages: list[Passage], canonical: str) -> tuple[_Node, ...]:
    """A document as sections, in them paragraphs and runs of items or rows of one list."""
    words = re.findall(r"[^\W\d_]+", " ".join(passage.text for passage in passages))
    small = frozenset(fold(word) for word in words if word.islower())
    sections: list[tuple[_Node, list[_Node]]] = [(_Node("", ("section", 0)), [])]
    for (kind, key), group in groupby(passages, key=lambda passage: (passage.kind, _run(passage) or passage.id)):
        leaves = tuple(_leaf(passage, small, canonical) for passage in group)
        passage_id = leaves[0].id
        if kind == "heading":
            sections.append((leaves[0], []))
        else:
            sections[-1][1].append(leaves[0] if key == passage_id else _whole(_Node(key, ("list", 0)), leaves))
    return tuple(_whole(head, tuple(parts)) for head, parts in sections if head.id or parts)


def _run(passage: Passage) -> str | None:
    return passage.list_id if passage.kind in ("list_item", "table_row") else None


def _leaf(passage: Passage, small: frozenset[str], canonical: str) -> _Node:
    text = passage.text
    links = [link.rstrip(".,;:)]”»\"'") for link in _LINK.findall(text)]
    figures = [re.sub(r"\D", "", figure).lstrip("0") or "0" for figure in _FIGURE.findall(text)]
    annexes = [f"annex {numeral.upper()}" for numeral in _ANNEX.findall(text)]
    capital = (fold(word) for word in re.findall(r"[^\W\d_]{3,}", text) if word[0].isupper())
    before = canonical[canonical.rfind("\n", 0, passage.start) + 1 : passage.start].strip()
    number = _NUMBER.fullmatch(f"{before} ") or _NUMBER.match(text)
    return _Node(
        passage.id,
        ("section", len(passage.heading_path) + 1) if passage.kind == "heading" else (passage.kind, 0),
        frozenset((*links, *figures, *annexes)),
        frozenset(name for name in capital if name not in small),
        f"{number[1]}." if number else "",
    )


def _whole(node: _Node, parts: tuple[_Node, ...]) -> _Node:
    """*node* with *parts* and with the marks and names that they have."""
    marks, names = node.marks.union(*(part.marks for part in parts)), node.names.union(*(part.names for part in parts))
    return _Node(node.id, node.shape, marks, names, node.number, parts)
