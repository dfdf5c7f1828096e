"""Where something stands, in the reader's language: titles of documents, headings, locators. Citations keep the official locator."""

import re

from assistant.messages import ANNEX, annex_name, names_unit, title_in, unit_name
from ingest.blocks import label_of
from ingest.structure import display_heading
from ingest.types import Passage, PassageList, Source
from vectorstore.index import Index


def title_of(source: Source, language: str) -> str:
    """The short title of a document as a reader of *language* knows it."""
    return title_in(source.short_title, language)


class Places:
    """Names places in the documents of one index."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def heading(self, heading: str, language: str, source: str = "") -> str:
        """*heading* of the document *source* in a version or working translation in *language*, where there is one."""
        known = self._index.headings.get((source, heading)) or self._index.headings.get(("", heading), {})
        return display_heading(known[language]).strip() if language in known else heading

    def of_list(self, found: PassageList, language: str) -> str:
        """The document and the heading of a list; a heading may begin with the title of its document."""
        source, heading = self._index.sources[found.source_id], found.heading_path[-1] if found.heading_path else ""
        shown = self.heading(heading, language)
        return (
            shown
            if re.match(rf"{re.escape(source.short_title)}(?!\w)", heading)
            else ", ".join(part for part in (title_of(source, language), shown) if part)
        )

    def of_section(self, passage: Passage, language: str) -> str:
        """The document and the heading that *passage* stands under."""
        heading = passage.heading_path[-1] if passage.heading_path else ""
        source = self._index.sources[passage.source_id]
        return ", ".join(part for part in (title_of(source, language), self.heading(heading, language, source.id)) if part)

    def locator(self, passage: Passage, language: str) -> str:
        """The official locator of *passage*, each of its parts as it is called in *language*."""
        source = self._index.sources[passage.source_id]
        if language == "en" or not passage.locator.startswith(source.short_title):
            return passage.locator
        rest = passage.locator.removeprefix(source.short_title).removeprefix(", ")
        parts = [title_of(source, language)]
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
        if label and label[0] in ANNEX and " ".join(label) == name:
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
