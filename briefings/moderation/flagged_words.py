"""Whether a comment has words of the newsroom's list, however they are spelt."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from briefings.models import FlaggedWord
from newsroom.confusables import skeletons
from newsroom.invisible_characters import remove_invisible

if TYPE_CHECKING:
    from collections.abc import Iterable


def flagged_words_in(text: str) -> list[str]:
    """Return the words of the list that are in a text, as the list has them."""
    return words_found(text, FlaggedWord.objects.values_list("words", flat=True))


def words_found(text: str, listed: Iterable[str]) -> list[str]:
    """Return which of these words and phrases a text has, as whole words.

    Case, accents, characters that nobody sees, look-alikes from other scripts and what stands
    between the words of a phrase make no difference.
    """
    forms = _forms(text)
    return [words for words in listed if any(_has(forms, one) for one in _forms(words))]


def _has(forms: set[str], words: str) -> bool:
    found = re.findall(r"\w+", words)
    if not found:
        return False
    end = "" if words.rstrip().endswith("*") else r"(?!\w)"
    pattern = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, found)) + end)
    return any(pattern.search(form) for form in forms)


def _forms(text: str) -> set[str]:
    """Return a text without capitals and accents: as it is written, and as it looks."""
    text = remove_invisible(unicodedata.normalize("NFKC", text))
    return {_plain(text), *skeletons(re.sub(r"\s", " ", text))}


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
