"""No report does more than it should, even when it carries the token of a real delivery."""

from __future__ import annotations

import pytest

from subscribers.models import BounceEvent, DeliveryState, Subscriber, Suppression
from tests.factories import make_reader
from tests.subscribers.bounces.reports.bounce_factories import (
    bounce_address,
    make_sent_delivery,
    process,
    write_complaint,
)
from tests.subscribers.bounces.reports.report_shapes import (
    IVY,
    SHAPES,
    Shape,
    expected,
    write_message,
)

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def of(*kinds: str) -> list[Shape]:
    return [shape for shape in SHAPES if shape.get("kind", "bounce") in kinds]


def sent_to(address: str, shape: Shape) -> bytes:
    return write_message(shape).replace(b"bounces@news.example.com", address.encode())


def test_auto_replies_and_notices_change_nothing() -> None:
    delivery = make_sent_delivery()
    for shape in of("auto_reply", "notice"):
        done = process(sent_to(bounce_address(delivery), shape))
        assert done.action == "nothing", shape["name"]
    assert not BounceEvent.objects.exists()
    assert not Suppression.objects.exists()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.SENT


@pytest.mark.takes(seconds=6)
def test_only_a_hard_bounce_or_a_complaint_suppresses_at_once() -> None:
    delivery = make_sent_delivery()
    for shape in of("bounce", "complaint"):
        results = expected(shape)
        of_ivy = {results[IVY]} if IVY in results else set(results.values())
        at_once = "hard" in of_ivy or shape.get("kind") == "complaint"
        done = process(sent_to(bounce_address(delivery), shape))
        if done.report.is_unsubscribe:
            assert done.action in {"unsubscribed", "already recorded"}, shape["name"]
            continue
        assert done.action == ("suppressed" if at_once else "counted"), shape["name"]
        BounceEvent.objects.all().delete()
        Suppression.objects.all().delete()


def test_a_report_without_a_token_changes_nothing() -> None:
    delivery = make_sent_delivery()
    for shape in of("bounce", "complaint", "auto_reply", "notice"):
        action = process(write_message(shape)).action
        assert action in {"no matching delivery", "no matching issue", "nothing"}, shape["name"]
    assert not BounceEvent.objects.exists()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.SENT


@pytest.mark.takes(seconds=6)
def test_only_the_subscriber_of_the_token_is_suppressed_whoever_the_report_names() -> None:
    delivery = make_sent_delivery(email="tom@ward.example")
    make_reader(of=delivery.dispatch.issue.briefing, email="ivy@ward.example")
    for shape in of("bounce", "complaint"):
        process(sent_to(bounce_address(delivery), shape))
    assert Suppression.objects.at_address("tom@ward.example").exists()
    assert not Suppression.objects.at_address("ivy@ward.example").exists()
    assert Subscriber.objects.get(address="ivy@ward.example").subscriptions.active().exists()


def test_an_address_that_a_complaint_only_quotes_is_not_suppressed() -> None:
    make_sent_delivery(email="ivy@ward.example")
    quoted = "From: ivy@ward.example\nTo: ivy@ward.example\nReply-To: bounces@news.example.com"
    assert process(write_complaint(original=quoted)).action == "no matching delivery"
    assert not Suppression.objects.exists()


def test_a_delivery_status_without_an_address_is_about_the_subscriber_of_the_token() -> None:
    delivery = make_sent_delivery()
    [shape] = [one for one in SHAPES if one["name"].startswith("a mailbox and the reporting host")]
    assert process(sent_to(bounce_address(delivery), shape)).action == "suppressed"
    assert Suppression.objects.at_address("ivy@ward.example").exists()


def test_free_text_without_an_address_suppresses_nobody() -> None:
    delivery = make_sent_delivery()
    message = (
        f"From: MAILER-DAEMON@out.example\nTo: {bounce_address(delivery)}\nReturn-Path: <>\n"
        "Subject: Delivery failure\n\nUser unknown, said somebody.\n"
    )
    assert process(message.encode()).action == "counted"
    assert not Suppression.objects.exists()


def test_a_token_in_an_encoded_part_is_found() -> None:
    delivery = make_sent_delivery()
    feedback = f"Feedback-Type: abuse\nOriginal-Mail-From: <{bounce_address(delivery)}>\n"
    parts = [("message/feedback-report", "base64", feedback)]
    message = write_message({"head": "From: feedback@loop.example", "parts": parts})
    assert process(message).action == "suppressed"
