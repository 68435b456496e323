"""The product's Celery application on a host whose clock is wrong by SKEW_SECONDS.

`celery -A tests.servers.skewed worker`: everything that asks Django for the time is told so.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from django.utils import timezone

SKEW = timedelta(seconds=float(os.environ["SKEW_SECONDS"]))
right_now = timezone.now


def now() -> datetime:
    """Tell the time as this host believes it."""
    return right_now() + SKEW


timezone.now = now

from newsroom.celery import app  # noqa: E402  (models take the clock as they find it)

__all__ = ["app"]
