"""The language of a question: py3langid (Lui and Baldwin, "langid.py", 2012), helped by the words of the index."""

import re
import threading

from assistant.terms import QUOTED
from ingest.editorial import LANGUAGES
from vectorstore.index import Index
from vectorstore.lexical import fold

_WORD = re.compile(r"[^\W\d_]+")
# A name of several words may be of another language than the question: "Who chairs the Fundação Pau-Ferro?"
_NAME = re.compile(r"(?<=\w )[A-ZÀ-Þ][\w'’-]+(?: (?:(?:of|the|and|de|del|la|las|los|da|do|dos|das|du|des|y|e|et) )*[A-ZÀ-Þ][\w'’-]+)+")
_LEAST = 2  # words beside names by which a language can be told
_CLEAR = 0.34  # by so much a share of known words must lead for the language to be plain
_SHORT = 7  # in questions of fewer words a character model alone is often wrong


class LanguageDetector:
    """Tells en, es, pt and fr apart, also for questions of one word."""

    def __init__(self, index: Index) -> None:
        self._lock, self._loaded = threading.Lock(), False
        self._words: dict[str, set[str]] = {language: set(index.question_words[language]) for language in LANGUAGES}
        for passage in index.passages:
            for language in LANGUAGES:
                if language == passage.language or language in index.translations[passage.id]:
                    self._words[language].update(_WORD.findall(fold(index.text(passage.id, language))))

    def _guess(self, text: str) -> str:
        """The character model's opinion; it takes half a second to load, and clear cases do without it."""
        import py3langid

        with self._lock:
            if not self._loaded:
                py3langid.set_languages(list(LANGUAGES))
                self._loaded = True
            return str(py3langid.classify(text)[0])

    def detect(self, text: str, previous: str | None = None) -> str:
        """The language of *text*; where it gives no clue, *previous* (that of the conversation), else English."""
        rest = _NAME.sub(" ", QUOTED.sub(" ", text))
        if len(_WORD.findall(rest)) >= _LEAST:
            text = rest
        words = _WORD.findall(fold(text))
        if not words:
            return previous or "en"
        known = {language: sum(word in self._words[language] for word in words) / len(words) for language in LANGUAGES}
        ranked = sorted(known.values())
        if ranked[-1] - ranked[-2] >= _CLEAR:
            return max(known, key=lambda language: known[language])
        guess = self._guess(text)
        weight = 1.0 if len(words) < _SHORT else 0.5
        scores = {language: weight * known[language] for language in LANGUAGES}
        scores[guess] = scores.get(guess, 0.0) + 0.3 + (0.4 if len(words) >= _SHORT else 0.0)
        if previous:
            scores[previous] += 0.4 if len(words) < 3 else 0.15  # "anexos" is Spanish in a Spanish conversation
        scores["en"] += 0.05
        return max(LANGUAGES, key=lambda language: scores[language])
