"""Pause, resume, cancel and SEND_RATE, as the receiver sees them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState
from tests.briefings.admin_client import staff_client
from tests.faults.hosts import Newsroom
from tests.faults.issues import make_due_issue
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

WITHIN_SECONDS = 2.0
RATE = 100  # which two hosts could double on a busy machine


def post(action: str) -> float:
    """Post an action of the progress page; return when, in seconds since the epoch."""
    dispatch = Dispatch.objects.get()
    posted_at = time.time()
    response = staff_client(may=("send_issue", "view_dispatch")).post(
        f"/admin/subscribers/dispatch/{dispatch.pk}/action/", {"action": action}
    )
    assert response.status_code == 302
    return posted_at


@pytest.mark.takes(seconds=30)
def test_pause_resume_and_cancel_take_effect_within_two_seconds_under_load(
    smtp_server: SmtpServer, start_newsroom: Callable[..., Newsroom]
) -> None:
    make_due_issue(readers=3_000)
    smtp_server.delay(0.04)
    start_newsroom(EMAIL_URL=smtp_server.url)
    smtp_server.wait_for_count(500, seconds=60)
    paused_at = post("pause")
    time.sleep(WITHIN_SECONDS + 1)
    before = smtp_server.arrivals()
    assert before[-1] - paused_at < WITHIN_SECONDS
    resumed_at = post("resume")
    smtp_server.wait_for_count(len(before) + 500, seconds=30)
    assert smtp_server.arrivals()[len(before)] - resumed_at < WITHIN_SECONDS
    cancelled_at = post("cancel")
    time.sleep(WITHIN_SECONDS + 1)
    assert smtp_server.arrivals()[-1] - cancelled_at < WITHIN_SECONDS
    received = smtp_server.received()
    assert 1_000 <= len(received) < 3_000
    assert set(received.values()) == {1}
    assert Delivery.objects.filter(state=DeliveryState.SENT).count() == len(received)
    assert not Delivery.objects.filter(state=DeliveryState.UNKNOWN).exists()
    assert Dispatch.objects.get().state == DispatchState.CANCELLED


def test_send_rate_is_kept_by_two_hosts_together(
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=8 * RATE)
    start_newsroom(EMAIL_URL=smtp_server.url, SEND_RATE=str(RATE))
    smtp_server.wait_for_count(2 * RATE, seconds=60)  # both hosts are up
    since = smtp_server.arrivals()[-1]
    smtp_server.wait_for_count(6 * RATE, seconds=60)
    arrivals = [at for at in smtp_server.arrivals() if at > since]
    rate = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])
    tell(f"{rate:.1f} emails a second of {RATE}")
    assert rate == pytest.approx(RATE, rel=0.1)
