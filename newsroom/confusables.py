"""Texts that look alike although their characters differ (Unicode Technical Standard 39)."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("confusables.txt")


def skeletons(text: str) -> set[str]:
    """Return forms of a text that are the same in texts which look alike; case does not matter.

    There are two, because some look-alikes are of one case only: I and l, but not i and l.
    """
    text = _without_marks(text)
    return {_fold(_replace(text)), _fold(_replace(text.casefold()))}


def _replace(text: str) -> str:
    return "".join(_prototypes().get(char, char) for char in text)


def _fold(text: str) -> str:
    return _without_marks(text.casefold())


def _without_marks(text: str) -> str:
    """Return the text decomposed, without marks and characters that nobody sees."""
    return "".join(
        char
        for char in unicodedata.normalize("NFKD", text)
        if unicodedata.category(char)[0] not in "MC"
    )


@cache
def _prototypes() -> dict[str, str]:
    """Return what each character looks like."""
    lines = [line for line in _TABLE.read_text("utf-8").splitlines() if line[0] != "#"]
    pairs = [line.split("\t") for line in lines]
    return {char: prototype for prototype, chars in pairs for char in chars}
