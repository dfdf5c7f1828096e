"""Other systems behind the assistant's interface, so that the same cases and metrics measure them side by side."""

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from assistant.types import Answer, Citation, Turn
from evals.metrics import Span
from vectorstore.embeddings import VectorEmbeddings
from vectorstore.index import Index

TOP = 4


class Retriever:
    """A system that "answers" with what it retrieved: every hit counts as a citation, and it never abstains."""

    def __init__(self, name: str, search: Callable[[str], Iterable[tuple[Span, float]]], canonical: Mapping[str, str]) -> None:
        self.name = name
        self._search = search
        self._canonical = canonical

    def answer(self, question: str, history: Sequence[Turn] = (), *, language: str | None = None) -> Answer:
        """The hits for the bare question; like the recipes it stands for, it does not read the history."""
        found = list(self._search(question))
        citations = tuple(
            Citation(number, "", source, "", "", None, self._canonical[source][start:end], start, end, None)
            for number, ((source, start, end), _) in enumerate(found, start=1)
        )
        text = "\n\n".join(citation.quote for citation in citations)
        confidence = min(1.0, max(0.0, found[0][1])) if found else 0.0
        return Answer(None, question, language or "en", "answered", text, citations=citations, confidence=confidence, writer=self.name)


def bm25(index: Index) -> Retriever:
    """BM25 alone over the product's passages, as they are in the documents (English)."""

    def search(question: str) -> list[tuple[Span, float]]:
        scores = index.lexical_scores(question, "en")
        best = [row for row in np.argsort(-scores, kind="stable")[:TOP] if scores[row] > 0]
        return [((p.source_id, p.start, p.end), float(scores[row])) for row in best if (p := index.passages[row])]

    return Retriever("BM25 alone", search, index.canonical)


def langchain_recipe(canonical: Mapping[str, str], embeddings: VectorEmbeddings) -> Retriever:
    """The standard LangChain recipe: recursive splitter 1000/200, MiniLM, Chroma (its defaults), top 4."""
    import chromadb
    from chromadb.config import Settings as ChromaSettings
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
    chunks = splitter.split_documents([Document(text, metadata={"source": source}) for source, text in canonical.items()])
    client = chromadb.EphemeralClient(settings=ChromaSettings(anonymized_telemetry=False))
    store = Chroma.from_documents(chunks, embeddings, collection_name="langchain-recipe", client=client)

    def search(question: str) -> list[tuple[Span, float]]:
        found = []
        for chunk, distance in store.similarity_search_with_score(question, k=TOP):
            start = int(chunk.metadata["start_index"])
            found.append(((str(chunk.metadata["source"]), start, start + len(chunk.page_content)), 1 - distance / 2))
        return found

    return Retriever("LangChain recipe", search, canonical)


def llamaindex_default(canonical: Mapping[str, str], embeddings: VectorEmbeddings) -> Retriever | None:
    """LlamaIndex's default retrieval with the same embedding; ``None`` when ``llama-index-core`` is not installed."""
    if importlib.util.find_spec("llama_index") is None:
        return None
    core: Any = importlib.import_module("llama_index.core")
    base: Any = importlib.import_module("llama_index.core.base.embeddings.base")

    class Same(base.BaseEmbedding):  # type: ignore[misc]
        def _get_query_embedding(self, query: str) -> list[float]:
            return embeddings.embed_query(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return embeddings.embed_documents([text])[0]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return embeddings.embed_query(query)

    documents = [core.Document(text=text, metadata={"source": source}) for source, text in canonical.items()]
    retriever = core.VectorStoreIndex.from_documents(documents, embed_model=Same()).as_retriever()

    def search(question: str) -> list[tuple[Span, float]]:
        return [
            ((str(hit.node.metadata["source"]), hit.node.start_char_idx, hit.node.end_char_idx), float(hit.score or 0.0))
            for hit in retriever.retrieve(question)
        ]

    return Retriever("LlamaIndex default", search, canonical)
