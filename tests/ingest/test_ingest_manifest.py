"""What is wrong with a manifest or a document is said, with what to do about it."""

from pathlib import Path

import pytest

from ingest.errors import CorpusError, ManifestError, SourceFileError, UnknownSourceError, UserError
from ingest.manifest import find_source, load_manifest, read_canonical
from ingest.types import Source

ENTRY = '[[source]]\nid = "doc"\ntitle = "A document"\nkind = "other"\nlanguage = "en"\n'
WHOLE = ENTRY + 'path = "doc.txt"\n'


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "doc.txt").write_text("A text.\n", encoding="utf-8")
    path = tmp_path / "sources.toml"
    path.write_text(WHOLE, encoding="utf-8")
    return path


def fault(path: Path) -> str:
    with pytest.raises(ManifestError) as caught:
        load_manifest(path)
    assert isinstance(caught.value, UserError)
    assert str(path) in str(caught.value)
    return str(caught.value)


class TestManifest:
    def test_a_good_one(self, manifest: Path) -> None:
        (source,) = load_manifest(manifest)
        assert source == Source("doc", "A document", "A document", "other", "en", path=str(manifest.parent / "doc.txt"))
        assert read_canonical(source) == "A text.\n"

    def test_missing(self, tmp_path: Path) -> None:
        assert "ASSISTANT_CORPUS_DIR" in fault(tmp_path / "sources.toml")

    def test_corpus_folder_is_a_file(self, manifest: Path) -> None:
        assert "ASSISTANT_CORPUS_DIR" in fault(manifest / "sources.toml")

    @pytest.mark.parametrize("content", [b"[[source]\nid = 1", b"id = \xff\xfe", b"\x00"])
    def test_not_toml(self, manifest: Path, content: bytes) -> None:
        manifest.write_bytes(content)
        message = fault(manifest)
        assert "cannot be read as TOML" in message and "Correct the file" in message

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (WHOLE + 'colour = "red"\n', ["source number 1", "unknown field 'colour'", "short_title"]),
            (WHOLE + WHOLE, ["'doc' is used twice", "own id"]),
            (WHOLE.replace('title = "A document"\n', ""), ["source number 1", "'title' is missing"]),
            (WHOLE.replace('"other"', '"poem"'), ["'poem' is not one of", "work plan"]),
            (WHOLE.replace('"en"', "5"), ["'language' must be a non-empty text"]),
            (WHOLE.replace('"doc"', '" "'), ["'id' must be a non-empty text"]),
            (ENTRY, ["give a path or a url"]),
            (WHOLE + ENTRY.replace('"doc"', '"two"'), ["source number 2"]),
            ("", ["no [[source]]", "Add"]),
            ("title = 'x'\n", ["no [[source]]"]),
            (WHOLE.replace("[[source]]", "[source]"), ["[[source]]"]),
            ("source = [1, 2]\n", ["[[source]]"]),
            ("source = 'doc'\n", ["[[source]]"]),
        ],
    )
    def test_what_is_wrong_is_named(self, manifest: Path, content: str, expected: list[str]) -> None:
        manifest.write_text(content, encoding="utf-8")
        message = fault(manifest)
        for words in expected:
            assert words in message


class TestDocuments:
    def fault(self, source: Source) -> str:
        with pytest.raises(SourceFileError) as caught:
            read_canonical(source)
        assert isinstance(caught.value, CorpusError)
        return str(caught.value)

    def source(self, manifest: Path) -> Source:
        return load_manifest(manifest)[0]

    def test_missing(self, manifest: Path) -> None:
        (manifest.parent / "doc.txt").unlink()
        message = self.fault(self.source(manifest))
        assert "'doc'" in message and "doc.txt" in message and "Put the file there or correct sources.toml" in message

    def test_not_utf8(self, manifest: Path) -> None:
        (manifest.parent / "doc.txt").write_bytes("Acción".encode("latin-1"))
        message = self.fault(self.source(manifest))
        assert "doc.txt is not UTF-8 text (byte 4)" in message and "Save it as UTF-8" in message

    def test_empty(self, manifest: Path) -> None:
        (manifest.parent / "doc.txt").write_text(" \n")
        assert "doc.txt is empty" in self.fault(self.source(manifest))

    def test_a_folder(self, manifest: Path) -> None:
        (manifest.parent / "doc.txt").unlink()
        (manifest.parent / "doc.txt").mkdir()
        assert "cannot be read" in self.fault(self.source(manifest))

    def test_another_sha256(self, manifest: Path) -> None:
        manifest.write_text(WHOLE + f'sha256 = "{"0" * 64}"\n', encoding="utf-8")
        message = self.fault(self.source(manifest))
        assert "doc.txt" in message and "sha256 differs" in message and "Restore the file" in message

    def test_one_that_is_not_at_hand(self, sources: tuple[Source, ...]) -> None:
        annex = find_source(sources, "annex-i")
        message = self.fault(annex)
        assert annex.title in message and "http://scm.oas.org/pdfs/2010/CP24469E-1.pdf" in message

    def test_unknown_id(self, sources: tuple[Source, ...]) -> None:
        with pytest.raises(UnknownSourceError) as caught:
            find_source(sources, "annex-vi")
        assert "'annex-vi'" in str(caught.value) and "annex-v" in str(caught.value) and "strategy" in str(caught.value)

    def test_line_ends_and_byte_order_mark_are_no_text(self, manifest: Path) -> None:
        (manifest.parent / "doc.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n")
        assert read_canonical(self.source(manifest)) == "one\ntwo\nthree\n"
