"""Leases: chunks of the ledger in workers' hands, taken, renewed, ended and taken back.

A worker that dies leaves a lease whose `begun` and `settled` tell exactly what is known: copies up
to `settled` have their answer, the one that was begun but not settled is unknown, the others were
never handed over and go back.

A process takes and ends the leases of all its connections together: the lock on the dispatch, the
questions and the commit, which waits for the disk, cost the same for one lease as for a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from newsroom.clock import database_now
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState, Lease, Subscription
from subscribers.models.delivery import WAITING_STATES
from subscribers.sending.domain_backoff import hold_back
from subscribers.sending.lease_progress import LeaseEnd, apply_outcome
from subscribers.sending.personalised_email import Recipient
from subscribers.sending.transactions import bounded_transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from subscribers.models.delivery import DeliveryQuerySet

# All the readers in hand at once: with these sizes a process grows by some megabytes.
LARGEST_LEASE = 250
# Towards the end of a dispatch leases shrink, so that all connections come to it together.
SMALLEST_LEASE = 5
DOUBTFUL = {
    "state": DeliveryState.UNKNOWN,
    "answer": "the connection or the worker died before the answer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedBatch:
    """A chunk of the ledger in our hands, in the order in which it must be worked."""

    lease: int
    readers: tuple[Recipient, ...]


class _Copy(NamedTuple):
    subscriber: int
    delivery: int
    tries: int


def expiry() -> datetime:
    """When a lease taken or renewed now ends."""
    return database_now() + timedelta(seconds=settings.LEASE_SECONDS)


def take(dispatch_id: int, *, holder: str, sizes: Sequence[int]) -> list[LeasedBatch]:
    """Take up to so many leases of at most these sizes: copies in hand before, then fresh ones.

    Consent and suppression are asked again; readers who left meanwhile are skipped. Fewer leases,
    or none, when there is no more to take or the dispatch is not being sent.
    """
    found: list[LeasedBatch] = []
    while wanted := sizes[len(found) :]:
        with bounded_transaction():
            dispatch = _lock_sending(dispatch_id)
            if dispatch is None:
                break
            chunks, again = _ready_copies(dispatch, wanted)
            if not chunks:
                break
            found += _lease(dispatch, chunks, again=again, holder=holder)
    return found


def _lock_sending(dispatch_id: int) -> Dispatch | None:
    """Lock a dispatch that is being sent: whoever moves its `leased_up_to` does so alone."""
    sending = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING)
    wanted = sending.select_related("issue").only(
        "leased_up_to", "fresh_left", "deadline", "issue__briefing_id"
    )
    return wanted.select_for_update(of=("self",), no_key=True).first()


def _ready_copies(dispatch: Dispatch, sizes: Sequence[int]) -> tuple[list[list[_Copy]], bool]:
    """Choose copies to lease, in their readers' order, and note how far the fresh ones reach.

    Also tells whether they were in hand before.
    """
    again = dispatch.deliveries.again(at=database_now()).select_for_update(
        skip_locked=True, no_key=True
    )
    if taken := _copies(again, sum(sizes)):
        return _cut(taken, sizes), True
    share = max(SMALLEST_LEASE, dispatch.fresh_left // (2 * settings.SEND_CONNECTIONS))
    sizes = [min(size, share) for size in sizes]
    untouched = dispatch.deliveries.fresh().filter(subscriber_id__gt=dispatch.leased_up_to)
    if fresh := _copies(untouched, sum(sizes)):
        Dispatch.objects.filter(pk=dispatch.pk).update(
            leased_up_to=fresh[-1].subscriber,
            fresh_left=Greatest(F("fresh_left") - len(fresh), 0),
        )
    return _cut(fresh, sizes), False


def _copies(found: DeliveryQuerySet, size: int) -> list[_Copy]:
    rows = found.order_by("subscriber_id").values_list("subscriber_id", "pk", "tries")
    return [_Copy(*row) for row in rows[:size]]


def _cut(copies: list[_Copy], sizes: Sequence[int]) -> list[list[_Copy]]:
    """Cut copies into chunks of these sizes, as far as they reach."""
    chunks, start = [], 0
    for size in sizes:
        if chunk := copies[start : start + size]:
            chunks.append(chunk)
        start += size
    return chunks


def _lease(
    dispatch: Dispatch, chunks: Sequence[Sequence[_Copy]], *, again: bool, holder: str
) -> list[LeasedBatch]:
    """Put each chunk under a new lease; skip whose readers left, park those who must wait.

    A lease that nobody is left in is not given.
    """
    expires_at = expiry()
    leases = Lease.objects.bulk_create(
        Lease(
            dispatch_id=dispatch.pk,
            holder=holder[:120],
            size=len(chunk),
            first=chunk[0].subscriber,
            last=chunk[-1].subscriber,
            expires_at=expires_at,
        )
        for chunk in chunks
    )
    for held, chunk in zip(leases, chunks, strict=True):
        # These and no others: what lies between them may have to wait longer.
        if again:
            wanted = dispatch.deliveries.filter(pk__in=[copy.delivery for copy in chunk])
            mine = wanted.filter(state__in=WAITING_STATES, lease=None)
        else:
            mine = dispatch.deliveries.fresh().filter(among([copy.subscriber for copy in chunk]))
        mine.update(state=DeliveryState.LEASED, lease=held, not_before=None)
    everybody = [copy.subscriber for chunk in chunks for copy in chunk]
    ours = dispatch.deliveries.filter(
        among(everybody), lease__in=[held.pk for held in leases], state=DeliveryState.LEASED
    )
    readers = _ask_consent(dispatch, ours, [copy for chunk in chunks for copy in chunk])
    if len(readers) < len(everybody):
        ours.filter(subscriber_id__in=set(everybody) - set(readers)).update(
            state=DeliveryState.SKIPPED, lease=None, settled_at=timezone.now()
        )
    for parked in hold_back(dispatch, list(readers.values()), again=again, at=database_now()):
        ours.filter(subscriber_id__in=parked.subscribers).update(
            state=DeliveryState.PENDING, lease=None, not_before=parked.until
        )
        for subscriber in parked.subscribers:
            del readers[subscriber]
    return [
        leased
        for held, chunk in zip(leases, chunks, strict=True)
        if (leased := _fit(held, [readers[c.subscriber] for c in chunk if c.subscriber in readers]))
    ]


def _ask_consent(
    dispatch: Dispatch, ours: DeliveryQuerySet, copies: Sequence[_Copy]
) -> dict[int, Recipient]:
    """Give the readers, in their order and by number, who want the letter at this moment."""
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
    readers = {}
    for subscriber, delivery, tries in copies:
        if row := mailable.get(subscriber):
            unsubscribe, preferences, address, name = row
            readers[subscriber] = Recipient(
                delivery=delivery,
                subscriber=subscriber,
                address=address,
                name=name,
                unsubscribe=unsubscribe,
                preferences=preferences,
                tries=tries,
            )
    return readers


def _fit(held: Lease, readers: list[Recipient]) -> LeasedBatch | None:
    """Give a lease to work, as large as the readers that are left in it; without any it goes."""
    if not readers:
        held.delete()
        return None
    if len(readers) < held.size:
        held.size = len(readers)
        held.save(update_fields=["size"])
    return LeasedBatch(lease=held.pk, readers=tuple(readers))


def among(subscribers: Sequence[int]) -> Q:
    """Narrow copies down to these readers, given in order: by a range where they lie close."""
    first, last = subscribers[0], subscribers[-1]
    if last - first > 20 * len(subscribers):
        return Q(subscriber_id__in=subscribers)
    return Q(subscriber_id__gte=first, subscriber_id__lte=last)


def renew(leases: Collection[int]) -> None:
    """Put off the end of leases whose holder lives."""
    # Reckoned by the database when it gets there: a renewal that arrives late shortens no lease.
    later = Now() + timedelta(seconds=settings.LEASE_SECONDS)
    Lease.objects.filter(pk__in=leases, closed_at=None).update(expires_at=later)


def close(closings: Sequence[LeaseEnd]) -> list[bool]:
    """End leases by what their holder knows of them; False for each that was closed already.

    Of the holder and the beat, which takes back what expired, one wins.
    """
    with bounded_transaction():
        mine = Lease.objects.select_for_update().filter(
            pk__in=[closing.last.lease for closing in closings], closed_at=None
        )
        still_ours = {held.pk: held for held in mine.order_by("pk")}
        for last, order in closings:
            if held := still_ours.get(last.lease):
                held.begun, held.settled = last.begun, last.settled
                for outcome in last.outcomes:
                    apply_outcome(outcome, lease=held.pk)
                _end(held, order)
        Lease.objects.bulk_update(still_ours.values(), ["begun", "settled", "closed_at"])
    return [closing.last.lease in still_ours for closing in closings]


def reclaim(*, at: datetime) -> int:
    """End the leases of workers that have been silent for too long; give back how many."""
    expired = Lease.objects.expired(at=at).values_list("pk", flat=True)
    return sum(_reclaim_one(lease, at=at) for lease in list(expired))


def _reclaim_one(lease: int, *, at: datetime) -> bool:
    with bounded_transaction():
        # Asked again under the lock: renewed or closed meanwhile, its holder lives.
        held = Lease.objects.expired(at=at).select_for_update().filter(pk=lease).first()
        if held is None:
            return False
        _end(held, None)
        held.save(update_fields=["closed_at"])
    return True


def _end(held: Lease, order: Sequence[int] | None) -> None:
    """Settle a lease's copies by its counts: sent, unknown, or back to pending."""
    held.closed_at = now = database_now()
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
            copies = ours.filter(among(subscribers), state=DeliveryState.LEASED)
            changed += copies.update(lease=None, **changes)
    if changed < len(order):
        ours.filter(among(order)).update(lease=None)
