"""Tasks for transactional emails, health and retention."""

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
    """Send the transactional emails that are due."""
    emails.send_due_emails()


@shared_task
def record_worker_seen() -> None:
    """Record that a worker is running, for /readyz."""
    mark_worker_seen()


@shared_task
def apply_retention() -> None:
    """Delete and blank what docs/retention.toml says we have kept long enough.

    Fails without touching anything while the policy does not list every column.
    """
    run = enforcement.apply_policy(at=timezone.now(), seconds=enforcement.RUN_SECONDS)
    for table, number in run.rows.items():
        log.info("retention: deleted or blanked %s rows of %s", number, table)
    if not run.is_finished:
        wake("newsroom.tasks.apply_retention")
