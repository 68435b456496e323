"""Short wake-ups for imported lists; the table says what is to be done."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from briefings.models import Issue
from newsroom.clock import database_now
from newsroom.wake_ups import EXPIRES_SECONDS
from subscribers.lists import uploaded_lists
from subscribers.models import SubscriberImport

# Longer than a million rows take.
FREE_BEFORE_AN_ISSUE = timedelta(minutes=3)


@shared_task(expires=EXPIRES_SECONDS)
def work_on_imports() -> None:
    """Check or import the lists that wait, one after the other, each as a whole however long.

    None is begun shortly before an issue's hour: a process that does everything is free then.
    """
    for made in SubscriberImport.objects.waiting(at=database_now()):
        now = database_now()
        is_issue_near = Issue.objects.due(at=now + FREE_BEFORE_AN_ISSUE).exists()
        if is_issue_near or SubscriberImport.objects.in_hand(at=now).exists():
            return  # the beat asks again
        uploaded_lists.work_on(made)


@shared_task
def forget_imports() -> None:
    """Delete lists that nobody confirmed, and old refused rows."""
    uploaded_lists.forget(at=database_now())
