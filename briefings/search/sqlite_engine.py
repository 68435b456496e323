"""Search on SQLite: FTS5 with stems, and trigrams for spelling."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, connection

from briefings.search.engine import (
    BODY_WEIGHT,
    END,
    EXCERPT_WORDS,
    HEADLINE_WEIGHT,
    LEAST_FRESHNESS,
    OLD_AGE_DAYS,
    START,
    STRAPLINE_WEIGHT,
    Condition,
    MarkedText,
    SearchTooSlow,
)
from briefings.search.sqlite_tables import AFTER_WORD, BEFORE_WORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from briefings.search.search_query import SearchQuery

STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's machine: some tenths of a millisecond
SIMILAR_WORDS = 60


class SqliteEngine:
    """`briefings.search.engine.SearchEngine` on SQLite."""

    @contextmanager
    def limit_seconds(self, seconds: float) -> Iterator[None]:
        """Interrupt queries that take longer."""
        connection.ensure_connection()
        deadline = time.monotonic() + seconds
        raw = connection.connection
        raw.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS)
        try:
            yield
        except OperationalError as error:
            if "interrupted" in str(error):
                raise SearchTooSlow from None
            raise
        finally:
            raw.set_progress_handler(None, 0)

    def has_words(self, query: SearchQuery) -> bool:
        return bool(query)

    def issue_matches(self, query: SearchQuery) -> Condition:
        return _condition("briefings_issue", "search_index_issues", query)

    def comment_matches(self, query: SearchQuery) -> Condition:
        return _condition("briefings_comment", "search_index_comments", query)

    def rank(self, query: SearchQuery, pks: Sequence[int], *, at: datetime) -> list[int]:
        age = "max(julianday(%s) - julianday(issue.published_at), 0)"
        rows = _rows(
            "SELECT issue.id FROM search_index_issues"
            " JOIN briefings_issue issue ON issue.id = search_index_issues.rowid"
            f" WHERE search_index_issues MATCH %s AND issue.id IN ({_places(pks)})"
            # bm25 is below zero, and the better the lower
            " ORDER BY bm25(search_index_issues, %s, %s, %s)"
            f" * (%s + (1 - %s) / (1 + {age} / %s)), issue.published_at DESC, issue.id DESC",
            _expression(query),
            *pks,
            *(HEADLINE_WEIGHT, STRAPLINE_WEIGHT, BODY_WEIGHT),
            *(LEAST_FRESHNESS, LEAST_FRESHNESS, at.isoformat(), OLD_AGE_DAYS),
        )
        return [pk for [pk] in rows]

    def issue_excerpts(self, query: SearchQuery, pks: Sequence[int]) -> dict[int, MarkedText]:
        rows = _rows(
            "SELECT rowid, highlight(search_index_issues, 0, %s, %s),"
            " highlight(search_index_issues, 1, %s, %s),"
            " snippet(search_index_issues, 2, %s, %s, ' … ', %s) FROM search_index_issues"
            f" WHERE search_index_issues MATCH %s AND rowid IN ({_places(pks)})",
            *(START, END) * 3,
            EXCERPT_WORDS,
            _expression(query),
            *pks,
        )
        return {pk: MarkedText(*texts) for pk, *texts in rows}

    def comment_excerpts(self, query: SearchQuery, pks: Sequence[int]) -> dict[int, str]:
        rows = _rows(
            "SELECT rowid, snippet(search_index_comments, 0, %s, %s, ' … ', %s)"
            " FROM search_index_comments"
            f" WHERE search_index_comments MATCH %s AND rowid IN ({_places(pks)})",
            *(START, END, EXCERPT_WORDS, _expression(query), *pks),
        )
        return dict(rows)

    def similar_words(self, word: str) -> list[str]:
        padded = f"{BEFORE_WORD}{word}{AFTER_WORD}"
        trigrams = {padded[place : place + 3] for place in range(len(padded) - 2)}
        rows = _rows(
            "SELECT word FROM search_index_words WHERE word MATCH %s ORDER BY rank, word LIMIT %s",
            *(" OR ".join(map(_quoted, sorted(trigrams))), SIMILAR_WORDS),
        )
        return [found.removeprefix(BEFORE_WORD).removesuffix(AFTER_WORD) for [found] in rows]


def _condition(table: str, index: str, query: SearchQuery) -> Condition:
    sql = f"{table}.id IN (SELECT rowid FROM {index} WHERE {index} MATCH %s)"
    return Condition(sql, [_expression(query)])


def _expression(query: SearchQuery) -> str:
    """Return a query in the syntax of FTS5, with everything that was typed between quotes."""
    groups = []
    for group in query.groups:
        wanted = " AND ".join(_quoted(term.words) for term in group if not term.is_excluded)
        unwanted = " OR ".join(_quoted(term.words) for term in group if term.is_excluded)
        groups.append(f"(({wanted}) NOT ({unwanted}))" if unwanted else f"({wanted})")
    return " OR ".join(groups)


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def _places(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _rows(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[Any] = cursor.fetchall()
    return found
