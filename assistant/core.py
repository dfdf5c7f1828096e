"""The assistant: one path from a question to a verified answer."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.decide import Decider
from assistant.errors import QuestionError, question_error
from assistant.language import LanguageDetector
from assistant.model_writer import ModelWriter, Rewritten
from assistant.plan import Planner
from assistant.relevance import load_relevance
from assistant.types import Answer, Exchange, Plan, Status, Timings, Turn
from assistant.verify import verify
from assistant.writer import Draft, Writer
from ingest.editorial import LANGUAGES
from ingest.settings import Settings
from vectorstore.embeddings import load_embeddings
from vectorstore.errors import NoIndexError
from vectorstore.index import Index
from vectorstore.store import Store, StoreConfig

MAX_QUESTION = 10_000
MAX_ANSWER = 50_000  # characters of an earlier answer that are looked at
# Control and format characters, bidirectional ones among them, and surrogates, which no encoder takes.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


class Assistant:
    """Answers questions over one opened index; safe to share between threads."""

    def __init__(self, index: Index, model: ModelWriter | None = None) -> None:
        self.index = index
        self._model = model
        decider = Decider(index, load_relevance())
        self._planner = Planner(decider)
        self._writer = Writer(index, decider.terms)
        self._languages = LanguageDetector(index)

    @classmethod
    def open(cls, settings: Settings) -> "Assistant":
        """Load the models and the serving index.

        Raises:
            UserError: there is no usable index, or the embeddings cannot be loaded.
        """
        if not settings.chroma_url and not (settings.data_dir / "chroma").exists():
            raise NoIndexError("There is no index yet. Run: python -m ingest")  # Chroma would make an empty one by looking
        store = Store(StoreConfig(settings.data_dir, settings.chroma_url))
        store.serving()  # says that there is no index before the models take their time
        embeddings = load_embeddings(settings.embeddings, settings.data_dir / "models")
        model = ModelWriter.load(settings.model, embeddings) if settings.model else None
        return cls(Index.open(store, embeddings), model)

    def answer(self, question: str, history: Sequence[Turn] = (), *, language: str | None = None) -> Answer:
        """The whole answer to *question*; *language* (en, es, pt, fr) overrides the one it is asked in.

        Raises:
            QuestionError: the question is empty or too long, or the language is unknown.
        """
        for piece in self.stream(question, history, language=language):
            if isinstance(piece, Answer):
                return piece
        raise AssertionError("a stream ends with its answer")

    def stream(self, question: str, history: Sequence[Turn] = (), *, language: str | None = None) -> Iterator[str | Answer]:
        """The text of the answer line by line, then the answer itself; nothing is given out before it is verified."""
        started = time.perf_counter()
        text = self._clean(question)
        if language is not None and language not in LANGUAGES:
            raise QuestionError(f"The language {language!r} is not known. Use one of: {', '.join(LANGUAGES)}.")
        earlier = self._exchanges(history)
        reply = language or self._languages.detect(text, earlier[-1].language if earlier else None)
        asked = self._languages.detect(text, reply) if language else reply
        understood = time.perf_counter()
        plan = self._planner.plan(text, earlier, asked)
        planned = time.perf_counter()
        draft = self._writer.write(plan, text, reply)
        rewritten = self._rewrite(plan, draft, text, reply)
        written = time.perf_counter()
        wrong = verify(self.index, draft.statements, draft.citations) + verify(self.index, [], draft.nearest)
        if wrong:  # an answer that does not hold is never shown; this is a defect of ours, not of the question
            raise AssertionError("; ".join(wrong))
        done = time.perf_counter()
        timings = Timings(
            *(1000 * span for span in (understood - started, planned - understood, written - planned, done - written, done - started))
        )
        answer = self._assemble(question, reply, plan, draft, timings)
        if rewritten and self._model:
            answer = replace(answer, writer=self._model.name, removed=rewritten.removed)
        yield from answer.text.splitlines(keepends=True)
        yield answer

    def _rewrite(self, plan: Plan, draft: Draft, question: str, language: str) -> Rewritten | None:
        """Let the model, if there is one, put the facts into sentences above their quotations; lists stay as they are."""
        if self._model is None or plan.kind not in ("fact", "agency", "overview") or not draft.citations:
            return None
        translations = [" ".join(self.index.translations[citation.passage_id].values()) for citation in draft.citations]
        rewritten = self._model.rewrite(question, draft.citations, translations, language)
        if rewritten.statements:
            lines = [f"{item.text} {''.join(f'[{number}]' for number in item.citations)}" for item in rewritten.statements]
            draft.lines[:0] = [" ".join(lines), ""]
            draft.statements[:0] = rewritten.statements
        return rewritten

    def _exchanges(self, history: Sequence[Turn]) -> list[Exchange]:
        """The questions of *history*, each with its language and with what was answered to it."""
        found: list[Exchange] = []
        for turn in history:
            text = _CONTROL.sub(" ", turn.text).strip()
            if turn.role == "user" and text:
                found.append(Exchange(text[:MAX_QUESTION], self._languages.detect(text[:MAX_QUESTION])))
            elif found and text:
                found[-1] = replace(found[-1], answer=text[:MAX_ANSWER])
        return found

    def _clean(self, question: str) -> str:
        text = _CONTROL.sub(" ", question).strip()
        if not text:
            raise question_error("empty_question")
        if len(text) > MAX_QUESTION:
            raise question_error("long_question", count=len(text), most=MAX_QUESTION)
        return text

    def _assemble(self, question: str, language: str, plan: Plan, draft: Draft, timings: Timings) -> Answer:
        status: Status = "answered"
        if plan.refused:
            status = "refused"
        elif plan.silent:
            status = "not_in_corpus"
        elif plan.unanswered:
            status = "partial"
        return Answer(
            id=None,
            question=question,
            language=language,
            status=status,
            text="\n".join(draft.lines).strip(),
            statements=tuple(draft.statements),
            citations=tuple(draft.citations),
            coverage=draft.coverage,
            agencies=tuple(draft.agencies),
            confidence=plan.confidence,
            timings=timings,
            nearest=tuple(draft.nearest),
            target=plan.target,
        )
