"""The ledger's own acts: fill, lease, progress, close, reclaim. The table is the truth.

A worker that dies leaves a lease whose `begun` and `settled` tell exactly what is known: copies up
to `settled` have their answer, the one that was begun but not settled is unknown, the others were
never handed over and go back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Value
from django.utils import timezone

from newsroom.models import record_act
from subscribers.engine.composing import Addressee
from subscribers.engine.recording import Entry, settle
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState, Lease, Subscription

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from newsroom.staff import Staff

LEASE_SIZE = 500
DOUBTFUL = {
    "state": DeliveryState.UNKNOWN,
    "answer": "the connection or the worker died before the answer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A chunk of the ledger in our hands, in the order in which it must be worked."""

    lease: int
    readers: tuple[Addressee, ...]


def fill(dispatch: Dispatch) -> int:
    """Write a row for each mailable subscriber in one statement; again changes nothing.

    Gives the number of rows that were added.
    """
    readers = (
        Subscription.objects.mailable()
        .filter(briefing_id=dispatch.issue.briefing_id)
        .values_list(
            Value(dispatch.pk), F("subscriber_id"), Value(DeliveryState.PENDING.value), Value(0)
        )
        .order_by("subscriber_id")
    )
    select, parameters = readers.query.sql_with_params()
    into = connection.ops.quote_name(Delivery._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {into} (dispatch_id, subscriber_id, state, tries) {select} "
            "ON CONFLICT (dispatch_id, subscriber_id) DO NOTHING",
            parameters,
        )
        return int(cursor.rowcount)


def expiry() -> datetime:
    """When a lease taken or renewed now ends."""
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


def lease(dispatch_id: int, *, holder: str, size: int = LEASE_SIZE) -> Leased | None:
    """Take the next ready copies, passing over those that other workers hold.

    Consent and suppression are asked again; readers who left meanwhile are skipped. None when
    there is nothing to take or the dispatch is not being sent.
    """
    while True:
        with transaction.atomic():
            sending = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING)
            briefing = sending.values_list("issue__briefing_id", flat=True).first()
            if briefing is None:
                return None
            taken = list(
                Delivery.objects.ready(at=timezone.now())
                .filter(dispatch_id=dispatch_id)
                .order_by("pk")
                .select_for_update(skip_locked=True, no_key=True)
                .values_list("pk", "subscriber_id", "tries")[:size]
            )
            if not taken:
                return None
            leased = _take(dispatch_id, briefing, taken, holder=holder)
        if leased.readers:
            return leased


def _take(
    dispatch_id: int, briefing: int, taken: Sequence[tuple[int, int, int]], *, holder: str
) -> Leased:
    """Put locked rows under a new lease; skip those whose readers left."""
    mailable = {
        row["subscriber_id"]: row
        for row in Subscription.objects.mailable()
        .filter(briefing_id=briefing, subscriber_id__in=[subscriber for _, subscriber, _ in taken])
        .values(
            "subscriber_id", "token", "subscriber__token", "subscriber__address", "subscriber__name"
        )
    }
    readers = tuple(
        Addressee(
            delivery=delivery,
            subscriber=subscriber,
            address=row["subscriber__address"],
            name=row["subscriber__name"],
            unsubscribe=row["token"],
            preferences=row["subscriber__token"],
            tries=tries,
        )
        for delivery, subscriber, tries in taken
        if (row := mailable.get(subscriber))
    )
    gone = [delivery for delivery, subscriber, _ in taken if subscriber not in mailable]
    if gone:
        Delivery.objects.filter(pk__in=gone).update(
            state=DeliveryState.SKIPPED, settled_at=timezone.now()
        )
    if not readers:
        return Leased(lease=0, readers=())
    held = Lease.objects.create(
        dispatch_id=dispatch_id, holder=holder[:120], size=len(readers), expires_at=expiry()
    )
    Delivery.objects.filter(pk__in=[reader.delivery for reader in readers]).update(
        state=DeliveryState.LEASED, lease=held
    )
    return Leased(lease=held.pk, readers=readers)


def has_work(dispatch_id: int) -> bool:
    """Whether copies of a dispatch that is being sent may be tried now."""
    ready = Delivery.objects.ready(at=timezone.now())
    return ready.filter(dispatch_id=dispatch_id, dispatch__state=DispatchState.SENDING).exists()


def renew(leases: Collection[int]) -> None:
    """Put off the end of leases whose holder lives."""
    Lease.objects.filter(pk__in=leases, closed_at=None).update(expires_at=expiry())


def close(lease_id: int, *, last: Entry | None = None, expired: datetime | None = None) -> bool:
    """End a lease by what it knows: sent, unknown, or back to pending. False when it was closed.

    The worker calls it with its `last` record when it is done; the beat, with the moment by which
    the lease must have `expired`, when the worker has been silent for too long. Of the two one
    wins.
    """
    with transaction.atomic():
        open_leases = Lease.objects.filter(closed_at=None)
        if expired is not None:
            open_leases = open_leases.expired(at=expired)  # renewed meanwhile: its holder lives
        held = open_leases.select_for_update().filter(pk=lease_id).first()
        if held is None:
            return False
        if last is not None:
            held.begun, held.settled = last.begun, last.settled
            for outcome in last.outcomes:
                settle(outcome, lease=lease_id)
        now = timezone.now()
        ours = Delivery.objects.filter(lease=held)
        order = list(ours.order_by("pk").values_list("pk", flat=True))
        for copies, changes in (
            (order[: held.settled], {"state": DeliveryState.SENT, "settled_at": now}),
            (order[held.settled : held.begun], {**DOUBTFUL, "settled_at": now}),
            (order[held.begun :], {"state": DeliveryState.PENDING}),
        ):
            if copies:
                # In order, so that a range of the key finds them; those with an outcome keep it.
                span = ours.filter(pk__gte=copies[0], pk__lte=copies[-1])
                span.filter(state=DeliveryState.LEASED).update(lease=None, **changes)
        ours.update(lease=None)
        held.closed_at = now
        held.save(update_fields=["begun", "settled", "closed_at"])
    return True


def reclaim(*, at: datetime) -> int:
    """Close the leases of workers that have been silent for too long; give back how many."""
    expired = Lease.objects.expired(at=at).values_list("pk", flat=True)
    return sum(close(lease_id, expired=at) for lease_id in list(expired))


def addressee_of(delivery: Delivery) -> Addressee | None:
    """Give a copy's reader and tokens; None when the reader was erased."""
    subscription = (
        Subscription.objects.filter(
            subscriber_id=delivery.subscriber_id, briefing__issues__dispatch=delivery.dispatch_id
        )
        .select_related("subscriber")
        .first()
    )
    if subscription is None:
        return None
    return Addressee(
        delivery=delivery.pk,
        subscriber=delivery.subscriber_id,
        address=subscription.subscriber.address,
        name=subscription.subscriber.name,
        unsubscribe=subscription.token,
        preferences=subscription.subscriber.token,
        tries=delivery.tries,
    )


def resend(delivery: Delivery, *, by: Staff) -> bool:
    """Let a person send a copy of unknown fate again, under the same Message-ID.

    False when it is unknown no more: of two people one wins.
    """
    with transaction.atomic():
        mine = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.UNKNOWN)
        if not mine.update(state=DeliveryState.PENDING, answer=None, settled_at=None):
            return False
        delivery.dispatch.reopen()
        record_act("resent an unknown copy", delivery.dispatch, by=by, delivery=delivery.pk)
    return True


def finish(dispatch: Dispatch) -> bool:
    """Call a dispatch sent when every copy is settled."""
    if dispatch.deliveries.unsettled().exists():
        return False
    return dispatch.finish(at=timezone.now())
