"""Limits for a receiving domain, a server's day, and a sending domain that is warmed up."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from newsroom.mail_servers import parse_mail_servers
from newsroom.send_limit_settings import WarmUp, parse_domain_limits
from subscribers.models import DailySendCount, Delivery, DomainBackoff
from subscribers.sending import daily_limits, ledger
from subscribers.sending.dispatch_progress import waiting_reasons
from subscribers.sending.send_run import send_ready
from tests.servers.smtp import SmtpServer
from tests.subscribers.sending.sending_setup import counts, make_sending

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _by_smtp(settings: Any, smtp_server: SmtpServer) -> None:
    settings.MAIL_SERVERS = parse_mail_servers(smtp_server.url + "/?timeout=3")
    settings.SEND_CONNECTIONS = 2


def test_a_server_sends_no_more_than_its_daily_limit(
    smtp_server: SmtpServer, settings: Any
) -> None:
    settings.MAIL_SERVERS = parse_mail_servers(smtp_server.url + "/?per_day=7")
    dispatch = make_sending(readers=10)
    assert send_ready(dispatch) == 7
    assert send_ready(dispatch) == 0
    assert counts() == {"sent": 7, "pending": 3}
    [sentence] = waiting_reasons(dispatch, at=timezone.now())
    assert sentence == (
        f"The daily limit of 127.0.0.1:{smtp_server.port} is used up. We continue tomorrow."
    )
    DailySendCount.objects.update(day=timezone.now().date() - timedelta(days=1))
    assert send_ready(dispatch) == 3
    assert counts() == {"sent": 10}


def test_what_a_lease_does_not_use_is_returned(smtp_server: SmtpServer, settings: Any) -> None:
    settings.MAIL_SERVERS = parse_mail_servers(smtp_server.url + "/?per_day=1000")
    send_ready(make_sending(readers=5))
    assert DailySendCount.objects.get().emails == 5


def test_a_warm_up_counts_all_servers_together(smtp_server: SmtpServer, settings: Any) -> None:
    other = SmtpServer()
    try:
        settings.MAIL_SERVERS = parse_mail_servers(f"{smtp_server.url} {other.url}")
        settings.SEND_WARM_UP = WarmUp(starts=timezone.now().date(), first_day=4)
        dispatch = make_sending(readers=10)
        assert send_ready(dispatch) == 4
        assert len(smtp_server) + len(other) == 4
        [sentence] = waiting_reasons(dispatch, at=timezone.now())
        assert f"daily limit of the warm-up of {daily_limits.sending_domain()}" in sentence
    finally:
        other.stop()


def test_servers_share_emails_by_weight(smtp_server: SmtpServer, settings: Any) -> None:
    other = SmtpServer()
    try:
        for server in (smtp_server, other):
            server.delay(0.02)
        settings.MAIL_SERVERS = parse_mail_servers(f"{smtp_server.url}/?weight=3 {other.url}")
        settings.SEND_CONNECTIONS = 4
        dispatch = make_sending(readers=600)
        send_ready(dispatch)
        assert counts() == {"sent": 600}
        assert 2.0 < len(smtp_server) / len(other) < 4.0
    finally:
        other.stop()


def test_a_limited_domain_gets_no_more_than_its_limit(
    smtp_server: SmtpServer, settings: Any
) -> None:
    settings.SEND_DOMAIN_LIMITS = parse_domain_limits("example.com,slow.example.com=5")
    dispatch = make_sending(readers=40)
    started = time.monotonic()

    def allowed() -> float:
        """Return the emails of the first two seconds, one more, and those of the time since."""
        return 11 + 5 * (time.monotonic() - started)

    assert send_ready(dispatch) <= allowed()
    waiting = Delivery.objects.filter(not_before__gt=timezone.now())
    assert waiting.count() == 40 - counts()["sent"]
    assert DomainBackoff.objects.get().held_back == waiting.count()
    assert waiting_reasons(dispatch, at=timezone.now()) == [
        f"About {waiting.count()} emails wait because of your limit for example.com."
    ]
    # Brought forward, they still get no more than the limit allows.
    Delivery.objects.filter(not_before__isnull=False).update(not_before=timezone.now())
    send_ready(dispatch)
    assert counts()["sent"] <= allowed()
    assert not ledger.finish_if_settled(dispatch)


def test_a_limited_domain_gets_all_its_emails_in_the_end(
    smtp_server: SmtpServer, settings: Any
) -> None:
    settings.SEND_DOMAIN_LIMITS = parse_domain_limits("example.com=20")
    dispatch = make_sending(readers=60)
    begun = timezone.now()
    while counts()["sent"] < 60 and timezone.now() - begun < timedelta(seconds=20):
        send_ready(dispatch, seconds=1.0)
    assert counts() == {"sent": 60}
    moments = sorted(email.at for email in smtp_server.emails())
    # 40 may be sent within the first two seconds, the rest as the limit allows.
    assert moments[-1] - moments[0] > 0.9
    assert ledger.finish_if_settled(dispatch)
