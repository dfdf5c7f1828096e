"""Public benchmarks on the product's own pipeline: BEIR folders, answerability, sentence selection."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.types import Turn
from evals.metrics import mean
from evals.stats import RETRIEVAL_MEASURES, Figure, auroc, bootstrap, precision_recall_f1, retrieval_scores
from ingest.editorial import Editorial
from ingest.errors import UserError
from ingest.settings import Settings
from ingest.types import Document, Passage, Source
from vectorstore.build import Progress, build_index, make_records
from vectorstore.embeddings import VectorEmbeddings, load_embeddings
from vectorstore.index import Index
from vectorstore.store import Store, StoreConfig

DEPTH = 10  # documents per ranking: the deepest cut of the measures


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a BEIR folder; ``answerable`` is ``None`` where the folder does not say."""

    id: str
    text: str
    language: str
    history: tuple[Turn, ...]
    answerable: bool | None


@dataclass(frozen=True, slots=True)
class Beir:
    """A benchmark in the format of BEIR (Thakur et al., 2021): documents as (title, text), queries, graded judgements."""

    documents: dict[str, tuple[str, str]]
    queries: dict[str, Query]
    qrels: dict[str, dict[str, int]]


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSONL file, each with its place for messages.

    Raises:
        UserError: the file cannot be read, or a line is not a JSON object.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise UserError(f"{where}: not JSON ({error}).") from None
        if not isinstance(entry, dict):
            raise UserError(f"{where}: an object is needed.")
        yield where, entry


def _text(entry: Mapping[str, Any], name: str, where: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str):
        raise UserError(f"{where}: the field {name!r} must be a text.")
    return value


def _query(entry: dict[str, Any], where: str, language: str) -> Query:
    metadata = entry.get("metadata") or {}
    extra = {**(metadata if isinstance(metadata, dict) else {}), **entry}
    answerable = extra.get("answerable")
    if answerable is not None and not isinstance(answerable, bool):
        raise UserError(f"{where}: answerable must be true or false.")
    turns = []
    for turn in extra.get("history") or ():
        if not isinstance(turn, dict) or turn.get("role") not in ("user", "assistant") or not isinstance(turn.get("content"), str):
            raise UserError(f"{where}: history must be a list of {{role: user or assistant, content}}.")
        turns.append(Turn(turn["role"], turn["content"]))
    return Query(_text(entry, "_id", where), _text(entry, "text", where), str(extra.get("language") or language), tuple(turns), answerable)


def load_beir(folder: Path, language: str = "en", *, judged: bool = True) -> Beir:
    """Read ``corpus.jsonl``, ``queries.jsonl`` and, when *judged*, ``qrels/test.tsv`` (or the only table in ``qrels/``).

    Raises:
        UserError: a file is missing, a line is malformed, or nothing is there to measure.
    """
    documents: dict[str, tuple[str, str]] = {}
    for where, entry in read_lines(folder / "corpus.jsonl"):
        documents[_text(entry, "_id", where)] = (str(entry.get("title") or ""), _text(entry, "text", where))
    queries = {query.id: query for query in (_query(entry, where, language) for where, entry in read_lines(folder / "queries.jsonl"))}
    if not documents or not queries:
        raise UserError(f"{folder} has no documents or no queries.")
    return Beir(documents, queries, _qrels(folder) if judged else {})


def _qrels(folder: Path) -> dict[str, dict[str, int]]:
    tables = sorted((folder / "qrels").glob("*.tsv"))
    path = folder / "qrels" / "test.tsv"
    if path not in tables:
        if len(tables) != 1:
            found = ", ".join(table.name for table in tables) or "nothing"
            raise UserError(f"{folder / 'qrels'} needs test.tsv, or one table only (found: {found}).")
        path = tables[0]
    qrels: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split("\t")
        if not line.strip() or (number == 1 and not fields[-1].strip().lstrip("-").isdigit()):
            continue
        if len(fields) not in (3, 4) or not fields[-1].strip().lstrip("-").isdigit():
            raise UserError(f"{path}, line {number}: needs query-id, corpus-id and a whole-number score, separated by tabs.")
        qrels.setdefault(fields[0], {})[fields[-2]] = int(fields[-1])
    relevant = {query: grades for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())}
    if not relevant:
        raise UserError(f"{path} judges no document relevant.")
    return relevant


def index_beir(beir: Beir, settings: Settings, folder: Path, language: str = "en", progress: Progress = lambda done, total: None) -> Index:
    """Index the documents in *folder* as the product does, one passage per document under its title.

    Offsets count in the concatenation of all documents, so that the invariants of a passage hold.
    """
    passages, pieces, offset = [], [], 0
    for identity, (title, text) in beir.documents.items():
        text = text.replace("\x00", " ")
        path = (title,) if title else ()
        end = offset + len(text)
        passages.append(Passage(f"beir:{identity}", "beir", "paragraph", path, identity, language, offset, end, text, "document"))
        pieces.append(text + "\n")
        offset = end + 1
    source = Source("beir", "Benchmark", "Benchmark", "other", language)
    document = Document(source, "".join(pieces), tuple(passages), ())
    records = make_records((source,), (document,), Editorial((), (), (), {}, 0), sentences=False)
    embeddings = load_embeddings(settings.embeddings, settings.data_dir / "models")
    store = Store(StoreConfig(folder))
    build_index(store, embeddings, records, lock_dir=folder, progress=progress)
    return Index.open(store, embeddings)


def asked(query: Query, history: bool) -> str:
    """What is searched for: the query, made standalone by the product's own follow-up handling when *history*."""
    if not history or not query.history:
        return query.text
    from assistant.followup import standalone

    return str(standalone(query.text, query.history, query.language))


def rank(index: Index, question: str, language: str) -> dict[str, list[str]]:
    """The best documents of the fused search and of each component alone, by name."""
    vector = index.embeddings.encode([question], query=True)[0]
    rankings = {"fused": [hit.passage.locator for hit in index.search(question, DEPTH, language=language, vector=vector)]}
    lexical = index.lexical_scores(question, language)
    for name, scores in {**index.dense_scores(vector), "lexical": lexical}.items():
        best = np.argsort(-scores, kind="stable")[:DEPTH]
        rankings[name] = [index.passages[row].locator for row in best if name != "lexical" or scores[row] > 0]
    return rankings


def evaluate_retrieval(index: Index, beir: Beir, *, history: bool = False, limit: int | None = None) -> dict[str, dict[str, Figure]]:
    """Figures per system (``fused`` and each component) and measure; a judged query without a text scores 0."""
    judged = dict(list(beir.qrels.items())[:limit])
    runs: dict[str, dict[str, list[str]]] = {}
    for identity in judged:
        if query := beir.queries.get(identity):
            for name, ranking in rank(index, asked(query, history), query.language).items():
                runs.setdefault(name, {})[identity] = ranking
    if not runs:
        raise UserError("None of the judged queries is in queries.jsonl.")
    scored = {name: retrieval_scores(judged, ranking) for name, ranking in runs.items()}
    return {
        name: {measure: bootstrap(values[measure] for values in scores.values()) for measure in RETRIEVAL_MEASURES}
        for name, scores in scored.items()
    }


def evaluate_answerability(index: Index, beir: Beir, *, history: bool = False, limit: int | None = None) -> dict[str, Any]:
    """AUROC of the product's confidence, answerable queries against those flagged ``answerable: false``.

    Queries without a flag count as answerable when some are flagged.

    Raises:
        UserError: no query is flagged, or all are.
    """
    from assistant.relevance import retrieval_confidence

    confidence: dict[bool, list[float]] = {True: [], False: []}
    for query in list(beir.queries.values())[:limit]:
        question = asked(query, history)
        hits = index.search(question, DEPTH, language=query.language)
        confidence[query.answerable is not False].append(retrieval_confidence(index, question, query.language, hits))
    if not confidence[True] or not confidence[False]:
        raise UserError("Answerability needs both kinds of queries: some with answerable: false and some without.")
    counts = {"answerable": len(confidence[True]), "unanswerable": len(confidence[False])}
    means = {"mean_answerable": mean(confidence[True]), "mean_unanswerable": mean(confidence[False])}
    return {"auroc": auroc(confidence[True], confidence[False]), **counts, **means}


def read_sentence_cases(path: Path, language: str) -> list[tuple[str, list[str], set[int], str]]:
    """(question, sentences, gold positions, language) of each line; sentences are texts or {id, text}, gold positions or ids."""
    cases = []
    for where, entry in read_lines(path):
        sentences, gold = entry.get("sentences"), entry.get("gold")
        if not isinstance(sentences, list) or not isinstance(gold, list):
            raise UserError(f"{where}: needs question, sentences (a list) and gold (a list).")
        named = [item if isinstance(item, dict) else {"id": place, "text": item} for place, item in enumerate(sentences)]
        texts = [_text(item, "text", where) for item in named]
        place_of = {item.get("id", place): place for place, item in enumerate(named)}
        unknown = [identity for identity in gold if isinstance(identity, list | dict) or identity not in place_of]
        if unknown:
            raise UserError(f"{where}: gold names {unknown[0]!r}, which is no sentence (positions count from 0).")
        positions = {place_of[identity] for identity in gold}
        cases.append((_text(entry, "question", where), texts, positions, str(entry.get("language") or language)))
    if not cases:
        raise UserError(f"{path} holds no case.")
    return cases


def evaluate_sentences(
    cases: Iterable[tuple[str, Sequence[str], set[int], str]], embeddings: VectorEmbeddings
) -> dict[str, dict[str, Figure]]:
    """Precision, recall and F1 of the sentences that the extractive writer would quote: per question (macro) and pooled (micro)."""
    from assistant.extract import select_sentences

    rows, totals = [], np.zeros(3, dtype=int)
    for question, sentences, gold, language in cases:
        chosen = set(select_sentences(question, list(sentences), language, embeddings))
        counts = (len(chosen & gold), len(chosen), len(gold))
        rows.append(precision_recall_f1(*counts))
        totals += counts
    pooled = precision_recall_f1(*(int(total) for total in totals))
    names = ("precision", "recall", "f1")
    return {
        "macro": {name: bootstrap(row[place] for row in rows) for place, name in enumerate(names)},
        "micro": {name: Figure(pooled[place], None, None, len(rows)) for place, name in enumerate(names)},
    }


def temporary_index(beir: Beir, settings: Settings, language: str, progress: Progress, keep: Path | None = None) -> Index:
    """:func:`index_beir` in a temporary folder, or in *keep*, where a second run embeds only what changed."""
    if keep:
        return index_beir(beir, settings, keep, language, progress)
    with tempfile.TemporaryDirectory(prefix="evals-", ignore_cleanup_errors=True) as folder:
        return index_beir(beir, settings, Path(folder), language, progress)
