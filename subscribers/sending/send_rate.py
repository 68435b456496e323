"""`SEND_RATE`: one rate limit over all workers and hosts, kept in the database."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from newsroom.clock import database_now
from subscribers.models import SendRateBucket
from subscribers.sending.transactions import bounded_transaction

# An allowance is for this much time, so that the row is not written for every email.
ALLOWANCE_SECONDS = 0.2


def take_allowance() -> tuple[int, float]:
    """Return how many emails the caller may send, and the seconds to wait before the first."""
    rate = settings.SEND_RATE
    emails = max(1, int(rate * ALLOWANCE_SECONDS))
    with bounded_transaction():
        now = database_now()
        SendRateBucket.objects.get_or_create(only=True, defaults={"next_at": now})
        bucket = SendRateBucket.objects.select_for_update().get()
        starts = _start(bucket.next_at, now)
        bucket.next_at = starts + timedelta(seconds=emails / rate)
        bucket.save(update_fields=["next_at"])
    return emails, (starts - now).total_seconds()


def _start(next_at: datetime, now: datetime) -> datetime:
    """Return when an allowance starts: at the end of the last one.

    If that is more than five minutes ahead, the clock was set back: then it starts now.
    """
    if next_at - now > timedelta(minutes=5):
        return now
    return max(next_at, now)
