"""The hybrid search as a LangChain retriever, for other people's chains."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from vectorstore.index import Index


class HybridRetriever(BaseRetriever):
    """Gives the *k* best passages as LangChain documents; their metadata says where each stands.

    ``language`` is that of the questions (en, es, pt, fr).
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    k: int = 10
    language: str = "en"

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [
            Document(
                id=hit.passage.id,
                page_content=hit.passage.text,
                metadata={
                    "passage_id": hit.passage.id,
                    "source_id": hit.passage.source_id,
                    "locator": hit.passage.locator,
                    "page": hit.passage.page,
                    "start": hit.passage.start,
                    "end": hit.passage.end,
                    "relevance": hit.relevance,
                    "scores": hit.scores,
                },
            )
            for hit in self.index.search(query, self.k, language=self.language)
        ]
