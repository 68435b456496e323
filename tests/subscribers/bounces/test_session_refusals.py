"""What servers refuse while we are sending counts like a bounce, unless the fault is ours."""

from __future__ import annotations

import pytest
from django.utils import timezone

from subscribers.bounces.bounce_pause import SUSPICIOUS_COUNT
from subscribers.bounces.session_refusals import process_refusals
from subscribers.models import BounceEvent, Delivery, DeliveryState, Suppression
from tests.factories import make_briefing, make_dispatch, make_reader
from tests.subscribers.bounces.reports.bounce_factories import make_sent_delivery, send_all

pytestmark = pytest.mark.django_db


def refuse(delivery: Delivery, reply: str) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.REFUSED, server_reply=reply)


@pytest.mark.parametrize(
    ("reply", "classification"),
    [
        ("550 5.1.1 no such mailbox", "hard"),
        ("550 no", "hard"),
        ("550 5.2.1 this account is disabled", "hard"),
        ("552 5.2.2 over quota", "full"),
        ("550 over quota", "full"),
        ("550 5.7.1 blocked for spam", "policy"),
        ("554 5.7.1 relay access denied", "policy"),
        ("550 relaying denied", "policy"),
        ("553 5.1.8 sender address rejected: domain not found", "policy"),
        ("552 5.3.4 message too big", "policy"),
        ("5.6.7 our mail server does not take internationalised addresses", "policy"),
        ("554 no", "soft"),
        ("450 4.2.0 come back later", "soft"),
        ("", "soft"),
    ],
)
def test_a_refusal_is_classified_like_a_bounce(reply: str, classification: str) -> None:
    delivery = make_sent_delivery()
    refuse(delivery, reply)
    assert process_refusals(at=timezone.now()) == 1
    assert BounceEvent.objects.get().classification == classification
    assert Suppression.objects.exists() == (classification == "hard")
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.REFUSED


def test_a_refusal_is_processed_once() -> None:
    refuse(make_sent_delivery(), "550 5.1.1 no such mailbox")
    assert process_refusals(at=timezone.now()) == 1
    assert process_refusals(at=timezone.now()) == 0


def test_a_server_that_refuses_everybody_suppresses_nobody() -> None:
    briefing = make_briefing()
    for _ in range(SUSPICIOUS_COUNT + 2):
        make_reader(of=briefing)
    for delivery in send_all(make_dispatch(briefing=briefing)):
        refuse(delivery, "550 5.1.1 no such mailbox")
    process_refusals(at=timezone.now())
    assert not Suppression.objects.exists()
    assert {one.classification for one in BounceEvent.objects.all()} == {"policy"}


@pytest.mark.parametrize(
    ("address", "suppresses"), [("ivy@ward.example", False), ("jobs@news.example.com", True)]
)
def test_whose_address_a_server_names_decides(address: str, suppresses: bool) -> None:
    refuse(make_sent_delivery(email=address), "550 5.1.1 User jobs@news.example.com not found")
    process_refusals(at=timezone.now())

    assert Suppression.objects.exists() == suppresses
