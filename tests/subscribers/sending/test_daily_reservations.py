"""A worker that dies uses up no more of a daily limit than it sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from newsroom.mail_servers import MailServer, parse_mail_servers
from newsroom.send_limit_settings import WarmUp
from subscribers.models import DailyReservation, DailySendCount, Dispatch, Lease
from subscribers.sending import daily_limits, dispatches
from subscribers.sending.daily_limits import Reservation
from subscribers.sending.lease_progress import ProgressRecord, record_progress
from tests.subscribers.sending import sending_setup
from tests.subscribers.sending.sending_setup import make_sending

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def server(settings: Any) -> MailServer:
    settings.MAIL_SERVERS = parse_mail_servers("smtp://mail.example.com/?per_day=200")
    settings.SEND_WARM_UP = WarmUp(starts=timezone.now().date(), first_day=500)
    server: MailServer = settings.MAIL_SERVERS[0]
    return server


def counted() -> set[int]:
    return set(DailySendCount.objects.values_list("emails", flat=True))


def record(dispatch: Dispatch, lease: int, *, begun: int) -> None:
    record_progress(
        [ProgressRecord(lease, begun=begun, settled=begun - 1)],
        dispatch=dispatch.pk,
        briefing=dispatch.issue.briefing_id,
    )


def time_passes() -> None:
    """Let leases and reservations expire, and tend to the dispatches."""
    past = timezone.now() - timedelta(seconds=1)
    Lease.objects.filter(closed_at=None).update(expires_at=past)
    DailyReservation.objects.update(expires_at=past)
    dispatches.advance(at=timezone.now())


def test_what_a_killed_worker_had_reserved_is_returned(server: MailServer) -> None:
    dispatch = make_sending(readers=30)
    reservation = daily_limits.reserve(server, 25)
    leased = sending_setup.take(dispatch, size=25)
    assert leased is not None
    assert daily_limits.attach(reservation, leased.lease)
    record(dispatch, leased.lease, begun=3)
    assert counted() == {25}
    time_passes()
    assert counted() == {3}
    assert not DailyReservation.objects.exists()


def test_a_worker_killed_before_it_had_a_lease_returns_everything(server: MailServer) -> None:
    reservation = daily_limits.reserve(server, 25)
    dispatches.advance(at=timezone.now())
    assert counted() == {25}
    time_passes()
    assert counted() == {0}
    assert not daily_limits.attach(reservation, 1)  # if it was only slow, it may not send now


def test_a_worker_killed_between_its_lease_and_its_reservation(server: MailServer) -> None:
    dispatch = make_sending(readers=10)
    reservation = daily_limits.reserve(server, 10)
    leased = sending_setup.take(dispatch, size=10)
    assert leased is not None
    daily_limits.attach(reservation, leased.lease)
    record(dispatch, leased.lease, begun=5)
    sending_setup.close(leased, begun=5, settled=5)
    time_passes()
    assert counted() == {5}


def test_a_lease_that_lives_keeps_its_reservation(server: MailServer) -> None:
    dispatch = make_sending(readers=10)
    reservation = daily_limits.reserve(server, 10)
    leased = sending_setup.take(dispatch, size=10)
    assert leased is not None
    daily_limits.attach(reservation, leased.lease)
    DailyReservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    dispatches.advance(at=timezone.now())
    assert counted() == {10}
    daily_limits.return_unused(reservation, 4)
    assert counted() == {6}


def test_a_reservation_is_returned_once(server: MailServer) -> None:
    reservation = daily_limits.reserve(server, 25)
    time_passes()
    daily_limits.return_unused(reservation, 25)
    assert counted() == {0}


def test_without_a_limit_nothing_is_reserved(settings: Any) -> None:
    settings.SEND_WARM_UP = None
    [server] = parse_mail_servers("smtp://mail.example.com")
    assert daily_limits.reserve(server, 5) == Reservation(emails=5, id=None)
    assert not DailyReservation.objects.exists()
