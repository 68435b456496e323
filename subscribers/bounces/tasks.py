"""Wake-ups for what comes back: the mailbox, the refusals, and events that had to wait."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from subscribers.bounces.event_actions import act_on_waiting
from subscribers.bounces.incoming import process
from subscribers.bounces.mailbox_collection import MailboxAway, collect
from subscribers.bounces.session_refusals import look_at_refusals

log = logging.getLogger(__name__)

# One look into the mailbox at a time; who dies in it is forgotten after this, in seconds.
LOOK_LASTS = 600
_LOOKING = "reports.looking"


@shared_task
def collect_reports() -> None:
    """Take what lies in the mailbox of `REPORTS_URL`."""
    mailbox = settings.REPORTS_MAILBOX
    if mailbox is None or not cache.add(_LOOKING, True, timeout=LOOK_LASTS):
        return
    try:
        collect(mailbox, _take)
    except MailboxAway as failure:
        log.warning("the mailbox for reports is away, it will be tried again: %s", failure)
    finally:
        cache.delete(_LOOKING)


def _take(message: bytes) -> None:
    process(message, provider="mailbox", at=timezone.now())


@shared_task
def act_on_reports() -> None:
    """Look at what servers refused while sending, and at events that had to wait."""
    now = timezone.now()
    look_at_refusals(at=now)
    act_on_waiting(at=now)
