"""Dispatches of a restored database: how far each was at the backup is known, the rest is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from newsroom import audit_log
from newsroom.clock import database_now
from newsroom.transitions import TransitionRefused
from subscribers.models import DeliveryState, Dispatch, DispatchState
from subscribers.models.dispatch import OPEN_STATES
from subscribers.restoration.held_entry import HeldEntry
from subscribers.sending import dispatches, leases, ledger
from subscribers.sending.dispatch_progress import count, measure

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor

PAUSE_REASON = (
    "This database was restored from a backup. We do not know who got this issue after the backup"
    " was made, so nothing more is sent until an administrator decides."
)
UNKNOWN_REPLY = "the database was restored; this email may have been sent after the backup"


def hold(*, at: datetime) -> None:
    """Hold every dispatch that is not finished."""
    for dispatch in Dispatch.objects.filter(state__in=OPEN_STATES):
        dispatch.hold(reason=PAUSE_REASON)


def waiting() -> list[HeldEntry]:
    """Return the held dispatches, the oldest first."""
    held = Dispatch.objects.filter(state=DispatchState.HELD).select_related("issue__briefing")
    return [_entry(dispatch) for dispatch in held.order_by("pk")]


def _entry(dispatch: Dispatch) -> HeldEntry:
    progress = measure(dispatch, at=timezone.now())
    sent = progress.deliveries[DeliveryState.SENT.label]
    left = progress.unsettled
    if dispatch.filled_at is None:
        left = ledger.recipients_of(dispatch).count()
    return HeldEntry(
        name=f"dispatch:{dispatch.pk}",
        title=f"The sending of {_what(dispatch)}",
        facts=(
            f"Sent before the backup: {count(sent, 'email')}. Not sent by then, so perhaps sent"
            f" since: {count(left, 'email')}."
        ),
        release="Send the rest; some readers may get it twice",
        give_up="Do not send the rest; some readers may never get it",
        url=dispatch.get_absolute_url(),
        numbers={"sent": sent, "left": left},
    )


def _what(dispatch: Dispatch) -> str:
    return f"a correction of {dispatch.issue}" if dispatch.correction_id else str(dispatch.issue)


def release(pk: int, *, by: Actor, at: datetime) -> str:
    """Send the rest, and return a sentence about it. Raises TransitionRefused."""
    dispatch = _get(pk)
    dispatch.release(by=by)
    transaction.on_commit(dispatches.wake_dispatching)
    return f"We are sending the rest of {_what(dispatch)}."


def give_up(pk: int, *, by: Actor, at: datetime) -> str:
    """Send nothing more: what was not sent before the backup is unknown. Raises TransitionRefused.

    Staff may send individual emails again, as they may any email of unknown outcome.
    """
    with transaction.atomic():
        dispatch = _get(pk)
        if dispatch.filled_at is None:
            ledger.fill(dispatch)
        leases.reclaim_all(dispatch)
        now = database_now()
        number = dispatch.deliveries.unsettled().update(
            state=DeliveryState.UNKNOWN,
            server_reply=UNKNOWN_REPLY,
            settled_at=now,
            not_before=None,
            lease=None,
        )
        dispatch.give_up_rest(by=by, at=now)
        audit_log.record("marked emails as unknown", dispatch, by=by, emails=number)
    marked = count(number, "email")
    return f"We send no more emails for {_what(dispatch)}. Marked as unknown: {marked}."


def _get(pk: int) -> Dispatch:
    held = Dispatch.objects.filter(pk=pk, state=DispatchState.HELD)
    dispatch = held.select_related("issue__briefing").first()
    if dispatch is None:
        raise TransitionRefused(f"Dispatch {pk} is not held. Nothing was changed.")
    return dispatch
