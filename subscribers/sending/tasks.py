"""Celery tasks of sending. Each is short and carries no data: the tables say what is to be done."""

from __future__ import annotations

from celery import shared_task

from newsroom import database_epoch
from newsroom.clock import database_now
from newsroom.wake_ups import EXPIRES_SECONDS, wake
from subscribers.models import Dispatch, DispatchState
from subscribers.sending import dispatches, ledger, outages
from subscribers.sending.send_run import send_ready

SEND = "subscribers.sending.tasks.send"
# How many worker processes are woken for a dispatch; those that find no work end at once.
WORKERS_PER_WAKE_UP = 4


@shared_task
def publish_due() -> None:
    """Publish scheduled issues whose send time has passed."""
    with outages.watch("the publication of scheduled issues"):
        database_epoch.advance()
        dispatches.publish_due(at=database_now())


@shared_task
def advance_dispatches() -> None:
    """Advance live dispatches, and wake workers for those that have work left."""
    with outages.watch("the start and end of dispatches"):
        database_epoch.advance()
        with_work = dispatches.advance(at=database_now())
    for dispatch in with_work:
        for _ in range(WORKERS_PER_WAKE_UP):
            wake(SEND, dispatch.pk)


@shared_task(expires=EXPIRES_SECONDS)
def send(dispatch_id: int) -> None:
    """Do one send run of a dispatch, then wake the next."""
    database_epoch.advance()
    dispatch = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING).first()
    if dispatch is None:
        return
    sent = send_ready(dispatch, each_second=database_epoch.advance)
    database_epoch.advance(at_once=bool(sent))
    if ledger.has_work(dispatch_id):
        if sent:
            wake(SEND, dispatch_id)
    else:
        dispatches.wake_dispatching()
