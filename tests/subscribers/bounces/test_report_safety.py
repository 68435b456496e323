"""No shape of report does more than it may, even when it comes to a letter's own return address."""

from __future__ import annotations

import pytest

from subscribers.models import BounceEvent, DeliveryState, Subscriber, Suppression
from tests.factories import make_reader
from tests.subscribers.bounces.reports.returned import (
    bounce_address,
    make_sent_letter,
    take,
    write_complaint,
)
from tests.subscribers.bounces.reports.writing import IVY, SHAPES, Shape, expected, write_message

pytestmark = pytest.mark.django_db


def of(*kinds: str) -> list[Shape]:
    return [shape for shape in SHAPES if shape.get("kind", "bounce") in kinds]


def sent_to(address: str, shape: Shape) -> bytes:
    return write_message(shape).replace(b"bounces@news.example.com", address.encode())


def test_no_answer_of_a_machine_and_no_notice_does_anything() -> None:
    letter = make_sent_letter()
    for shape in of("automatic", "notice"):
        done = take(sent_to(bounce_address(letter), shape))
        assert done.act == "nothing", shape["name"]
    assert not BounceEvent.objects.exists()
    assert not Suppression.objects.exists()
    letter.refresh_from_db()
    assert letter.state == DeliveryState.SENT


def test_nothing_but_a_dead_address_and_a_complaint_suppresses_at_once() -> None:
    letter = make_sent_letter()
    for shape in of("bounce", "complaint"):
        said = expected(shape)
        of_ivy = {said[IVY]} if IVY in said else set(said.values())
        at_once = "hard" in of_ivy or shape.get("kind") == "complaint"
        done = take(sent_to(bounce_address(letter), shape))
        assert done.act == ("suppressed" if at_once else "counted"), shape["name"]
        BounceEvent.objects.all().delete()
        Suppression.objects.all().delete()


def test_without_a_token_no_shape_does_anything() -> None:
    letter = make_sent_letter()
    for shape in of("bounce", "complaint", "automatic", "notice"):
        assert take(write_message(shape)).act in {"no letter of ours", "nothing"}, shape["name"]
    assert not BounceEvent.objects.exists()
    letter.refresh_from_db()
    assert letter.state == DeliveryState.SENT


def test_whoever_a_report_names_only_the_tokens_reader_is_touched() -> None:
    letter = make_sent_letter(email="tom@ward.example")
    make_reader(of=letter.dispatch.issue.briefing, email="ivy@ward.example")
    for shape in of("bounce", "complaint"):
        take(sent_to(bounce_address(letter), shape))
    assert Suppression.objects.at_address("tom@ward.example").exists()
    assert not Suppression.objects.at_address("ivy@ward.example").exists()
    assert Subscriber.objects.get(address="ivy@ward.example").subscriptions.active().exists()


def test_an_address_that_a_complaint_only_quotes_is_left_alone() -> None:
    make_sent_letter(email="ivy@ward.example")
    quoted = "From: ivy@ward.example\nTo: ivy@ward.example\nReply-To: bounces@news.example.com"
    assert take(write_complaint(original=quoted)).act == "no letter of ours"
    assert not Suppression.objects.exists()


def test_a_machine_part_that_names_nobody_is_about_the_tokens_reader() -> None:
    letter = make_sent_letter()
    [shape] = [one for one in SHAPES if one["name"].startswith("a mailbox and the host")]
    assert take(sent_to(bounce_address(letter), shape)).act == "suppressed"
    assert Suppression.objects.at_address("ivy@ward.example").exists()


def test_words_that_name_nobody_condemn_nobody() -> None:
    letter = make_sent_letter()
    message = (
        f"From: MAILER-DAEMON@out.example\nTo: {bounce_address(letter)}\nReturn-Path: <>\n"
        "Subject: Delivery failure\n\nUser unknown, said somebody.\n"
    )
    assert take(message.encode()).act == "counted"
    assert not Suppression.objects.exists()


def test_a_token_in_an_encoded_part_is_found() -> None:
    letter = make_sent_letter()
    feedback = f"Feedback-Type: abuse\nOriginal-Mail-From: <{bounce_address(letter)}>\n"
    parts = [("message/feedback-report", "base64", feedback)]
    message = write_message({"head": "From: feedback@loop.example", "parts": parts})
    assert take(message).act == "suppressed"
