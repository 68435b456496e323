"""When sending stops by itself, the people who can start it again are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse

from briefings.permissions import SEND_ISSUE
from newsroom import emails

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.contrib.auth.models import User

    from briefings.models import Issue
    from subscribers.models import Dispatch


def pause(dispatch: Dispatch, reason: str) -> None:
    """Pause a dispatch by machine and write to everybody who may send issues.

    Raises TransitionRefused when it is not being sent: then nobody is written to.
    """
    with transaction.atomic():
        dispatch.pause(by=None, reason=reason)
        for person in who_may_send():
            emails.queue_email(
                "dispatch_paused",
                to=person.email,
                context={
                    "dispatch": dispatch,
                    "issue": dispatch.issue,
                    "reason": reason,
                    "url": settings.SITE_URL + dispatch.get_absolute_url(),
                },
            )


def report_missed_slot(issue: Issue, *, before: datetime) -> None:
    """Unschedule an issue whose slot passed before a moment and tell everybody who may send it."""
    slot = issue.publish_at
    with transaction.atomic():
        if not issue.miss_slot(before=before):
            return
        path = reverse("admin:briefings_issue_change", args=[issue.pk])
        for person in who_may_send():
            emails.queue_email(
                "slot_missed",
                to=person.email,
                context={
                    "issue": issue,
                    "slot": slot.astimezone(issue.briefing.zone) if slot else None,
                    "url": settings.SITE_URL + path,
                },
            )


def who_may_send() -> Iterable[User]:
    """Give the staff who may send issues and have an address."""
    people = get_user_model().objects.with_perm(
        SEND_ISSUE, backend="django.contrib.auth.backends.ModelBackend"
    )
    return people.filter(is_staff=True).exclude(email="").order_by("pk")
