"""From blocks to passages and lists: the outline, list membership, numbers and official locators."""

import hashlib
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile

from ingest.blocks import Block, label_of, scan_blocks
from ingest.entries import merge_entries
from ingest.places import with_states
from ingest.reading import Page, Reading
from ingest.types import Document, Passage, PassageKind, PassageList, Source

# What the items of a list are called, by the words of the sentence or heading that introduces it. The
# first pattern that matches the last clause wins; the names are the ones that official locators use.
_UNITS = (
    (re.compile(r"voluntary actions?\W*$", re.I), "voluntary action"),
    (re.compile(r"\bbas[ei]s\W*$", re.I), "basis"),
    (re.compile(r"\b(?:methodology|work plan|steps?)\b", re.I), "step"),
    (re.compile(r"\b(?:actions|activities|programs|projects|measures)\b", re.I), "action"),
    (re.compile(r"\bmandates?\b", re.I), "mandate"),
    (re.compile(r"\b(?:schedule|agenda|calendar)\b", re.I), "activity"),
)
_DATED = re.compile(r"\d{4}\b")  # a heading with a year in it, as calendars have
_ROW_LEVEL = 9  # a table row heads what stands in its other cells, below every real heading
# Words that open the later members of an enumeration written as paragraphs.
_FURTHER = re.compile(
    r"(?:additionally|furthermore|moreover|in addition|likewise|second(?:ly)?|third(?:ly)?|finally|lastly|además|asimismo|finalmente|"
    r"por último|ademais|por fim|en outre|de plus|enfin)\b",
    re.I,
)
# What names a table or a figure, and nothing that comes after it.
_CAPTION = re.compile(
    r"(?:table|tabla|cuadro|quadro|tabela|tableau|figure|figura|gr[áa]fic[oa]?|graphique|chart|box|recuadro|encadr[ée])\s+"
    r"(?:n[.º°o]*\s*)?(?:\d+|[IVXL]+)\b",
    re.I,
)
_LABELLED = re.compile(r"\b(?:annexe?s?|anexos?|append[ií]x|apéndice|apêndice|appendice) ([ivxl]+)\b", re.I)
_STANDING = re.compile(r"(?:any )?other (?:business|matters)|otros asuntos|outros assuntos|questions diverses|autres questions", re.I)


@dataclass
class _State:
    """What the walk over the blocks has built so far."""

    source: Source
    canonical: str
    outline: list[tuple[int, str]] = field(default_factory=list)  # (level, heading text)
    passages: list[Passage] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)  # of each passage: nesting of an item, key of a row's table
    seen: dict[str, int] = field(default_factory=dict)


def build_document(source: Source, canonical: str, reading: Reading | None = None) -> Document:
    """Give *canonical* its structure: from the blocks of *reading* where its reader found them, else from the layout.

    Always true of the result: every passage's offsets cut its text out of *canonical*, passages are in
    text order and do not overlap, and every id of a list is the id of a passage.
    """
    state = _State(source, canonical)
    blocks = scan_blocks(canonical) if reading is None or reading.blocks is None else list(reading.blocks)
    blocks = merge_entries(blocks, canonical)
    for position, block in enumerate(blocks):
        _take(state, block, blocks, position)
    lists = _lists(state)
    numbered = _number(state, lists, reading.pages if reading else ())
    return Document(source, canonical, tuple(numbered), tuple(lists), reading.notes if reading else ())


def display_heading(heading: str) -> str:
    """A heading as a locator shows it: one line, capitals lowered to sentence case, no closing colon.

    >>> display_heading("II. REHABILITATION AND SOCIAL REINCORPORATION")
    'II. Rehabilitation and social reincorporation'
    """
    text = " ".join(heading.split()).rstrip(":")
    numeral, dot, rest = text.partition(". ")
    if not dot or not re.fullmatch(r"[IVXL]+", numeral):
        numeral, rest = "", text
    if rest.isupper():
        rest = with_states(rest[0] + rest[1:].lower())
        rest = _LABELLED.sub(lambda match: match.group().rpartition(" ")[0] + " " + match.group(1).upper(), rest)
    return f"{numeral}. {rest}" if numeral else rest


def _take(state: _State, block: Block, blocks: list[Block], position: int) -> None:
    """Turn one block into a passage and keep the outline."""
    text = state.canonical[block.start : block.end]
    after = blocks[position - 1].kind if position else ""
    if block.kind != "row" and after == "row" and state.outline and _CAPTION.match(state.outline[-1][1]):
        state.outline.pop()  # the table under the caption has ended
    if block.kind == "heading" and _CAPTION.match(text):
        rows = position + 1 < len(blocks) and blocks[position + 1].kind == "row"
        block = replace(block, kind="heading" if rows else "paragraph", level=state.outline[-1][0] + 1 if state.outline else 1)
    if block.kind in ("heading", "numeral", "title"):
        _open_heading(state, block, text, blocks, position)
    elif block.kind == "cell":
        if text:
            _push(state, _ROW_LEVEL, "", keep=False)
            _add(state, block, "table_head" if text.isupper() else "table_row")
            if not text.isupper():
                _push(state, _ROW_LEVEL, display_heading(text))
    elif block.kind == "link" and state.passages and blocks[position - 1].kind == "label":
        last = state.passages[-1]  # a labelled title and the link under it are one entry
        state.passages[-1] = replace(last, end=block.end, text=state.canonical[last.start : block.end])
    elif block.kind == "label":
        state.outline.clear()
        _add(state, block, "list_item")
    elif block.kind == "footnote":
        state.outline.clear()
        _add(state, block, "footnote")
    elif block.kind == "signature":
        state.outline.clear()
        _add(state, block, "signature")
    elif block.kind == "row":
        _add(state, replace(block, start=blocks[position - 1].start) if after == "title" else block, "table_row")
    elif block.kind == "item":
        _add(state, block, "standing_item" if _STANDING.fullmatch(text.strip(" .")) else "list_item")
    else:
        _add(state, block, "paragraph")


def _open_heading(state: _State, block: Block, text: str, blocks: list[Block], position: int) -> None:
    shown = text
    if block.kind == "numeral":
        shown = f"{block.marker} {text}"
        block = replace(block, start=state.canonical.rfind(block.marker, 0, block.start))
        plain = [level for level, name in state.outline if not re.match(r"[IVXL]+\. ", name) and level < _ROW_LEVEL]
        level = (plain[-1] + 1) if plain else 1
    elif block.level:
        level = min(block.level, _ROW_LEVEL - 1)
    else:
        follows_heading = position > 0 and blocks[position - 1].kind == "heading" and bool(state.outline)
        level = min(state.outline[-1][0] + 1, _ROW_LEVEL - 1) if follows_heading else 1
    _push(state, level, display_heading(shown), keep=False)
    if block.kind != "title":  # which is part of the row under it
        _add(state, block, "heading")
    _push(state, level, display_heading(shown))


def _push(state: _State, level: int, heading: str, keep: bool = True) -> None:
    while state.outline and state.outline[-1][0] >= level:
        state.outline.pop()
    if keep:
        state.outline.append((level, heading))


def _add(state: _State, block: Block, kind: PassageKind) -> None:
    text = state.canonical[block.start : block.end]
    path = tuple(name for _, name in state.outline)
    key = "\x1f".join((state.source.id, kind, *path, text))
    state.seen[key] = state.seen.get(key, 0) + 1
    digest = hashlib.sha256(f"{key}\x1f{state.seen[key]}".encode()).hexdigest()[:12]
    number = None
    if match := re.match(r"\(?(\d+)", block.marker):
        number = int(match.group(1))
    state.marks.append((block.level if kind == "list_item" else 0, block.marker if block.kind == "row" else ""))
    state.passages.append(
        Passage(
            id=f"{state.source.id}:{digest}",
            source_id=state.source.id,
            kind=kind,
            heading_path=path,
            locator="",
            language=state.source.language,
            start=block.start,
            end=block.end,
            text=text,
            unit="item" if kind == "list_item" else kind.replace("_", " "),
            number=number,
        )
    )


def _lists(state: _State) -> list[PassageList]:
    """Find the lists: runs of items, runs of labelled paragraphs, enumerations in paragraphs, table rows.

    Items nested under an item are a list of their own, and the outer list goes on after them.
    """
    lists: list[PassageList] = []
    runs: list[list[int]] = []  # the open runs, outermost first

    done: list[list[int]] = []
    open_ends: dict[tuple[object, ...], list[int]] = {}  # runs of numbered items by what the next item would be

    def close(depth: int = 0) -> None:
        while len(runs) > depth:
            run = runs.pop()
            if len(run) >= 2 or state.passages[run[0]].kind == "list_item":
                done.append(run)
                if state.passages[run[-1]].number is not None:
                    open_ends[_end(state, run[-1], 1)] = run

    for position, passage in enumerate(state.passages):
        nesting = state.marks[position][0]
        while len(runs) > 1 and nesting < state.marks[runs[-1][0]][0]:
            close(len(runs) - 1)
        nested = bool(runs) and nesting > state.marks[runs[-1][0]][0] > 0
        if runs and not nested and not _belongs(state.passages[runs[-1][-1]], passage):
            close()
        if passage.kind == "list_item" or (passage.kind == "paragraph" and (runs or _starts_run(state, position))):
            if nested or not runs:
                before = None if nested else open_ends.pop(_end(state, position, 0), None)  # a table stood between them
                if before:
                    done.remove(before)
                runs.append(before or [])
            runs[-1].append(position)
    close()
    lists += [_make_list(state, run) for run in done]
    rows: dict[tuple[tuple[str, ...], str], list[int]] = {}
    for position, passage in enumerate(state.passages):
        if passage.kind == "table_row":
            table = state.marks[position][1]  # the rows of one table may stand under several headings
            rows.setdefault((() if table else passage.heading_path, table), []).append(position)
    lists.extend(_make_list(state, members) for members in rows.values() if len(members) > 1)
    return lists


def _end(state: _State, position: int, step: int) -> tuple[object, ...]:
    """Where an item stands, with its number and *step* more: an item goes on with the run whose end has one less, in the same section."""
    return (item := state.passages[position]).kind, item.heading_path, state.marks[position][0], (item.number or -1) + step


def _belongs(previous: Passage, passage: Passage) -> bool:
    if passage.kind != previous.kind or passage.heading_path != previous.heading_path:
        return False
    if passage.kind == "list_item":
        return (label_of(previous.text) is None) == (label_of(passage.text) is None)
    labels = label_of(previous.text), label_of(passage.text)
    return bool(labels[0] and labels[1] and labels[0][0] == labels[1][0]) or bool(_FURTHER.match(passage.text))


def _starts_run(state: _State, position: int) -> bool:
    """A paragraph starts a list when the next one continues it as a labelled or an additive member."""
    if position + 1 >= len(state.passages):
        return False
    passage, following = state.passages[position], state.passages[position + 1]
    return following.kind == "paragraph" and following.heading_path == passage.heading_path and _belongs(passage, following)


def _make_list(state: _State, members: list[int]) -> PassageList:
    first = state.passages[members[0]]
    before = state.passages[members[0] - 1] if members[0] else None
    nested = (
        before is not None and before.kind == "list_item" == first.kind and 0 < state.marks[members[0] - 1][0] < state.marks[members[0]][0]
    )
    intro = before if before and (nested or (before.kind == "paragraph" and before.text.rstrip().endswith(":"))) else None
    label = label_of(first.text)
    above = zip(*(state.passages[index].heading_path for index in members), strict=False)  # rows may stand under several headings
    path = tuple(names[0] for names in takewhile(lambda names: len(set(names)) == 1, above))
    title = intro.text if intro else (path[-1] if path else (label[0] if label else ""))
    if first.kind == "table_row":
        table = state.marks[members[0]][1]
        dated = not table and re.search(r"\d{4}", first.text)
        unit = "date" if dated else "entry" if table.startswith("entries") else "row"
    elif label:
        unit = label[0]
    else:
        unit = _unit(state, intro.text if intro else " ".join(first.heading_path), members[0])
    key = "\x1f".join(("list", first.source_id, unit, *path, title))
    state.seen[key] = state.seen.get(key, 0) + 1  # a section may hold two lists that nothing tells apart
    digest = hashlib.sha256(f"{key}\x1f{state.seen[key]}".encode()).hexdigest()[:10]
    return PassageList(
        id=f"{first.source_id}:list:{digest}",
        source_id=first.source_id,
        title=title,
        locator=", ".join((state.source.short_title, *path[-1:])),
        unit=unit,
        heading_path=path,
        passage_ids=tuple(state.passages[index].id for index in members),
        intro_id=intro.id if intro else None,
    )


def _unit(state: _State, introduction: str, position: int) -> str:
    """The name of a list's items: from its introduction, its headings, or the section's opening paragraph."""
    path = state.passages[position].heading_path
    above = [path[:depth] for depth in range(len(path) - 1, 0, -1)]
    opening = (p.text for section in above for p in state.passages if p.heading_path == section and p.kind == "paragraph")
    for text in chain((introduction.rsplit(",", 1)[-1],), reversed(path), opening):
        for pattern, unit in _UNITS:
            if pattern.search(text):
                return unit
        if text in path and _DATED.search(text):
            return "activity"
    return "item"


def _first(found: PassageList, printed: dict[str, int | None]) -> int:
    """The number of a list's first item: the one printed where the document numbers all of them in a row, else 1."""
    numbers = [printed.get(identity) for identity in found.passage_ids]
    first = numbers[0]
    return first if first is not None and numbers == list(range(first, first + len(numbers))) else 1


def _number(state: _State, lists: list[PassageList], pages: tuple[Page, ...]) -> list[Passage]:
    """Give every passage its number, unit, list, page and locator."""
    printed = {passage.id: passage.number for passage in state.passages}
    place = {pid: (found, index) for found in lists for index, pid in enumerate(found.passage_ids, start=_first(found, printed))}
    short = state.source.short_title
    counters: dict[tuple[object, ...], int] = {}
    result = []
    starts = [page.start for page in pages]
    numbers: dict[str, str] = {}  # of list items, with those of the items that they are nested under: "2.1"
    paths = {passage.heading_path for passage in state.passages}
    heads = Counter(path[-1] for path in paths if path)
    for passage in state.passages:
        # A heading that comes back in other sections says where it is only together with the one above it.
        section = passage.heading_path[-2 if pages and passage.heading_path and heads[passage.heading_path[-1]] > 1 else -1 :]
        if pages:
            page = pages[max(bisect_right(starts, passage.start) - 1, 0)]
            passage = replace(passage, page=page.number, ocr=page.ocr)
            section = (f"p. {page.number}{' (OCR)' if page.ocr else ''}", *section)
        if passage.id in place:
            found, index = place[passage.id]
            label = label_of(passage.text)
            above = numbers.get(found.intro_id or "")
            numbers[passage.id] = f"{above}.{index}" if above else str(index)
            name = f"{label[0]} {label[1]}" if label else f"{found.unit} {numbers[passage.id]}"
            if found.unit == "date":
                name = " ".join(passage.text.split())
            passage = replace(passage, unit=found.unit, number=index, list_id=found.id)
            result.append(replace(passage, locator=", ".join((short, *section, name))))
            continue
        key = (passage.kind, passage.heading_path)
        counters[key] = counters.get(key, 0) + 1
        name = {"heading": f"heading “{display_heading(passage.text)}”", "signature": "signature"}.get(
            passage.kind, f"{passage.unit} {counters[key]}"
        )
        result.append(replace(passage, number=counters[key], locator=", ".join((short, *section, name))))
    return result
