"""What search needs of a database; `postgres_engine` and `sqlite_engine` have it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from briefings.search.search_query import SearchQuery

# Around each word that was found, in what a database returns. No text has these characters.
START, END = "\x02", "\x03"
# What a place counts that a word is found in, and what a text loses to newer ones: two years after
# its publication, an issue ranks as one of today of which two thirds as much was found.
HEADLINE_WEIGHT, STRAPLINE_WEIGHT, BODY_WEIGHT = 1.0, 0.4, 0.1
OLD_AGE_DAYS, LEAST_FRESHNESS = 730, 0.3
EXCERPT_WORDS = 26


class SearchTooSlow(Exception):
    """A search took longer than we let it."""


class Condition(NamedTuple):
    """A condition of SQL, with its parameters."""

    sql: str
    params: list[Any]


@dataclass(frozen=True, slots=True)
class MarkedText:
    """The words of an issue with marks around what was found; the body is an excerpt."""

    headline: str
    strapline: str
    body: str


class SearchEngine(Protocol):
    """A database that finds texts by their words."""

    def limit_seconds(self, seconds: float) -> AbstractContextManager[None]:
        """Stop queries that take longer, with SearchTooSlow."""

    def has_words(self, query: SearchQuery) -> bool:
        """Whether a query has words that are in the index at all; 'the' may not be."""

    def issue_matches(self, query: SearchQuery) -> Condition:
        """Return the condition of issues that match."""

    def comment_matches(self, query: SearchQuery) -> Condition:
        """Return the condition of comments that match."""

    def rank(self, query: SearchQuery, pks: Sequence[int], *, at: datetime) -> list[int]:
        """Return the keys of matching issues, the best first; newer issues count more."""

    def issue_excerpts(self, query: SearchQuery, pks: Sequence[int]) -> dict[int, MarkedText]:
        """Return what was found of each issue, by its key."""

    def comment_excerpts(self, query: SearchQuery, pks: Sequence[int]) -> dict[int, str]:
        """Return an excerpt of each comment, by its key."""

    def similar_words(self, word: str) -> list[str]:
        """Return words of published issues that look like this one, in any order."""
