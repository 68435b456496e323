"""The ledger's own acts: fill, lease, progress, close, reclaim. The table is the truth.

A worker that dies leaves a lease whose `begun` and `settled` tell exactly what is known: copies up
to `settled` have their answer, the one that was begun but not settled is unknown, the others were
never handed over and go back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from newsroom.models import record_act
from subscribers.engine.clock import shared_now
from subscribers.engine.composing import Addressee
from subscribers.engine.destinations import hold_back
from subscribers.engine.recording import Entry, settle
from subscribers.engine.transactions import brief
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState, Lease, Subscription
from subscribers.models.ledger import WAITING_STATES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from newsroom.staff import Staff
    from subscribers.models.ledger import DeliveryQuerySet

LEASE_SIZE = 500
SMALLEST_LEASE = 25
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
        added = int(cursor.rowcount)
        if connection.vendor == "postgresql":
            # Without figures on the new rows each lease would sort all of them.
            cursor.execute(f"ANALYZE {into}")
    Dispatch.objects.filter(pk=dispatch.pk).update(fresh_left=F("fresh_left") + added)
    return added


def expiry() -> datetime:
    """When a lease taken or renewed now ends."""
    return shared_now() + timedelta(seconds=settings.LEASE_SECONDS)


def lease(dispatch_id: int, *, holder: str, size: int = LEASE_SIZE) -> Leased | None:
    """Take the next ready copies: first those that were in hand before, then fresh ones.

    Consent and suppression are asked again; readers who left meanwhile are skipped. None when
    there is nothing to take or the dispatch is not being sent.
    """
    while True:
        with brief():
            dispatch = _lock_sending(dispatch_id)
            if dispatch is None:
                return None
            taken, again = _ready_copies(dispatch, size)
            if not taken:
                return None
            leased = _take(dispatch, taken, again=again, holder=holder)
        if leased.readers:
            return leased


def _lock_sending(dispatch_id: int) -> Dispatch | None:
    """Lock a dispatch that is being sent: whoever moves its `leased_up_to` does so alone."""
    sending = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING)
    wanted = sending.select_related("issue").only(
        "leased_up_to", "fresh_left", "deadline", "issue__briefing_id"
    )
    return wanted.select_for_update(of=("self",), no_key=True).first()


def _ready_copies(dispatch: Dispatch, size: int) -> tuple[list[_Copy], bool]:
    """Choose copies to lease, in their readers' order, and note how far the fresh ones reach.

    Also tells whether they were in hand before.
    """
    again = dispatch.deliveries.again(at=shared_now()).select_for_update(
        skip_locked=True, no_key=True
    )
    if taken := _copies(again, size):
        return taken, True
    # Towards the end leases shrink, so that all connections come to it together.
    share = dispatch.fresh_left // (2 * settings.SEND_CONNECTIONS)
    size = min(size, max(SMALLEST_LEASE, share))
    fresh = _copies(dispatch.deliveries.fresh(after=dispatch.leased_up_to), size)
    if fresh:
        Dispatch.objects.filter(pk=dispatch.pk).update(
            leased_up_to=fresh[-1].subscriber,
            fresh_left=Greatest(F("fresh_left") - len(fresh), 0),
        )
    return fresh, False


class _Copy(NamedTuple):
    subscriber: int
    delivery: int
    tries: int


def _copies(found: DeliveryQuerySet, size: int) -> list[_Copy]:
    rows = found.order_by("subscriber_id").values_list("subscriber_id", "pk", "tries")
    return [_Copy(*row) for row in rows[:size]]


def _take(dispatch: Dispatch, taken: Sequence[_Copy], *, again: bool, holder: str) -> Leased:
    """Put copies under a new lease; skip those whose readers left, park those who must wait."""
    held = Lease.objects.create(
        dispatch_id=dispatch.pk,
        holder=holder[:120],
        size=len(taken),
        first=taken[0].subscriber,
        last=taken[-1].subscriber,
        expires_at=expiry(),
    )
    subscribers = [copy.subscriber for copy in taken]
    waiting = dispatch.deliveries.filter(_of(subscribers), state__in=WAITING_STATES, lease=None)
    waiting.update(state=DeliveryState.LEASED, lease=held, not_before=None)
    ours = dispatch.deliveries.filter(_of(subscribers), lease=held)
    mailable = {
        row[0]: row[1:]
        for row in Subscription.objects.mailable()
        .filter(
            briefing_id=dispatch.issue.briefing_id, subscriber_id__in=ours.values("subscriber_id")
        )
        .values_list(
            "subscriber_id", "token", "subscriber__token", "subscriber__address", "subscriber__name"
        )
    }
    readers = []
    for subscriber, delivery, tries in taken:
        if row := mailable.get(subscriber):
            unsubscribe, preferences, address, name = row
            readers.append(
                Addressee(
                    delivery=delivery,
                    subscriber=subscriber,
                    address=address,
                    name=name,
                    unsubscribe=unsubscribe,
                    preferences=preferences,
                    tries=tries,
                )
            )
    if len(readers) < len(taken):
        ours.filter(subscriber_id__in=set(subscribers) - set(mailable)).update(
            state=DeliveryState.SKIPPED, lease=None, settled_at=timezone.now()
        )
    for parked in hold_back(dispatch, readers, again=again, at=shared_now()):
        ours.filter(subscriber_id__in=parked.subscribers).update(
            state=DeliveryState.PENDING, lease=None, not_before=parked.until
        )
        away = set(parked.subscribers)
        readers = [reader for reader in readers if reader.subscriber not in away]
    if not readers:
        held.delete()
    elif len(readers) < len(taken):
        held.size = len(readers)
        held.save(update_fields=["size"])
    return Leased(lease=held.pk or 0, readers=tuple(readers))


def _of(subscribers: Sequence[int]) -> Q:
    """Narrow copies down to these readers, given in order: by a range where they lie close."""
    first, last = subscribers[0], subscribers[-1]
    if last - first > 20 * len(subscribers):
        return Q(subscriber_id__in=subscribers)
    return Q(subscriber_id__gte=first, subscriber_id__lte=last)


def has_work(dispatch_id: int) -> bool:
    """Whether copies of a dispatch that is being sent may be tried now."""
    sending = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING)
    leased_up_to = sending.values_list("leased_up_to", flat=True).first()
    if leased_up_to is None:
        return False
    copies = Delivery.objects.filter(dispatch_id=dispatch_id)
    return copies.fresh(after=leased_up_to).exists() or copies.again(at=shared_now()).exists()


def renew(leases: Collection[int]) -> None:
    """Put off the end of leases whose holder lives."""
    Lease.objects.filter(pk__in=leases, closed_at=None).update(expires_at=expiry())


def close(
    lease_id: int,
    *,
    last: Entry | None = None,
    order: Sequence[int] | None = None,
    expired: datetime | None = None,
) -> bool:
    """End a lease by what it knows: sent, unknown, or back to pending. False when it was closed.

    The worker calls it with its `last` record and its readers in `order` when it is done; the
    beat, with the moment by which the lease must have `expired`, when the worker has been silent
    for too long. Of the two one wins.
    """
    with brief():
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
        now = shared_now()
        ours = Delivery.objects.filter(dispatch_id=held.dispatch_id, lease=held)
        if order is None:
            span = ours.filter(subscriber_id__gte=held.first, subscriber_id__lte=held.last)
            order = list(span.order_by("subscriber_id").values_list("subscriber_id", flat=True))
        changed = 0
        for subscribers, changes in (
            (order[: held.settled], {"state": DeliveryState.SENT, "settled_at": now}),
            (order[held.settled : held.begun], {**DOUBTFUL, "settled_at": now}),
            (order[held.begun :], {"state": DeliveryState.PENDING, "not_before": now}),
        ):
            if subscribers:  # those with an outcome of their own keep it
                copies = ours.filter(_of(subscribers), state=DeliveryState.LEASED)
                changed += copies.update(lease=None, **changes)
        if changed < len(order):
            ours.filter(_of(order)).update(lease=None)
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
    with brief():
        mine = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.UNKNOWN)
        if not mine.update(
            state=DeliveryState.PENDING,
            answer=None,
            settled_at=None,
            not_before=shared_now(),
        ):
            return False
        delivery.dispatch.reopen()
        record_act("resent an unknown copy", delivery.dispatch, by=by, delivery=delivery.pk)
    return True


def finish(dispatch: Dispatch) -> bool:
    """Call a dispatch sent when every copy is settled: the rows are asked, not the marks.

    A waiting copy that no mark leads to is marked to be tried, so that nobody is left out.
    """
    if dispatch.leases.filter(closed_at=None).exists():
        return False
    if dispatch.deliveries.filter(not_before__isnull=False).exists():
        return False
    if dispatch.deliveries.unsettled().exists():
        behind = dispatch.deliveries.filter(state__in=WAITING_STATES, lease=None)
        behind.update(not_before=shared_now())
        return False
    return dispatch.finish(at=timezone.now())
