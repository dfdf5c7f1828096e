"""What an index promises, on Chroma in a folder and on a Chroma server alike."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from functools import partialmethod

import numpy as np
import pytest
from small_corpus import NOTHING, SOURCES, TEXT, Place, read, records_of

import vectorstore.build
from ingest.errors import UserError
from vectorstore.build import build_index, make_records
from vectorstore.errors import BuildInProgressError, DamagedIndexError, IndexMismatchError, NoIndexError
from vectorstore.index import Index
from vectorstore.probe import Probe, Tuned
from vectorstore.store import Record, Store
from vectorstore.tuned import Adapter

CHANGED = TEXT.replace("The secretariat reports every year.", "The secretariat reports twice a year.")
LONGER = TEXT.replace("The secretariat", "The treasurer keeps the money of the fund.\n\nThe secretariat")
SHORTER = TEXT.replace("- Clean the public squares.\n", "")


class TestBuild:
    def test_before_it_there_is_no_index(self, place: Place) -> None:
        with pytest.raises(NoIndexError, match=r"Run: python -m ingest"):
            place.store.serving()
        with pytest.raises(NoIndexError):
            place.open()
        assert place.store.versions() == []

    def test_everything_can_be_read_back(self, place: Place) -> None:
        report = place.build()
        document = read()
        assert (report.documents, report.passages, report.lists, report.switched) == (1, len(document.passages), len(document.lists), True)
        assert (report.unchanged, report.removed) == (0, 0)
        assert report.embedded == len(place.recorder.seen) == len(document.passages) + 2  # one paragraph has two sentences
        index = place.open()
        assert index.passages == document.passages
        assert tuple(index.lists.values()) == document.lists
        assert index.canonical == {"doc": TEXT}
        assert index.sources == {source.id: replace(source, path=None) for source in SOURCES}
        assert [(s.text, TEXT[s.start : s.end]) for s in index.sentences] == [
            ("The committee meets in the spring.", "The committee meets in the spring."),
            ("It keeps its minutes.", "It keeps its minutes."),
        ]

    def test_vectors_come_back_as_they_went_in(self, place: Place) -> None:
        place.build()
        records, vectors = place.store.read(place.store.serving().version, "passage")
        texts = {record.id: text for record, text in records_of()}
        expected = place.recorder.embeddings().encode([texts[record.id] for record in records], query=False)
        np.testing.assert_allclose(vectors, expected, atol=1e-6)

    def test_records_come_back_as_they_went_in(self, place: Place) -> None:
        place.build()
        stored = {record.id: record for record in place.store.read(place.store.serving().version)[0]}
        for record, _ in records_of():
            payload = {key: value for key, value in stored[record.id].payload.items() if key != "embedded"}
            assert (stored[record.id].kind, stored[record.id].text) == (record.kind, record.text)
            assert payload.keys() == record.payload.keys()

    def test_a_kind_that_is_not_there_gives_nothing(self, place: Place) -> None:
        place.build()
        records, vectors = place.store.read(place.store.serving().version, "question")
        assert records == [] and len(vectors) == 0

    def test_the_manifest_says_what_it_is(self, place: Place) -> None:
        report = place.build()
        manifest = place.store.serving()
        assert (manifest.version, manifest.embedding, manifest.dimension, manifest.distance) == (report.version, "fake", 16, "cosine")
        assert manifest.passages == len(read().passages) and len(manifest.fingerprint) == 64

    def test_strange_characters_survive(self, place: Place) -> None:
        text = TEXT + "\nA nul\x00, a quote ' and “two”, 日本語, e\u0301 and 🏛 stay.\n"
        place.build(text)
        assert place.open().passages[-1].text == "A nul\x00, a quote ' and “two”, 日本語, e\u0301 and 🏛 stay."

    def test_a_record_given_twice_is_stored_once(self, place: Place) -> None:
        document = read()
        records = make_records(SOURCES, (document, document), NOTHING)
        build_index(place.store, place.recorder.embeddings(), records, lock_dir=place.config.data_dir)
        assert len(place.open().passages) == len(document.passages)

    def test_the_probe_comes_back(self, place: Place) -> None:
        draw = np.random.default_rng(0)
        weights = draw.normal(size=(3, 17)).astype(np.float32)
        mean = np.full(16, 0.02, dtype=np.float32)
        sizes = ((37,), (5,), (2, 384), (2, 768))
        adapter = Adapter(*(draw.normal(size=size).astype(np.float32) for size in sizes))
        tuned = Tuned(draw.normal(size=(3, 9)).astype(np.float32), np.full(8, 0.3, dtype=np.float32), adapter)
        for given in (Probe(("c", "a", "b"), weights, mean), Probe(("c", "a", "b"), weights, mean, tuned)):
            place.build(probe=given)
            found = place.open().probe
            assert found is not None and sorted(found.targets) == ["a", "b", "c"]
            order = [found.targets.index(name) for name in ("c", "a", "b")]
            np.testing.assert_allclose(found.weights[order], weights, rtol=1e-4)
            np.testing.assert_allclose(found.mean, mean, rtol=1e-4)
            assert (found.tuned is None) == (given.tuned is None)
            if found.tuned:
                np.testing.assert_allclose(found.tuned.weights[order], tuned.weights, rtol=1e-4)
                np.testing.assert_allclose(found.tuned.mean, tuned.mean, rtol=1e-4)
                for name in ("plain", "factors", "down", "up"):
                    np.testing.assert_allclose(getattr(found.tuned.adapter, name), getattr(adapter, name), atol=0.02)


def _afresh(place: Place, text: str) -> Index:
    """The index of *text* where nothing was there to be taken over."""
    place.recorder.name = "afresh"
    place.build(text)
    return place.open()


class TestRebuild:
    def test_the_same_again_does_nothing(self, place: Place) -> None:
        first = place.build()
        place.recorder.seen.clear()
        second = place.build()
        assert place.recorder.seen == []
        assert (second.embedded, second.unchanged, second.removed, second.switched) == (0, first.embedded, 0, False)
        assert second.version == first.version
        assert place.store.versions() == [first.version]

    def test_only_what_changed_is_embedded(self, place: Place) -> None:
        first = place.build()
        before = place.open()
        place.recorder.seen.clear()
        second = place.build(CHANGED)
        assert place.recorder.seen == ["Opening: The secretariat reports twice a year."]
        assert (second.embedded, second.unchanged, second.removed) == (1, first.embedded - 1, 1)
        after = place.open()
        assert [p.text for p in after.passages][-1] == "The secretariat reports twice a year."
        assert "every year" not in after.canonical["doc"]
        kept = [p.id for p in before.passages[:-1]]
        np.testing.assert_array_equal(
            after.passage_vectors[[after.row_of[i] for i in kept]], before.passage_vectors[[before.row_of[i] for i in kept]]
        )

    def test_what_is_gone_is_removed(self, place: Place) -> None:
        place.build()
        place.recorder.seen.clear()
        report = place.build(SHORTER)
        assert (report.embedded, report.removed) == (0, 1)
        index = place.open()
        assert all("squares" not in passage.text for passage in index.passages)
        assert [len(found.passage_ids) for found in index.lists.values()] == [2]
        assert place.recorder.seen == []

    def test_a_passage_that_moved_is_not_embedded_but_has_new_offsets(self, place: Place) -> None:
        place.build()
        place.recorder.seen.clear()
        moved = "A new first line.\n\n" + TEXT
        place.build(moved)
        assert place.recorder.seen == ["A new first line."]
        assert all(moved[passage.start : passage.end] == passage.text for passage in place.open().passages)

    def test_the_version_before_is_gone_and_what_was_removed_with_it(self, place: Place) -> None:
        place.build()
        second = place.build(SHORTER)
        assert place.store.versions() == [second.version]
        assert all("squares" not in record.text for record in place.store.read(second.version)[0])

    def test_going_back_to_an_earlier_text(self, place: Place) -> None:
        first = place.build()
        place.build(CHANGED)
        back = place.build()
        assert back.version == first.version and back.switched
        assert place.open().canonical == {"doc": TEXT}

    def test_a_model_of_the_same_name_with_longer_vectors_embeds_everything(self, place: Place) -> None:
        first = place.build()
        place.recorder.width = 32
        second = place.build()
        assert second.embedded == first.embedded and second.switched
        assert place.open().passage_vectors.shape == (first.passages, 32)

    def test_other_embeddings_embed_everything(self, place: Place) -> None:
        first = place.build()
        place.recorder.name = "other"
        second = place.build()
        assert second.embedded == first.embedded and second.unchanged == 0
        assert place.open().manifest.embedding == "other"


class TestSwitch:
    def test_a_build_that_fails_half_way_changes_nothing(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        first = place.build()
        add = Store.add

        def half(self: Store, version: str, records: list[Record], vectors: np.ndarray) -> None:
            add(self, version, records[: len(records) // 2], vectors[: len(records) // 2])
            raise RuntimeError("the power is gone")

        with monkeypatch.context() as patch:
            patch.setattr(Store, "add", half)
            with pytest.raises(RuntimeError):
                place.build(CHANGED)
        assert place.store.serving().version == first.version
        assert place.open().canonical == {"doc": TEXT}
        second = place.build(CHANGED)
        assert place.open().canonical == {"doc": CHANGED}
        assert len(place.open().passages) == len(read(CHANGED).passages)
        assert place.store.versions() == [second.version]

    @pytest.mark.parametrize("text", [LONGER, LONGER.replace("lamps", "lanterns")])
    def test_what_a_broken_build_embedded_is_not_embedded_again(self, place: Place, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        place.build()
        add = Store.add

        def all_but_the_end(self: Store, version: str, records: list[Record], vectors: np.ndarray) -> None:
            add(self, version, records, vectors)
            raise RuntimeError("the power is gone")

        with monkeypatch.context() as patch:
            patch.setattr(Store, "add", all_but_the_end)
            with pytest.raises(RuntimeError):
                place.build(LONGER)
        place.recorder.seen.clear()
        report = place.build(text)
        assert report.embedded == len(place.recorder.seen) == (0 if text == LONGER else 1)
        assert place.store.versions() == [report.version]
        np.testing.assert_array_equal(place.open().passage_vectors, _afresh(place, text).passage_vectors)

    def test_two_broken_builds_lose_nothing(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        """The second breaks before it has written anything; what the first has embedded is still there for the third."""
        place.build()

        def broken(self: Store, version: str, records: list[Record], vectors: np.ndarray, add: bool = True) -> None:
            if add:
                whole(self, version, records, vectors)
            raise RuntimeError("the power is gone")

        whole = Store.add
        for add in (True, False):
            with monkeypatch.context() as patch:
                patch.setattr(Store, "add", partialmethod(broken, add=add))
                with pytest.raises(RuntimeError):
                    place.build(LONGER)
        place.recorder.seen.clear()
        report = place.build(LONGER)
        assert place.recorder.seen == [] and report.embedded == 0
        assert place.store.versions() == [report.version]

    def test_a_leftover_that_cannot_be_read_is_dropped(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        first = place.build()
        place.store.create(replace(first_manifest := place.store.serving(), version=f"{first_manifest.version[:-4]}0123"))
        digests = Store.digests

        def damaged(self: Store, version: str) -> dict[str, str]:
            if version != first.version:
                raise DamagedIndexError("cannot be read")
            return digests(self, version)

        monkeypatch.setattr(Store, "digests", damaged)
        report = place.build(CHANGED)
        assert (report.embedded, report.unchanged) == (1, first.embedded - 1)
        assert place.store.versions() == [report.version]

    def test_who_opens_while_a_build_ends_gets_the_new_version(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.build()
        read_all, texts = Store.read, [SHORTER, CHANGED]

        def slowly(self: Store, version: str, kind: str | None = None) -> tuple[list[Record], np.ndarray]:
            if texts:
                place.build(texts.pop())
            return read_all(self, version, kind)

        monkeypatch.setattr(Store, "read", slowly)
        assert place.open().canonical == {"doc": SHORTER}

    def test_a_reader_sees_the_old_or_the_new_and_never_a_mixture(self, place: Place) -> None:
        place.build()
        embeddings = place.recorder.embeddings()
        stop, looked = threading.Event(), threading.Event()
        seen: list[tuple[str, ...]] = []
        faults: list[BaseException] = []

        def look() -> None:
            store = place.store
            try:
                while not stop.is_set():
                    seen.append(tuple(passage.text for passage in Index.open(store, embeddings).passages))
                    looked.set()
            except BaseException as error:
                faults.append(error)
            finally:
                looked.set()

        reader = threading.Thread(target=look)
        reader.start()
        try:
            assert looked.wait(30)
            place.build(CHANGED)
            for _ in range(2):  # the first look may have begun before the switch
                looked.clear()
                assert looked.wait(30)
        finally:
            stop.set()
            reader.join(30)
        assert faults == []
        assert set(seen) == {tuple(passage.text for passage in read(text).passages) for text in (TEXT, CHANGED)}

    def test_an_opened_index_lives_on_after_the_switch(self, place: Place) -> None:
        place.build()
        index = place.open()
        place.build(CHANGED)
        place.build(SHORTER)
        assert index.search("secretariat reports")[0].passage.text == "The secretariat reports every year."


class TestMismatch:
    def test_other_embeddings(self, place: Place) -> None:
        place.build()
        place.recorder.name = "other"
        with pytest.raises(IndexMismatchError) as caught:
            place.open()
        for words in ("'fake'", "'other'", "Run: python -m ingest", "ASSISTANT_EMBEDDINGS"):
            assert words in str(caught.value)

    def test_another_schema(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(vectorstore.build, "SCHEMA", 1)
            place.build()
        with pytest.raises(IndexMismatchError, match=r"another version of this product. Run: python -m ingest"):
            place.open()
        place.build()
        assert place.open().canonical == {"doc": TEXT}


class TestLock:
    def test_a_second_build_at_once_is_refused_and_told_who_builds(self, place: Place) -> None:
        started, go = threading.Event(), threading.Event()

        def wait() -> None:
            started.set()
            assert go.wait(30)

        place.recorder.before = wait
        first = threading.Thread(target=place.build)
        first.start()
        try:
            assert started.wait(30)
            other = Place(place.config)
            with pytest.raises(BuildInProgressError) as caught:
                other.build(CHANGED)
            assert isinstance(caught.value, UserError)
            assert f"process {os.getpid()} on " in str(caught.value) and "try again" in str(caught.value)
        finally:
            go.set()
            first.join(30)
        assert place.open().canonical == {"doc": TEXT}
        assert Place(place.config).build(CHANGED).switched


class TestNearest:
    def test_cosine_best_first_passages_only(self, place: Place) -> None:
        place.build()
        index = place.open()
        vector = place.recorder.embeddings().encode(["a question"], query=True)[0]
        found = place.store.nearest(index.manifest.version, vector, 4)
        exact = index.passage_vectors @ vector
        order = np.argsort(-exact)[:4]
        assert [identity for identity, _ in found] == [index.passages[row].id for row in order]
        np.testing.assert_allclose([score for _, score in found], exact[order], atol=1e-5)
