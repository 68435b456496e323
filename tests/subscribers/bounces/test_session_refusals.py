"""What servers refuse while we send counts as what comes back later, unless it is about us."""

from __future__ import annotations

import pytest
from django.utils import timezone

from subscribers.bounces.session_refusals import TOO_MANY, look_at_refusals
from subscribers.models import BounceEvent, Delivery, DeliveryState, Suppression
from tests.factories import make_briefing, make_dispatch, make_reader
from tests.subscribers.bounces.reports.returned import make_sent_letter, send_all

pytestmark = pytest.mark.django_db


def refuse(delivery: Delivery, answer: str) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.REFUSED, answer=answer)


@pytest.mark.parametrize(
    ("answer", "verdict"),
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
def test_a_refusal_is_judged_by_the_same_table(answer: str, verdict: str) -> None:
    letter = make_sent_letter()
    refuse(letter, answer)
    assert look_at_refusals(at=timezone.now()) == 1
    assert BounceEvent.objects.get().classification == verdict
    assert Suppression.objects.exists() == (verdict == "hard")
    letter.refresh_from_db()
    assert letter.state == DeliveryState.REFUSED


def test_a_refusal_is_looked_at_once() -> None:
    refuse(make_sent_letter(), "550 5.1.1 no such mailbox")
    assert look_at_refusals(at=timezone.now()) == 1
    assert look_at_refusals(at=timezone.now()) == 0


def test_a_server_that_refuses_everybody_condemns_nobody() -> None:
    briefing = make_briefing()
    for _ in range(TOO_MANY + 2):
        make_reader(of=briefing)
    for letter in send_all(make_dispatch(briefing=briefing)):
        refuse(letter, "550 5.1.1 no such mailbox")
    look_at_refusals(at=timezone.now())
    assert not Suppression.objects.exists()
    assert {one.classification for one in BounceEvent.objects.all()} == {"policy"}
