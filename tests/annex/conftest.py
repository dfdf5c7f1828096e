"""The shipped corpus with fictitious annexes beside it, in an index of its own; nothing in these annexes is true."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import documents as fictitious
import pytest
from pypdf import PdfReader

from assistant.core import Assistant
from assistant.types import Citation
from evals.runner import Texts
from ingest.documents import read_document
from ingest.editorial import load_editorial
from ingest.manifest import load_manifest
from ingest.settings import Settings
from ingest.types import Source
from vectorstore.build import build_index, make_records
from vectorstore.embeddings import VectorEmbeddings
from vectorstore.probe import load_probe, questions_digest
from vectorstore.store import Store, StoreConfig

ROOT = Path(__file__).resolve().parents[2]
_MAKERS: dict[str, Callable[[Path], object]] = {
    "annex-i": fictitious.directory_table,
    "annex-i-b": fictitious.directory_blocks,
    "annex-ii": fictitious.contributions,
    "annex-ii-es": fictitious.spanish,
    "annex-iv": fictitious.study,
}
_EXTRA = (
    Source("annex-i-b", "Annex I: Directory of Agencies and Initiatives, second part", "Annex I (second part)", "annex", "en"),
    Source("annex-ii-es", "Anexo II. Contribución de la República Dominicana", "Annex II (Dominican Republic)", "annex", "es"),
)
_LEAST = 25  # letters that must stand on a page for a text to begin there


def _letters(text: str) -> str:
    return "".join(ch for ch in text.casefold() if ch.isalnum())


@dataclass(frozen=True)
class Annexes:
    """An assistant over the corpus with annexes, what its citations are checked against, and the letters of each PDF page."""

    assistant: Assistant
    texts: Texts
    pages: dict[str, list[str]]

    def begins(self, source: str, text: str) -> set[int]:
        """The pages of the PDF, counted from 1, on which *text* begins."""
        start = _letters(text)[:_LEAST]
        return {number for number, page in enumerate(self.pages[source], start=1) if start in page}

    def page_is_right(self, citation: Citation) -> bool:
        """Whether the citation and its locator name a page on which pypdf finds its beginning; a label of a cell does not count."""
        if citation.source_id not in self.pages:
            return citation.page is None
        first = citation.quote.split(" | ")[0]
        pages = self.begins(citation.source_id, first) or self.begins(citation.source_id, first.partition(": ")[2])
        return citation.page in pages and f" p. {citation.page}," in f"{citation.locator},"


@pytest.fixture(scope="session")
def annexes(tmp_path_factory: pytest.TempPathFactory, index_dir: Path, settings: Settings, embeddings: VectorEmbeddings) -> Annexes:
    """One index of the shipped corpus, its editorial data and five fictitious annexes; vectors of the corpus are reused."""
    data, made = tmp_path_factory.mktemp("annexes") / "data", tmp_path_factory.mktemp("pdf")
    shutil.copytree(index_dir, data, ignore=shutil.ignore_patterns("models"))
    (data / "models").symlink_to(index_dir / "models", target_is_directory=True)
    sources = []
    for source in (*load_manifest(ROOT / "corpus" / "sources.toml"), *_EXTRA):
        if make := _MAKERS.get(source.id):
            path = made / f"{source.id}.pdf"
            make(path)
            source = replace(source, path=str(path), url=source.url or f"http://example.org/{source.id}.pdf")
        sources.append(source)
    documents = tuple(read_document(source) for source in sources if source.path)
    editorial = load_editorial(ROOT / "corpus", documents)
    probe = load_probe(ROOT / "corpus" / "questions" / "probe.npz", embeddings.name, questions_digest(editorial.questions))
    build_index(Store(StoreConfig(data)), embeddings, make_records(tuple(sources), documents, editorial), lock_dir=data, probe=probe)
    assistant = Assistant.open(settings.model_copy(update={"data_dir": data}))
    texts = Texts(assistant.index.canonical, assistant.index.by_id, assistant.index.translations)
    pages = {name: [_letters(page.extract_text()) for page in PdfReader(made / f"{name}.pdf").pages] for name in _MAKERS}
    return Annexes(assistant, texts, pages)
