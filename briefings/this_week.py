"""What is next: the issue that goes out next, what a person has to do, and the rest of the week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from briefings.finding_overrides import run_preflight
from briefings.issue_calendar import why_late
from briefings.local_time import format_local, long_moment
from briefings.models import IssueState, RemarkState
from briefings.models.issue import CREATED
from briefings.permissions import (
    briefings_for,
    issues_for,
    may_add_issue,
    may_approve,
    may_send,
)
from newsroom.models import AuditLogEntry

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Briefing, Issue
    from briefings.preflight import Finding
    from newsroom.audit_log import Actor

# How many findings of preflight stand beside the next issue; its page has them all.
FINDINGS_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NextIssue:
    """The issue that goes out next, with what preflight finds in it."""

    issue: Issue
    send_time: datetime
    in_words: str
    cut_off: str
    late: str
    findings: list[Finding]
    more_findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that a person has to do with an issue."""

    issue: Issue
    words: str
    detail: str = ""
    late: str = ""
    next_slot: datetime | None = None  # for an issue that missed its own


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingRow:
    """A briefing with its next slot and its unpublished issues."""

    briefing: Briefing
    slot: datetime
    issues: list[Issue]
    may_add: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThisWeek:
    """All of it."""

    next_issue: NextIssue | None
    tasks: list[Task]
    rows: list[BriefingRow]


def this_week(user: Actor, *, at: datetime) -> ThisWeek:
    """Return what this person may see of it."""
    briefings = list(briefings_for(user).current().prefetch_related("breaks"))
    by_pk = {briefing.pk: briefing for briefing in briefings}
    issues = _unpublished(user)
    for issue in issues:
        issue.briefing = by_pk.get(issue.briefing_id, issue.briefing)
    rows = [
        BriefingRow(
            briefing=briefing,
            slot=briefing.next_slot(after=at),
            issues=[issue for issue in issues if issue.briefing_id == briefing.pk],
            may_add=may_add_issue(user, briefing),
        )
        for briefing in briefings
    ]
    return ThisWeek(
        next_issue=_next_issue(issues, at=at),
        tasks=_tasks(user, issues, at=at),
        rows=sorted(rows, key=lambda row: row.slot),
    )


def _unpublished(user: Actor) -> list[Issue]:
    """Return the unpublished issues that this person may see, the next to go out first."""
    issues = list(
        issues_for(user)
        .exclude(state=IssueState.PUBLISHED)
        .select_related("briefing", "author", "reviewer")
        .annotate(open_remarks=Count("remarks", filter=Q(remarks__state=RemarkState.OPEN)))
    )
    return sorted(
        issues,
        key=lambda issue: (
            issue.publish_at is None,
            issue.publish_at or issue.created_at,
            issue.number,
        ),
    )


def _next_issue(issues: list[Issue], *, at: datetime) -> NextIssue | None:
    """Return the first issue whose send time has not passed."""
    coming = [issue for issue in issues if issue.publish_at and issue.publish_at > at]
    if not coming or coming[0].publish_at is None:
        return None
    issue, send_time = coming[0], coming[0].publish_at
    preflight = run_preflight(issue, publish_at=send_time)
    findings = [*preflight.blocking, *preflight.warnings]
    zone = issue.briefing.zone
    return NextIssue(
        issue=issue,
        send_time=send_time,
        in_words=long_moment(send_time, zone),
        cut_off=format_local(issue.briefing.cut_off(send_time), zone),
        late=why_late(issue, at=at),
        findings=findings[:FINDINGS_SHOWN],
        more_findings=max(0, len(findings) - FINDINGS_SHOWN),
    )


def _tasks(user: Actor, issues: list[Issue], *, at: datetime) -> list[Task]:
    """Return what this person has to do, the next to go out first."""
    mine = _own_issues(user, issues)
    returned = _returned([issue for issue in issues if issue.pk in mine])
    found = []
    for issue in issues:
        words, detail = _task(user, issue, is_mine=issue.pk in mine, returned=returned, at=at)
        remarks: int = getattr(issue, "open_remarks", 0)
        if issue.pk in mine and remarks and not detail:
            detail = f"{remarks} open remark{'' if remarks == 1 else 's'}"
        if words:
            found.append(
                Task(
                    issue=issue,
                    words=words,
                    detail=detail,
                    late=why_late(issue, at=at),
                    next_slot=_next_slot(issue, at=at),
                )
            )
    return found


def _next_slot(issue: Issue, *, at: datetime) -> datetime | None:
    if not issue.missed_slot(at=at):
        return None
    return issue.briefing.next_open_slot(after=at, for_issue=issue)


def _task(
    user: Actor, issue: Issue, *, is_mine: bool, returned: dict[int, str], at: datetime
) -> tuple[str, str]:
    """Return what there is to do in words, and a detail; empty if nothing."""
    passed = issue.publish_at is not None and issue.publish_at <= at
    match issue.state:
        case IssueState.DRAFT if is_mine and issue.pk in returned:
            return "Change and submit again", f"Returned: “{returned[issue.pk]}”"
        case IssueState.DRAFT if is_mine:
            return ("Write and submit" if issue.title else "Start writing"), ""
        case IssueState.IN_REVIEW if issue.reviewer is not None and issue.reviewer == user:
            return "Review: you are its reviewer", ""
        case IssueState.IN_REVIEW if issue.reviewer is None and may_approve(user, issue):
            return "Read and approve", ""
        case IssueState.APPROVED if may_send(user, issue):
            return ("Decide: it did not go out" if passed else "Schedule"), ""
        case _:
            return "", ""


def _own_issues(user: Actor, issues: list[Issue]) -> set[int]:
    """Return the keys of the issues of which this person is the author, or which they started."""
    if user is None or user.pk is None:
        return set()
    started = AuditLogEntry.objects.filter(
        verb__in=CREATED,
        actor=user.pk,
        subject_kind="issue",
        subject_id__in=[str(issue.pk) for issue in issues],
    ).values_list("subject_id", flat=True)
    authored = {issue.pk for issue in issues if issue.author.account_id == user.pk}
    return authored | {int(key) for key in started}


def _returned(issues: list[Issue]) -> dict[int, str]:
    """Return why drafts were returned, by their keys, unless they were submitted again."""
    drafts = [str(issue.pk) for issue in issues if issue.state == IssueState.DRAFT]
    entries = AuditLogEntry.objects.filter(
        verb__in=("returned", "submitted"), subject_kind="issue", subject_id__in=drafts
    ).order_by("at", "pk")
    last = {int(entry.subject_id): entry for entry in entries}
    return {
        pk: str(entry.detail["reason"])
        for pk, entry in last.items()
        if entry.verb == "returned" and entry.detail.get("reason")
    }
