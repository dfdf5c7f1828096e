"""Where something stands, in the reader's language: titles of documents, headings, locators. Citations keep the official locator."""

import re

from assistant.messages import annex_name, names_unit, title_name, unit_name
from ingest.blocks import label_of
from ingest.editorial import LANGUAGES
from ingest.structure import display_heading
from ingest.types import Passage, PassageList, Source
from vectorstore.index import Index

_ANNEX = ("Annex", "Annexe", "Anexo")


class Places:
    """Names places in the documents of one index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._headings: dict[tuple[str, str], dict[str, str]] = {}  # by document and heading, and by "" and heading
        for passage in (one for one in index.passages if one.kind in ("heading", "table_row")):  # a row heads what its other cells say
            official = {code: index.by_id[ids[0]].text for code in LANGUAGES if (ids := index.counterpart(passage.id, code))}
            found = {**index.translations.get(passage.id, {}), **official}
            for source in (passage.source_id, "") if found else ():
                known = self._headings.setdefault((source, display_heading(passage.text)), {})
                known |= {code: text for code, text in found.items() if code not in known}

    def title(self, source: Source, language: str) -> str:
        """The short title of a document: that of the corpus's own by the catalogue, an annex by its numeral, another as it is."""
        label = label_of(source.short_title)
        rest = source.short_title[len(" ".join(label)) :] if label else ""
        if label and label[0] in _ANNEX and (not rest or rest.startswith(" (")) and language != "en":
            return annex_name(label[1], language) + rest
        return source.short_title if language == "en" else title_name(source.short_title, language)

    def heading(self, heading: str, language: str, source: str = "") -> str:
        """*heading* of the document *source* in a version or working translation in *language*, where there is one."""
        known = self._headings.get((source, heading)) or self._headings.get(("", heading), {})
        return display_heading(known[language]).strip() if language in known else heading

    def of_list(self, found: PassageList, language: str) -> str:
        """The document and the heading of a list; a heading may begin with the title of its document."""
        source, heading = self._index.sources[found.source_id], found.heading_path[-1] if found.heading_path else ""
        shown = self.heading(heading, language)
        return (
            shown if heading.startswith(source.short_title) else ", ".join(part for part in (self.title(source, language), shown) if part)
        )

    def of_section(self, passage: Passage, language: str) -> str:
        """The document and the heading that *passage* stands under."""
        heading = passage.heading_path[-1] if passage.heading_path else ""
        source = self._index.sources[passage.source_id]
        return ", ".join(part for part in (self.title(source, language), self.heading(heading, language, source.id)) if part)

    def locator(self, passage: Passage, language: str) -> str:
        """The official locator of *passage*, each of its parts as it is called in *language*."""
        source = self._index.sources[passage.source_id]
        if language == "en" or not passage.locator.startswith(source.short_title):
            return passage.locator
        rest = passage.locator.removeprefix(source.short_title).removeprefix(", ")
        parts = [self.title(source, language)]
        if passage.page and (page := re.match(r"p\. \d+(?: \(OCR\))?", rest)):
            parts.append(page.group())
            rest = rest[page.end() :].removeprefix(", ")
        for section in (passage.heading_path[-2:], passage.heading_path[-1:]):
            joined = ", ".join(section)
            if section and f"{rest}, ".startswith(f"{joined}, "):
                parts += [self.heading(heading, language, source.id) for heading in section]
                rest = rest[len(joined) :].removeprefix(", ")
                break
        return ", ".join(part for part in (*parts, self._name(rest, language, source.id)) if part)

    def _name(self, name: str, language: str, source: str) -> str:
        """The last part of a locator, such as "action 9", "Annex I", "heading “Mandate”" or a date."""
        label = label_of(name)
        if label and label[0] in _ANNEX and " ".join(label) == name:
            return annex_name(label[1], language)
        unit, _, number = name.rpartition(" ")
        if names_unit(unit) and re.fullmatch(r"[\d.]+", number):
            return f"{unit_name(unit, 1, language)} {number}"
        if name == "signature":
            return unit_name(name, 1, language)
        if heading := re.fullmatch(r"heading “(.+)”", name, re.DOTALL):
            opening, closing = ("«\u00a0", "\u00a0»") if language == "fr" else ("“", "”")
            return f"{unit_name('heading', 1, language)} {opening}{self.heading(heading.group(1), language, source)}{closing}"
        return self.heading(name, language, source)
