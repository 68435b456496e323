"""Lists of issues by year, as archives show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from briefings.quotations.chain import with_responding_to

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.models import Briefing, Issue

NEWEST_SHOWN = 26  # on the page of a briefing, before it refers to the years: half a year of weeks
YEAR_DIGITS = 4
MIN_YEAR, MAX_YEAR = 1, 9999  # of Python


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A year of an archive, in the time zones of the issues' briefings."""

    year: int
    issues: list[Issue]


def by_year(issues: Iterable[Issue]) -> list[Year]:
    """Group issues, the latest first, by the year of their dateline."""
    return [
        Year(year=year, issues=list(group))
        for year, group in groupby(issues, key=lambda issue: issue.dateline.year)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The part of a briefing's archive that its page shows, and the years that it can show.

    With a `year`, all issues of that year; without one, the latest issue and some before it.
    `all_years` is empty if the page shows every issue.
    """

    latest: Issue | None = None
    years: list[Year] = field(default_factory=list)
    all_years: list[int] = field(default_factory=list)
    year: int | None = None


def archive_of(briefing: Briefing, *, year: str) -> Archive:
    """Return a briefing's archive; a year in which it has no issue is as none.

    Years are those of the briefing's time zone.
    """
    wanted = int(year) if year.isascii() and year.isdigit() and len(year) == YEAR_DIGITS else 0
    published = with_responding_to(briefing.issues.published().select_related("author"))
    if MIN_YEAR < wanted < MAX_YEAR:
        start, end = (datetime(one, 1, 1, tzinfo=briefing.zone) for one in (wanted, wanted + 1))
        of_year = published.filter(published_at__gte=start, published_at__lt=end)
        if issues := _with(briefing, of_year):
            return Archive(years=by_year(issues), all_years=_years(briefing), year=wanted)
    issues = _with(briefing, published[: NEWEST_SHOWN + 2])
    shown = issues[1 : NEWEST_SHOWN + 1]
    return Archive(
        latest=issues[0] if issues else None,
        years=by_year(shown),
        all_years=_years(briefing) if len(issues) > len(shown) + 1 else [],
    )


def _with(briefing: Briefing, issues: Iterable[Issue]) -> list[Issue]:
    """Return issues that know their briefing without a query."""
    found = list(issues)
    for issue in found:
        issue.briefing = briefing
    return found


def _years(briefing: Briefing) -> list[int]:
    """Return the years in which a briefing has issues, the latest first."""
    moments = briefing.issues.published().order_by()
    years = moments.datetimes("published_at", "year", order="DESC", tzinfo=briefing.zone)
    return [moment.year for moment in years]
