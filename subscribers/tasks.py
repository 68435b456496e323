"""Short wake-ups; the table says what is to be done."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from briefings.models import Issue
from newsroom.tasks import wake
from subscribers.engine import dispatching, ledger
from subscribers.engine.clock import shared_now
from subscribers.engine.sending import send_stretch
from subscribers.importing import sending_in
from subscribers.models import Dispatch, DispatchState, SubscriberImport
from subscribers.reminding import remind_due
from subscribers.reports import tasks as reports  # noqa: F401  (found by Celery through here)

# A wake-up that nobody took within this time is dropped: the beat asks again.
STALE_SECONDS = 120
# Worker processes that may join in at one wake-up; those that find nothing to do end at once.
HANDS = 4
# Longer than a million rows take.
FREE_BEFORE_AN_ISSUE = timedelta(minutes=3)


@shared_task
def publish_due() -> None:
    """Publish scheduled issues whose slot has come."""
    dispatching.publish_due(at=shared_now())


@shared_task
def tend_dispatches() -> None:
    """Find dispatches with work left and wake workers for them."""
    for dispatch in dispatching.tend(at=shared_now()):
        for _ in range(HANDS):
            wake(send, dispatch.pk)


@shared_task
def remind_unconfirmed() -> None:
    """Write one reminder to whoever asked two days ago and has not confirmed."""
    remind_due(at=shared_now())


@shared_task(expires=STALE_SECONDS)
def work_on_imports() -> None:
    """Check or import the lists that wait, one after the other, each as a whole however long.

    None is begun shortly before an issue's hour: a process that does everything is free then.
    """
    for made in SubscriberImport.objects.waiting(at=shared_now()):
        now = shared_now()
        is_issue_near = Issue.objects.due(at=now + FREE_BEFORE_AN_ISSUE).exists()
        if is_issue_near or SubscriberImport.objects.in_hand(at=now).exists():
            return  # the beat asks again
        sending_in.work_on(made)


@shared_task
def forget_imports() -> None:
    """Delete lists that nobody confirmed, and old refused rows."""
    sending_in.forget(at=shared_now())


@shared_task(expires=STALE_SECONDS)
def send(dispatch_id: int) -> None:
    """Send what is ready of one dispatch for a stretch, then let the next stretch be woken."""
    dispatch = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING).first()
    if dispatch is None:
        return
    sent = send_stretch(dispatch)
    if ledger.has_work(dispatch_id):
        if sent:
            wake(send, dispatch_id)
    else:
        wake(tend_dispatches)
