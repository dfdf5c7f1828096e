"""Entries of directories and items of lists, by their names, by the values of their fields, and by what the reader says of them."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from assistant.asked import asked_values
from assistant.facts import Facts
from assistant.subjects import Subjects, words_of
from ingest.entries import fields
from ingest.labels import has_name
from ingest.types import Passage
from vectorstore.index import Index, Vectors

_POOL = 48  # items that are read
_BETTER = 1.0  # by so much more must a description be taken for an answer than the entry that it describes
_READS, _SPREAD = 0.5, 1.7  # what the best of them must reach, and how far below it the others may be


class Directory:
    """The *passages* of an index whose rows in it are *rows*, by what *subjects* and *facts* know of them."""

    def __init__(self, index: Index, subjects: Subjects, facts: Facts, passages: Sequence[Passage], rows: npt.NDArray[np.int64]) -> None:
        self._index, self._subjects, self._facts, self._passages, self._rows = index, subjects, facts, passages, rows
        self._place = {passage.id: row for row, passage in enumerate(passages)}

    def bodies(self, rows: Sequence[int]) -> list[int]:
        """Those of *rows* that are entries of directories, which have names; all rows of tables where none is."""
        table = [row for row in rows if self._passages[row].kind == "table_row"]
        return [row for row in table if row in self._with_name] or table

    @cached_property
    def _with_name(self) -> frozenset[int]:
        return frozenset(row for row, passage in enumerate(self._passages) if has_name(fields(passage.text)))

    def named(self, text: str) -> list[int]:
        """The rows of the entries that *text* names by their whole names."""
        said = set(words_of(text))
        return [row for row, name in self._entries.items() if name <= said]

    def of_values(self, question: str, rows: list[int]) -> list[int]:
        """The entries of directories that have the values of fields that *question* names."""
        for value in asked_values(question):
            rows = [row for row in rows if value & self._subjects.words[row]] or rows
        return rows

    @cached_property
    def _entries(self) -> dict[int, frozenset[str]]:
        """The words of the name of each entry of a directory that has more than one, by its row."""
        entries = ((row, fields(passage.text)) for row, passage in enumerate(self._passages))
        names = {row: frozenset(word for word in words_of(entry[0][1]) if len(word) > 2) for row, entry in entries if entry}
        return {row: name for row, name in names.items() if len(name) > 1}

    def entry_in(self, text: str) -> str:
        """The name of the one entry of a directory that *text* names, or ""."""
        rows = self.named(text)
        return fields(self._passages[rows[0]].text)[0][1] if len(rows) == 1 else ""

    def read_out(self, question: str, language: str, fitting: Sequence[int], vector: Vectors, bodies: bool) -> list[int]:
        """The items of *fitting*, entries of directories for a question for *bodies*, that the reader takes for answers, in order.

        *vector* is that of the *question*. Of more than 48 items those that the hybrid search puts first are read.
        """
        kinds = ("list_item", "table_row")
        pool = self.of_values(question, self.bodies(fitting) if bodies else [row for row in fitting if self._passages[row].kind in kinds])
        if len(pool) > _POOL:
            hits = self._index.search(question, _POOL, language=language, vector=vector, among=self._rows[pool])
            pool = [self._place[hit.passage.id] for hit in hits]
        told = {row: (row, *self._subjects.described.get(row, ())) for row in pool}
        every = [one for rows in told.values() for one in rows]
        scores = dict(zip(every, self._facts.read(question, [self._passages[row] for row in every]).tolist(), strict=True))
        best = {row: max(scores[one] for one in rows) for row, rows in told.items()}
        most = max(best.values(), default=0.0)
        chosen = [row for row in pool if most >= _READS and best[row] >= max(most - _SPREAD, 0.0)]
        lead = self._passages[max(chosen, key=lambda row: best[row])].kind if chosen else ""
        # Of an entry and what describes it also what says better than the entry itself what is asked.
        shown = (one for row in chosen for one in told[row] if one == row or (scores[one] == best[row] > scores[row] + _BETTER))
        return sorted(row for row in shown if lead == "table_row" or self._passages[row].kind == lead)
