"""What changes costs, what does not costs nothing, and removed text is gone from every index."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from chromadb.api.shared_system_client import SharedSystemClient
from small_corpus import NOTHING, SOURCES, Place

import vectorstore.build
from ingest.types import Document, Passage
from vectorstore.build import build_index, embed_texts, make_records
from vectorstore.store import Record, Store
from vectorstore.types import BuildReport

Page = list[str]
PAGES: list[Page] = [[f"Page {page} tells of matter {item}. It has a word of its own." for item in range(5)] for page in range(20)]
SECRET = "The zebra crossing is closed"


def report_of(pages: list[Page]) -> Document:
    """A document with pages, as a PDF has them."""
    passages, pieces, offset = [], [], 0
    for page, texts in enumerate(pages, start=1):
        for text in texts:
            identity = f"doc:{hashlib.sha256(text.encode()).hexdigest()[:12]}"
            end = offset + len(text)
            passages.append(
                Passage(identity, "doc", "paragraph", (f"Part {page % 3}",), f"p. {page}", "en", offset, end, text, "paragraph", page=page)
            )
            pieces.append(text + "\n")
            offset = end + 1
    return Document(SOURCES[0], "".join(pieces), tuple(passages), ())


def ingest(place: Place, *documents: Document) -> BuildReport:
    place.recorder.seen.clear()
    records = make_records(SOURCES, documents, NOTHING)
    return build_index(place.store, place.recorder.embeddings(), records, lock_dir=place.config.data_dir)


def changed(page: int, item: int, text: str | None) -> list[Page]:
    """All pages, but one passage of one page says something else, or is not there."""
    pages = [list(texts) for texts in PAGES]
    pages[page][item : item + 1] = [text] if text else []
    return pages


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What spans many windows with real corpora does so here."""
    monkeypatch.setattr(vectorstore.build, "WINDOW", 64)
    yield


def test_an_unchanged_document_costs_nothing(place: Place) -> None:
    first = ingest(place, report_of(PAGES))
    assert first.embedded == 300 and len(place.recorder.seen) == 300  # each passage and its two sentences
    second = ingest(place, report_of(PAGES))
    assert (second.embedded, second.removed, second.switched, place.recorder.seen) == (0, 0, False, [])


def test_a_changed_page_embeds_its_changed_passages_only(place: Place) -> None:
    ingest(place, report_of(PAGES))
    text = "Page 7 tells of matter 2, which is much longer than it was before. It has a word of its own."
    report = ingest(place, report_of(changed(7, 2, text)))
    assert (report.embedded, report.removed, report.unchanged) == (3, 3, 297)
    assert len(place.recorder.seen) == 3 and all("Page 7" in seen or "word of its own" in seen for seen in place.recorder.seen)
    index = place.open()
    assert all(index.canonical["doc"][p.start : p.end] == p.text for p in index.passages)  # what follows has moved
    encode = place.recorder.embeddings().encode
    expected = encode([": ".join((*p.heading_path, p.text)) for p in index.passages], query=False)
    np.testing.assert_allclose(index.passage_vectors, expected, atol=1e-6)


def test_another_document_beside_it_embeds_that_only(place: Place) -> None:
    ingest(place, report_of(PAGES))
    other = replace(
        report_of([["Something else."]]),
        source=SOURCES[1],
        passages=(replace(report_of([["Something else."]]).passages[0], id="far:1", source_id="far"),),
    )
    report = ingest(place, report_of(PAGES), other)
    assert (report.embedded, report.unchanged, report.documents) == (1, 300, 2)
    report = ingest(place, report_of(PAGES))
    assert (report.embedded, report.removed, report.documents) == (0, 1, 1)


def test_removed_text_is_gone_from_every_index(place: Place) -> None:
    """From the texts and the vectors in Chroma, from the lexical index and from the texts of the documents."""
    pages = changed(3, 1, f"{SECRET}. It will open again.")
    ingest(place, report_of(pages))
    before = place.open()
    row = next(row for row, passage in enumerate(before.passages) if SECRET in passage.text)
    assert place.store.nearest(before.manifest.version, before.passage_vectors[row], 1)[0][0] == before.passages[row].id
    assert before.search("zebra")[0].scores["lexical"] > 0

    report = ingest(place, report_of(changed(3, 1, None)))
    assert (report.embedded, report.removed) == (0, 3)
    after = place.open()
    assert "zebra" not in after.canonical["doc"] and not after.knows_word("zebra", "en")
    assert after.search("zebra")[0].scores["lexical"] == 0
    assert all("zebra" not in item.text for item in (*after.passages, *after.sentences))
    nearest = place.store.nearest(after.manifest.version, before.passage_vectors[row], 5)
    assert before.passages[row].id not in {identity for identity, _ in nearest}
    assert found_in_chroma(place.store, "zebra") == set()

    assert not ingest(place, report_of(changed(3, 1, None))).switched
    assert place.open().passages == after.passages


def found_in_chroma(store: Store, word: str) -> set[str]:
    """The collections in which a document or a payload holds *word*, asked of Chroma itself."""
    client = store._client
    found = set()
    for collection in client.list_collections():
        by_text = client.get_collection(collection.name, embedding_function=None).get(where_document={"$contains": word})
        whole = client.get_collection(collection.name, embedding_function=None).get(include=["documents", "metadatas"])
        if by_text["ids"] or re.search(word, str(whole)):
            found.add(collection.name)
    return found


class TestWindows:
    def test_texts_keep_their_places_whatever_their_length(self, folder_place: Place) -> None:
        texts = ["x" * (number * 37 % 101) + str(number) for number in range(300)]
        embeddings, sizes = folder_place.recorder.embeddings(), []
        np.testing.assert_array_equal(embed_texts(embeddings, texts, sizes.append), embeddings.encode(texts, query=False))
        assert sum(sizes) == 300

    def test_progress_ends_at_what_there_was_to_do(self, folder_place: Place) -> None:
        told: list[tuple[int, int]] = []
        records = make_records(SOURCES, (report_of(PAGES),), NOTHING)
        build_index(
            folder_place.store,
            folder_place.recorder.embeddings(),
            records,
            lock_dir=folder_place.config.data_dir,
            progress=lambda done, total: told.append((done, total)),
        )
        assert told[-1] == (300, 300) and {total for _, total in told} == {300}
        assert [done for done, _ in told] == sorted(done for done, _ in told)

    def test_no_window_holds_more_than_it_may(self, folder_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes = []
        add = Store.add

        def note(self: Store, version: str, records: list[Record], vectors: np.ndarray) -> None:
            sizes.append(len(records))
            add(self, version, records, vectors)

        monkeypatch.setattr(Store, "add", note)
        ingest(folder_place, report_of(PAGES))
        assert sum(sizes) == 302 and max(sizes) <= 64 and max(sizes) - min(sizes) <= 1

    def test_a_process_that_opens_the_index_finds_the_graph_on_disk(self, folder_place: Place) -> None:
        """Chroma puts what is not there into the graph again whenever a process opens the index."""
        ingest(folder_place, report_of(PAGES))
        SharedSystemClient.clear_system_cache()
        (folder,) = [path for path in (folder_place.config.data_dir / "chroma").iterdir() if path.is_dir()]
        header = (folder / "length.bin").read_bytes()
        assert len(header) >= 4 * 302
