"""What the HTML reader asks of a page's parts: encoding, what is seen, flat text, the cells of tables."""

import codecs
import re

from selectolax.lexbor import LexborNode

from ingest.readers.compose import MAX_COLUMNS, Cell
from ingest.readers.hygiene import clean, raised

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
# Python knows codecs that are no character encodings and some that take their time; these are the ones that pages use.
_KNOWN = re.compile(
    r"utf-?8|iso-?8859-\d+|windows-12\d\d|cp12\d\d|macintosh|koi8-[ru]|shift_jis|euc-(?:jp|kr)|gbk|gb2312|gb18030|big5", re.IGNORECASE
)
_UNSEEN = re.compile(
    "script|style|template|noscript|head|title|nav|header|footer|aside|dialog|svg|canvas|iframe|object|embed|video|audio|map|button|select|"
    "textarea|input|datalist|noframes|rp|rt"
)
_ROLES = {"navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alertdialog", "menu", "menubar", "doc-toc"}
_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:font-size|opacity)\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE)
_NOTE_ROLES = {"doc-footnote", "doc-endnote", "doc-endnotes"}
_NOTE_CLASSES = {"footnote", "footnotes", "endnotes", "msofootnotetext", "msoendnotetext"}
_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§]{1,3}|[ivx]{1,5})[\])]?")
_HEADED = "h1, h2, h3, h4, h5, h6, table"
_INLINE = re.compile(
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark|q|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr"
)


def decode(raw: bytes) -> tuple[str, list[str]]:
    """The text of a page by its byte order mark, else by what it declares, else UTF-8, else Windows-1252; and notes on that."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _decoded(raw[len(mark) :], encoding)
    if raw[:2] in (b"<\x00", b"\x00<"):  # the mark is missing
        return _decoded(raw, "utf-16-le" if raw[:1] == b"<" else "utf-16-be")
    declared = _DECLARED.search(raw[:4096])
    name = declared.group(1).decode("ascii", "replace") if declared else ""
    if _KNOWN.fullmatch(name) and not name.lower().startswith("utf"):
        return _decoded(raw, "windows-1252" if re.fullmatch("iso-?8859-1", name, re.I) else name)  # as the standard has browsers do
    text, notes = _decoded(raw, "utf-8")
    if text.count("\ufffd") > 3 + len(text) // 1000:  # a page cut short or with a stray byte is UTF-8 all the same
        return _decoded(raw, "windows-1252")
    return text, notes


def _decoded(raw: bytes, encoding: str) -> tuple[str, list[str]]:
    text = raw.decode(encoding, "replace")
    lost = text.count("\ufffd")
    return text, [f"{lost} characters could not be read as {encoding} and stand as \ufffd."] if lost else []


def attribute(node: LexborNode, name: str) -> str:
    """The value of an attribute; empty where there is none or it has none."""
    return (node.attributes.get(name) or "").strip()


def is_note(node: LexborNode) -> bool:
    """Whether an element holds footnotes, as publishing roles and the usual classes have it."""
    if _INLINE.fullmatch(node.tag or ""):
        return False
    kinds = {*attribute(node, "role").lower().split(), *attribute(node, "epub:type").lower().replace("foot", "doc-foot").split()}
    return bool(kinds & _NOTE_ROLES) or bool(_NOTE_CLASSES & set(attribute(node, "class").lower().split()))


def is_seen(node: LexborNode, in_note: bool = False) -> bool:
    """Whether an element is part of the text: not hidden, not the furniture of a site, not the mark that refers to a note."""
    tag = node.tag or ""
    if tag.startswith(("-", "_", "!")):  # comments, declarations
        return tag == "-text"
    attributes = node.attributes
    if "hidden" in attributes or attribute(node, "aria-hidden").lower() == "true" or _STYLE.search(attribute(node, "style")):
        return False
    if tag == "a" and attribute(node, "href").startswith("#"):
        text = node.text(strip=True)[:8]
        return not (re.fullmatch(r"[↩↑⤴^]\W?", text) if in_note else _MARK.fullmatch(text))
    if is_note(node):
        return True
    inner = tag == "header" and node.parent is not None and node.parent.tag in ("article", "main", "section")  # it has their title
    return inner or not (_UNSEEN.fullmatch(tag) or attribute(node, "role").lower() in _ROLES)


def piece(node: LexborNode, in_pre: bool) -> str:
    """The text of a text node; line breaks in it say something inside ``pre`` only."""
    text = node.text_content or ""
    if node.parent is not None and node.parent.tag == "sup":
        return raised(text)
    return text if in_pre else re.sub(r"\s+", " ", text)


def flat_text(root: LexborNode) -> str:
    """All text under *root* on one line."""
    parts: list[str] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node.tag == "-text":
            parts.append(piece(node, False))
        elif is_seen(node):
            parts.append("" if _INLINE.fullmatch(node.tag or "") else " ")
            child = node.last_child
            while child is not None:
                stack.append(child)
                child = child.prev
    return clean("".join(parts))


def is_layout(table: LexborNode) -> bool:
    """Whether a table only arranges what stands in it: it names no columns and holds headings or further tables."""
    if attribute(table, "role").lower() in ("presentation", "none"):
        return True
    if any(node.tag == "caption" or any(cell.tag == "th" for cell in _children(node)) for node in _lines(table)):
        return False
    return any(found != table for found in table.css(_HEADED))


def table_rows(table: LexborNode) -> tuple[str, list[list[Cell]], int]:
    """A table's caption, its rows, and how many rows at the top name the columns."""
    caption, heads = "", 0
    rows: list[list[Cell]] = []
    taken: dict[int, int] = {}  # of the columns that cells above reach down into: for how many rows more
    for node in _lines(table):
        if node.tag == "caption":
            caption = flat_text(node)
            continue
        row, named = _row(node, taken)
        if heads == len(rows) and (named or (node.parent is not None and node.parent.tag == "thead")):
            heads += 1
        rows.append(row)
    return caption, rows, heads


def _lines(table: LexborNode) -> list[LexborNode]:
    """The caption and the rows of a table, not those of tables in it."""
    lines = []
    for node in _children(table):
        if node.tag in ("caption", "thead", "tbody", "tfoot") and is_seen(node):
            lines += [node] if node.tag == "caption" else [row for row in _children(node) if row.tag == "tr" and is_seen(row)]
    return lines


def _row(tr: LexborNode, taken: dict[int, int]) -> tuple[list[Cell], bool]:
    row: list[Cell] = []
    column, named = 0, True
    reach = dict(taken)
    for column_taken in list(taken):
        taken[column_taken] -= 1
        if not taken[column_taken]:
            del taken[column_taken]
    for node in _children(tr):
        if node.tag not in ("td", "th") or not is_seen(node):
            continue
        while column in reach:
            column += 1
        if column >= MAX_COLUMNS:
            break
        across, down = _span(node, "colspan"), _span(node, "rowspan")
        if down > 1:
            taken |= dict.fromkeys(range(column, min(column + across, MAX_COLUMNS)), down - 1)
        row.append((column, across, flat_text(node)))
        named = named and node.tag == "th"
        column += across
    return row, named and bool(row)


def _span(node: LexborNode, name: str) -> int:
    text = attribute(node, name)
    return max(int(text), 1) if re.fullmatch(r"[0-9]{1,4}", text) else 1


def _children(node: LexborNode) -> list[LexborNode]:
    children = []
    child = node.child
    while child is not None:
        children.append(child)
        child = child.next
    return children
