"""One reminder to people who signed up and did not confirm."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from newsroom.emails import queue_email
from newsroom.reader_language import shared_language
from subscribers.models import SignUp, Suppression
from subscribers.sending.list_headers import transactional_list_id
from subscribers.signup.pending_sign_ups import confirm_url, unconfirmed_briefings

log = logging.getLogger(__name__)

REMIND_AFTER = timedelta(hours=48)
BATCH_SIZE = 500


def send_due_reminders(*, at: datetime) -> int:
    """Queue the reminders that are due and return how many."""
    sent = 0
    for pending in SignUp.objects.due_for_reminder(at=at, after=REMIND_AFTER)[:BATCH_SIZE]:
        try:
            sent += _send_reminder(pending, at=at)
        except Exception:
            log.exception("The reminder for %s could not be queued. It will be retried.", pending)
    return sent


def _send_reminder(pending: SignUp, *, at: datetime) -> bool:
    """Queue one reminder and record it in one transaction; False if there is nothing to send.

    If two tasks run at once, only one sends it. A crash undoes both the email and the record.
    """
    with transaction.atomic():
        if not pending.record_reminder(at=at, after=REMIND_AFTER):
            return False
        briefings = unconfirmed_briefings(pending)
        if not briefings or Suppression.objects.filter(address_hash=pending.address_hash).exists():
            return False
        queue_email(
            "confirm_reminder",
            to=pending.address,
            context={
                "briefings": briefings,
                "confirm_url": confirm_url(pending),
                "asked_on": pending.asked_at,
                "until": pending.confirmable_until,
                "accent_colours": briefings[0].accent_colours if len(briefings) == 1 else None,
            },
            language=shared_language(briefing.language for briefing in briefings),
            headers={"List-Id": transactional_list_id(briefings)},
        )
    return True
