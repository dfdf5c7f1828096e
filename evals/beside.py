"""Documents without editorial data beside the corpus that ships: how the product does on what it has never seen."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assistant.core import Assistant
from assistant.types import Turn
from evals.cases import Located, check_cases, load_cases
from evals.metrics import Score, score
from evals.runner import Texts
from ingest.documents import read_document
from ingest.editorial import load_editorial
from ingest.errors import UserError
from ingest.manifest import load_manifest
from ingest.settings import Settings
from ingest.types import Source
from vectorstore.build import build_index, make_records
from vectorstore.embeddings import load_embeddings
from vectorstore.probe import load_probe, questions_digest
from vectorstore.reader import load_reader
from vectorstore.store import Store, StoreConfig

SOURCES = "sources.json"
FIGURES = ("complete", "citation_precision", "abstention", "false_abstention", "exactness", "locator")
_THREADS = 2


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
    taken = {source.id for source in beside}  # an annex that the manifest knows by its link only
    sources = (*(one for one in load_manifest(settings.corpus_dir / "sources.toml") if one.id not in taken), *beside)
    documents = tuple(read_document(source) for source in sources if source.path)
    editorial = load_editorial(settings.corpus_dir, documents)
    embeddings = load_embeddings(settings.embeddings, data / "models")
    probe = load_probe(settings.corpus_dir / "questions" / "probe.npz", embeddings.name, questions_digest(editorial.questions))
    build_index(Store(StoreConfig(data)), embeddings, make_records(sources, documents, editorial), lock_dir=data, probe=probe)
    return data


def pair_of(text: str) -> tuple[Path, Path]:
    """``FOLDER=CASES``: documents and a file of cases over them.

    Raises:
        UserError: it is not such a pair.
    """
    folder, _, cases = text.partition("=")
    if not folder or not cases:
        raise UserError("Give each set as FOLDER=CASES: a folder of documents with sources.json, and a file of cases over them.")
    return Path(folder), Path(cases)


def ask_beside(settings: Settings, data: Path, cases: Path) -> list[Score]:
    """The scores of *cases*, asked over the index in the folder *data*.

    Raises:
        UserError: a case quotes what the documents do not say, or there is no usable index.
    """
    assistant = Assistant.open(settings.model_copy(update={"data_dir": data}))
    load_reader(assistant.index.embeddings)  # so that its file is there when two threads ask for it
    texts = Texts(assistant.index.canonical, assistant.index.by_id, assistant.index.translations)
    located = load_cases(cases)
    if problems := check_cases(located, texts.canonical):
        raise UserError("\n".join(problems))

    def ask(one: Located) -> Score:
        turns = tuple(Turn(turn.role, turn.content) for turn in one.case.history)
        answer = assistant.answer(one.case.question, turns)
        return score(one.case, answer, texts.canonical, texts.passages, texts.translations)

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(ask, located))
