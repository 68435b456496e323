"""The ledger: nobody twice, nobody left out, and exact knowledge of what a dead worker sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from briefings.models import Briefing
from subscribers.models import (
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Lease,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from subscribers.models.address_hash import hash_address
from subscribers.sending import dispatches, leases, ledger
from subscribers.sending.lease_progress import (
    DeliveryOutcome,
    LeaseEnd,
    ProgressRecord,
    record_progress,
)
from subscribers.sending.leases import LeasedBatch
from subscribers.sending.transport_interface import Permit
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue
from tests.subscribers.sending import sending_setup

pytestmark = pytest.mark.django_db


def make_sending(*, readers: int, briefing: Briefing | None = None) -> Dispatch:
    briefing = briefing or make_briefing()
    for number in range(readers):
        make_reader(of=briefing, email=f"r{number}@example.com")
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(dispatch, at=timezone.now())
    return dispatch


def take(dispatch: Dispatch, *, size: int = 500) -> LeasedBatch:
    leased = sending_setup.take(dispatch, size=size)
    assert leased is not None
    return leased


def states(dispatch: Dispatch) -> list[str]:
    found = dispatch.deliveries.order_by("pk").values_list("state", flat=True)
    return [DeliveryState(state).label for state in found]


def record(dispatch: Dispatch, leased: LeasedBatch, **facts: Any) -> Permit:
    progress = ProgressRecord(lease=leased.lease, **facts)
    briefing = dispatch.issue.briefing_id
    return record_progress([progress], dispatch=dispatch.pk, briefing=briefing)[leased.lease]


def expire(leased: LeasedBatch) -> None:
    Lease.objects.filter(pk=leased.lease).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_filling_again_adds_nobody() -> None:
    dispatch = make_sending(readers=3)
    assert ledger.fill(dispatch) == 0
    assert states(dispatch) == ["pending"] * 3


def test_only_active_unsuppressed_subscribers_of_the_briefing_are_filled_in() -> None:
    briefing = make_briefing()
    make_reader(of=make_briefing(), email="elsewhere@example.com")
    now = timezone.now()
    make_reader(
        of=briefing,
        email="left@example.com",
        state=SubscriptionState.UNSUBSCRIBED,
        unsubscribed_at=now,
    )
    make_reader(of=briefing, email="Suppressed@example.com")
    Suppression.objects.create(
        address_hash=hash_address("suppressed@EXAMPLE.com"), reason=SuppressionReason.COMPLAINED
    )
    dispatch = make_sending(readers=1, briefing=briefing)
    [delivery] = dispatch.deliveries.all()
    assert delivery.subscriber.address == "r0@example.com"


def test_a_subscriber_cannot_be_in_a_dispatch_twice() -> None:
    dispatch = make_sending(readers=1)
    delivery = dispatch.deliveries.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(dispatch=dispatch, subscriber_id=delivery.subscriber_id)


def test_two_leases_share_no_delivery() -> None:
    dispatch = make_sending(readers=5)
    first, second = take(dispatch, size=3), take(dispatch, size=3)
    assert [len(first.recipients), len(second.recipients)] == [3, 2]
    assert sending_setup.take(dispatch) is None


def test_a_reader_who_unsubscribed_after_the_fill_is_skipped() -> None:
    briefing = make_briefing()
    dispatch = make_sending(readers=2, briefing=briefing)
    briefing.subscriptions.filter(subscriber__address="r0@example.com").update(
        state=SubscriptionState.UNSUBSCRIBED, unsubscribed_at=timezone.now()
    )
    leased = take(dispatch)
    assert [reader.address for reader in leased.recipients] == ["r1@example.com"]
    assert states(dispatch) == ["skipped", "leased"]


def test_a_reader_who_unsubscribed_after_the_lease_gets_no_permit() -> None:
    briefing = make_briefing()
    dispatch = make_sending(readers=1, briefing=briefing)
    leased = take(dispatch)
    briefing.subscriptions.update(
        state=SubscriptionState.UNSUBSCRIBED, unsubscribed_at=timezone.now()
    )
    permit = record(
        dispatch, leased, begun=1, settled=0, subscriber=leased.recipients[0].subscriber
    )
    assert permit is Permit.SKIP


def test_a_dead_workers_lease_tells_what_was_sent_unknown_and_not_begun() -> None:
    dispatch = make_sending(readers=5)
    leased = take(dispatch)
    reader = leased.recipients[2].subscriber
    record(dispatch, leased, begun=3, settled=2, subscriber=reader)
    expire(leased)
    assert leases.reclaim(at=timezone.now()) == 1
    assert states(dispatch) == ["sent", "sent", "unknown", "pending", "pending"]


def test_a_worker_that_died_between_emails_leaves_nothing_unknown() -> None:
    dispatch = make_sending(readers=3)
    leased = take(dispatch)
    record(dispatch, leased, begun=1, settled=1)
    expire(leased)
    leases.reclaim(at=timezone.now())
    assert states(dispatch) == ["sent", "pending", "pending"]


def test_an_unknown_delivery_is_never_leased_again() -> None:
    dispatch = make_sending(readers=1)
    leased = take(dispatch)
    reader = leased.recipients[0].subscriber
    record(dispatch, leased, begun=1, settled=0, subscriber=reader)
    expire(leased)
    leases.reclaim(at=timezone.now())
    assert sending_setup.take(dispatch) is None
    assert ledger.finish_if_settled(dispatch)


def test_a_worker_that_wakes_after_its_lease_was_reclaimed_is_fenced() -> None:
    dispatch = make_sending(readers=2)
    leased = take(dispatch)
    expire(leased)
    leases.reclaim(at=timezone.now())
    again = take(dispatch)
    reader = leased.recipients[0].subscriber
    permit = record(dispatch, leased, begun=1, settled=0, subscriber=reader)
    assert permit is Permit.FENCED
    assert not sending_setup.close(leased, begun=1)
    assert states(dispatch) == ["leased", "leased"]
    assert Lease.objects.get(pk=again.lease).begun == 0


def test_a_lease_that_was_renewed_is_not_reclaimed() -> None:
    leased = take(make_sending(readers=1))
    expire(leased)
    leases.renew([leased.lease])
    assert leases.reclaim(at=timezone.now()) == 0


def test_refused_and_deferred_deliveries_keep_state_and_answer() -> None:
    dispatch = make_sending(readers=3)
    leased = take(dispatch)
    refused, deferred, _ = (reader.delivery for reader in leased.recipients)
    later = timezone.now() + timedelta(minutes=1)
    outcomes = [
        DeliveryOutcome(
            delivery=refused, state=DeliveryState.REFUSED, server_reply="550 5.1.1 no such user"
        ),
        DeliveryOutcome(
            delivery=deferred,
            state=DeliveryState.DEFERRED,
            server_reply="451 later",
            not_before=later,
        ),
    ]
    record(dispatch, leased, begun=3, settled=3, outcomes=tuple(outcomes))
    sending_setup.close(leased, begun=3, settled=3)
    assert states(dispatch) == ["refused", "deferred", "sent"]
    assert Delivery.objects.get(pk=refused).server_reply == "550 5.1.1 no such user"
    assert sending_setup.take(dispatch) is None
    Delivery.objects.filter(pk=deferred).update(not_before=timezone.now())
    assert [reader.tries for reader in take(dispatch).recipients] == [1]


def test_a_delivery_that_must_wait_longer_stays_out_of_a_lease_of_its_neighbours() -> None:
    dispatch = make_sending(readers=3)
    leased = take(dispatch)
    now = timezone.now()
    moments = [now, now + timedelta(hours=1), now]
    outcomes = [
        DeliveryOutcome(
            delivery=reader.delivery,
            state=DeliveryState.DEFERRED,
            server_reply="451 later",
            not_before=moment,
        )
        for reader, moment in zip(leased.recipients, moments, strict=True)
    ]
    record(dispatch, leased, begun=3, settled=3, outcomes=tuple(outcomes))
    sending_setup.close(leased, begun=3, settled=3)
    again = take(dispatch)
    assert states(dispatch) == ["leased", "deferred", "leased"]
    sending_setup.close(again, begun=2, settled=2)
    assert states(dispatch) == ["sent", "deferred", "sent"]


def test_leases_that_are_taken_together_share_no_delivery() -> None:
    dispatch = make_sending(readers=7)
    taken = leases.take(dispatch.pk, holder="a test", sizes=[3, 2, 3, 1])
    assert [len(leased.recipients) for leased in taken] == [3, 2, 2]
    readers = [reader.subscriber for leased in taken for reader in leased.recipients]
    assert readers == sorted(set(readers))
    assert Lease.objects.filter(closed_at=None).count() == 3


def test_retries_and_new_deliveries_are_leased_in_one_call() -> None:
    dispatch = make_sending(readers=3)
    first = take(dispatch, size=1)
    sending_setup.close(first)
    taken = leases.take(dispatch.pk, holder="a test", sizes=[2, 2])
    assert [[reader.address for reader in leased.recipients] for leased in taken] == [
        ["r0@example.com"],
        ["r1@example.com", "r2@example.com"],
    ]


def test_a_lease_whose_readers_all_unsubscribed_is_replaced_by_the_next() -> None:
    briefing = make_briefing()
    dispatch = make_sending(readers=3, briefing=briefing)
    briefing.subscriptions.filter(subscriber__address__in=["r0@example.com"]).update(
        state=SubscriptionState.UNSUBSCRIBED, unsubscribed_at=timezone.now()
    )
    taken = leases.take(dispatch.pk, holder="a test", sizes=[1, 1])
    assert [reader.address for leased in taken for reader in leased.recipients] == [
        "r1@example.com",
        "r2@example.com",
    ]


def test_leases_are_closed_together_each_with_its_own_progress() -> None:
    dispatch = make_sending(readers=6)
    first, second, third = leases.take(dispatch.pk, holder="a test", sizes=[2, 2, 2])
    expire(second)
    leases.reclaim(at=timezone.now())
    [refused, _] = (reader.delivery for reader in third.recipients)
    answer = DeliveryOutcome(
        delivery=refused, state=DeliveryState.REFUSED, server_reply="550 no such user"
    )
    was_ours = leases.close(
        [
            LeaseEnd(ProgressRecord(first.lease, begun=2, settled=1)),
            LeaseEnd(ProgressRecord(second.lease, begun=2, settled=2)),
            LeaseEnd(ProgressRecord(third.lease, begun=1, settled=1, outcomes=(answer,))),
        ]
    )
    assert was_ours == [True, False, True]
    assert states(dispatch) == ["sent", "unknown", "pending", "pending", "refused", "pending"]
    assert not Delivery.objects.filter(lease__isnull=False).exists()


@pytest.mark.parametrize("action", ["pause", "cancel"])
def test_a_stopped_dispatch_gives_no_permit_and_no_lease(action: str) -> None:
    dispatch = make_sending(readers=2)
    leased = take(dispatch, size=1)
    if action == "pause":
        dispatch.pause(by=None)
    else:
        dispatch.cancel(by=None, at=timezone.now())
    reader = leased.recipients[0].subscriber
    permit = record(dispatch, leased, begun=1, settled=0, subscriber=reader)
    assert permit is Permit.STOP
    assert sending_setup.take(dispatch) is None


def test_a_dispatch_is_sent_once_every_delivery_is_settled() -> None:
    dispatch = make_sending(readers=2)
    leased = take(dispatch)
    assert not ledger.finish_if_settled(dispatch)
    record(dispatch, leased, begun=2, settled=2)
    sending_setup.close(leased, begun=2, settled=2)
    assert ledger.finish_if_settled(dispatch)
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.SENT


def test_an_issue_is_dispatched_once() -> None:
    dispatch = make_sending(readers=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispatch.objects.create(
            issue=dispatch.issue, subject="", html="", text="", deadline=timezone.now()
        )
