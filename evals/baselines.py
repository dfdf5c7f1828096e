"""Other systems behind the assistant's interface, so that the same cases and metrics measure them side by side."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from assistant.language import LanguageDetector
from assistant.types import Answer, Citation, Turn
from ingest.errors import UserError
from ingest.types import Passage
from vectorstore.build import embedded_text
from vectorstore.embeddings import VectorEmbeddings
from vectorstore.index import Index, Vectors

TOP = 4


class Found(NamedTuple):
    """A piece of text that a system retrieved, as the system gives it, and where it says that it stands."""

    source: str
    start: int
    text: str
    score: float


class Retriever:
    """A system that "answers" with what it retrieved: every hit counts as a citation, and it abstains only when it has none.

    Quotations are the texts that the library returns, not cut anew at its offsets, so that their exactness is measured.
    """

    def __init__(self, name: str, search: Callable[[str], Iterable[Found]]) -> None:
        self.name = name
        self._search = search

    def answer(self, question: str, history: Sequence[Turn] = (), *, language: str | None = None) -> Answer:
        """The hits for the bare question; like the recipes it stands for, it does not read the history."""
        found = list(self._search(question))
        citations = tuple(
            Citation(number, "", hit.source, "", "", None, hit.text, hit.start, hit.start + len(hit.text), None)
            for number, hit in enumerate(found, start=1)
        )
        return Answer(
            None,
            question,
            language or "en",
            "answered" if found else "not_in_corpus",
            "\n\n".join(hit.text for hit in found),
            citations=citations,
            confidence=min(1.0, max(0.0, found[0].score)) if found else 0.0,
            writer=self.name,
        )


def _found(passage: Passage, score: float) -> Found:
    return Found(passage.source_id, passage.start, passage.text, score)


def _best(index: Index, scores: Vectors) -> list[Found]:
    rows = np.argsort(-scores, kind="stable")[:TOP]
    return [_found(index.passages[row], float(scores[row])) for row in rows if scores[row] > 0]


def bm25(index: Index) -> Retriever:
    """BM25 alone over the product's passages, as they are in the documents (English), top 4."""
    return Retriever("BM25 alone", lambda question: _best(index, index.lexical_scores(question, "en")))


def dense(index: Index, embeddings: VectorEmbeddings) -> Retriever:
    """One embedding model alone over the product's passages under their headings, exact cosine, top 4."""
    vectors = embeddings.encode([embedded_text(passage) for passage in index.passages], query=False)
    return Retriever("MiniLM alone", lambda question: _best(index, vectors @ embeddings.encode([question], query=True)[0]))


def hybrid(index: Index) -> Retriever:
    """The product's own search, top 4: the assistant without anything that reads the question or decides to be silent."""
    detector = LanguageDetector(index)

    def search(question: str) -> list[Found]:
        hits = index.search(question, TOP, language=detector.detect(question))
        return [_found(hit.passage, hit.relevance) for hit in hits]

    return Retriever("Hybrid search alone", search)


@contextmanager
def _evaluation_group() -> Iterator[None]:
    """Say how to install what is missing.

    Raises:
        UserError: a library of the group ``evals`` is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise UserError(
            f'{error.name or error} is not installed. Run: .venv/bin/pip install -c constraints.txt -e ".[evals]" (or: make setup)'
        ) from None


def langchain_recipe(canonical: Mapping[str, str], embeddings: VectorEmbeddings) -> Retriever:
    """The standard LangChain recipe: recursive splitter 1000/200, MiniLM, Chroma (its defaults), top 4.

    Raises:
        UserError: its libraries are not installed.
    """
    with _evaluation_group():
        import chromadb
        from chromadb.config import Settings as ChromaSettings
        from langchain_chroma import Chroma
        from langchain_core.documents import Document
        from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
    chunks = splitter.split_documents([Document(text, metadata={"source": source}) for source, text in canonical.items()])
    client = chromadb.EphemeralClient(settings=ChromaSettings(anonymized_telemetry=False))
    name = f"recipe-{uuid.uuid4().hex}"  # all ephemeral clients of a process share one store
    store = Chroma.from_documents(chunks, embeddings, collection_name=name, client=client)

    def search(question: str) -> list[Found]:
        return [
            Found(str(chunk.metadata["source"]), int(chunk.metadata["start_index"]), chunk.page_content, 1 - distance / 2)
            for chunk, distance in store.similarity_search_with_score(question, k=TOP)
        ]

    return Retriever("LangChain recipe", search)


def llamaindex_default(canonical: Mapping[str, str], embeddings: VectorEmbeddings) -> Retriever:
    """LlamaIndex as it comes: ``VectorStoreIndex.from_documents(documents).as_retriever()``, only the embedding is ours.

    So its ``SentenceSplitter`` cuts chunks of 1024 tokens with 200 of overlap, counted by the tokenizer of gpt-3.5-turbo (tiktoken)
    and cut at sentences (NLTK's punkt); the package brings the data of both, so nothing is downloaded. The vectors are in memory,
    the two nearest chunks by cosine are returned. MiniLM reads the first 256 tokens of a chunk, as it does under LlamaIndex, too.

    Raises:
        UserError: ``llama-index-core`` is not installed.
    """
    with _evaluation_group():  # as values of type Any: following its types would take mypy a minute more
        core: Any = import_module("llama_index.core")
        base: Any = import_module("llama_index.core.base.embeddings.base")

    class Same(base.BaseEmbedding):  # type: ignore[misc]
        def _get_query_embedding(self, query: str) -> list[float]:
            return embeddings.embed_query(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return embeddings.embed_documents([text])[0]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return embeddings.embed_query(query)

    # The name of the source is the document's id: as metadata it would be embedded with every chunk.
    documents = [core.Document(text=text, id_=source) for source, text in canonical.items()]
    retriever = core.VectorStoreIndex.from_documents(documents, embed_model=Same()).as_retriever()

    def search(question: str) -> list[Found]:
        return [
            Found(hit.node.ref_doc_id, hit.node.start_char_idx, hit.node.text, float(hit.score or 0.0))
            for hit in retriever.retrieve(question)
        ]

    return Retriever("LlamaIndex default", search)
