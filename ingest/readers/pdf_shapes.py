"""What stands on a PDF page: words and ruled lines with their places."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Word:
    """Characters without a space between them; points, from the page's upper left corner, ``y`` is the base line."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool = False
    spaced: bool = False  # a space character stands before it


@dataclass(slots=True)
class Rule:
    """A straight line, upright or level; ``x0 <= x1`` and ``y0 <= y1``."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(slots=True)
class Content:
    """What is drawn on one page, turned so that most of its text stands upright."""

    width: float
    height: float
    words: list[Word] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    pictures: float = 0.0  # share of the page that images cover
    shapes: int = 0  # painted paths that are not ruled lines
    unmapped: int = 0  # characters whose font does not say which letters they are
    mapped: int = 0
    cut: bool = False  # a limit was reached: the rest of the page was not read
    work: int = 0  # operators walked

    @property
    def has_text(self) -> bool:
        """Whether the page has a text layer that can be used."""
        return self.mapped > 0 and self.unmapped * 3 <= self.mapped and not (self.mapped < 20 and self.pictures > 0.5)

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to see that could hold text."""
        return not self.mapped and not self.unmapped and self.pictures < 0.05 and self.shapes < 200
