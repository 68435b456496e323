"""Which names of columns say nothing about who may be emailed: each of their words is known.

A word that is not in `harmless_names.toml` may turn the meaning round: “Date added” says nothing,
and “Date of death” does. So a name is harmless only if all its words are.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_WORDS = {
    kind: frozenset(words.split())
    for kind, words in tomllib.loads(
        Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    ).items()
}
_INITIALS = re.compile(r"(?<=\b[a-z]) (?=[a-z]\b)")  # “Z/I/P” is “zip”


def is_harmless_time(words: str) -> bool:
    """Whether dates under such a name say nothing, as in “last opened” or “date of birth”."""
    return _is_of(
        re.sub(r"\blast active\b", "last activity", words),
        _WORDS["events"],
        _WORDS["beside_a_time"],
    )


def is_known_beside_a_time(word: str) -> bool:
    """Whether a word beside a date leaves the meaning of the others as it is."""
    return word in _WORDS["events"] or word in _WORDS["joining"] or word in _WORDS["beside_a_time"]


def is_joining_time(words: str) -> bool:
    """Whether such a name says when somebody joined, as in “signed up on”."""
    return _is_of(words, _WORDS["joining"], _WORDS["beside_a_time"] | _WORDS["events"])


def is_description(words: str) -> bool:
    """Whether the cells under such a name describe a person, as in “job title” or “Wohnort”."""
    return _is_of(words, _WORDS["descriptions"], _WORDS["beside_a_description"])


def is_number(words: str) -> bool:
    """Whether the cells under such a name are numbers or keys, as in “opens” or “user id”."""
    return _is_of(words, _WORDS["numbers"], _WORDS["beside_numbers"])


def is_of_free_words(words: str) -> bool:
    """Whether such a name is that of notes or of labels, as in “interests”."""
    return _is_of(words, _WORDS["free_words"], _WORDS["beside_free_words"])


def _is_of(words: str, telling: frozenset[str], beside: frozenset[str]) -> bool:
    """Whether all words are known, and one of them tells something."""
    each = set(_INITIALS.sub("", words).split())
    return bool(each & telling) and each <= telling | beside
