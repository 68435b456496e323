"""Short wake-ups for sign-ups; the table says what is to be done."""

from __future__ import annotations

from celery import shared_task

from newsroom.clock import database_now
from subscribers.signup.reminders import remind_due


@shared_task
def remind_unconfirmed() -> None:
    """Write one reminder to whoever asked two days ago and has not confirmed."""
    remind_due(at=database_now())
