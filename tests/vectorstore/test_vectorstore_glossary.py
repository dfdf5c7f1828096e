"""The glossary joins words of different languages, and its files are sound."""

from importlib.resources import files

import pytest

from vectorstore.glossary import load_glossary, meanings, skeleton


def test_every_row_has_words_in_every_language() -> None:
    rows = 0
    for file in files("vectorstore").joinpath("words").iterdir():
        head, *lines = file.read_text(encoding="utf-8").rstrip("\n").split("\n")
        assert head == "en\tes\tpt\tfr"
        for line in lines:
            cells = line.split("\t")
            assert len(cells) == 4 and all(word.strip() == word != "" for cell in cells for word in cell.split("|")), line
        rows += len(lines)
    assert rows == len(meanings()) > 2500


@pytest.mark.parametrize(
    ("word", "language", "other", "spoken"),
    [
        ("fortalece", "es", "strengthens", "en"),
        ("camas", "pt", "beds", "en"),
        ("combien d'argent", "fr", "dinero", "es"),
        ("veinticuatro", "es", "24", "en"),
        ("evaluation", "en", "avaliação", "pt"),
        ("hondureñas", "es", "Honduran", "en"),
    ],
)
def test_words_that_mean_the_same_share_a_key(word: str, language: str, other: str, spoken: str) -> None:
    glossary = load_glossary()
    assert glossary.all_keys(word, language) & glossary.all_keys(other, spoken)


def test_words_that_mean_other_things_share_none() -> None:
    glossary = load_glossary()
    assert not glossary.all_keys("escuela", "es") & glossary.all_keys("prison", "en")
    assert not glossary.all_keys("evaluation", "en") & glossary.all_keys("evasión", "es")


def test_short_words_have_no_skeleton() -> None:
    """Too little would be left to tell two words apart."""
    assert skeleton("gas") == skeleton("2009") == ""
    assert skeleton("Especialista") == skeleton("specialists") != ""
