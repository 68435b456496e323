"""Search on PostgreSQL: a generated `tsvector` with a GIN index, and trigrams for spelling.

Migrations make the indexes. `pg_trgm` may be missing: then no other spelling is suggested.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, connection, transaction

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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from briefings.search.search_query import SearchQuery

QUERY_CANCELED = "57014"
SIMILAR_WORDS = 30
_LANGUAGE = "'english'"  # that of the indexes, which migrations make
_QUERY = f"websearch_to_tsquery({_LANGUAGE}, %s)"
_WEIGHTS = f"{{{BODY_WEIGHT}, {BODY_WEIGHT}, {STRAPLINE_WEIGHT}, {HEADLINE_WEIGHT}}}"
_MARKS = f'StartSel="{START}", StopSel="{END}"'
_WHOLE = f"{_MARKS}, HighlightAll=true"
_EXCERPT = (
    f"{_MARKS}, ShortWord=0, MaxFragments=2, MinWords={EXCERPT_WORDS // 2},"
    f' MaxWords={EXCERPT_WORDS}, FragmentDelimiter=" … "'
)


class PostgresEngine:
    """`briefings.search.engine.SearchEngine` on PostgreSQL."""

    @contextmanager
    def limit_seconds(self, seconds: float) -> Iterator[None]:
        """Set the statement timeout within a transaction, and reset it afterwards.

        The same for reading tables from end to end: for a word that is in many issues, the planner
        prefers that to the index, as it does not know that each text must then be unpacked.
        """
        local = (
            "SELECT set_config('statement_timeout', %s, true),"
            " set_config('enable_seqscan', %s, true)"
        )
        try:
            with transaction.atomic():
                [before] = _rows(
                    "SELECT current_setting('statement_timeout'), current_setting('enable_seqscan')"
                )
                _rows(local, f"{seconds * 1000:.0f}ms", "off")
                yield
                _rows(local, *before)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") == QUERY_CANCELED:
                raise SearchTooSlow from None
            raise

    def has_words(self, query: SearchQuery) -> bool:
        [[count]] = _rows(f"SELECT numnode({_QUERY})", query.text)
        return bool(count)

    def issue_matches(self, query: SearchQuery) -> Condition:
        return Condition(
            "briefings_issue.id IN (SELECT issue_id FROM briefings_issuetext"
            f" WHERE search_vector @@ {_QUERY})",
            [query.text],
        )

    def comment_matches(self, query: SearchQuery) -> Condition:
        sql = f"to_tsvector({_LANGUAGE}, briefings_comment.body) @@ {_QUERY}"
        return Condition(sql, [query.text])

    def rank(self, query: SearchQuery, pks: Sequence[int], *, at: datetime) -> list[int]:
        age = "GREATEST(EXTRACT(EPOCH FROM %s - issue.published_at), 0) / 86400"
        rows = _rows(
            "SELECT issue.id FROM briefings_issuetext text"
            " JOIN briefings_issue issue ON issue.id = text.issue_id"
            " WHERE issue.id = ANY(%s)"
            f" ORDER BY ts_rank_cd('{_WEIGHTS}', text.search_vector, {_QUERY}, 1)"
            f" * (%s + (1 - %s) / (1 + {age} / %s)) DESC, issue.published_at DESC, issue.id DESC",
            *(list(pks), query.text, LEAST_FRESHNESS, LEAST_FRESHNESS, at, OLD_AGE_DAYS),
        )
        return [pk for [pk] in rows]

    def issue_excerpts(self, query: SearchQuery, pks: Sequence[int]) -> dict[int, MarkedText]:
        rows = _rows(
            f"SELECT issue_id, ts_headline({_LANGUAGE}, headline, {_QUERY}, %s),"
            f" ts_headline({_LANGUAGE}, strapline, {_QUERY}, %s),"
            f" ts_headline({_LANGUAGE}, body, {_QUERY}, %s)"
            " FROM briefings_issuetext WHERE issue_id = ANY(%s)",
            *(query.text, _WHOLE, query.text, _WHOLE, query.text, _EXCERPT, list(pks)),
        )
        return {pk: MarkedText(*texts) for pk, *texts in rows}

    def comment_excerpts(self, query: SearchQuery, pks: Sequence[int]) -> dict[int, str]:
        rows = _rows(
            f"SELECT id, ts_headline({_LANGUAGE}, body, {_QUERY}, %s)"
            " FROM briefings_comment WHERE id = ANY(%s)",
            *(query.text, _EXCERPT, list(pks)),
        )
        return dict(rows)

    def similar_words(self, word: str) -> list[str]:
        if not _rows("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'"):
            return []
        rows = _rows(
            "SELECT word FROM briefings_searchword WHERE word %% %s"
            " ORDER BY similarity(word, %s) DESC, word LIMIT %s",
            *(word, word, SIMILAR_WORDS),
        )
        return [found for [found] in rows]


def _rows(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[Any] = cursor.fetchall()
    return found
