"""One reminder to those who asked and did not confirm: after two days, once, then silence."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from newsroom.emails import queue_email
from subscribers.models import SignUp, Suppression
from subscribers.sending.list_headers import transactional_list_id
from subscribers.signup.pending import confirm_url, open_choices

log = logging.getLogger(__name__)

REMIND_AFTER = timedelta(hours=48)
AT_A_TIME = 500


def remind_due(*, at: datetime) -> int:
    """Write the reminders that are due; give back how many."""
    written = 0
    for asked in SignUp.objects.to_be_reminded(at=at, after=REMIND_AFTER)[:AT_A_TIME]:
        try:
            written += _remind(asked, at=at)
        except Exception:
            log.exception("the reminder of %s could not be written; it will be tried again", asked)
    return written


def _remind(asked: SignUp, *, at: datetime) -> bool:
    """Write one, in the transaction that notes it: of two beats one does, a crash undoes both."""
    with transaction.atomic():
        if not asked.note_reminder(at=at, after=REMIND_AFTER):
            return False
        briefings = open_choices(asked)
        if not briefings or Suppression.objects.filter(address_hash=asked.address_hash).exists():
            return False
        queue_email(
            "confirm_reminder",
            to=asked.address,
            context={
                "briefings": briefings,
                "confirm_url": confirm_url(asked),
                "asked_on": asked.asked_at,
                "until": asked.confirmable_until,
                "inks": briefings[0].inks if len(briefings) == 1 else None,
            },
            headers={"List-Id": transactional_list_id(briefings)},
        )
    return True
