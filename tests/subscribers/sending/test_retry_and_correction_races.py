"""Two people act at once, or a worker finishes a dispatch while a person retries an email."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefings.models import Correction
from newsroom.models import AuditLogEntry
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState
from subscribers.sending import dispatches, ledger
from subscribers.sending.correction_dispatches import send_correction
from tests.factories import make_briefing, make_correction
from tests.subscribers.sending.sending_setup import make_sending
from tests.subscribers.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 8


def make_sent(*, readers: int = 6) -> Dispatch:
    dispatch = make_sending(readers=readers, briefing=make_briefing())
    dispatch.deliveries.update(state=DeliveryState.SENT, settled_at=timezone.now())
    return dispatch


def send(pk: int) -> int:
    correction = Correction.objects.select_related("issue__briefing").get(pk=pk)
    return send_correction(correction, at=timezone.now(), by=None).pk


def advance() -> int:
    return len(dispatches.advance(at=timezone.now()))


def retry(dispatch: Dispatch, key: int) -> int:
    fresh = Dispatch.objects.get(pk=dispatch.pk)
    chosen = Delivery.objects.filter(pk=key)
    return ledger.retry_refused(fresh, chosen, by=None, detail={})


def test_people_who_send_a_correction_at_once_send_it_once() -> None:
    first = make_sent()
    assert ledger.finish_if_settled(first)
    correction = make_correction(first.issue)

    found = at_once([lambda: send(correction.pk)] * 6 + [advance] * 4)

    [dispatch] = Dispatch.objects.of_corrections()
    assert set(found[:6]) == {dispatch.pk}
    at_once([advance] * 6)
    assert dispatch.deliveries.count() == 6
    assert AuditLogEntry.objects.filter(verb="sent a correction").count() == 1


def test_an_email_that_is_tried_again_while_its_dispatch_finishes_is_sent() -> None:
    """Without a lock on the dispatch it could be called sent with an email waiting in it."""
    for _ in range(ROUNDS):
        first = make_sent()
        late = first.deliveries.order_by("subscriber_id")[0]
        Delivery.objects.filter(pk=late.pk).update(
            state=DeliveryState.REFUSED, server_reply="550 5.7.1 no"
        )
        correction = Dispatch.objects.get(pk=send(make_correction(first.issue).pk))
        dispatches.start(correction, at=timezone.now())
        correction.deliveries.update(state=DeliveryState.SENT)

        tried = at_once([lambda f=first, k=late.pk: retry(f, k)] * 3 + [advance] * 5)[:3]

        assert sorted(tried) == [0, 0, 1]
        for dispatch in (first, correction):
            dispatch.refresh_from_db()
            assert dispatch.state == DispatchState.SENDING
        assert ledger.has_work(first.pk)
        Delivery.objects.filter(pk=late.pk).update(state=DeliveryState.SENT, not_before=None)
        at_once([advance] * 4)
        at_once([advance] * 4)
        first.refresh_from_db()
        assert first.state == DispatchState.SENT
        assert correction.deliveries.filter(subscriber=late.subscriber_id).exists()
        Dispatch.objects.update(state=DispatchState.SENT, finished_at=timezone.now())


def test_a_correction_that_waits_for_its_issue_does_not_lock_out_those_who_send_it() -> None:
    """Workers lock the issue's dispatch for each lease, and a long ledger takes long to read."""
    first = make_sent()
    waiting = first.deliveries.order_by("subscriber_id")[0]
    Delivery.objects.filter(pk=waiting.pk).update(
        state=DeliveryState.DEFERRED, not_before=timezone.now() + timedelta(hours=1)
    )
    correction = Dispatch.objects.get(pk=send(make_correction(first.issue).pk))
    dispatches.start(correction, at=timezone.now())
    correction.deliveries.update(state=DeliveryState.SENT)

    with CaptureQueriesContext(connection) as queries:
        assert not ledger.finish_if_settled(correction)

    assert queries.captured_queries
    assert not [query for query in queries.captured_queries if "FOR NO KEY" in query["sql"]]


def test_many_late_readers_get_the_correction_once_each() -> None:
    first = make_sent(readers=20)
    late = first.deliveries.order_by("-subscriber_id").values_list("pk", flat=True)[:10]
    keys = list(late)
    Delivery.objects.filter(pk__in=keys).update(
        state=DeliveryState.DEFERRED, not_before=timezone.now() + timedelta(hours=1)
    )
    correction = Dispatch.objects.get(pk=send(make_correction(first.issue).pk))
    at_once([advance] * 4)
    correction.deliveries.update(state=DeliveryState.SENT)
    Delivery.objects.filter(pk__in=keys).update(state=DeliveryState.SENT, not_before=None)

    at_once([advance] * 6)
    at_once([advance] * 6)

    assert correction.deliveries.count() == 20
    assert correction.deliveries.filter(state=DeliveryState.SENT).count() == 10
