"""The fonts of a PDF file: which letters a shown string stands for and how wide they are."""

import re
import unicodedata
from typing import Any

from pypdf.generic import DictionaryObject
from pypdf.generic._font import Font  # pypdf offers no public way to a font's widths and character map

_LIGATURE = re.compile("[\ufb00-\ufb06]")


def clean(text: str) -> str:
    """*text* without control, zero-width and bidirectional characters, ligatures as letters, every blank as a space."""
    text = _LIGATURE.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    return "".join(" " if ch.isspace() else ch for ch in text if ch.isspace() or unicodedata.category(ch) not in ("Cc", "Cs", "Cn"))


class Face:
    """A font as the walk needs it: from a shown string to (text, advance in thousandths, is a space) for each glyph."""

    def __init__(self, resource: DictionaryObject) -> None:
        self.font = Font.from_font_resource(resource)
        name = self.font.name.lower()
        weight = str(self.font.font_descriptor.weight)
        self.bold = any(word in name for word in ("bold", "black", "heavy", "semibold", "demi")) or weight in ("700", "800", "900")
        self.bold = self.bold or bool(re.search(r"(?:cmbx|sfbx|-bd\b|,bd)", name))
        self.symbol = "symbol" in name or "dingbat" in name
        self.unit = 0.001
        self.tall = 1.0
        if self.font.sub_type == "Type3":
            matrix = [float(value) for value in resource.get("/FontMatrix", [0.001, 0, 0, 0.001, 0, 0])]
            box = self.font.font_descriptor.bbox
            self.unit = abs(matrix[0]) or 0.001
            self.tall = abs(matrix[3]) * (box[3] - box[1]) if box[3] > box[1] else 1.0
        wide = isinstance(self.font.encoding, str)
        # Codes of a composite font are glyph numbers; without a map to Unicode they say nothing about letters.
        coded = str(resource.get("/Encoding", ""))
        self.blind = not self.font.interpretable or (wide and not self.font.character_map and "Uni" not in coded and "UCS2" not in coded)
        self.windows = "WinAnsi" in coded
        self.glyphs: dict[Any, tuple[str, float, bool]] = {}

    def show(self, raw: bytes) -> list[tuple[str, float, bool]]:
        """The glyphs of a shown string."""
        encoding = self.font.encoding
        codes = raw if isinstance(encoding, dict) else raw.decode(encoding, "surrogatepass" if encoding == "utf-16-be" else "replace")
        return [self.glyphs.get(code) or self._glyph(code) for code in codes]

    def _glyph(self, code: int | str) -> tuple[str, float, bool]:
        font = self.font
        key = chr(code) if isinstance(code, int) else code
        letter = font.encoding.get(code, key) if isinstance(code, int) and isinstance(font.encoding, dict) else key
        text = str(font.character_map.get(letter, font.character_map.get(key, letter)))
        width = font.space_width if key == font.space_char else font.character_widths.get(key, font.character_widths["default"])
        if len(text) > 1 and text.startswith("/"):
            text = "\ufffd"  # a glyph name that no list knows
        elif isinstance(code, int) and unicodedata.category(text[:1] or "x") == "Cc" and code > 32:
            text = "•" if self.windows else "\ufffd"  # ISO 32000-2, D.2: unused codes of this encoding are bullets
        elif unicodedata.category(text[:1] or "x") == "Cc" and text not in "\t\n\r\x00\x0b\x0c\xad":
            text = "\ufffd"
        glyph = (clean(text), float(width) * self.unit, code == 32)
        self.glyphs[code] = glyph
        return glyph
