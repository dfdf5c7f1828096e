"""Which target a question is after, read off its words.

Multinomial naive Bayes over the stems of the expected questions, one model a language (McCallum and Nigam, "A comparison
of event models for naive Bayes text classification", 1998), the question taken at unit length so that a long one is no surer
than a short one. It knows what the vectors blur: which word exactly was said.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from vectorstore.records import spoken_stems

Floats = npt.NDArray[np.float32]
_ALPHA = 0.03  # what every stem is counted more than it was seen


class Wording:
    """The words of *targets*, given as ``{target: {language: {stem: count}}}``; targets without any are as likely as chance."""

    def __init__(self, targets: Sequence[str], counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
        languages = sorted({language for name in targets for language in counts.get(name, {})})
        self._size = len(targets)
        self._absent: dict[str, Floats] = {}  # for each language the log probability of a stem that a target never had
        self._seen: dict[str, dict[str, tuple[list[int], list[int]]]] = {language: {} for language in languages}
        for language in languages:
            seen = self._seen[language]
            totals = np.zeros(len(targets), dtype=np.float32)
            for number, name in enumerate(targets):
                said = counts.get(name, {}).get(language, {})
                totals[number] = sum(said.values())
                for stem, count in said.items():
                    rows, times = seen.setdefault(stem, ([], []))
                    rows.append(number)
                    times.append(count)
            totals = np.where(totals > 0, totals, totals[totals > 0].mean())  # nothing is known of how others would be asked for
            self._absent[language] = -np.log(totals / _ALPHA + max(len(seen), 1))

    def log_probabilities(self, text: str, language: str) -> Floats:
        """Shape (targets,): the natural logarithm of how likely each is, summing to 1; all alike where no word is known."""
        scores = np.zeros(self._size, dtype=np.float32)
        seen = self._seen.get(language, {})
        known = [stem for stem in spoken_stems(text, language) if stem in seen]
        for stem in known:
            rows, times = seen[stem]
            scores += self._absent[language]
            scores[rows] += np.log1p(np.array(times, dtype=np.float32) / _ALPHA)
        scores /= max(len(known), 1) ** 0.5
        return np.asarray(scores - np.logaddexp.reduce(scores) if self._size else scores, dtype=np.float32)
