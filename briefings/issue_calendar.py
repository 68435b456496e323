"""The calendar of issues: every briefing by week, who has each draft, and what is late."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from briefings.local_time import format_local
from briefings.models import EDITABLE_STATES, Issue, IssueState
from briefings.permissions import briefings_for, issues_for
from briefings.slots import EARLY, WEEK
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefings.models import Briefing
    from newsroom.audit_log import Actor

WEEKS_SHOWN = 8  # before the current week, and after it


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """An issue, or a slot without one: then `note` says why."""

    briefing: Briefing
    at: datetime
    issue: Issue | None = None
    holder: str = ""
    late: str = ""
    note: str = ""
    is_free: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWeek:
    """A week from Monday to Sunday."""

    first_day: date
    entries: list[CalendarEntry] = field(default_factory=list)

    @property
    def last_day(self) -> date:
        """The Sunday."""
        return self.first_day + timedelta(days=6)


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def calendar_weeks(user: Actor, *, around: date, at: datetime) -> list[CalendarWeek]:
    """Return the weeks around a Monday, in order, with what this person may see of them."""
    first, last = around - WEEKS_SHOWN * WEEK, around + WEEKS_SHOWN * WEEK
    weeks = {
        first + number * WEEK: CalendarWeek(first_day=first + number * WEEK)
        for number in range(2 * WEEKS_SHOWN + 1)
    }
    briefings = list(briefings_for(user).prefetch_related("breaks"))
    start, end = _midnight(first) - WEEK, _midnight(last + WEEK) + WEEK
    planned = _issues(user, briefings).filter(send_time__gte=start, send_time__lt=end)
    of_briefing: dict[int, list[Any]] = defaultdict(list)
    for issue in planned:
        of_briefing[issue.briefing_id].append(issue)
    for briefing in briefings:
        for entry in _entries(briefing, of_briefing[briefing.pk], start=start, end=end, at=at):
            week = weeks.get(monday_of(entry.at.astimezone(briefing.zone).date()))
            if week:
                week.entries.append(entry)
    for week in weeks.values():
        week.entries.sort(key=lambda entry: (entry.at, entry.briefing.title))
    return list(weeks.values())


def undated_issues(user: Actor) -> list[Issue]:
    """Return the unpublished issues without a send time that this person may see."""
    return list(
        issues_for(user)
        .exclude(state=IssueState.PUBLISHED)
        .filter(publish_at__isnull=True)
        .select_related("briefing", "author", "reviewer")
        .order_by("briefing__title", "number")
    )


def holder_of(issue: Issue) -> str:
    """Return who has an unpublished issue now, in words: whose turn it is."""
    match issue.state:
        case IssueState.DRAFT:
            return f"with {issue.author.name}"
        case IssueState.IN_REVIEW if issue.reviewer is not None:
            return f"with {name_of(issue.reviewer)}"
        case IssueState.IN_REVIEW:
            return "with the editors"
        case IssueState.APPROVED:
            return "to be scheduled"
        case _:
            return ""


def why_late(issue: Issue, *, at: datetime) -> str:
    """Return why an issue is late, in words; empty if it is not."""
    if issue.state == IssueState.PUBLISHED:
        return ""
    zone, moment = issue.briefing.zone, issue.publish_at
    if moment is not None and moment <= at:
        return "Its send time has passed"
    if issue.is_in_break:
        return "Its send time is in a break"
    if issue.state not in EDITABLE_STATES:
        return ""
    if (cut_off := issue.cut_off) is not None and cut_off <= at:
        return f"The cut-off was {format_local(cut_off, zone)}"
    if issue.due_at is not None and issue.due_at <= at and issue.state == IssueState.DRAFT:
        return f"It was due {format_local(issue.due_at, zone)}"
    return ""


def _issues(user: Actor, briefings: list[Briefing]) -> Any:
    """Return the issues of briefings, each with `may_see`: what is hidden still takes its slot."""
    return (
        Issue.objects.filter(briefing__in=briefings)
        .annotate(send_time=Coalesce("publish_at", "published_at"))
        .annotate(may_see=Exists(issues_for(user).filter(pk=OuterRef("pk"))))
        .select_related("author", "reviewer")
        .order_by("send_time", "pk")
    )


def _entries(
    briefing: Briefing, issues: list[Any], *, start: datetime, end: datetime, at: datetime
) -> Iterator[CalendarEntry]:
    for issue in issues:
        issue.briefing = briefing
        if issue.may_see:
            yield CalendarEntry(
                briefing=briefing,
                at=issue.send_time,
                issue=issue,
                holder=holder_of(issue),
                late=why_late(issue, at=at),
            )
    if briefing.retired:
        return
    send_times = [issue.send_time for issue in issues]
    slot = briefing.slot.next(after=start)
    while slot < end:
        taken = any(slot - EARLY <= moment < slot + WEEK - EARLY for moment in send_times)
        rest = briefing.break_on(slot)
        if not taken and rest is not None:
            yield CalendarEntry(briefing=briefing, at=slot, note=f"Break. {rest.sentence}".strip())
        elif not taken and slot > at:
            late = briefing.cut_off(slot) <= at
            cut_off = format_local(briefing.cut_off(slot), briefing.zone)
            yield CalendarEntry(
                briefing=briefing,
                at=slot,
                note="No draft yet",
                late=f"The cut-off was {cut_off}" if late else "",
                is_free=True,
            )
        elif not taken and any(moment < slot for moment in send_times):
            yield CalendarEntry(briefing=briefing, at=slot, note="Nothing went out")
        slot = briefing.slot.next(after=slot)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
