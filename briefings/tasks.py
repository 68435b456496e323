"""What the clock does with what readers say."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from briefings.models import Comment


@shared_task
def forget_unconfirmed_comments() -> None:
    """Delete comments, with the addresses in them, that nobody confirmed in time."""
    Comment.objects.never_confirmed(at=timezone.now()).delete()
