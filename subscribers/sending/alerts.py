"""What sending cannot decide alone: it stops, and emails the staff who may send issues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import get_current_timezone

from briefings import alarms
from briefings.permissions import SEND_ISSUE, staff_who_may
from newsroom import emails
from subscribers.permissions import VIEW_SUBSCRIBER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.contrib.auth.models import User
    from django.db.models import QuerySet

    from briefings.models import Issue
    from subscribers.models import Dispatch, Outage, Subscriber


def pause_and_alert(dispatch: Dispatch, reason: str) -> None:
    """Pause a dispatch by itself, and email everybody who may send issues.

    Raises TransitionRefused, and emails nobody, if it is not being sent.
    """
    with transaction.atomic():
        dispatch.pause(by=None, reason=reason)
        for user in staff_who_may_send(dispatch.issue):
            emails.queue_email(
                "dispatch_paused",
                to=user.email,
                context=_about(dispatch) | {"reason": reason},
            )


def alert_of_bounces(dispatch: Dispatch, reason: str) -> None:
    """Email everybody who may send issues why emails bounced, if it is too late to pause.

    The page of the dispatch shows the reason, too.
    """
    with transaction.atomic():
        dispatch.warn(reason)
        for user in staff_who_may_send(dispatch.issue):
            emails.queue_email(
                "bounces_about_us",
                to=user.email,
                context=_about(dispatch) | {"reason": reason},
            )


def unschedule_and_alert(issue: Issue, *, before: datetime) -> None:
    """Unschedule an issue whose send time was before a moment, and email everybody who may send it.

    Does nothing if somebody has scheduled it for another time meanwhile.
    """
    slot = issue.publish_at
    with transaction.atomic():
        if not issue.miss_slot(before=before):
            return
        path = reverse("admin:briefings_issue_change", args=[issue.pk])
        alarms.raise_alarm(
            alarms.SLOT_MISSED,
            "slot_missed",
            about=issue,
            concerned=staff_who_may_send(issue),
            context={
                "issue": issue,
                "slot": slot.astimezone(issue.briefing.zone) if slot else None,
                "url": settings.SITE_URL + path,
            },
        )


def stop_and_alert(issue: Issue, findings: Sequence[str]) -> None:
    """Unschedule an issue that is not ready, and email everybody who may send it what is wrong.

    Raises TransitionRefused, and emails nobody, if it is not scheduled any more.
    """
    with transaction.atomic():
        issue.stop_at_slot(findings)
        path = reverse("admin:briefings_issue_change", args=[issue.pk])
        alarms.raise_alarm(
            alarms.SLOT_MISSED,
            "issue_not_ready",
            about=issue,
            concerned=staff_who_may_send(issue),
            context={"issue": issue, "findings": findings, "url": settings.SITE_URL + path},
        )


def alert_of_late_dispatch(dispatch: Dispatch) -> None:
    """Raise the alarm, once, that a dispatch is not finished although its deadline has passed."""
    issue = dispatch.issue
    with transaction.atomic():
        if not alarms.is_first(alarms.DISPATCH_LATE, str(dispatch.pk)):
            return
        alarms.raise_alarm(
            alarms.DISPATCH_LATE,
            "dispatch_late",
            about=issue,
            concerned=staff_who_may_send(issue),
            context={
                **_about(dispatch),
                "open": dispatch.deliveries.unsettled().count(),
                "deadline": dispatch.deadline.astimezone(issue.briefing.zone),
            },
        )


def _about(dispatch: Dispatch) -> dict[str, Any]:
    """Return what an email about a dispatch says of it; `correction` stands before the headline."""
    return {
        "issue": dispatch.issue,
        "correction": "a correction of " if dispatch.correction_id else "",
        "state": dispatch.get_state_display().lower(),
        "url": settings.SITE_URL + dispatch.get_absolute_url(),
    }


def alert_of_outage(outage: Outage) -> None:
    """Email everybody who may send issues that something has failed for some time."""
    for user in staff_who_may_send():
        emails.queue_email(
            "outage",
            to=user.email,
            context={
                "what": outage.what,
                "since": outage.since.astimezone(get_current_timezone()),
                "reason": outage.reason,
                "url": settings.SITE_URL + reverse("admin:subscribers_dispatch_changelist"),
            },
        )


def alert_of_return(subscriber: Subscriber, titles: Sequence[str]) -> None:
    """Email everybody who may see subscribers that one came back after a complaint."""
    path = reverse("admin:subscribers_subscriber_change", args=[subscriber.pk])
    for user in staff_who_may(VIEW_SUBSCRIBER).exclude(email=""):
        emails.queue_email(
            "subscriber_returned",
            to=user.email,
            context={"titles": ", ".join(titles), "url": settings.SITE_URL + path},
        )


def staff_who_may_send(issue: Issue | None = None) -> QuerySet[User]:
    """Return the staff with an email address who may send an issue, or any issue at all."""
    where = issue.briefing if issue else None
    return staff_who_may(SEND_ISSUE, where).exclude(email="")
