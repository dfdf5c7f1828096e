"""Finding the concepts of the controlled vocabulary in a text, by terms and their inflected forms."""

from collections.abc import Iterable

from ingest.editorial import LANGUAGES, Concept
from vectorstore.lexical import fold, stems


class Vocabulary:
    """Matches terms on stems, longest match first; a form that is a term exactly wins over one by stem."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.by_id: dict[str, Concept] = {concept.id: concept for concept in concepts}
        self._exact: dict[str, dict[tuple[str, ...], str]] = {language: {} for language in LANGUAGES}
        self._stemmed: dict[str, dict[tuple[str, ...], str]] = {language: {} for language in LANGUAGES}
        self._longest = 1
        for concept in self.by_id.values():
            for language, term in concept.terms:
                exact, stemmed = self._forms(term, language)
                self._exact[language].setdefault(tuple(exact), concept.id)
                self._stemmed[language].setdefault(tuple(stemmed), concept.id)
                self._longest = max(self._longest, len(stemmed))

    @staticmethod
    def _forms(text: str, language: str) -> tuple[list[str], list[str]]:
        words = "".join(char if char.isalnum() else " " for char in text.replace("’", "'")).split()
        pairs = [(fold(word), stem[0]) for word in words if (stem := stems(word, language))]
        return [exact for exact, _ in pairs], [stem for _, stem in pairs]

    def find(self, text: str, language: str) -> list[tuple[str, int, int]]:
        """(concept id, first word, word after the last) for each match, in text order, without overlaps."""
        exact, stemmed = self._forms(text, language)
        found: list[tuple[str, int, int]] = []
        position = 0
        while position < len(stemmed):
            step = 1
            for length in range(min(self._longest, len(stemmed) - position), 0, -1):
                end = position + length
                concept = self._exact[language].get(tuple(exact[position:end])) or self._stemmed[language].get(tuple(stemmed[position:end]))
                if concept:
                    found.append((concept, position, end))
                    step = length
                    break
            position += step
        return found

    def concepts(self, text: str, language: str) -> frozenset[str]:
        """The ids of the concepts that *text* names."""
        return frozenset(concept for concept, _, _ in self.find(text, language))
