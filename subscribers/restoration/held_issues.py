"""Issues that were scheduled in a restored database: they may have been sent after the backup."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings import issue_steps
from briefings.local_time import format_local
from briefings.models import Issue, IssueState
from newsroom.transitions import TransitionRefused
from subscribers.models import HeldItem
from subscribers.restoration import held_dispatches
from subscribers.restoration.held_entry import HeldEntry
from subscribers.sending import dispatches

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor


def hold(*, at: datetime) -> None:
    """Unschedule every issue, and remember that it was scheduled."""
    for issue in Issue.objects.filter(state=IssueState.SCHEDULED):
        issue.hold()
        HeldItem.objects.get_or_create(issue=issue, defaults={"held_at": at})


def waiting() -> list[HeldEntry]:
    """Return the issues that nobody has scheduled, returned or sent since, by send time."""
    held = Issue.objects.filter(held_item__isnull=False, state=IssueState.APPROVED)
    return [_entry(issue) for issue in held.for_page().order_by("publish_at", "pk")]


def _entry(issue: Issue) -> HeldEntry:
    slot = format_local(issue.publish_at, issue.briefing.zone) if issue.publish_at else ""
    return HeldEntry(
        name=f"issue:{issue.pk}",
        title=str(issue),
        facts=f"It was scheduled for {slot}. It may have been sent after the backup.",
        release="Schedule it again",
        give_up="Leave it unscheduled",
        publish="Publish it on the site without sending; readers have it already",
        url=reverse("admin:briefings_issue_change", args=[issue.pk]),
    )


def release(pk: int, *, by: Actor, at: datetime) -> str:
    """Schedule an issue for its send time again, and return a sentence about it.

    If that was more than `LATE_WINDOW` ago, it stays approved. Raises TransitionRefused.
    """
    with transaction.atomic():
        issue = _take(pk)
        slot = issue.publish_at
        if slot is None or slot < at - timedelta(seconds=settings.LATE_WINDOW):
            return (
                f"{issue} is not scheduled, because its send time has passed. Open the issue, then"
                " send it now or choose another send time."
            )
        return issue_steps.schedule(issue, by=by, at=min(at, slot), publish_at=slot)


def publish(pk: int, *, by: Actor, at: datetime) -> str:
    """Show an issue on the site and send nothing, as its readers got it after the backup.

    Each of its emails is marked unknown. Returns a sentence about it. Raises TransitionRefused.
    """
    with transaction.atomic():
        issue = _take(pk)
        moment = min(issue.publish_at or at, at)
        issue_steps.schedule(issue, publish_at=moment, by=by, at=moment)
        dispatch = dispatches.publish(issue, at=moment, by=by)
        dispatch.hold(reason=held_dispatches.PAUSE_REASON)
        held_dispatches.give_up(dispatch.pk, by=by, at=at)
    return f"{issue} is on the site. Nothing was sent, and its emails are marked unknown."


def give_up(pk: int, *, by: Actor, at: datetime) -> str:
    """Leave an issue unscheduled, and return a sentence about it. Raises TransitionRefused."""
    with transaction.atomic():
        issue = _take(pk)
    return f"{issue} stays approved and is not scheduled."


def _take(pk: int) -> Issue:
    """Return an issue that nobody has decided about yet; only one of two people gets it."""
    item = HeldItem.objects.filter(issue_id=pk, issue__state=IssueState.APPROVED)
    issue = Issue.objects.for_page().filter(pk=pk).first()
    if issue is None or not item.delete()[0]:
        raise TransitionRefused(f"Issue {pk} is not held. Nothing was changed.")
    return issue
