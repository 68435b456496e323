"""Lists of issues by year, as archives show them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.models import Issue


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
