"""What a visitor typed, as words and phrases to look for or to leave out.

The syntax is that of PostgreSQL's `websearch_to_tsquery`: words, "phrases", `or`, and a hyphen
before what must not occur. Nothing that is typed is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from briefings.models.issue_text import words_in
from newsroom.invisible_characters import one_line

MAX_QUERY_CHARS = 100
_TERM = re.compile(r'(-?)"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a phrase whose words stand side by side."""

    words: str
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A query as it was typed, on one line, and its terms.

    Each group holds what has to occur together; a text matches if one of the groups does.
    """

    text: str
    groups: tuple[tuple[Term, ...], ...]

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.groups)

    @property
    def words(self) -> list[str]:
        """The words to look for that may be misspelt, in the order in which they were typed."""
        terms = [term.words for group in self.groups for term in group if not term.is_excluded]
        found = {word for words in terms for word in words_in(words)}
        return sorted(found, key=self.text.lower().find)

    def with_word(self, word: str, other: str) -> str:
        """Return the text with another word in place of one of its words."""
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
        return whole.sub(other, self.text)


def parse_query(text: str) -> SearchQuery:
    """Parse what was typed; what is too long is cut off, and what has no words says nothing."""
    text = one_line(text)[:MAX_QUERY_CHARS].strip()
    groups: list[list[Term]] = [[]]
    for hyphen, phrase, word in _TERM.findall(text):
        if word.lower() == "or":
            groups.append([])
            continue
        words = phrase or word.lstrip("-")
        if any(map(str.isalnum, words)):
            is_excluded = bool(hyphen) or word.startswith("-")
            groups[-1].append(Term(words=words, is_excluded=is_excluded))
    # What must not occur cannot be looked for alone.
    useful = [tuple(group) for group in groups if not all(term.is_excluded for term in group)]
    return SearchQuery(text=text, groups=tuple(useful))
