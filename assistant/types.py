"""What the assistant room produces. ``Answer.to_dict`` is the contract that other programs rely on."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from ingest.editorial import Quote, TargetKind

Reason = tuple[tuple[str, str], ...]
Status = Literal["answered", "partial", "not_in_corpus", "refused"]
Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a reader asked before, in which language, and what was answered; "" where that is not known."""

    question: str
    language: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an answer will consist of. ``silent`` means that nothing answers the question.

    ``reason`` says why, as (language, sentence) pairs; ``unanswered`` has the reasons of a question's parts.
    """

    kind: TargetKind
    target: str
    quotes: tuple[Quote, ...] = ()
    span: tuple[int, int] | None = None
    confidence: float = 0.0
    silent: bool = False
    refused: bool = False
    count: bool = False
    reason: Reason = ()
    nearest: tuple[Quote, ...] = ()
    unanswered: tuple[Reason, ...] = ()
    of_previous: bool = False
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quotation: ``canonical[start:end] == quote`` in the source; ``number`` counts from 1.

    ``mark`` is the (start, end) of the piece inside the quotation that answers the question, if one does.
    """

    number: int
    passage_id: str
    source_id: str
    title: str
    locator: str
    page: int | None
    quote: str
    start: int
    end: int
    url: str | None
    mark: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence or list item of the answer and the numbers of the citations under it."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a list the answer shows: *shown* of *total* items of *list*."""

    list: str
    shown: int
    total: int


@dataclass(frozen=True, slots=True)
class Agency:
    """A body named in the answer and the citations that name it."""

    name: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall time in milliseconds."""

    understand: float = 0.0
    retrieve: float = 0.0
    write: float = 0.0
    verify: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. ``confidence`` is in 0..1; ``removed`` counts sentences that failed verification.

    ``nearest`` are passages shown as near misses beside an abstention; they are not citations and are not
    part of the contract. ``target`` names what was answered, for follow-ups and for tests.
    """

    id: str | None
    question: str
    language: str
    status: Status
    text: str
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    coverage: Coverage | None = None
    agencies: tuple[Agency, ...] = ()
    confidence: float = 0.0
    writer: str = "extractive"
    removed: int = 0
    timings: Timings = field(default_factory=Timings)
    nearest: tuple[Citation, ...] = ()
    target: str = ""

    def with_id(self, identity: str | None) -> "Answer":
        """The same answer under the id of the line that asked for it."""
        return replace(self, id=identity)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of the contract, in its order of fields."""
        return {
            "id": self.id,
            "question": self.question,
            "language": self.language,
            "status": self.status,
            "text": self.text,
            "statements": [{"text": s.text, "citations": list(s.citations)} for s in self.statements],
            "citations": [{key: value for key, value in asdict(c).items() if key != "mark"} for c in self.citations],
            "coverage": asdict(self.coverage) if self.coverage else None,
            "agencies": [{"name": a.name, "citations": list(a.citations)} for a in self.agencies],
            "confidence": round(self.confidence, 4),
            "writer": self.writer,
            "removed": self.removed,
            "timings_ms": {name: round(value, 3) for name, value in asdict(self.timings).items()},
        }
