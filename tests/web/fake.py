"""A stand-in for the assistant on the real index: answers by simple rules, for the parts that need no retrieval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.types import Agency, Answer, Citation, Coverage, Statement, Turn
from ingest.errors import UserError
from ingest.settings import Settings
from ingest.types import Passage
from vectorstore.embeddings import load_embeddings
from vectorstore.index import Index
from vectorstore.store import Store, StoreConfig


class FakeAssistant:
    def __init__(self, index: Index) -> None:
        self.index = index

    @classmethod
    def open(cls, settings: Settings) -> FakeAssistant:
        embeddings = load_embeddings(settings.embeddings, settings.data_dir / "models")
        return cls(Index.open(Store(StoreConfig(settings.data_dir, settings.chroma_url)), embeddings))

    def _citation(self, passage: Passage, number: int) -> Citation:
        source = self.index.sources[passage.source_id]
        mark = (0, passage.text.find(" ")) if " " in passage.text else None
        return Citation(
            number, passage.id, source.id, source.title, passage.locator, None, passage.text, passage.start, passage.end, source.url, mark
        )

    def stream(self, question: str, history: Sequence[Turn] = (), *, language: str | None = None) -> Iterator[str | Answer]:
        if not question.strip():
            raise UserError("Please type a question.")
        if len(question) > 10_000:
            raise UserError("The question is longer than 10,000 characters.")
        if "boom" in question:
            raise RuntimeError("boom")
        language = language or ("es" if "¿" in question else "fr" if "quence" in question else "pt" if "juízes" in question else "en")
        if "budget" in question:
            near = tuple(self._citation(p, n) for n, p in enumerate(self.index.passages[5:8], 1))
            text = "The documents in this index do not state a budget."
            yield text
            yield Answer(None, question, language, "not_in_corpus", text, nearest=near, confidence=0.8)
            return
        wanted = "II. Rehab" if "rehab" in question else "I. Prev"
        found = next(entry for entry in self.index.lists.values() if entry.title.startswith(wanted))
        citations = tuple(self._citation(self.index.by_id[pid], n) for n, pid in enumerate(found.passage_ids, 1))
        lead = f"The strategy lists {len(citations)} actions under *{found.title}*:\n\n"
        yield lead
        items = [f"{c.number}. {self.index.text(c.passage_id, language)} [{c.number}]\n" for c in citations]
        yield from items
        yield Answer(
            None,
            question,
            language,
            "answered",
            lead + "".join(items),
            tuple(Statement(c.quote, (c.number,)) for c in citations),
            citations,
            Coverage(found.title, len(citations), len(citations)),
            (Agency("Department of Public Security", (1,)),),
            0.97,
        )
