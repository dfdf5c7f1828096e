"""The names of states and territories in the four languages, from Unicode's CLDR."""

import re
from functools import lru_cache

from babel import Locale

_LOCALES = ("en", "es", "pt", "fr")


@lru_cache(maxsize=len(_LOCALES))
def state_names(language: str) -> dict[str, str]:
    """The names of states and territories in *language*, spelled out, to their ISO 3166 codes.

    >>> state_names("en")["Trinidad and Tobago"], state_names("en")["Saint Lucia"]
    ('TT', 'LC')
    """
    found = {}
    for code, name in Locale(language).territories.items():
        if len(code) == 2 and code.isalpha() and len(name) > 3:
            found[name] = code
            found[name.replace(" & ", " and ").replace("St. ", "Saint ")] = code
    return found


@lru_cache(maxsize=1)
def _lowered() -> tuple[re.Pattern[str], dict[str, str]]:
    names = {name.lower(): name for language in _LOCALES for name in state_names(language)}
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"\b(?:{'|'.join(re.escape(name) for name in longest_first)})\b"), names


def with_states(text: str) -> str:
    """A heading in lower case with the capitals of the states that it names.

    >>> with_states("Contribution of trinidad and tobago")
    'Contribution of Trinidad and Tobago'
    """
    pattern, names = _lowered()
    return text[:1] + pattern.sub(lambda match: names[match.group()], text[:1].lower() + text[1:])[1:]
