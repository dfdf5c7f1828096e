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
from ingest.types import Passage, PassageList, Source
from vectorstore.lexical import fold

_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+")
_FIGURE = re.compile(r"\d+(?:[.,:\u00a0\u202f]\d+)*")
_ANNEX = re.compile(r"\b(?:annexe?|anexo|appendi(?:x|ce)|ap[eé]ndice|ap[eê]ndice)\s+([IVXL]+|\d+)\b", re.I)
_NUMBER = re.compile(r"\(?([IVXL]+|\d{1,3}(?:\.\d+)*|[a-z])[.)]\s")
_LONG = 4  # a list of so many items or more may be told from others by its length
_SURE = 2  # the weight of evidence that makes a pair certain: a year or a name, or two small numbers
Ids = tuple[str, ...]
_Pairs = Iterator[tuple[Ids, Ids]]


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
        """Whether both have marks and none in common, or both are numbered and not alike."""
        marks = bool(self.marks and other.marks) and not self.marks & other.marks
        return marks or bool(self.number and other.number and self.number != other.number)

    def flat(self) -> tuple["_Node", ...]:
        """The node without its parts, where it has a text of its own, and its parts."""
        if self.shape[0] == "list":
            return self.parts
        alone = _Node(self.id, ("heading" if self.shape[0] == "section" else self.shape[0], 0), number=self.number)
        return (*((alone,) if self.id else ()), *self.parts) if self.parts or self.shape[0] == "section" else (self,)

    def keys(self) -> Iterator[tuple[str, int]]:
        """What may tell the node from its neighbours, each with its weight as evidence."""
        yield from ((mark, 1 if mark.isdigit() and len(mark) < 3 else _SURE) for mark in self.marks)
        yield from ((f"name {name}", _SURE if len(name) > 3 else 1) for name in self.names)
        if self.number:
            yield f"number {self.number}", _SURE
        lists = (self,) if self.shape[0] == "list" else tuple(part for part in self.parts if part.shape[0] == "list")
        yield from ((f"list of {len(found.parts)}", _SURE) for found in lists if len(found.parts) >= _LONG)


def counterparts(
    passages: Sequence[Passage], lists: Mapping[str, PassageList], sources: Mapping[str, Source], canonical: Mapping[str, str]
) -> dict[str, dict[str, Ids]]:
    """What says the same in other languages, by the id of a passage or list and the language.

    Args:
        passages: Of all documents, each document's in text order.
        lists: By id.
        sources: By id, in the order of the manifests; ``version_of`` says which are versions of one document.
        canonical: The texts by source id.

    Returns:
        ``{passage_id: {language: passage_ids}}``; several ids are one paragraph that the other version has as several. Lists
        are in it by their ids, too. What has no certain counterpart is not.
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
            outlines = [_outline(texts[source.id], lists, canonical[source.id]) for source in members]
            _join(result, members, outlines)
    return result


def quote_in(quote: Quote, passage: Passage, others: Sequence[Passage]) -> tuple[Quote, ...]:
    """*quote*, which is of *passage*, in its counterparts *others*: its sentences where both have as many, else all of them."""
    start, end = quote.start - passage.start, quote.end - passage.start
    ours = sentence_spans(passage.text, passage.language)
    theirs = [(other, span) for other in others for span in sentence_spans(other.text, other.language)]
    chosen = [(other, (0, len(other.text))) for other in others]
    if (start, end) != (0, len(passage.text)) and len(ours) == len(theirs):
        chosen = [theirs[place] for place, (a, b) in enumerate(ours) if a < end and start < b] or chosen
    places: dict[str, list[tuple[int, int]]] = {}
    for other, span in chosen:
        places.setdefault(other.id, []).append(span)
    return tuple(
        Quote(other.source_id, other.id, other.start + places[other.id][0][0], other.start + places[other.id][-1][1])
        for other in others
        if other.id in places
    )


def _join(result: dict[str, dict[str, Ids]], members: list[Source], outlines: list[tuple[_Node, ...]]) -> None:
    """Align the first of *members* with each other one, and those with each other by way of the first."""
    base = members[0].language
    for source, outline in zip(members[1:], outlines[1:], strict=True):
        for ours, theirs in _align(outlines[0], outline) if source.language != base else ():
            for identity in ours:
                result.setdefault(identity, {}).setdefault(source.language, theirs)
            for identity in theirs:
                result.setdefault(identity, {}).setdefault(base, ours)
    for identity in [identity for identity, known in result.items() if base in known]:
        known = result[identity]
        for language in {source.language for source in members[1:]}:
            through = [result.get(middle, {}).get(language, ()) for middle in known[base]]
            if all(through) and identity not in chain(*through):
                known.setdefault(language, tuple(dict.fromkeys(chain(*through))))


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
        yield from _align(flat[0], flat[1]) if flat != [ours, theirs] else _divided(ours, theirs)


def _pair(one: _Node, other: _Node) -> _Pairs:
    if one.id and other.id:
        yield (one.id,), (other.id,)
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
    votes: Counter[tuple[int, int]] = Counter()
    for key in places[0].keys() & places[1].keys():
        (i, weight), (j, _) = places[0][key], places[1][key]
        if ours[i].shape[0] == theirs[j].shape[0] and not ours[i].contradicts(theirs[j]):
            votes[i, j] += weight
    sure = sorted(pair for pair, weight in votes.items() if weight >= _SURE)
    before = [-1, *accumulate((j for _, j in sure), max)]
    after = [*accumulate((j for _, j in reversed(sure)), min)][::-1] + [len(theirs)]
    rows = Counter(i for i, _ in sure)
    return [(i, j) for n, (i, j) in enumerate(sure) if before[n] < j < after[n + 1] and rows[i] == 1]


def _unique(nodes: tuple[_Node, ...]) -> dict[str, tuple[int, int]]:
    """The keys that one node only has: its place and the weight."""
    found: dict[str, list[tuple[int, int]]] = {}
    for place, node in enumerate(nodes):
        for key, weight in dict(node.keys()).items():
            found.setdefault(key, []).append((place, weight))
    return {key: places[0] for key, places in found.items() if len(places) == 1}


def _divided(ours: tuple[_Node, ...], theirs: tuple[_Node, ...]) -> _Pairs:
    """One paragraph that the other version has as several: each of these has marks of it, and together they have them all."""
    one, several = (ours, theirs) if len(ours) == 1 else (theirs, ours)
    marks = [node.marks for node in several]
    plain = {node.shape[0] for node in (*ours, *theirs)} == {"paragraph"}
    if plain and len(one) == 1 < len(several) and all(marks) and Counter(chain(*marks)) == Counter(one[0].marks):
        ids = tuple(node.id for node in ours), tuple(node.id for node in theirs)
        yield ids


def _outline(passages: list[Passage], lists: Mapping[str, PassageList], canonical: str) -> tuple[_Node, ...]:
    """A document as sections; in them paragraphs and lists; in these items, and in an item the lists nested under it."""
    words = re.findall(r"[^\W\d_]+", " ".join(passage.text for passage in passages))
    small = frozenset(fold(word) for word in words if word.islower())
    by_id = {passage.id: passage for passage in passages}

    def nesting(passage: Passage) -> Ids:
        """The lists that an item or row stands in, outermost first."""
        found: list[str] = []
        while passage.list_id and passage.kind in ("list_item", "table_row") and passage.list_id not in found:
            found.insert(0, passage.list_id)
            passage = by_id.get(lists[passage.list_id].intro_id or "", passage)
        return tuple(found)

    def blocks(run: list[Passage], depth: int) -> tuple[_Node, ...]:
        nodes = []
        for key, group in groupby(run, key=lambda passage: (*nesting(passage)[depth : depth + 1], passage.id)[0]):
            members = list(group)
            if key not in lists:
                nodes.append(_leaf(members[0], small, canonical))
                continue
            heads = [place for place, member in enumerate(members) if not place or len(nesting(member)) == depth + 1]
            items = [
                _whole(_leaf(members[a], small, canonical), blocks(members[a + 1 : b], depth + 1))
                for a, b in pairwise([*heads, len(members)])
            ]
            nodes.append(_whole(_Node(key, ("list", 0)), tuple(items)))
        return tuple(nodes)

    sections: list[tuple[Passage | None, list[Passage]]] = [(None, [])]
    for passage in passages:
        if passage.kind == "heading":
            sections.append((passage, []))
        else:
            sections[-1][1].append(passage)
    nodes = []
    for head, body in sections:
        leaf = _leaf(head, small, canonical) if head else _Node("", ("section", 0))
        depth = len(head.heading_path) + 1 if head else 0
        if head or body:
            nodes.append(_whole(_Node(leaf.id, ("section", depth), leaf.marks, leaf.names, leaf.number), blocks(body, 0)))
    return tuple(nodes)


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
        (passage.kind, 0),
        frozenset((*links, *figures, *annexes)),
        frozenset(name for name in capital if name not in small),
        number[1] if number else "",
    )


def _whole(node: _Node, parts: tuple[_Node, ...]) -> _Node:
    """*node* with *parts* and with the marks and names that they have."""
    marks, names = node.marks.union(*(part.marks for part in parts)), node.names.union(*(part.names for part in parts))
    return _Node(node.id, node.shape, marks, names, node.number, parts)
