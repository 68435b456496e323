"""The ledger of a dispatch: fill it, ask for work that is left, send one email again, finish.

`leases` has how workers take its rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import F, Value
from django.utils import timezone

from newsroom import audit_log
from newsroom.clock import database_now
from subscribers.models import (
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Lease,
    Subscription,
)
from subscribers.models.delivery import WAITING_STATES
from subscribers.sending.personalised_email import Recipient
from subscribers.sending.transactions import bounded_transaction

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


def fill(dispatch: Dispatch) -> int:
    """Insert a row for each mailable subscriber in one statement; return how many were added.

    Filling again adds only those who are missing.
    """
    mailable = (
        Subscription.objects.mailable()
        .filter(briefing_id=dispatch.issue.briefing_id)
        .values_list(
            Value(dispatch.pk), F("subscriber_id"), Value(DeliveryState.PENDING.value), Value(0)
        )
        .order_by("subscriber_id")
    )
    select, parameters = mailable.query.sql_with_params()
    table = connection.ops.quote_name(Delivery._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (dispatch_id, subscriber_id, state, tries) {select} "
            "ON CONFLICT (dispatch_id, subscriber_id) DO NOTHING",
            parameters,
        )
        added = int(cursor.rowcount)
        if connection.vendor == "postgresql":
            # Without statistics on the new rows, each lease would sort all of them.
            cursor.execute(f"ANALYZE {table}")
    Dispatch.objects.filter(pk=dispatch.pk).update(fresh_left=F("fresh_left") + added)
    return added


def has_work(dispatch_id: int) -> bool:
    """Whether a dispatch is being sent and has deliveries that may be sent now."""
    sending = Dispatch.objects.filter(pk=dispatch_id, state=DispatchState.SENDING)
    leased_up_to = sending.values_list("leased_up_to", flat=True).first()
    if leased_up_to is None:
        return False
    deliveries = Delivery.objects.filter(dispatch_id=dispatch_id)
    new = deliveries.never_leased().filter(subscriber_id__gt=leased_up_to)
    return new.exists() or deliveries.ready_to_retry(at=database_now()).exists()


def is_being_sent(dispatch_id: int) -> bool:
    """Whether any worker holds a lease of a dispatch."""
    return Lease.objects.filter(dispatch_id=dispatch_id, closed_at=None).exists()


def recipient_of(delivery: Delivery) -> Recipient | None:
    """Return a delivery's recipient; None if the subscriber was erased."""
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
    """Send an email of unknown outcome again, under the same Message-ID, as a person decided.

    Returns False if its outcome is no longer unknown, because somebody else decided first.
    """
    with bounded_transaction():
        unknown = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.UNKNOWN)
        if not unknown.update(
            state=DeliveryState.PENDING,
            server_reply=None,
            settled_at=None,
            not_before=database_now(),
        ):
            return False
        delivery.dispatch.reopen()
        audit_log.record(
            "resent an email of unknown outcome", delivery.dispatch, by=by, delivery=delivery.pk
        )
    return True


def finish_if_settled(dispatch: Dispatch) -> bool:
    """Mark a dispatch as sent if every delivery is settled, and return whether it was marked.

    It checks every row. One that waits, although neither `leased_up_to` nor `not_before` leads to
    it, is made ready to send, so that nobody is left out.
    """
    if dispatch.leases.filter(closed_at=None).exists():
        return False
    if dispatch.deliveries.filter(not_before__isnull=False).exists():
        return False
    if dispatch.deliveries.unsettled().exists():
        overlooked = dispatch.deliveries.filter(state__in=WAITING_STATES, lease=None)
        overlooked.update(not_before=database_now())
        return False
    return dispatch.mark_sent(at=timezone.now())
