"""Providers' webhooks: only those that are configured and prove who they are are heard."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

import pytest
from django.test import Client

from newsroom.webhook_secrets import parse_webhook_secrets
from subscribers.models import BounceEvent, Delivery, DeliveryState, Suppression
from tests.factories import make_briefing, make_dispatch, make_reader
from tests.subscribers.bounces.reports.returned import bounce_address, make_sent_letter, send_all

pytestmark = pytest.mark.django_db
KEY = "a signing key"
LOGIN = "hooks:a long password"


@pytest.fixture(autouse=True)
def secrets(settings: Any) -> None:
    settings.HOOK_SECRETS = {"mailgun": KEY, "postmark": LOGIN, "amazon-ses": LOGIN}


def mailgun(event: dict[str, Any], *, key: str = KEY) -> dict[str, Any]:
    stamp, token = "1793500000", "abc"
    proof = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    signature = {"timestamp": stamp, "token": token, "signature": proof}
    return {"signature": signature, "event-data": {"timestamp": 1793500000.5, **event}}


def failed(**facts: Any) -> dict[str, Any]:
    return {
        "event": "failed",
        "severity": "permanent",
        "id": "event-1",
        "recipient": "ivy@ward.example",
        "delivery-status": {"code": 550, "message": "5.1.1 no such mailbox"},
        **facts,
    }


def post(provider: str, facts: object, **headers: str) -> int:
    return (
        Client()
        .post(f"/hooks/{provider}/", json.dumps(facts), "application/json", headers=headers)
        .status_code
    )


def basic(login: str = LOGIN) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(login.encode()).decode()}


def test_a_signed_bounce_suppresses_the_reader_of_the_letter() -> None:
    letter = make_sent_letter()
    sender = {"envelope": {"sender": bounce_address(letter)}}
    assert post("mailgun", mailgun(failed(**sender, recipient="tom@ward.example"))) == 200
    assert Suppression.objects.at_address("ivy@ward.example").exists()
    event = BounceEvent.objects.get()
    assert (event.provider, event.classification, event.delivery_id) == (
        "mailgun",
        "hard",
        letter.pk,
    )


def test_the_provider_s_word_on_the_recipient_leads_to_the_latest_letter() -> None:
    make_sent_letter(email="tom@ward.example")
    letter = make_sent_letter()
    assert post("mailgun", mailgun(failed())) == 200
    assert BounceEvent.objects.get().delivery_id == letter.pk


def test_a_replay_changes_nothing() -> None:
    make_sent_letter()
    for _ in range(3):
        assert post("mailgun", mailgun(failed())) == 200
    assert BounceEvent.objects.count() == 1


@pytest.mark.parametrize("key", ["another key", ""])
def test_a_wrong_signature_is_refused(key: str) -> None:
    make_sent_letter()
    assert post("mailgun", mailgun(failed(), key=key)) == 400
    assert not BounceEvent.objects.exists()


@pytest.mark.parametrize("provider", ["sendgrid", "nobody", "brevo"])
def test_a_provider_that_is_not_configured_is_not_there(provider: str) -> None:
    assert post(provider, {}, **basic()) == 404


@pytest.mark.parametrize("facts", [None, [], {}, {"signature": 1}, "text", {"signature": {}}])
def test_what_cannot_be_read_is_refused_without_a_trace(facts: object) -> None:
    assert post("mailgun", facts) == 400
    assert post("postmark", facts, **basic()) in {200, 400}
    assert post("amazon-ses", facts, **basic()) == 400


def test_a_temporary_failure_is_counted_only() -> None:
    make_sent_letter()
    facts = failed(
        severity="permanent",
        **{"delivery-status": {"code": 452, "message": "4.2.2 mailbox full"}},
    )
    assert post("mailgun", mailgun(facts)) == 200
    assert BounceEvent.objects.get().classification == "full"
    assert not Suppression.objects.exists()


def test_a_delivery_is_no_event() -> None:
    make_sent_letter()
    assert post("mailgun", mailgun(failed(event="delivered", severity=""))) == 200
    assert not BounceEvent.objects.exists()


def test_a_complaint_with_a_password_leaves_at_once() -> None:
    letter = make_sent_letter()
    facts = {"RecordType": "SpamComplaint", "ID": 7, "Email": "ivy@ward.example"}
    assert post("postmark", facts, **basic("hooks:wrong password")) == 400
    assert post("postmark", facts) == 400
    assert not BounceEvent.objects.exists()
    assert post("postmark", facts, **basic()) == 200
    letter.refresh_from_db()
    assert letter.state == DeliveryState.COMPLAINED


def test_amazon_is_asked_for_its_password_and_heard() -> None:
    letter = make_sent_letter()
    message = {
        "notificationType": "Bounce",
        "mail": {"messageId": "m-1", "source": bounce_address(letter), "tags": {}},
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "timestamp": "2026-11-12T07:00:30.000Z",
            "bouncedRecipients": [
                {
                    "emailAddress": "ivy@ward.example",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
        },
    }
    facts = {"Type": "Notification", "MessageId": "sns-1", "Message": json.dumps(message)}
    headers = {"X-Amz-Sns-Message-Type": "Notification", "X-Amz-Sns-Message-Id": "sns-1"}
    assert post("amazon-ses", facts, **headers) == 401
    assert post("amazon-ses", facts, **headers, **basic()) == 200
    assert BounceEvent.objects.get().classification == "hard"
    assert Suppression.objects.at_address("ivy@ward.example").exists()


def test_an_event_about_nobody_changes_nothing() -> None:
    make_sent_letter()
    assert post("mailgun", mailgun(failed(recipient="nobody@ward.example"))) == 200
    assert not BounceEvent.objects.exists()


def test_a_letter_that_was_not_sent_is_not_condemned() -> None:
    briefing = make_briefing()
    make_reader(of=briefing, email="ivy@ward.example")
    send_all(make_dispatch(briefing=briefing))
    Delivery.objects.update(state=DeliveryState.PENDING)
    assert post("mailgun", mailgun(failed())) == 200
    assert not BounceEvent.objects.exists()


def test_looking_is_not_telling() -> None:
    assert Client().get("/hooks/mailgun/").status_code == 405
    assert Client().head("/hooks/mailgun/").status_code == 200


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mailgum=KEY", "'mailgum' is not known"),
        ("mailgun=", "mailgun has no secret"),
        ("postmark=KEY", "user:password"),
        ("postmark=user:short", "8 or more"),
    ],
)
def test_a_wrong_secret_stops_the_start_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_webhook_secrets(text)
    assert parse_webhook_secrets("mailgun=K=1, postmark=u:12345678,") == {
        "mailgun": "K=1",
        "postmark": "u:12345678",
    }
