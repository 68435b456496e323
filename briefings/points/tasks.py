"""The task that has the encoder read what was said; the tables say what it has not read yet."""

from __future__ import annotations

from celery import shared_task

from briefings.points.encoded_words import encode_missing
from newsroom.clock import database_now


@shared_task
def encode() -> None:
    """Have the encoder read new and changed responses, and the sentences of points."""
    encode_missing(at=database_now())
