"""The tasks of what both apps build on."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from newsroom import emails
from newsroom.health import mark_worker_seen
from newsroom.retention import enforcement
from newsroom.wake_ups import wake

log = logging.getLogger(__name__)


@shared_task
def send_emails() -> None:
    """Send the single letters that wait."""
    emails.send_due_emails()


@shared_task
def record_worker_seen() -> None:
    """Leave word that a worker is at work, for /readyz."""
    mark_worker_seen()


@shared_task
def apply_retention() -> None:
    """Delete and blank what docs/retention.toml says has been kept long enough.

    Fails, having touched nothing, while the policy lacks a column.
    """
    stretch = enforcement.apply_policy(at=timezone.now(), seconds=enforcement.RUN_SECONDS)
    for table, number in stretch.rows.items():
        log.info("retention: %s rows of %s deleted or blanked", number, table)
    if not stretch.is_finished:
        wake("newsroom.tasks.apply_retention")
