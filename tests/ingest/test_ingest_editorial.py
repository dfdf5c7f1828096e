"""The vocabulary, the expected questions and the translations, and what is told when they are wrong."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from ingest.editorial import LANGUAGES, Editorial, TargetKind, load_editorial
from ingest.errors import CorpusError
from ingest.structure import build_document
from ingest.types import Document
from vectorstore.probe import load_probe, questions_digest
from vectorstore.vocabulary import Vocabulary

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
OTHERS = ("es", "pt", "fr")


@pytest.fixture(scope="session")
def editorial(documents: tuple[Document, ...]) -> Editorial:
    return load_editorial(CORPUS, documents)


@pytest.fixture(scope="session")
def raw_targets() -> list[dict[str, object]]:
    lines = (CORPUS / "questions" / "targets.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


@pytest.fixture(scope="session")
def vocabulary(editorial: Editorial) -> Vocabulary:
    return Vocabulary(editorial.concepts)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("questions", "translations"):
        shutil.copytree(CORPUS / name, tmp_path / name)
    shutil.copy(CORPUS / "vocabulary.toml", tmp_path)
    return tmp_path


class TestTargets:
    def test_nothing_is_stale(self, editorial: Editorial, raw_targets: list[dict[str, object]]) -> None:
        assert editorial.stale == 0
        assert [target.id for target in editorial.targets] == [entry["id"] for entry in raw_targets]

    def test_ids_are_unique_and_kinds_known(self, editorial: Editorial) -> None:
        assert len({target.id for target in editorial.targets}) == len(editorial.targets)
        assert {target.kind for target in editorial.targets} <= set(get_args(TargetKind))

    def test_every_quotation_is_verbatim(self, raw_targets: list[dict[str, object]], documents: tuple[Document, ...]) -> None:
        canonical = {document.source.id: document.canonical for document in documents}
        quotes = [item for entry in raw_targets for name in ("gold", "also") for item in entry.get(name, [])]  # type: ignore[attr-defined]
        assert len(quotes) > 100
        assert [item for item in quotes if item["quote"] not in canonical[item["source"]]] == []

    def test_quotations_are_cut_out_at_their_offsets(
        self, editorial: Editorial, raw_targets: list[dict[str, object]], documents: tuple[Document, ...]
    ) -> None:
        by_source = {document.source.id: document for document in documents}
        for target, entry in zip(editorial.targets, raw_targets, strict=True):
            wanted = " ".join(item["quote"] for item in entry.get("gold", []))  # type: ignore[attr-defined]
            for quote in target.quotes:
                document = by_source[quote.source_id]
                passage = next(passage for passage in document.passages if passage.id == quote.passage_id)
                assert passage.start <= quote.start < quote.end <= passage.end
                assert document.canonical[quote.start : quote.end] in wanted

    def test_answers_have_quotations_and_silence_has_reasons(self, editorial: Editorial) -> None:
        for target in editorial.targets:
            if target.kind in ("list", "group", "topic", "fact", "agency"):
                assert target.quotes, target.id
            if target.kind == "none":
                assert {language for language, _ in target.reason} >= set(LANGUAGES), target.id

    def test_spans_lie_in_the_first_quotation(self, editorial: Editorial, raw_targets: list[dict[str, object]]) -> None:
        spans = 0
        for target, entry in zip(editorial.targets, raw_targets, strict=True):
            whole = target.quotes and target.quotes[0].end - target.quotes[0].start == len(entry["gold"][0]["quote"])  # type: ignore[index]
            if entry.get("span") and whole:  # a quotation that runs over several passages is several quotations
                assert target.span is not None, target.id
                assert target.quotes[0].start <= target.span[0] < target.span[1] <= target.quotes[0].end
                spans += 1
        assert spans > 20

    @pytest.mark.parametrize("section", ["I. Prevention", "II. Rehabilitation and social reincorporation", "III. Law enforcement"])
    def test_each_pillar_has_a_whole_list(self, section: str, editorial: Editorial, strategy: Document) -> None:
        items = {passage.id for passage in strategy.passages if passage.kind == "list_item" and section in passage.heading_path}
        assert any({quote.passage_id for quote in target.quotes} == items for target in editorial.targets if target.kind == "list")


class TestQuestions:
    def test_every_question_has_a_known_target(self, editorial: Editorial) -> None:
        known = {target.id for target in editorial.targets}
        count = 0
        for language in LANGUAGES:
            for line in (CORPUS / "questions" / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                assert entry["t"] in known and entry["q"].strip(), line
                count += 1
        assert len(editorial.questions) == count > 1000

    def test_every_target_is_asked_in_every_language(self, editorial: Editorial) -> None:
        asked = {(question.target_id, question.language) for question in editorial.questions}
        assert [(target.id, lang) for target in editorial.targets for lang in LANGUAGES if (target.id, lang) not in asked] == []

    def test_no_question_is_after_two_things(self, editorial: Editorial) -> None:
        owner: dict[tuple[str, str], str] = {}
        for question in editorial.questions:
            assert owner.setdefault((question.language, question.text), question.target_id) == question.target_id, question.text

    def test_the_probe_that_ships_is_for_these_questions(self, editorial: Editorial) -> None:
        probe = load_probe(CORPUS / "questions" / "probe.npz", "ensemble", questions_digest(editorial.questions))
        assert probe is not None, "the questions have changed since probe.npz was made: python -m evals probe, or delete it"
        assert set(probe.targets) <= {target.id for target in editorial.targets}
        assert probe.weights.shape == (len(probe.targets), 769) and probe.mean.shape == (768,)
        assert np.isfinite(probe.weights).all()

    def test_a_probe_of_other_questions_or_embeddings_is_not_used(self, editorial: Editorial) -> None:
        path = CORPUS / "questions" / "probe.npz"
        fewer = questions_digest(editorial.questions[1:])
        assert fewer != questions_digest(editorial.questions)
        assert load_probe(path, "ensemble", fewer) is None
        assert load_probe(path, "minilm", questions_digest(editorial.questions)) is None
        assert load_probe(path.with_name("none.npz"), "ensemble", fewer) is None

    def test_the_digest_does_not_hang_on_order(self, editorial: Editorial) -> None:
        assert questions_digest(editorial.questions[::-1]) == questions_digest(editorial.questions)
        moved = replace(editorial.questions[0], target_id=editorial.questions[-1].target_id)
        assert questions_digest((moved, *editorial.questions[1:])) != questions_digest(editorial.questions)

    def test_a_damaged_probe_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "probe.npz"
        path.write_bytes((CORPUS / "questions" / "probe.npz").read_bytes()[:2000])
        with pytest.raises(CorpusError, match=r"probe\.npz"):
            load_probe(path, "ensemble", "x")


class TestTranslations:
    @pytest.mark.parametrize("language", OTHERS)
    def test_every_text_can_be_read_in(self, language: str, editorial: Editorial, documents: tuple[Document, ...]) -> None:
        missing = [
            f"{passage.locator}: {passage.text[:60]}"
            for document in documents
            for passage in document.passages
            if passage.kind not in ("heading", "table_head")
            and language not in editorial.translations.get((passage.source_id, passage.text), {})
        ]
        assert missing == []

    @pytest.mark.parametrize("language", OTHERS)
    def test_links_dates_and_symbols_survive(self, language: str, editorial: Editorial) -> None:
        for (_, text), versions in editorial.translations.items():
            words = [word.strip("().,;“”") for word in text.split()]
            for word in words:
                if word.startswith("http") or (word.isdigit() and len(word) == 4):
                    assert word in versions[language], (word, versions[language])

    def test_no_translation_of_a_text_that_is_not_there(self, editorial: Editorial, documents: tuple[Document, ...]) -> None:
        passages = [passage for document in documents for passage in document.passages]
        texts = {(passage.source_id, text) for passage in passages for text in (passage.text, *map(str.strip, passage.text.split("\n")))}
        assert [key for key in editorial.translations if key not in texts] == []

    def test_a_passage_of_several_lines_is_translated_by_its_lines(self, editorial: Editorial, strategy: Document) -> None:
        entry = next(passage for passage in strategy.passages if passage.text.startswith("Annex II:"))
        assert editorial.translations["strategy", entry.text]["es"] == (
            "Anexo II: Contribuciones de los Estados miembros y de los observadores permanentes\n\nhttp://scm.oas.org/pdfs/2010/CP24469E-2.pdf"
        )


class TestVocabulary:
    def test_every_concept_is_named_in_every_language(self, editorial: Editorial) -> None:
        assert len(editorial.concepts) > 50
        known = {concept.id for concept in editorial.concepts}
        for concept in editorial.concepts:
            assert {language for language, _ in concept.preferred} == set(LANGUAGES), concept.id
            assert concept.terms[: len(concept.preferred)] == concept.preferred
            assert concept.broader is None or concept.broader in known, concept.id

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "What do the criminal gangs do?"),
            ("en", "A GANG in the street"),
            ("es", "¿Qué se dice de las pandillas delictivas?"),
            ("es", "las MARAS"),
            ("pt", "O que fazer contra as gangues?"),
            ("fr", "Que faire contre les gangs criminels ?"),
        ],
    )
    def test_finds_gangs(self, vocabulary: Vocabulary, language: str, text: str) -> None:
        assert "gangs" in vocabulary.concepts(text, language)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_finds_every_preferred_term(self, vocabulary: Vocabulary, editorial: Editorial, language: str) -> None:
        shared = {}  # a term may be the term of two concepts: then one of them is found
        for concept in editorial.concepts:
            term = dict(concept.preferred)[language]
            found = vocabulary.concepts(term, language)
            if concept.id not in found:
                shared[concept.id] = (term, sorted(found))
        assert {key: value for key, value in shared.items() if not value[1]} == {}
        assert len(shared) <= len(editorial.concepts) * 0.05, shared

    def test_finds_nothing_where_nothing_is(self, vocabulary: Vocabulary) -> None:
        assert vocabulary.find("", "en") == []
        assert vocabulary.concepts("xyzzy plugh", "en") == frozenset()

    def test_the_longest_term_wins(self, vocabulary: Vocabulary) -> None:
        (match,) = [found for found in vocabulary.find("the public spaces here", "en") if found[1] <= 1 < found[2]]
        assert match[1:] == (1, 3)


class TestFaults:
    def test_without_editorial_data_there_is_none(self, tmp_path: Path, documents: tuple[Document, ...]) -> None:
        assert load_editorial(tmp_path, documents) == Editorial((), (), (), {}, 0)

    def test_a_changed_document_makes_its_entries_stale(
        self, editorial: Editorial, documents: tuple[Document, ...], strategy: Document
    ) -> None:
        changed = build_document(strategy.source, strategy.canonical.replace("will be updated annually", "will be updated monthly"))
        now = load_editorial(CORPUS, tuple(changed if document is strategy else document for document in documents))
        gone = {target.id for target in editorial.targets} - {target.id for target in now.targets}
        assert gone and now.stale == len(gone)
        assert not gone & {question.target_id for question in now.questions}
        assert len(now.questions) < len(editorial.questions)

    def test_a_document_that_is_not_there_makes_its_entries_stale(self, editorial: Editorial, strategy: Document) -> None:
        assert 0 < load_editorial(CORPUS, (strategy,)).stale < len(editorial.targets)

    @pytest.mark.parametrize("name", ["questions/targets.jsonl", "questions/en.jsonl", "translations/fr.jsonl"])
    @pytest.mark.parametrize("line", [b'{"q": ', b"[1, 2]", b"{}", b'{"q": "\xff"}'])
    def test_a_bad_line_is_named(self, folder: Path, documents: tuple[Document, ...], name: str, line: bytes) -> None:
        path = folder / name
        good = path.read_bytes().splitlines()[0]
        path.write_bytes(good + b"\n\n" + line + b"\n")
        with pytest.raises(CorpusError) as caught:
            load_editorial(folder, documents)
        assert str(path) in str(caught.value) and "line 3" in str(caught.value)

    def test_a_bad_quotation_entry_is_named(self, folder: Path, documents: tuple[Document, ...]) -> None:
        (folder / "questions" / "targets.jsonl").write_text('{"id": "x", "kind": "fact", "gold": [{"quote": "no source"}]}\n')
        with pytest.raises(CorpusError, match=r"targets\.jsonl"):
            load_editorial(folder, documents)

    @pytest.mark.parametrize("content", [b"[concepts", b"\xff", b"[concepts.a]\nvariants.en = ['x']\n", b"concepts = 3\n"])
    def test_a_bad_vocabulary_is_named(self, folder: Path, documents: tuple[Document, ...], content: bytes) -> None:
        (folder / "vocabulary.toml").write_bytes(content)
        with pytest.raises(CorpusError, match=r"vocabulary\.toml"):
            load_editorial(folder, documents)

    def test_line_separators_inside_a_text_end_no_line(self, folder: Path, documents: tuple[Document, ...]) -> None:
        entry = {"source": "strategy", "text": "Mandate", "translation": "Man\u2028dat\x85o"}
        (folder / "translations" / "es.jsonl").write_text(json.dumps(entry, ensure_ascii=False) + "\n", encoding="utf-8")
        assert load_editorial(folder, documents).translations["strategy", "Mandate"]["es"] == "Man\u2028dat\x85o"
