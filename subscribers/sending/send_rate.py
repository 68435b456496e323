"""`SEND_RATE`: one bucket over all workers and hosts, kept where the ledger is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from newsroom.clock import database_now
from subscribers.models import SendRateBucket
from subscribers.sending.transactions import bounded_transaction

# Leave is taken for this much time at once, so that the bucket's row is not written per letter.
STRETCH_SECONDS = 0.2


def take_allowance() -> tuple[int, float]:
    """Take leave for some letters: how many, and the seconds to wait before the first of them."""
    rate = settings.SEND_RATE
    letters = max(1, int(rate * STRETCH_SECONDS))
    with bounded_transaction():
        now = database_now()
        SendRateBucket.objects.get_or_create(only=True, defaults={"next_at": now})
        bucket = SendRateBucket.objects.select_for_update().get()
        starts = _latest(bucket.next_at, now)
        bucket.next_at = starts + timedelta(seconds=letters / rate)
        bucket.save(update_fields=["next_at"])
    return letters, (starts - now).total_seconds()


def _latest(promised: datetime, now: datetime) -> datetime:
    """Leave begins when the last one ends; a clock set back by far does not silence the sender."""
    if promised - now > timedelta(minutes=5):
        return now
    return max(promised, now)
