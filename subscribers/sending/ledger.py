"""The ledger of a dispatch: fill it, ask for work that is left, send emails again, finish.

`leases` has how workers take its rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Exists, F, OuterRef, Value
from django.utils import timezone

from newsroom import audit_log
from newsroom.clock import database_now
from newsroom.transitions import TransitionRefused
from subscribers.models import (
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Lease,
    Subscription,
)
from subscribers.models.delivery import WAITING_STATES
from subscribers.models.dispatch import FINAL_STATES
from subscribers.sending.personalised_email import Recipient
from subscribers.sending.transactions import bounded_transaction

if TYPE_CHECKING:
    from newsroom.audit_log import Actor
    from subscribers.models.delivery import DeliveryQuerySet
    from subscribers.models.subscriber import SubscriptionQuerySet


def recipients_of(dispatch: Dispatch) -> SubscriptionQuerySet:
    """Return the subscriptions whose subscribers are to get a dispatch now.

    For a correction they are those who were sent its issue.
    """
    if dispatch.correction_id is None:
        return Subscription.objects.mailable().filter(briefing_id=dispatch.issue.briefing_id)
    return readers_of(Dispatch.objects.of_issues().get(issue=dispatch.issue_id))


def readers_of(dispatch: Dispatch) -> SubscriptionQuerySet:
    """Return the mailable subscriptions whose subscribers were sent a dispatch."""
    sent = dispatch.deliveries.filter(
        subscriber_id=OuterRef("subscriber_id"), state=DeliveryState.SENT
    )
    mailable = Subscription.objects.mailable().filter(briefing_id=dispatch.issue.briefing_id)
    return mailable.filter(Exists(sent))


def fill(dispatch: Dispatch) -> int:
    """Insert a row for each recipient in one statement; return how many were added.

    Filling again adds only those who are missing.
    """
    rows = (
        recipients_of(dispatch)
        .values_list(
            Value(dispatch.pk), F("subscriber_id"), Value(DeliveryState.PENDING.value), Value(0)
        )
        .order_by("subscriber_id")
    )
    select, parameters = rows.query.sql_with_params()
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
            subscriber_id=delivery.subscriber_id, briefing__issues__dispatches=delivery.dispatch_id
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

    Returns False if its outcome is no longer unknown, because somebody else decided first. Raises
    TransitionRefused if the dispatch sends nothing more.
    """
    with bounded_transaction():
        _lock_to_send_again(delivery.dispatch)
        unknown = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.UNKNOWN)
        if not unknown.update(
            state=DeliveryState.PENDING,
            server_reply=None,
            settled_at=None,
            not_before=database_now(),
        ):
            return False
        delivery.dispatch.reopen(at=database_now())
        audit_log.record(
            "resent an email of unknown outcome", delivery.dispatch, by=by, delivery=delivery.pk
        )
    return True


def retry_refused(
    dispatch: Dispatch, chosen: DeliveryQuerySet, *, by: Actor, detail: dict[str, str | int]
) -> int:
    """Try refused emails again, as a person decided after the cause was fixed; return how many.

    Of the chosen ones, those are left alone that are not refused any more, as somebody else decided
    first, and those to people who have unsubscribed, have paused or are suppressed. Raises
    TransitionRefused if the dispatch sends nothing more. `detail` says for the log which ones were
    chosen.
    """
    with bounded_transaction():
        _lock_to_send_again(dispatch)
        mailable = Subscription.objects.mailable().filter(briefing_id=dispatch.issue.briefing_id)
        refused = chosen.filter(
            dispatch=dispatch,
            state=DeliveryState.REFUSED,
            subscriber_id__in=mailable.values("subscriber_id"),
        )
        now = database_now()
        number = refused.update(
            state=DeliveryState.PENDING,
            server_reply=None,
            settled_at=None,
            tries=0,
            not_before=now,
        )
        if number:
            dispatch.reopen(at=now)
            verb = "tried refused emails again"
            audit_log.record(verb, dispatch, by=by, emails=number, **detail)
    return number


def _lock_to_send_again(dispatch: Dispatch) -> None:
    """Lock the dispatches of an issue; raise TransitionRefused if this one sends nothing more."""
    _lock_dispatches(dispatch)
    dispatch.refresh_from_db(fields=["state"])
    if dispatch.state in {DispatchState.CANCELLED, DispatchState.HELD}:
        raise TransitionRefused(
            f"This dispatch is {dispatch.get_state_display().lower()}, so it sends nothing more."
        )


def finish_if_settled(dispatch: Dispatch) -> bool:
    """Mark a dispatch as sent if every delivery is settled, and return whether it was marked.

    It checks every row. One that waits, although neither `leased_up_to` nor `not_before` leads to
    it, is made ready to send, so that nobody is left out. A correction is not sent before its issue
    is: whoever gets the issue late gets the correction, too.
    """
    if not _looks_settled(dispatch) or _waits_for_issue(dispatch):
        return False
    with bounded_transaction():
        # Whoever sends an email again holds these locks, too: we see it, or they see us.
        _lock_dispatches(dispatch)
        return (
            _looks_settled(dispatch)
            and not _waits_for_issue(dispatch)
            and not _add_late_readers(dispatch)
            and dispatch.mark_sent(at=timezone.now())
        )


def _lock_dispatches(dispatch: Dispatch) -> None:
    """Lock the dispatches of an issue and of its corrections, until the transaction ends."""
    of_issue = Dispatch.objects.filter(issue=dispatch.issue_id).order_by("pk")
    list(of_issue.select_for_update(no_key=True).values_list("pk"))


def _waits_for_issue(dispatch: Dispatch) -> bool:
    """Whether a dispatch is of a correction, and somebody may still be sent its issue.

    It is asked before the locks, too: they stop those who send the issue.
    """
    if dispatch.correction_id is None:
        return False
    corrected = Dispatch.objects.of_issues().get(issue=dispatch.issue_id)
    return corrected.state not in FINAL_STATES or is_being_sent(corrected.pk)


def _add_late_readers(dispatch: Dispatch) -> int:
    """Add who was sent a corrected issue since its correction began; return how many."""
    return fill(dispatch) if dispatch.correction_id is not None else 0


def _looks_settled(dispatch: Dispatch) -> bool:
    if dispatch.leases.filter(closed_at=None).exists():
        return False
    if dispatch.deliveries.filter(not_before__isnull=False).exists():
        return False
    if dispatch.deliveries.unsettled().exists():
        overlooked = dispatch.deliveries.filter(state__in=WAITING_STATES, lease=None)
        overlooked.update(not_before=database_now())
        return False
    return True
