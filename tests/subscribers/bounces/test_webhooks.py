"""Webhooks of providers: we accept only those that are configured and verified."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string

from newsroom.webhook_providers import PROVIDERS, parse_webhook_secrets
from subscribers.bounces import webhooks
from subscribers.models import BounceEvent, Delivery, DeliveryState, Suppression
from tests.factories import make_briefing, make_dispatch, make_reader
from tests.subscribers.bounces.reports.bounce_factories import (
    bounce_address,
    make_sent_delivery,
    send_all,
)

pytestmark = pytest.mark.django_db
KEY = "a signing key"
LOGIN = "hooks:a long password"


@pytest.fixture(autouse=True)
def secrets(settings: Any) -> None:
    cache.clear()
    settings.HOOK_SECRETS = {"mailgun": KEY, "postmark": LOGIN, "amazon-ses": LOGIN}


def mailgun(event: dict[str, Any], *, key: str = KEY) -> dict[str, Any]:
    now = timezone.now()
    signature = sign_for_mailgun(key=key, at=now)
    return {"signature": signature, "event-data": {"timestamp": now.timestamp(), **event}}


def sign_for_mailgun(*, at: datetime, key: str = KEY) -> dict[str, str]:
    signed_at = str(int(at.timestamp()))
    proof = hmac.new(key.encode(), f"{signed_at}abc".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": signed_at, "token": "abc", "signature": proof}


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


def test_a_signed_bounce_suppresses_the_subscriber_of_the_delivery() -> None:
    delivery = make_sent_delivery()
    sender = {"envelope": {"sender": bounce_address(delivery)}}
    assert post("mailgun", mailgun(failed(**sender, recipient="tom@ward.example"))) == 200
    assert Suppression.objects.at_address("ivy@ward.example").exists()
    event = BounceEvent.objects.get()
    assert (event.provider, event.classification, event.delivery_id) == (
        "mailgun",
        "hard",
        delivery.pk,
    )


def test_the_provider_s_recipient_leads_to_their_latest_delivery() -> None:
    make_sent_delivery(email="tom@ward.example")
    delivery = make_sent_delivery()
    assert post("mailgun", mailgun(failed())) == 200
    assert BounceEvent.objects.get().delivery_id == delivery.pk


def test_a_replay_changes_nothing() -> None:
    make_sent_delivery()
    repeated = mailgun(failed())
    for _ in range(3):
        assert post("mailgun", repeated) == 200
    assert BounceEvent.objects.count() == 1


def test_a_signature_is_good_for_one_content_only() -> None:
    make_sent_delivery()
    seen = mailgun(failed(event="delivered", severity=""))
    assert post("mailgun", seen) == 200
    assert post("mailgun", {**mailgun(failed()), "signature": seen["signature"]}) == 400
    assert not BounceEvent.objects.exists()


def test_a_signature_counts_as_used_only_once_its_event_is_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_sent_delivery()
    facts = mailgun(failed())
    with monkeypatch.context() as broken:
        broken.setattr(webhooks, "apply_policy", refuse_to_record)
        assert post("mailgun", facts) == 503
    assert post("mailgun", facts) == 200
    assert BounceEvent.objects.count() == 1


def refuse_to_record(*_: Any, **__: Any) -> None:
    raise OperationalError("the database is unreachable")


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (timedelta(days=365 * 25), 400),
        (timedelta(hours=13), 400),
        (timedelta(hours=9), 200),  # Mailgun tries for eight hours
        (timedelta(minutes=-2), 200),
        (timedelta(hours=-1), 400),
    ],
)
def test_a_signature_is_good_for_some_hours(age: timedelta, status: int) -> None:
    make_sent_delivery()
    facts = {**mailgun(failed()), "signature": sign_for_mailgun(at=timezone.now() - age)}
    assert post("mailgun", facts) == status
    assert BounceEvent.objects.exists() == (status == 200)


@pytest.mark.parametrize(
    "body",
    ["[" * 200_000, '{"a":' * 200_000, '{"a":[' * 100_000, "[" * 990 + "]" * 990],
    ids=["lists", "objects", "both", "closed"],
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_deep_nesting_is_refused_before_anything_else(
    provider: str, body: str, settings: Any
) -> None:
    settings.HOOK_SECRETS = parse_webhook_secrets(f"{provider}={LOGIN}")
    for content_type, sent in {
        "application/json": body,
        "application/x-www-form-urlencoded": f"mandrill_events={body}",
    }.items():
        answer = Client().post(f"/hooks/{provider}/", sent, content_type, headers=basic())
        assert answer.status_code == 400, content_type


def test_brackets_in_words_are_not_nesting() -> None:
    assert webhooks.nesting_depth(json.dumps({"said": '"[' * 99 + "\\", "a": [[]]}).encode()) == 3
    assert webhooks.nesting_depth(b'["never closed [[[') == 1


def test_json_within_a_string_may_be_nested_too_deep_as_well() -> None:
    facts = {"Type": "Notification", "MessageId": "sns-1", "Message": "[" * 100_000}
    headers = {"X-Amz-Sns-Message-Type": "Notification", "X-Amz-Sns-Message-Id": "sns-1"}
    assert post("amazon-ses", facts, **headers, **basic()) == 400


@pytest.mark.parametrize("key", ["another key", ""])
def test_a_wrong_signature_is_refused(key: str) -> None:
    make_sent_delivery()
    assert post("mailgun", mailgun(failed(), key=key)) == 400
    assert not BounceEvent.objects.exists()


@pytest.mark.parametrize("provider", ["sendgrid", "nobody", "brevo"])
def test_a_provider_that_is_not_configured_is_not_found(provider: str) -> None:
    assert post(provider, {}, **basic()) == 404


@pytest.mark.parametrize("facts", [None, [], {}, {"signature": 1}, "text", {"signature": {}}])
def test_an_unreadable_event_is_refused_without_an_error(facts: object) -> None:
    assert post("mailgun", facts) == 400
    assert post("postmark", facts, **basic()) in {200, 400}
    assert post("amazon-ses", facts, **basic()) == 400


def test_a_temporary_failure_is_only_counted() -> None:
    make_sent_delivery()
    facts = failed(
        severity="permanent",
        **{"delivery-status": {"code": 452, "message": "4.2.2 mailbox full"}},
    )
    assert post("mailgun", mailgun(facts)) == 200
    assert BounceEvent.objects.get().classification == "full"
    assert not Suppression.objects.exists()


def test_a_successful_delivery_is_no_event() -> None:
    make_sent_delivery()
    assert post("mailgun", mailgun(failed(event="delivered", severity=""))) == 200
    assert not BounceEvent.objects.exists()


def test_a_complaint_with_the_password_unsubscribes_at_once() -> None:
    delivery = make_sent_delivery()
    facts = {"RecordType": "SpamComplaint", "ID": 7, "Email": "ivy@ward.example"}
    assert post("postmark", facts, **basic("hooks:wrong password")) == 400
    assert post("postmark", facts) == 400
    assert not BounceEvent.objects.exists()
    assert post("postmark", facts, **basic()) == 200
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.COMPLAINED


def test_amazon_is_asked_for_the_password_and_accepted() -> None:
    delivery = make_sent_delivery()
    message = {
        "notificationType": "Bounce",
        "mail": {"messageId": "m-1", "source": bounce_address(delivery), "tags": {}},
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


def test_an_event_about_an_unknown_address_changes_nothing() -> None:
    make_sent_delivery()
    assert post("mailgun", mailgun(failed(recipient="nobody@ward.example"))) == 200
    assert not BounceEvent.objects.exists()


def test_a_delivery_that_was_not_sent_is_not_counted() -> None:
    briefing = make_briefing()
    make_reader(of=briefing, email="ivy@ward.example")
    send_all(make_dispatch(briefing=briefing))
    Delivery.objects.update(state=DeliveryState.PENDING)
    assert post("mailgun", mailgun(failed())) == 200
    assert not BounceEvent.objects.exists()


def test_only_post_and_head_are_allowed() -> None:
    assert Client().get("/hooks/mailgun/").status_code == 405
    assert Client().head("/hooks/mailgun/").status_code == 200


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mailgum=KEY", "'mailgum' is not a known provider"),
        ("mailgun=", "mailgun has no secret"),
        ("postmark=KEY", "user:password"),
        ("postmark=user:short", "8 or more"),
    ],
)
def test_a_wrong_secret_is_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_webhook_secrets(text)
    assert parse_webhook_secrets("mailgun=K=1, postmark=u:12345678,") == {
        "mailgun": "K=1",
        "postmark": "u:12345678",
    }


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_of_the_list_has_a_webhook(name: str, settings: Any) -> None:
    provider = PROVIDERS[name]
    settings.HOOK_SECRETS = parse_webhook_secrets(f"{name}={LOGIN}")
    view = import_string(provider.view)(**{provider.credential: LOGIN})
    assert callable(view.parse_events)
    assert Client().head(f"/hooks/{name}/").status_code == 200
    assert post(name, {}) == (401 if provider.requests_password else 400)


def test_a_soft_bounce_in_the_provider_s_own_words_is_only_counted(settings: Any) -> None:
    settings.HOOK_SECRETS = {"mailersend": KEY}
    make_sent_delivery()
    facts = {
        "type": "activity.soft_bounced",
        "data": {
            "type": "soft_bounced",
            "id": "event-1",
            "email": {"recipient": {"email": "ivy@ward.example"}},
            "morph": {"object": "recipient_bounce", "reason": "550 5.1.1 no such mailbox"},
        },
    }
    body = json.dumps(facts)
    signature = hmac.new(KEY.encode(), body.encode(), hashlib.sha256).hexdigest()
    client = Client()
    answer = client.post(
        "/hooks/mailersend/", body, "application/json", headers={"Signature": signature}
    )
    assert answer.status_code == 200
    assert BounceEvent.objects.get().classification == "soft"
    assert not Suppression.objects.exists()


def test_mandrill_s_signature_covers_our_public_address(settings: Any) -> None:
    settings.HOOK_SECRETS = {"mandrill": KEY}
    make_sent_delivery()
    event = {"event": "hard_bounce", "ts": 1793500000, "msg": {"email": "ivy@ward.example"}}
    form = {"mandrill_events": json.dumps([event])}
    signed = f"{settings.SITE_URL}/hooks/mandrill/mandrill_events{form['mandrill_events']}"
    proof = b64encode(hmac.new(KEY.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    for signature, status in ((proof[::-1], 400), (proof, 200)):
        headers = {"X-Mandrill-Signature": signature}
        answer = Client().post("/hooks/mandrill/", form, headers=headers)
        assert answer.status_code == status
    assert BounceEvent.objects.get().classification == "hard"


def test_postal_and_sendgrid_are_verified_by_their_password(settings: Any) -> None:
    settings.HOOK_SECRETS = {"postal": LOGIN, "sendgrid": LOGIN}
    failure = {"status": "HardFail", "message": {"to": "ivy@ward.example"}, "output": "550 5.1.1"}
    postal = {"event": "MessageDeliveryFailed", "uuid": "u-1", "payload": failure}
    sendgrid = [{"event": "spamreport", "email": "ivy@ward.example", "sg_event_id": "s-1"}]
    make_sent_delivery()
    for provider, facts in (("postal", postal), ("sendgrid", sendgrid)):
        assert post(provider, facts, **basic("hooks:a wrong password")) == 400
        assert post(provider, facts, **basic()) == 200
    assert [event.classification for event in BounceEvent.objects.order_by("pk")] == [
        "hard",
        "complaint",
    ]


def test_a_provider_may_test_the_address_with_get(settings: Any) -> None:
    settings.HOOK_SECRETS = {"unisender-go": KEY}
    assert Client().get("/hooks/unisender-go/").status_code == 200
