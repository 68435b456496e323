"""Tasks for transactional emails, health and retention."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from celery.signals import beat_init, celeryd_init
from django.db import DatabaseError, connection
from django.utils import timezone

from newsroom import database_epoch, emails
from newsroom.health import mark_worker_seen
from newsroom.retention import enforcement
from newsroom.wake_ups import wake

log = logging.getLogger(__name__)


@celeryd_init.connect
@beat_init.connect
def notice_a_restored_database(**_: Any) -> None:
    """Hold everything from before a restore, before anything else is done.

    Each task that sends does so, too, should this fail.
    """
    try:
        database_epoch.advance(at_once=True)
    except DatabaseError as failure:
        log.warning("could not check whether the database was restored: %s", failure)
    finally:
        connection.close()


@shared_task
def send_emails() -> None:
    """Send the transactional emails that are due."""
    database_epoch.advance()
    if emails.send_due_emails(before_each=database_epoch.advance):
        database_epoch.advance(at_once=True)


@shared_task
def record_worker_seen() -> None:
    """Record that a worker is running, for /readyz, and how far the database has come."""
    mark_worker_seen()
    database_epoch.advance()


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
