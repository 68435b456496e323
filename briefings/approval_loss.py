"""An approval ends when the content changes; whoever scheduled or approved the issue is emailed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings import alarms
from briefings.models import Issue, IssueState
from newsroom.models import AuditLogEntry
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from newsroom.audit_log import Actor


def void_approval(issue: Issue, *, by: Actor) -> bool:
    """Put an approved or scheduled issue back into review if its content changed.

    Whoever scheduled it, or else approved it, is emailed.
    """
    with transaction.atomic():
        issue.lock()
        person, was_scheduled = responsible_for(issue), issue.state == IssueState.SCHEDULED
        if not issue.void_approval(by=by):
            return False
        alarm_of_lost_approval(issue, person, was_scheduled=was_scheduled, by=by)
    return True


def responsible_for(issue: Issue) -> User | None:
    """Return who scheduled a scheduled issue, or else approved it."""
    entry = None
    if issue.state == IssueState.SCHEDULED:
        log = AuditLogEntry.objects.on(issue).select_related("actor")
        entry = log.filter(verb="scheduled").first()
    person: Any = entry.actor if entry and entry.actor else issue.approved_by
    return person  # type: ignore[no-any-return]  # the stubs know no user of the project


def alarm_of_lost_approval(
    issue: Issue, person: User | None, *, was_scheduled: bool, by: Actor
) -> None:
    """Email who is responsible for an issue that its approval has ended."""
    path = reverse("admin:briefings_issue_change", args=[issue.pk])
    slot = issue.publish_at if was_scheduled else None
    alarms.raise_alarm(
        alarms.APPROVAL_LOST,
        "approval_void",
        about=issue,
        concerned=[person],
        by=by,
        context={
            "issue": issue,
            "slot": slot.astimezone(issue.briefing.zone) if slot else None,
            "who": name_of(by),
            "url": settings.SITE_URL + path,
        },
    )
