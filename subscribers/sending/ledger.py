"""The ledger's own acts: fill it, ask whether work is left, send one copy again, finish.

The table is the truth; how its rows come into workers' hands stands in `leasing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import F, Value
from django.utils import timezone

from newsroom import audit_log
from newsroom.clock import database_now
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState, Subscription
from subscribers.models.delivery import WAITING_STATES
from subscribers.sending.personalised_email import Recipient
from subscribers.sending.transactions import bounded_transaction

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


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


def has_work(dispatch_id: int) -> bool:
    """Whether copies of a dispatch that is being sent may be tried now."""
    sending = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING)
    leased_up_to = sending.values_list("leased_up_to", flat=True).first()
    if leased_up_to is None:
        return False
    copies = Delivery.objects.filter(dispatch_id=dispatch_id)
    fresh = copies.fresh().filter(subscriber_id__gt=leased_up_to)
    return fresh.exists() or copies.again(at=database_now()).exists()


def recipient_of(delivery: Delivery) -> Recipient | None:
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
    return Recipient(
        delivery=delivery.pk,
        subscriber=delivery.subscriber_id,
        address=subscription.subscriber.address,
        name=subscription.subscriber.name,
        unsubscribe=subscription.token,
        preferences=subscription.subscriber.token,
        tries=delivery.tries,
    )


def resend(delivery: Delivery, *, by: Actor) -> bool:
    """Let a person send a copy of unknown fate again, under the same Message-ID.

    False when it is unknown no more: of two people one wins.
    """
    with bounded_transaction():
        mine = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.UNKNOWN)
        if not mine.update(
            state=DeliveryState.PENDING,
            answer=None,
            settled_at=None,
            not_before=database_now(),
        ):
            return False
        delivery.dispatch.reopen()
        audit_log.record("resent an unknown copy", delivery.dispatch, by=by, delivery=delivery.pk)
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
        behind.update(not_before=database_now())
        return False
    return dispatch.finish(at=timezone.now())
