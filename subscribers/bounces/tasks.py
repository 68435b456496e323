"""Celery tasks: fetch the mailbox, and process refusals and events that had to wait."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from subscribers.bounces.incoming_mail import process_message
from subscribers.bounces.mailbox_fetch import MailboxUnreachable, fetch_messages
from subscribers.bounces.session_refusals import process_refusals
from subscribers.bounces.suppression_policy import apply_policy_to_waiting

log = logging.getLogger(__name__)

# Only one worker fetches at a time. The lock of a worker that died expires after these seconds.
FETCH_LOCK_SECONDS = 600
_FETCH_LOCK = "bounces.fetch_mailbox"


@shared_task
def fetch_mailbox() -> None:
    """Process the messages in the mailbox of `REPORTS_URL`."""
    mailbox = settings.REPORTS_MAILBOX
    if mailbox is None or not cache.add(_FETCH_LOCK, True, timeout=FETCH_LOCK_SECONDS):
        return
    try:
        fetch_messages(mailbox, _process)
    except MailboxUnreachable as failure:
        log.warning("could not fetch the mailbox for reports, will try again: %s", failure)
    finally:
        cache.delete(_FETCH_LOCK)


def _process(message: bytes) -> None:
    process_message(message, provider="mailbox", at=timezone.now())


@shared_task
def process_pending_events() -> None:
    """Process what servers refused while we were sending, and events that had to wait."""
    now = timezone.now()
    process_refusals(at=now)
    apply_policy_to_waiting(at=now)
