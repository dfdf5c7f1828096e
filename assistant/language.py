"""The language of a question: py3langid (Lui and Baldwin, "langid.py", 2012), helped by the words of the index."""

import re

import py3langid

from ingest.editorial import LANGUAGES
from vectorstore.index import Index
from vectorstore.lexical import fold

_WORD = re.compile(r"[^\W\d_]+")
_SHORT = 7  # in questions of fewer words a character model alone is often wrong


class LanguageDetector:
    """Tells en, es, pt and fr apart, also for questions of one word."""

    def __init__(self, index: Index) -> None:
        py3langid.set_languages(list(LANGUAGES))
        self._words: dict[str, set[str]] = {language: set(index.question_words[language]) for language in LANGUAGES}
        for passage in index.passages:
            for language in LANGUAGES:
                if language == passage.language or language in index.translations[passage.id]:
                    self._words[language].update(_WORD.findall(fold(index.text(passage.id, language))))

    def detect(self, text: str, previous: str | None = None) -> str:
        """The language of *text*; where it gives no clue, *previous* (that of the conversation), else English."""
        words = _WORD.findall(fold(text))
        if not words:
            return previous or "en"
        known = {language: sum(word in self._words[language] for word in words) / len(words) for language in LANGUAGES}
        guess = py3langid.classify(text)[0]
        weight = 1.0 if len(words) < _SHORT else 0.5
        scores = {language: weight * known[language] for language in LANGUAGES}
        scores[guess] = scores.get(guess, 0.0) + 0.3 + (0.4 if len(words) >= _SHORT else 0.0)
        if previous:
            scores[previous] += 0.15
        scores["en"] += 0.05
        return max(LANGUAGES, key=lambda language: scores[language])
