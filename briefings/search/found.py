"""Find published issues and the comments that readers see: one way for every database."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q, QuerySet, Window
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from briefings.comment_threads import VISIBLE
from briefings.models import Briefing, Comment, Contributor, Issue
from briefings.models.comment import CommentQuerySet
from briefings.search.engine import END, START, SearchEngine, SearchTooSlow
from briefings.search.postgres_engine import PostgresEngine
from briefings.search.search_query import SearchQuery, parse_query
from briefings.search.spellings import other_spelling
from briefings.search.sqlite_engine import SqliteEngine

PER_PAGE = 10
# The newest that match are ranked and shown, so that a word in every issue costs no more.
MOST_FOUND = 500
SECONDS = 2.0
# Of comments that staff search: those of one issue.
MOST_KEYS = 5_000
_MARKED = re.compile(f"{START}([^{START}{END}]*){END}")
_STRAY = re.compile(f"[{START}{END}]")
# Marks after which a new sentence may start, and what may stand behind them.
_ENDS = (".", "!", "?", "…", ":", ";", ",")
_CLOSING = f"{START}{END} ”’»\"')]"
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Where to look; years are those of publication, both included, where a briefing is."""

    briefing: Briefing | None = None
    author: Contributor | None = None
    first_year: int | None = None
    last_year: int | None = None

    def condition(self, prefix: str = "") -> Q:
        """Return the condition of issues, or with a prefix, of what belongs to them."""
        condition = Q()
        if self.briefing:
            condition &= Q(**{f"{prefix}briefing": self.briefing})
        if self.author:
            condition &= Q(**{f"{prefix}author": self.author})
        if self.first_year or self.last_year:
            of_zones = [self._in_years(zone, prefix) for zone in self._zones()]
            condition &= reduce(or_, of_zones, Q(pk__in=[]))
        return condition

    def _zones(self) -> list[str]:
        """Return the time zones of the briefings that are searched."""
        if self.briefing:
            return [self.briefing.time_zone]
        return sorted(set(Briefing.objects.values_list("time_zone", flat=True)))

    def _in_years(self, zone: str, prefix: str) -> Q:
        """Return the condition of issues of briefings in a time zone: a year begins there."""
        condition = Q(**{f"{prefix}briefing__time_zone": zone})
        if self.first_year:
            start = datetime(self.first_year, 1, 1, tzinfo=ZoneInfo(zone))
            condition &= Q(**{f"{prefix}published_at__gte": start})
        if self.last_year:
            end = datetime(self.last_year + 1, 1, 1, tzinfo=ZoneInfo(zone))
            condition &= Q(**{f"{prefix}published_at__lt": end})
        return condition


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIssue:
    """An issue, with what was found in it marked."""

    issue: Issue
    headline: SafeString
    strapline: SafeString
    excerpt: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundComment:
    """A comment, with what was found in it marked."""

    comment: Comment
    excerpt: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage(Generic[Found]):
    """One page of what was found, and how much there is."""

    found: list[Found] = field(default_factory=list)
    count: int = 0
    number: int = 1
    is_too_slow: bool = False
    has_no_words: bool = False  # only words like 'the', or none at all

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-min(self.count, MOST_FOUND) // PER_PAGE))

    @property
    def most_shown(self) -> int:
        """How many are shown on all pages, where there are more; otherwise 0."""
        return MOST_FOUND if self.count > MOST_FOUND else 0


def search_engine() -> SearchEngine:
    """Return the engine of the database that is in use."""
    return PostgresEngine() if connection.vendor == "postgresql" else SqliteEngine()


def search_issues(
    words: str, *, filters: Filters, page: int, at: datetime
) -> SearchPage[FoundIssue]:
    """Return a page of the published issues that match, the best first."""
    query, engine = parse_query(words), search_engine()
    if not query:
        return SearchPage(has_no_words=True)
    try:
        with engine.limit_seconds(SECONDS):
            newest, count = _newest(_matching_issues(query, engine, filters))
            if not newest:
                return SearchPage(has_no_words=not engine.has_words(query))
            number = _number(page, len(newest))
            shown = engine.rank(query, newest, at=at)[_slice(number)]
            return SearchPage(found=_found_issues(query, engine, shown), count=count, number=number)
    except SearchTooSlow:
        return SearchPage(is_too_slow=True)


def search_comments(words: str, *, filters: Filters, page: int) -> SearchPage[FoundComment]:
    """Return a page of the comments that match and that readers see, the newest first."""
    query, engine = parse_query(words), search_engine()
    if not query:
        return SearchPage(has_no_words=True)
    try:
        with engine.limit_seconds(SECONDS):
            newest, count = _newest(_matching_comments(query, engine, filters))
            if not newest:
                return SearchPage(has_no_words=not engine.has_words(query))
            number = _number(page, len(newest))
            shown = newest[_slice(number)]
            return SearchPage(
                found=_found_comments(query, engine, shown), count=count, number=number
            )
    except SearchTooSlow:
        return SearchPage(is_too_slow=True)


def count_matches(words: str, *, filters: Filters, comments: bool) -> int:
    """Return how many issues or comments match, counted up to one more than `MOST_FOUND`."""
    query, engine = parse_query(words), search_engine()
    if not query:
        return 0
    try:
        with engine.limit_seconds(SECONDS):
            if comments:
                return _matching_comments(query, engine, filters)[: MOST_FOUND + 1].count()
            return _matching_issues(query, engine, filters)[: MOST_FOUND + 1].count()
    except SearchTooSlow:
        return 0


def newest_issues(words: str, *, filters: Filters, count: int) -> QuerySet[Issue]:
    """Return the newest published issues that match, for a feed. Raises SearchTooSlow."""
    query, engine = parse_query(words), search_engine()
    if not query:
        return Issue.objects.none()
    with engine.limit_seconds(SECONDS):
        pks = list(_matching_issues(query, engine, filters).values_list("pk", flat=True)[:count])
    return Issue.objects.published().filter(pk__in=pks)


def keys_of_matching(words: str, comments: CommentQuerySet) -> list[int]:
    """Return the keys of those among comments that match, seen by readers or not.

    At most `MOST_KEYS`, the newest; all comments if there is no word to search for.
    """
    query, engine = parse_query(words), search_engine()
    rows = comments.order_by("-pk").values_list("pk", flat=True)
    if query and engine.has_words(query):
        condition = engine.comment_matches(query)
        rows = rows.extra(where=[condition.sql], params=condition.params)  # noqa: S610  (it is ours)
    return list(rows[:MOST_KEYS])


def did_you_mean(words: str, *, filters: Filters) -> str:
    """Return another spelling that finds issues; empty if there is none."""
    query, engine = parse_query(words), search_engine()
    if not query:
        return ""
    try:
        with engine.limit_seconds(SECONDS):
            other = other_spelling(query, engine)
            is_better = other and _matching_issues(other, engine, filters).exists()
            return other.text if other and is_better else ""
    except SearchTooSlow:
        return ""


def _matching_issues(query: SearchQuery, engine: SearchEngine, filters: Filters) -> QuerySet[Issue]:
    condition = engine.issue_matches(query)
    found = Issue.objects.published().filter(filters.condition())
    return found.extra(where=[condition.sql], params=condition.params)  # noqa: S610  (it is ours)


def _matching_comments(
    query: SearchQuery, engine: SearchEngine, filters: Filters
) -> QuerySet[Comment]:
    condition = engine.comment_matches(query)
    found = (
        Comment.objects.approved()
        .filter(VISIBLE, filters.condition("issue__"), issue__in=Issue.objects.published())
        .order_by("-created_at", "-pk")
    )
    return found.extra(where=[condition.sql], params=condition.params)  # noqa: S610  (it is ours)


def _newest(matches: QuerySet[Any]) -> tuple[list[int], int]:
    """Return the keys of the newest that match, at most `MOST_FOUND`, and how many match."""
    counted = matches.annotate(count=Window(Count("*"))).values_list("pk", "count")
    rows = list(counted[:MOST_FOUND])
    return [pk for pk, _ in rows], rows[0][1] if rows else 0


def _found_issues(query: SearchQuery, engine: SearchEngine, pks: list[int]) -> list[FoundIssue]:
    issues = Issue.objects.select_related("briefing", "author").in_bulk(pks)
    texts = engine.issue_excerpts(query, pks)
    return [
        FoundIssue(
            issue=issues[pk],
            headline=_with_marks(texts[pk].headline),
            strapline=_with_marks(texts[pk].strapline),
            excerpt=_with_marks(texts[pk].body),
        )
        for pk in pks
        if pk in issues and pk in texts
    ]


def _found_comments(query: SearchQuery, engine: SearchEngine, pks: list[int]) -> list[FoundComment]:
    comments = Comment.objects.select_related("issue__briefing", "contributor").in_bulk(pks)
    texts = engine.comment_excerpts(query, pks)
    return [
        FoundComment(comment=comments[pk], excerpt=_with_marks(texts[pk]))
        for pk in pks
        if pk in comments and pk in texts
    ]


def _with_marks(text: str) -> SafeString:
    """Return text on one line as HTML, with <mark> around what was found."""
    marked = _MARKED.sub(r"<mark>\1</mark>", escape(_on_one_line(text)))
    return mark_safe(_STRAY.sub("", marked))


def _on_one_line(text: str) -> str:
    """Return lines on one, with a dot after those that end without a mark, such as headings."""
    line = ""
    for part in filter(None, map(str.strip, text.split("\n"))):
        is_ended = line.rstrip(_CLOSING).endswith(_ENDS)
        line += f"{' ' if is_ended else ' · '}{part}" if line else part
    return line


def _number(page: int, found: int) -> int:
    return max(1, min(page, -(-found // PER_PAGE)))


def _slice(number: int) -> slice:
    return slice((number - 1) * PER_PAGE, number * PER_PAGE)
