"""Short wake-ups for sending; the tables say what is to be done."""

from __future__ import annotations

from celery import shared_task

from newsroom.clock import database_now
from newsroom.wake_ups import EXPIRES_SECONDS, wake
from subscribers.models import Dispatch, DispatchState
from subscribers.sending import dispatches, ledger
from subscribers.sending.send_run import send_ready

SEND = "subscribers.sending.tasks.send"
# Worker processes that may join in at one wake-up; those that find nothing to do end at once.
WORKERS_PER_WAKE_UP = 4


@shared_task
def publish_due() -> None:
    """Publish scheduled issues whose slot has come."""
    dispatches.publish_due(at=database_now())


@shared_task
def advance_dispatches() -> None:
    """Find dispatches with work left and wake workers for them."""
    for dispatch in dispatches.advance(at=database_now()):
        for _ in range(WORKERS_PER_WAKE_UP):
            wake(SEND, dispatch.pk)


@shared_task(expires=EXPIRES_SECONDS)
def send(dispatch_id: int) -> None:
    """Send what is ready of one dispatch for a stretch, then let the next stretch be woken."""
    dispatch = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING).first()
    if dispatch is None:
        return
    sent = send_ready(dispatch)
    if ledger.has_work(dispatch_id):
        if sent:
            wake(SEND, dispatch_id)
    else:
        wake("subscribers.sending.tasks.advance_dispatches")
