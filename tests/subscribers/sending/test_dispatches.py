"""From the send time to the inbox: a real mail server receives each email once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from briefings.models import Issue, IssueState
from newsroom.mail_servers import parse_mail_servers
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState, SubscriptionState
from subscribers.sending import dispatches, tasks
from subscribers.sending.send_run import send_ready
from tests.factories import make_briefing, make_reader, make_scheduled_issue
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_rules import Stage
from tests.subscribers.sending.sending_setup import make_sending, states

# The ledger writer is a thread with its own database connection: it sees committed rows only.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _by_smtp(settings: Any, smtp_server: SmtpServer) -> None:
    settings.MAIL_SERVERS = parse_mail_servers(smtp_server.url + "/?timeout=3")
    settings.SEND_CONNECTIONS = 2


def run_due_dispatches() -> None:
    """Do what beat and a worker do."""
    dispatches.publish_due(at=timezone.now())
    for dispatch in dispatches.advance(at=timezone.now()):
        send_ready(dispatch)
    dispatches.advance(at=timezone.now())


def test_a_reader_gets_each_issue_once(smtp_server: SmtpServer) -> None:
    briefing = make_briefing()
    make_reader(of=briefing, email="ada@example.com")
    make_scheduled_issue(briefing=briefing, title="Council & mayor")
    run_due_dispatches()
    run_due_dispatches()
    [email] = smtp_server.emails()
    assert email.recipients == ("ada@example.com",)
    assert email.message["Subject"] == "Council & mayor"
    assert Dispatch.objects.get().state == DispatchState.SENT


def test_an_issue_is_not_sent_before_its_send_time(smtp_server: SmtpServer) -> None:
    make_scheduled_issue(publish_at=timezone.now() + timedelta(minutes=5))
    run_due_dispatches()
    assert Issue.objects.get().state == IssueState.SCHEDULED
    assert len(smtp_server) == 0


def test_an_issue_that_changed_after_its_approval_is_not_sent(smtp_server: SmtpServer) -> None:
    issue = make_scheduled_issue()
    make_reader(of=issue.briefing)
    issue.sections.update(heading="Not what was approved")
    run_due_dispatches()
    issue.refresh_from_db()
    assert issue.state == IssueState.IN_REVIEW
    assert len(smtp_server) == 0


def test_what_was_approved_is_what_is_sent(smtp_server: SmtpServer) -> None:
    dispatch = make_sending(readers=1)
    dispatch.issue.sections.update(body="<p>A later correction</p>")
    send_ready(dispatch)
    [email] = smtp_server.emails()
    body = email.message.get_body(("plain",))
    assert body is not None
    assert "The county has 214 beds." in body.get_content()


def test_every_email_has_its_own_readers_links(smtp_server: SmtpServer) -> None:
    dispatch = make_sending(readers=20)
    assert send_ready(dispatch) == 20
    for email in smtp_server.emails():
        subscription = dispatch.issue.briefing.subscriptions.get(
            subscriber__address=email.recipients[0]
        )
        text = email.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
        assert f"/unsubscribe/{subscription.token}/" in text
        assert f"/preferences/{subscription.subscriber.token}/" in text
        assert subscription.token in email.message["List-Unsubscribe"]
    assert set(smtp_server.received().values()) == {1}


def test_a_reader_who_unsubscribes_meanwhile_gets_nothing(smtp_server: SmtpServer) -> None:
    dispatch = make_sending(readers=3)
    dispatch.issue.briefing.subscriptions.filter(subscriber__address="r1@example.com").update(
        state=SubscriptionState.UNSUBSCRIBED, unsubscribed_at=timezone.now()
    )
    send_ready(dispatch)
    assert sorted(smtp_server.received()) == ["r0@example.com", "r2@example.com"]
    assert states()["r1@example.com"] == "skipped"


def test_a_refused_address_keeps_the_servers_reply(smtp_server: SmtpServer) -> None:
    dispatch = make_sending(readers=3)
    smtp_server.answer("550 5.1.1 no such user", to="r1@*")
    send_ready(dispatch)
    assert states() == {
        "r0@example.com": "sent", "r1@example.com": "refused", "r2@example.com": "sent"
    }  # fmt: skip
    refused = Delivery.objects.get(state=DeliveryState.REFUSED)
    assert refused.server_reply == "550 5.1.1 no such user"


def test_a_deferred_email_is_retried_until_the_deadline(smtp_server: SmtpServer) -> None:
    dispatch = make_sending(readers=1)
    smtp_server.answer("451 4.3.0 later", times=1)
    send_ready(dispatch)
    delivery = Delivery.objects.get()
    assert delivery.state == DeliveryState.DEFERRED
    assert delivery.not_before is not None
    assert delivery.not_before > timezone.now() + timedelta(seconds=30)
    send_ready(dispatch)
    assert len(smtp_server) == 0
    Delivery.objects.update(not_before=timezone.now())
    send_ready(dispatch)
    assert states() == {"r0@example.com": "sent"}


def test_after_the_deadline_a_deferral_is_a_refusal(smtp_server: SmtpServer) -> None:
    dispatch = make_sending(readers=1)
    Dispatch.objects.update(deadline=timezone.now())
    dispatch.refresh_from_db()
    smtp_server.answer("451 4.3.0 later")
    send_ready(dispatch)
    assert states() == {"r0@example.com": "refused"}


@pytest.mark.parametrize("keep", [True, False])
def test_a_connection_lost_after_the_content_leaves_one_unknown(
    smtp_server: SmtpServer, keep: bool
) -> None:
    dispatch = make_sending(readers=4)
    smtp_server.hang_up(to="r1@*", at=Stage.CONTENT, keep=keep)
    send_ready(dispatch)
    for again in dispatches.advance(at=timezone.now()):
        send_ready(again)
    found = states()
    assert found.pop("r1@example.com") == "unknown"
    assert set(found.values()) == {"sent"}
    assert max(smtp_server.received().values()) == 1


def test_a_connection_lost_before_the_content_leaves_nothing_unknown(
    smtp_server: SmtpServer,
) -> None:
    dispatch = make_sending(readers=4)
    smtp_server.hang_up(to="r1@*", at=Stage.RCPT, times=1)
    send_ready(dispatch)
    send_ready(dispatch)
    assert set(states().values()) == {"sent"}
    assert sorted(smtp_server.received().values()) == [1] * 4


def test_an_unreachable_server_loses_no_email(smtp_server: SmtpServer) -> None:
    dispatch = make_sending(readers=2)
    smtp_server.kill()
    assert send_ready(dispatch) == 0
    assert set(states().values()) == {"pending"}
    smtp_server.start()
    assert send_ready(dispatch) == 2


def test_a_server_that_refuses_our_sender_address_pauses_the_dispatch(
    smtp_server: SmtpServer,
) -> None:
    dispatch = make_sending(readers=3)
    smtp_server.answer("550 5.7.1 you may not send from here", to="*", at=Stage.MAIL)
    send_ready(dispatch)
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.PAUSED
    assert "you may not send from here" in dispatch.pause_reason
    assert set(states().values()) == {"pending"}


def test_a_rate_is_kept_over_all_connections(smtp_server: SmtpServer, settings: Any) -> None:
    settings.SEND_RATE = 20.0
    send_ready(make_sending(readers=30))
    moments = sorted(email.at for email in smtp_server.emails())
    assert len(moments) == 30
    assert 1.0 < moments[-1] - moments[0] < 3.0


def test_the_task_for_a_dispatch_that_is_gone_does_nothing() -> None:
    tasks.send(4711)
    assert not Delivery.objects.exists()
