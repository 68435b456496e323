"""Newsroom's Celery application on a host whose clock is wrong by SKEW_SECONDS.

`celery -A tests.servers.skewed worker`: Django's `timezone.now()` returns the wrong time.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from django.utils import timezone

SKEW = timedelta(seconds=float(os.environ["SKEW_SECONDS"]))
right_now = timezone.now


def now() -> datetime:
    """Return the time on this host's clock."""
    return right_now() + SKEW


timezone.now = now

from newsroom.celery import app  # noqa: E402  (models import the clock)

__all__ = ["app"]
