"""Short wake-ups; the table says what is to be done."""

from celery import shared_task


@shared_task
def publish_due() -> None:
    """Publish scheduled issues whose slot has come."""


@shared_task
def tend_dispatches() -> None:
    """Find dispatches with work left and wake workers for them."""
