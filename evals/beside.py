"""Documents without editorial data beside the corpus that ships: how the product does on what it has never seen."""

import json
import shutil
from pathlib import Path

from ingest.documents import read_document
from ingest.editorial import load_editorial
from ingest.errors import UserError
from ingest.manifest import load_manifest
from ingest.settings import Settings
from ingest.types import Source
from vectorstore.build import build_index, make_records
from vectorstore.embeddings import load_embeddings
from vectorstore.probe import load_probe, questions_digest
from vectorstore.store import Store, StoreConfig

SOURCES = "sources.json"


def index_beside(settings: Settings, folder: Path, data: Path) -> Path:
    """Index the documents that *folder* lists in ``sources.json`` beside the corpus, in the new data folder *data*; vectors are reused.

    Raises:
        UserError: *folder* has no such list, or there is no index yet to begin with.
    """
    if not (folder / SOURCES).is_file():
        raise UserError(f"{folder} has no {SOURCES} and no index: give a folder of documents with that list, or a data folder.")
    if not (settings.data_dir / "chroma").exists():
        raise UserError("There is no index yet. Run: python -m ingest")
    shutil.copytree(settings.data_dir, data, ignore=shutil.ignore_patterns("models", "documents", "*.lock"))
    (data / "models").symlink_to((settings.data_dir / "models").resolve(), target_is_directory=True)
    entries = json.loads((folder / SOURCES).read_text(encoding="utf-8"))
    beside = [Source(**{**entry, "path": str(folder / entry["path"]), "url": f"http://example.org/{entry['path']}"}) for entry in entries]
    sources = (*load_manifest(settings.corpus_dir / "sources.toml"), *beside)
    documents = tuple(read_document(source) for source in sources if source.path)
    editorial = load_editorial(settings.corpus_dir, documents)
    embeddings = load_embeddings(settings.embeddings, data / "models")
    probe = load_probe(settings.corpus_dir / "questions" / "probe.npz", embeddings.name, questions_digest(editorial.questions))
    build_index(Store(StoreConfig(data)), embeddings, make_records(sources, documents, editorial), lock_dir=data, probe=probe)
    return data
