"""Celery tasks for imported lists; the table says what is to be done."""

from __future__ import annotations

from datetime import datetime, timedelta

from celery import shared_task

from briefings.models import Issue
from newsroom import database_epoch
from newsroom.clock import database_now
from newsroom.wake_ups import EXPIRES_SECONDS
from subscribers.lists import uploaded_lists
from subscribers.models import SubscriberImport

# Longer than an import of a million rows takes.
FREE_BEFORE_AN_ISSUE = timedelta(minutes=3)


def is_issue_near(*, at: datetime) -> bool:
    """Whether an issue is sent so soon that no worker should start on a list."""
    return Issue.objects.due(at=at + FREE_BEFORE_AN_ISSUE).exists()


@shared_task(expires=EXPIRES_SECONDS)
def process_imports() -> None:
    """Check or import the lists that are waiting, one after the other, however long each takes.

    None is started shortly before an issue's send time, so that a process which runs every kind of
    task is free then.
    """
    database_epoch.advance()
    for subscriber_import in SubscriberImport.objects.waiting(at=database_now()):
        now = database_now()
        if is_issue_near(at=now) or SubscriberImport.objects.in_progress(at=now).exists():
            return  # Celery beat will call this again
        uploaded_lists.process(subscriber_import)


@shared_task
def remove_expired_imports() -> None:
    """Remove lists that nobody confirmed, and old refused rows."""
    uploaded_lists.remove_expired(at=database_now())
