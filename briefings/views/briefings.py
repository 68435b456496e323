"""The lists: home, a briefing with its archive, a contributor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from briefings.models import Briefing, Contributor, Issue

SHOWN_ON_HOME = 4  # of each briefing: the lead or latest, and what came before


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A briefing on the home page: its latest issue and some before it."""

    briefing: Briefing
    latest: Issue | None
    earlier: list[Issue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A year of an archive, on the clocks of the issues' briefings."""

    year: int
    issues: list[Issue]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the newest issue of all, then each briefing with its latest."""
    briefings = list(Briefing.objects.select_related("lead"))
    current = [briefing for briefing in briefings if not briefing.retired]
    recent = _recent_issues(current)
    newest = max(
        (issues[0] for issues in recent.values()),
        key=lambda issue: (issue.dateline, issue.pk),
        default=None,
    )
    context = {
        "lead": newest,
        "shelves": [_shelf(briefing, recent.get(briefing.pk, []), newest) for briefing in current],
        "retired": [briefing for briefing in briefings if briefing.retired],
    }
    return TemplateResponse(request, "briefings/home.html", context)


def _recent_issues(briefings: list[Briefing]) -> dict[int, list[Issue]]:
    """The newest issues of each briefing that has any, in one query."""
    by_pk = {briefing.pk: briefing for briefing in briefings}
    recent: dict[int, list[Issue]] = {}
    for issue in Issue.objects.newest_of_each(SHOWN_ON_HOME).select_related("author"):
        if issue.briefing_id in by_pk:
            issue.briefing = by_pk[issue.briefing_id]
            recent.setdefault(issue.briefing_id, []).append(issue)
    return recent


def _shelf(briefing: Briefing, issues: list[Issue], newest: Issue | None) -> Shelf:
    """Set the newest issue of all aside: it stands at the top of the page already."""
    rest = [issue for issue in issues if newest is None or issue.pk != newest.pk]
    return Shelf(briefing=briefing, latest=rest[0] if rest else None, earlier=rest[1:3])


@require_safe
def briefing_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a briefing: what it is, its latest issue, everything it said."""
    briefing = get_object_or_404(Briefing.objects.select_related("lead"), slug=slug)
    issues = list(briefing.issues.published().select_related("author"))
    for issue in issues:
        issue.briefing = briefing
    context = {
        "briefing": briefing,
        "latest": issues[0] if issues else None,
        "years": by_year(issues[1:]),
        "clock": _clock(briefing),
    }
    return TemplateResponse(request, "briefings/briefing_detail.html", context)


def _clock(briefing: Briefing) -> str:
    """A time zone in a reader's words: 'London time'."""
    place = briefing.time_zone.rpartition("/")[2].replace("_", " ")
    return place if place.isupper() else f"{place} time"


@require_safe
def contributor_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an author and everything they signed."""
    contributor = get_object_or_404(Contributor, slug=slug)
    issues = contributor.issues.published().select_related("briefing")
    context = {
        "contributor": contributor,
        "years": by_year(issues),
        "leads": contributor.leads.current(),
    }
    return TemplateResponse(request, "briefings/contributor_detail.html", context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers where the pages are, and what is not for them."""
    closed = ["/admin/", "/comments/", "/confirm/", "/preferences/", "/unsubscribe/", "/view/"]
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in closed),
        "",
        f"Sitemap: {settings.SITE_URL}{reverse('briefings:sitemap')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def by_year(issues: Iterable[Issue]) -> list[Year]:
    """Group issues, the latest first, by the year a reader dates them."""
    return [
        Year(year=year, issues=list(group))
        for year, group in groupby(issues, key=lambda issue: issue.dateline.year)
    ]
