"""Celery tasks of sign-up."""

from __future__ import annotations

from celery import shared_task

from newsroom import database_epoch
from newsroom.clock import database_now
from subscribers.signup.reminders import send_due_reminders


@shared_task
def remind_unconfirmed() -> None:
    """Send a reminder to everybody who signed up two days ago and has not confirmed.

    Not while a person has to say what is sent from a restored database: some may have confirmed, or
    have their reminder, since the backup.
    """
    database_epoch.advance()
    if database_epoch.restored_epoch() is not None:
        return
    send_due_reminders(at=database_now())
