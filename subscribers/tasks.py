"""Short wake-ups; the table says what is to be done."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from newsroom.tasks import wake
from subscribers.engine import dispatching
from subscribers.engine.sending import send_stretch
from subscribers.importing import sending_in
from subscribers.models import Dispatch, DispatchState, SignUp, SubscriberImport

# A wake-up that nobody took within this time is dropped: the beat asks again.
STALE_SECONDS = 120
# Worker processes that may join in at one wake-up; those that find nothing to do end at once.
HANDS = 4


@shared_task
def publish_due() -> None:
    """Publish scheduled issues whose slot has come."""
    dispatching.publish_due(at=timezone.now())


@shared_task
def tend_dispatches() -> None:
    """Find dispatches with work left and wake workers for them."""
    for dispatch in dispatching.tend(at=timezone.now()):
        for _ in range(HANDS):
            wake(send, dispatch.pk)


@shared_task
def forget_unconfirmed_sign_ups() -> None:
    """Delete sign-ups, with the addresses in them, that nobody confirmed in time."""
    SignUp.objects.forget_unconfirmed(at=timezone.now())


@shared_task(expires=STALE_SECONDS)
def work_on_imports() -> None:
    """Check or import the lists that wait, each in one transaction however long."""
    for made in SubscriberImport.objects.waiting(at=timezone.now()):
        sending_in.work_on(made)


@shared_task
def forget_imports() -> None:
    """Delete lists that nobody confirmed, and old refused rows."""
    sending_in.forget(at=timezone.now())


@shared_task(expires=STALE_SECONDS)
def send(dispatch_id: int) -> None:
    """Send what is ready of one dispatch for a stretch, then let the next stretch be woken."""
    dispatch = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING).first()
    if dispatch is None:
        return
    sent = send_stretch(dispatch)
    if dispatch.deliveries.ready(at=timezone.now()).exists():
        if sent:
            wake(send, dispatch_id)
    else:
        wake(tend_dispatches)
