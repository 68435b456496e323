"""Celery tasks for what readers take back and have erased; the tables say what that is."""

from __future__ import annotations

from celery import shared_task

from briefings.quotations.withdrawals import withdraw_quotations as withdraw_due_quotations
from newsroom.clock import database_now
from newsroom.wake_ups import EXPIRES_SECONDS
from subscribers.lists.tasks import is_issue_near
from subscribers.privacy import erasure, list_erasure
from subscribers.privacy.frozen_quotations import change_frozen_quotations


@shared_task(expires=EXPIRES_SECONDS)
def withdraw_quotations() -> None:
    """Change printed quotations whose readers took back what they agreed to."""
    withdraw_due_quotations(at=database_now(), change_frozen=change_frozen_quotations)


@shared_task(expires=EXPIRES_SECONDS)
def finish_erasures() -> None:
    """Delete erased subscribers who were being imported, and erase people from one list.

    A list of 256 MB takes minutes, so each list has a task of its own, and none is started shortly
    before an issue's send time.
    """
    now = database_now()
    erasure.delete_erased_subscribers(at=now)
    if not is_issue_near(at=now) and list_erasure.erase_from_next_list():
        list_erasure.wake_eraser()
