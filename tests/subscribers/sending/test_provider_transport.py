"""Sending through a provider's API: one call is one email of the same ledger."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from newsroom.mail_servers import parse_mail_servers
from newsroom.tokens import verify_id
from subscribers.models import Delivery, DispatchState
from subscribers.sending.send_run import send_ready
from tests.subscribers.sending.sending_setup import counts, make_sending, states

pytestmark = pytest.mark.django_db(transaction=True)


class Provider(ThreadingHTTPServer):
    """A provider with Postmark's API, on the loopback interface."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.emails: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.status: dict[
            str, int
        ] = {}  # for an address; 0 closes the connection without a response

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(BaseHTTPRequestHandler):
    """Accepts one email, or answers with the status set for its address."""

    protocol_version = "HTTP/1.1"
    server: Provider

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        email = body[0] if isinstance(body, list) else body
        address = email["To"].rpartition("<")[2].rstrip(">")
        self.server.tokens.add(self.headers["X-Postmark-Server-Token"])
        status = self.server.status.get(address, 200)
        if status in {0, 200}:
            self.server.emails.append(email)
        if not status:
            self.close_connection = True
            return
        answer: dict[str, Any] = {"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": address}
        if status != 200:
            answer |= {"ErrorCode": status, "Message": f"set to {status}"}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Write no log."""


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.MAIL_SERVERS = parse_mail_servers("anymail.backends.postmark.EmailBackend")
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "s3cret", "POSTMARK_API_URL": server.url}
    settings.SEND_CONNECTIONS = 2
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_email_arrives_with_its_own_links_and_headers(provider: Provider) -> None:
    dispatch = make_sending(readers=5)
    assert send_ready(dispatch) == 5
    assert counts() == {"sent": 5}
    assert provider.tokens == {"s3cret"}
    assert len(provider.emails) == 5
    for email in provider.emails:
        address = email["To"].rpartition("<")[2].rstrip(">")
        delivery = Delivery.objects.get(subscriber__address=address)
        subscription = dispatch.issue.briefing.subscriptions.get(subscriber__address=address)
        headers = {header["Name"]: header["Value"] for header in email["Headers"]}
        assert subscription.token in headers["List-Unsubscribe"]
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert subscription.token in email["TextBody"]
        assert subscription.token in email["HtmlBody"]
        assert verify_id("bounce", email["Metadata"]["delivery"]) == delivery.pk
        assert email["Subject"] == dispatch.subject


def test_responses_become_states(provider: Provider) -> None:
    dispatch = make_sending(readers=4)
    provider.status = {"r1@example.com": 400, "r2@example.com": 429}
    send_ready(dispatch)
    found = states()
    assert found["r0@example.com"] == found["r3@example.com"] == "sent"
    assert found["r1@example.com"] == "refused"
    assert found["r2@example.com"] == "deferred"
    refused = Delivery.objects.get(subscriber__address="r1@example.com")
    assert "set to 400" in (refused.server_reply or "")


@pytest.mark.parametrize("status", [0, 500])
def test_a_call_of_unknown_outcome_is_one_unknown_delivery(provider: Provider, status: int) -> None:
    dispatch = make_sending(readers=4)
    provider.status = {"r1@example.com": status}
    send_ready(dispatch)
    send_ready(dispatch)
    found = states()
    assert found.pop("r1@example.com") == "unknown"
    assert set(found.values()) == {"sent"}


def test_a_wrong_token_pauses_the_dispatch(provider: Provider) -> None:
    dispatch = make_sending(readers=3)
    provider.status = {f"r{number}@example.com": 401 for number in range(3)}
    send_ready(dispatch)
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.PAUSED
    assert "set to 401" in dispatch.pause_reason
    assert counts() == {"pending": 3}


def test_a_missing_token_is_named(provider: Provider, settings: Any) -> None:
    settings.ANYMAIL = {}
    dispatch = make_sending(readers=1)
    send_ready(dispatch)
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.PAUSED
    assert "POSTMARK_SERVER_TOKEN" in dispatch.pause_reason


def test_an_unreachable_provider_loses_no_email(provider: Provider) -> None:
    dispatch = make_sending(readers=2)
    provider.shutdown()
    provider.server_close()
    assert send_ready(dispatch) == 0
    assert counts() == {"pending": 2}
