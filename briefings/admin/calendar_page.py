"""The calendar in the admin: the weeks around now, or around a week that somebody chose."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from briefings.issue_calendar import WEEKS_SHOWN, calendar_weeks, monday_of, undated_issues
from briefings.permissions import may_add_issue
from briefings.slots import WEEK

if TYPE_CHECKING:
    from briefings.issue_calendar import CalendarWeek

FIRST_YEAR, LAST_YEAR = 2000, 2199


@require_safe
def issue_calendar(request: HttpRequest) -> HttpResponse:
    """Show every briefing by week; `?week=` is a day of the week in the middle."""
    at = timezone.now()
    today = timezone.localdate(at)
    chosen = _chosen(request.GET.get("week", "")) or monday_of(today)
    weeks = calendar_weeks(request.user, around=chosen, at=at)
    now = monday_of(today)
    context = {
        **admin.site.each_context(request),
        "title": "Calendar",
        "coming": [(week, _name(week, now)) for week in weeks[WEEKS_SHOWN:]],
        "before": [(week, _name(week, now)) for week in reversed(weeks[:WEEKS_SHOWN])],
        "undated": undated_issues(request.user),
        "startable": {
            entry.briefing.pk
            for week in weeks
            for entry in week.entries
            if entry.is_free and may_add_issue(request.user, entry.briefing)
        },
        "is_now": chosen == now,
        "now": now,
        "earlier": chosen - WEEKS_SHOWN * WEEK,
        "later": chosen + WEEKS_SHOWN * WEEK,
    }
    return TemplateResponse(request, "admin/briefings/issue/calendar.html", context)


def _chosen(text: str) -> date | None:
    """Return the Monday of a day from an address; None if it is not a day of these centuries."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return monday_of(day) if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _name(week: CalendarWeek, now: date) -> str:
    """Return a name for the weeks around this one."""
    return {
        now - WEEK: "Last week",
        now: "This week",
        now + WEEK: "Next week",
    }.get(week.first_day, "")
