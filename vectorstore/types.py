"""What the vectorstore room produces."""

from dataclasses import dataclass, field

from ingest.types import Passage


@dataclass(frozen=True, slots=True)
class IndexManifest:
    """What an index version says of itself; stored as the metadata of its Chroma collection.

    ``fingerprint`` is the sha256 over everything that was indexed; ``dimension`` counts floats per vector.
    """

    version: str
    embedding: str
    dimension: int
    distance: str
    schema: int
    fingerprint: str
    passages: int
    questions: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its scores.

    ``relevance`` is in 0..1. ``scores`` holds the components by name: a cosine in -1..1 for each dense
    part and a BM25 score >= 0 under ``lexical``; a component that did not see the passage is absent.
    """

    passage: Passage
    relevance: float
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What one ingest did. Counts are of records; ``seconds`` is wall time."""

    version: str
    documents: int
    passages: int
    lists: int
    questions: int
    embedded: int
    unchanged: int
    removed: int
    seconds: float
    switched: bool
