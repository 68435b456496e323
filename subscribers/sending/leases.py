"""Leases: batches of the ledger that workers take, renew and close, or that expire.

A worker that dies leaves a lease whose `begun` and `settled` tell exactly what is known: deliveries
up to `settled` have a reply, the one that was begun but not settled is unknown, and the others were
never handed to a server and return to the ledger.

A process takes and ends the leases of all its connections together: the lock on the dispatch, the
queries and the commit, which waits for the disk, cost the same for one lease as for a hundred.
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
from subscribers.sending.connection_limits import most_connections
from subscribers.sending.domain_backoff import hold_back
from subscribers.sending.lease_progress import LeaseEnd, apply_outcome
from subscribers.sending.personalised_email import Recipient
from subscribers.sending.transactions import bounded_transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from subscribers.models.delivery import DeliveryQuerySet

# A process keeps the recipients of all its leases in memory: at this size, some megabytes.
LARGEST_LEASE = 250
# Towards the end of a dispatch leases shrink, so that all connections finish together.
SMALLEST_LEASE = 5
UNKNOWN_OUTCOME = {
    "state": DeliveryState.UNKNOWN,
    "server_reply": "the connection or the worker died before the server's reply",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedBatch:
    """A lease that we hold, with its recipients in the order in which they must be sent to."""

    lease: int
    recipients: tuple[Recipient, ...]


class _Candidate(NamedTuple):
    """A delivery that may be leased."""

    subscriber: int
    delivery: int
    tries: int


def take(dispatch_id: int, *, holder: str, sizes: Sequence[int]) -> list[LeasedBatch]:
    """Take leases of at most these sizes: first deliveries to retry, then new ones.

    Consent and suppression are checked again, and those who have unsubscribed are skipped. There
    are fewer leases, or none, when no more is to be sent or the dispatch is not being sent.
    """
    found: list[LeasedBatch] = []
    while wanted := sizes[len(found) :]:
        with bounded_transaction():
            dispatch = _lock_sending(dispatch_id)
            if dispatch is None:
                break
            batches, is_retry = _choose(dispatch, wanted)
            if not batches:
                break
            found += _lease(dispatch, batches, is_retry=is_retry, holder=holder)
    return found


def _lock_sending(dispatch_id: int) -> Dispatch | None:
    """Return a dispatch that is being sent, locked: only the lock's holder moves `leased_up_to`."""
    sending = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING)
    fields = sending.select_related("issue").only(
        "leased_up_to", "fresh_left", "deadline", "issue__briefing_id"
    )
    return fields.select_for_update(of=("self",), no_key=True).first()


def _choose(dispatch: Dispatch, sizes: Sequence[int]) -> tuple[list[list[_Candidate]], bool]:
    """Return deliveries to lease by subscriber id, in batches, and whether they are retries.

    Notes in the dispatch how far new deliveries are leased.
    """
    retries = dispatch.deliveries.ready_to_retry(at=database_now()).select_for_update(
        skip_locked=True, no_key=True
    )
    if candidates := _candidates(retries, sum(sizes)):
        return _split(candidates, sizes), True
    share = max(SMALLEST_LEASE, dispatch.fresh_left // (2 * most_connections()))
    sizes = [min(size, share) for size in sizes]
    new = dispatch.deliveries.never_leased().filter(subscriber_id__gt=dispatch.leased_up_to)
    if candidates := _candidates(new, sum(sizes)):
        Dispatch.objects.filter(pk=dispatch.pk).update(
            leased_up_to=candidates[-1].subscriber,
            fresh_left=Greatest(F("fresh_left") - len(candidates), 0),
        )
    return _split(candidates, sizes), False


def _candidates(deliveries: DeliveryQuerySet, number: int) -> list[_Candidate]:
    rows = deliveries.order_by("subscriber_id").values_list("subscriber_id", "pk", "tries")
    return [_Candidate(*row) for row in rows[:number]]


def _split(candidates: list[_Candidate], sizes: Sequence[int]) -> list[list[_Candidate]]:
    """Split candidates into batches of these sizes, as far as they reach."""
    batches, start = [], 0
    for size in sizes:
        if batch := candidates[start : start + size]:
            batches.append(batch)
        start += size
    return batches


def _lease(
    dispatch: Dispatch, batches: Sequence[Sequence[_Candidate]], *, is_retry: bool, holder: str
) -> list[LeasedBatch]:
    """Put each batch under a new lease, without those who unsubscribed or must wait.

    A lease that is empty without them is not returned.
    """
    expires_at = expiry()
    leases = Lease.objects.bulk_create(
        Lease(
            dispatch_id=dispatch.pk,
            holder=holder[:120],
            size=len(batch),
            first=batch[0].subscriber,
            last=batch[-1].subscriber,
            expires_at=expires_at,
        )
        for batch in batches
    )
    for lease, batch in zip(leases, batches, strict=True):
        # Retries are named one by one: deliveries between them may have to wait longer.
        if is_retry:
            named = dispatch.deliveries.filter(pk__in=[one.delivery for one in batch])
            chosen = named.filter(state__in=WAITING_STATES, lease=None)
        else:
            chosen = dispatch.deliveries.never_leased().filter(
                to_subscribers([one.subscriber for one in batch])
            )
        chosen.update(state=DeliveryState.LEASED, lease=lease, not_before=None)
    candidates = [one for batch in batches for one in batch]
    subscribers = [one.subscriber for one in candidates]
    ours = dispatch.deliveries.filter(
        to_subscribers(subscribers),
        lease__in=[lease.pk for lease in leases],
        state=DeliveryState.LEASED,
    )
    recipients = _mailable_recipients(dispatch, ours, candidates)
    if len(recipients) < len(subscribers):
        ours.filter(subscriber_id__in=set(subscribers) - set(recipients)).update(
            state=DeliveryState.SKIPPED, lease=None, settled_at=timezone.now()
        )
    for held_back in hold_back(
        dispatch, list(recipients.values()), is_retry=is_retry, at=database_now()
    ):
        ours.filter(subscriber_id__in=held_back.subscribers).update(
            state=DeliveryState.PENDING, lease=None, not_before=held_back.until
        )
        for subscriber in held_back.subscribers:
            del recipients[subscriber]
    return [
        leased
        for lease, batch in zip(leases, batches, strict=True)
        if (
            leased := _leased_batch(
                lease,
                [recipients[one.subscriber] for one in batch if one.subscriber in recipients],
            )
        )
    ]


def _mailable_recipients(
    dispatch: Dispatch, ours: DeliveryQuerySet, candidates: Sequence[_Candidate]
) -> dict[int, Recipient]:
    """Return, in order and by subscriber id, the recipients who may be sent to at this moment."""
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
    recipients = {}
    for subscriber, delivery, tries in candidates:
        if row := mailable.get(subscriber):
            unsubscribe, preferences, address, name = row
            recipients[subscriber] = Recipient(
                delivery=delivery,
                subscriber=subscriber,
                address=address,
                name=name,
                unsubscribe=unsubscribe,
                preferences=preferences,
                tries=tries,
            )
    return recipients


def _leased_batch(lease: Lease, recipients: list[Recipient]) -> LeasedBatch | None:
    """Return a lease with the recipients left in it; delete an empty one and return None."""
    if not recipients:
        lease.delete()
        return None
    if len(recipients) < lease.size:
        lease.size = len(recipients)
        lease.save(update_fields=["size"])
    return LeasedBatch(lease=lease.pk, recipients=tuple(recipients))


def to_subscribers(subscribers: Sequence[int]) -> Q:
    """Return a filter for these subscribers, given in order: a range if their ids are close.

    It is for deliveries that a lease or state narrows down too, as a range has others in it.
    """
    first, last = subscribers[0], subscribers[-1]
    if last - first > 20 * len(subscribers):
        return Q(subscriber_id__in=subscribers)
    return Q(subscriber_id__gte=first, subscriber_id__lte=last)


def expiry() -> datetime:
    """Return when a lease that is taken now expires."""
    return database_now() + timedelta(seconds=settings.LEASE_SECONDS)


def renew(lease_ids: Collection[int]) -> None:
    """Postpone the expiry of open leases."""
    # The database computes it on arrival, so that a renewal that arrives late shortens no lease.
    expires_at = Now() + timedelta(seconds=settings.LEASE_SECONDS)
    Lease.objects.filter(pk__in=lease_ids, closed_at=None).update(expires_at=expires_at)


def close(ends: Sequence[LeaseEnd]) -> list[bool]:
    """End leases by what their holder knows; False for each that was closed already.

    Its holder may close a lease while `reclaim` does, because it has expired: one wins.
    """
    with bounded_transaction():
        locked = Lease.objects.select_for_update().filter(
            pk__in=[end.last.lease for end in ends], closed_at=None
        )
        still_open = {lease.pk: lease for lease in locked.order_by("pk")}
        for last, order in ends:
            if lease := still_open.get(last.lease):
                lease.begun, lease.settled = last.begun, last.settled
                for outcome in last.outcomes:
                    apply_outcome(outcome, lease=lease.pk)
                _settle(lease, order)
        Lease.objects.bulk_update(still_open.values(), ["begun", "settled", "closed_at"])
    return [end.last.lease in still_open for end in ends]


def reclaim(*, at: datetime) -> int:
    """End the leases of workers that did not renew them; return how many."""
    expired = Lease.objects.expired(at=at).values_list("pk", flat=True)
    return sum(_reclaim_one(lease, at=at) for lease in list(expired))


def reclaim_all(dispatch: Dispatch) -> None:
    """End every lease of a dispatch, whoever holds it. Call it inside a transaction."""
    still_open = Lease.objects.select_for_update().filter(dispatch=dispatch, closed_at=None)
    for lease in still_open.order_by("pk"):
        _settle(lease, None)
        lease.save(update_fields=["closed_at"])


def _reclaim_one(lease_id: int, *, at: datetime) -> bool:
    with bounded_transaction():
        # Checked again under the lock: the holder may have renewed or closed it meanwhile.
        lease = Lease.objects.expired(at=at).select_for_update().filter(pk=lease_id).first()
        if lease is None:
            return False
        _settle(lease, None)
        lease.save(update_fields=["closed_at"])
    return True


def _settle(lease: Lease, order: Sequence[int] | None) -> None:
    """Close a lease, and settle its deliveries by its counts: sent, unknown, or pending again."""
    lease.closed_at = now = database_now()
    ours = Delivery.objects.filter(dispatch_id=lease.dispatch_id, lease=lease)
    if order is None:
        span = ours.filter(subscriber_id__gte=lease.first, subscriber_id__lte=lease.last)
        order = list(span.order_by("subscriber_id").values_list("subscriber_id", flat=True))
    changed = 0
    for subscribers, changes in (
        (order[: lease.settled], {"state": DeliveryState.SENT, "settled_at": now}),
        (order[lease.settled : lease.begun], {**UNKNOWN_OUTCOME, "settled_at": now}),
        (order[lease.begun :], {"state": DeliveryState.PENDING, "not_before": now}),
    ):
        if subscribers:  # deliveries with an outcome of their own are not LEASED any more
            leased = ours.filter(to_subscribers(subscribers), state=DeliveryState.LEASED)
            changed += leased.update(lease=None, **changes)
    if changed < len(order):
        ours.filter(to_subscribers(order)).update(lease=None)
