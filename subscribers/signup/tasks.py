"""Celery tasks of sign-up."""

from __future__ import annotations

from celery import shared_task

from newsroom.clock import database_now
from subscribers.signup.reminders import send_due_reminders


@shared_task
def remind_unconfirmed() -> None:
    """Send a reminder to everybody who signed up two days ago and has not confirmed."""
    send_due_reminders(at=database_now())
