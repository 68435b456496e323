"""Bounces and complaints by email follow the policy, and need a real delivery's own token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from newsroom.tokens import sign_id
from subscribers.bounces.incoming_mail import process_message
from subscribers.bounces.suppression_policy import apply_policy_to_waiting, read_policy
from subscribers.models import (
    BounceAction,
    BounceEvent,
    ConsentAction,
    Delivery,
    DeliveryState,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from tests.factories import make_briefing, make_dispatch, make_reader
from tests.subscribers.bounces.reports.bounce_factories import (
    FULL,
    bounce_address,
    make_sent_delivery,
    process,
    send_all,
    write_bounce,
    write_complaint,
)

pytestmark = pytest.mark.django_db


def is_suppressed(address: str) -> bool:
    return Suppression.objects.at_address(address).exists()


def test_an_unknown_user_is_suppressed_at_once() -> None:
    delivery = make_sent_delivery()
    done = process(write_bounce(to=bounce_address(delivery)))
    assert done.action == "suppressed"
    [suppression] = Suppression.objects.all()
    assert suppression.reason == SuppressionReason.BOUNCED
    assert "ivy" not in suppression.detail
    assert is_suppressed("ivy@ward.example")
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.BOUNCED
    [event] = BounceEvent.objects.all()
    assert (event.classification, event.status, event.action) == ("hard", "5.1.1", "suppressed")
    assert Subscription.objects.mailable().count() == 0


def test_a_bounce_of_a_former_address_does_not_suppress_the_new_one() -> None:
    delivery = make_sent_delivery()
    moved_at = timezone.now() + timedelta(minutes=1)
    Subscriber.objects.filter(pk=delivery.subscriber_id).update(moved_at=moved_at)
    assert process(write_bounce(to=bounce_address(delivery))).action == "counted"
    assert not Suppression.objects.exists()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.BOUNCED


def test_a_repeated_report_is_one_event() -> None:
    delivery = make_sent_delivery()
    message = write_bounce(to=bounce_address(delivery), words=FULL)
    assert process(message).action == "counted"
    assert process(message).action == "already recorded"
    assert BounceEvent.objects.count() == 1


def test_the_envelope_recipient_may_carry_the_token() -> None:
    delivery = make_sent_delivery()
    message = write_bounce(to="undisclosed-recipients:;")
    assert process(message).action == "no matching delivery"
    assert process(message, recipient=bounce_address(delivery).upper()).action == "suppressed"


@pytest.mark.parametrize(
    "to",
    [
        "bounces@news.example.com",
        f"bounces+{'0' * 34}@news.example.com",
        "bounces+@news.example.com",
        f"bounces+{'z' * 34}@news.example.com",
    ],
)
def test_a_forged_report_changes_nothing(to: str) -> None:
    delivery = make_sent_delivery()
    assert process(write_bounce(to=to)).action == "no matching delivery"
    assert not Suppression.objects.exists()
    assert not BounceEvent.objects.exists()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.SENT


def test_a_token_for_another_purpose_is_not_accepted() -> None:
    delivery = make_sent_delivery()
    view_token = f"bounces+{sign_id('view', delivery.pk)}@news.example.com"
    assert process(write_bounce(to=view_token)).action == "no matching delivery"
    assert not is_suppressed("ivy@ward.example")


@pytest.mark.parametrize(
    "state",
    [
        DeliveryState.PENDING,
        DeliveryState.DEFERRED,
        DeliveryState.SKIPPED,
        DeliveryState.REFUSED,
    ],
)
def test_an_email_that_was_never_sent_cannot_bounce(state: DeliveryState) -> None:
    delivery = make_sent_delivery()
    Delivery.objects.filter(pk=delivery.pk).update(state=state)
    assert process(write_bounce(to=bounce_address(delivery))).action == "no matching delivery"
    assert not Suppression.objects.exists()


def test_the_token_counts_more_than_the_address_in_the_text() -> None:
    delivery = make_sent_delivery(email="ivy@ward.example")
    make_reader(of=delivery.dispatch.issue.briefing, email="tom@ward.example")
    process(write_bounce(to=bounce_address(delivery), address="tom@ward.example"))
    assert is_suppressed("ivy@ward.example")
    assert not is_suppressed("tom@ward.example")


def test_full_mailboxes_are_suppressed_only_after_several_emails() -> None:
    briefing = make_briefing()
    rule = read_policy()["full"]
    for number in range(1, rule.emails + 1):
        delivery = make_sent_delivery(briefing=briefing)
        for repeat in range(2):  # two reports about one email count once
            process(
                write_bounce(
                    to=bounce_address(delivery), words=FULL, message_id=f"<{number}.{repeat}@mx>"
                )
            )
        assert is_suppressed("ivy@ward.example") == (number == rule.emails)


def test_old_bounces_no_longer_count() -> None:
    briefing = make_briefing()
    rule = read_policy()["full"]
    for number in range(rule.emails):
        delivery = make_sent_delivery(briefing=briefing)
        at = timezone.now() - (rule.within + timedelta(days=1) if number == 0 else timedelta())
        message = write_bounce(to=bounce_address(delivery), words=FULL, message_id=f"<{number}@mx>")
        process_message(message, provider="pipe", at=at)
    assert not is_suppressed("ivy@ward.example")


def test_class_4_never_suppresses() -> None:
    delivery = make_sent_delivery()
    words = "450 4.1.1 user unknown for now"
    assert process(write_bounce(to=bounce_address(delivery), words=words)).action == "counted"
    assert not Suppression.objects.exists()
    assert BounceEvent.objects.get().classification == "soft"


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_notice_changes_nothing(action: str) -> None:
    delivery = make_sent_delivery()
    message = write_bounce(to=bounce_address(delivery), action=action)
    assert process(message).action == "nothing"
    assert not BounceEvent.objects.exists()


def test_an_auto_reply_changes_nothing() -> None:
    delivery = make_sent_delivery()
    message = (
        f"From: Ivy <ivy@ward.example>\nTo: {bounce_address(delivery)}\nReturn-Path: <>\n"
        "Subject: The beds\nAuto-Submitted: auto-replied\n\nuser unknown until Monday\n"
    )
    assert process(message.encode()).action == "nothing"
    assert not BounceEvent.objects.exists()
    assert not Suppression.objects.exists()


def test_a_complaint_unsubscribes_and_suppresses_at_once() -> None:
    delivery = make_sent_delivery()
    other = make_reader(of=make_briefing(), email="ivy@ward.example")
    message = write_complaint(original=f"Return-Path: <{bounce_address(delivery)}>")
    assert process(message).action == "suppressed"
    assert Suppression.objects.get().reason == SuppressionReason.COMPLAINED
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.COMPLAINED
    subscriber = Subscriber.objects.get(address="ivy@ward.example")
    assert not subscriber.subscriptions.active().exists()
    other.refresh_from_db()
    assert other.state == SubscriptionState.UNSUBSCRIBED
    assert {
        one.source for one in subscriber.consents.filter(action=ConsentAction.UNSUBSCRIBED)
    } == {"complaint"}


def test_a_complaint_with_only_the_unsubscribe_link_unsubscribes_from_that_briefing() -> None:
    """Whoever was forwarded an email can write such a complaint."""
    delivery = make_sent_delivery()
    subscription = Subscription.objects.get()
    other = make_reader(of=make_briefing(), email="ivy@ward.example")
    link = f"List-Unsubscribe: <http://news.example.com/unsubscribe/{subscription.token}/>"
    assert process(write_complaint(original=link)).action == "unsubscribed"
    assert process(write_complaint(original=link)).action == "already recorded"
    subscription.refresh_from_db()
    assert subscription.state == SubscriptionState.UNSUBSCRIBED
    other.refresh_from_db()
    assert other.state == SubscriptionState.ACTIVE
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.SENT
    assert not Suppression.objects.exists()
    assert not BounceEvent.objects.exists()


def test_a_complaint_with_a_forged_return_path_does_not_suppress() -> None:
    make_sent_delivery()
    token = Subscription.objects.get().token
    original = (
        f"Return-Path: <bounces+{'0' * 34}@news.example.com>\n"
        f"List-Unsubscribe: <http://news.example.com/unsubscribe/{token}/>"
    )
    assert process(write_complaint(original=original)).action == "unsubscribed"
    assert not Suppression.objects.exists()


def test_a_bounce_is_not_matched_by_an_unsubscribe_link() -> None:
    make_sent_delivery()
    token = Subscription.objects.get().token
    message = write_bounce(to="bounces@news.example.com").replace(
        b"--cut--",
        b"--cut\nContent-Type: message/rfc822\n\nList-Unsubscribe: "
        + f"<http://news.example.com/unsubscribe/{token}/>\n\n--cut--".encode(),
    )
    assert process(message).action == "no matching delivery"


def test_a_complaint_about_no_email_of_ours_changes_nothing() -> None:
    make_sent_delivery()
    assert (
        process(write_complaint(original="From: news@news.example.com")).action
        == "no matching delivery"
    )
    assert not Suppression.objects.exists()


def test_a_complaint_replaces_a_bounce() -> None:
    delivery = make_sent_delivery()
    process(write_bounce(to=bounce_address(delivery)))
    process(write_complaint(original=f"Return-Path: <{bounce_address(delivery)}>"))
    assert Suppression.objects.get().reason == SuppressionReason.COMPLAINED


def test_a_report_about_a_leased_delivery_waits_for_the_result() -> None:
    delivery = make_sent_delivery()
    lease = delivery.dispatch.leases.create(
        holder="a worker", size=1, first=1, last=1, expires_at=timezone.now()
    )
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.LEASED, lease=lease)
    assert process(write_bounce(to=bounce_address(delivery))).action == "waiting"
    assert apply_policy_to_waiting(at=timezone.now()) == 0
    assert not Suppression.objects.exists()
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.SENT, lease=None)
    assert apply_policy_to_waiting(at=timezone.now()) == 1
    assert is_suppressed("ivy@ward.example")
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.BOUNCED


def test_a_delivery_that_returned_to_the_queue_was_not_sent() -> None:
    delivery = make_sent_delivery()
    lease = delivery.dispatch.leases.create(
        holder="a worker", size=1, first=1, last=1, expires_at=timezone.now()
    )
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.LEASED, lease=lease)
    process(write_bounce(to=bounce_address(delivery)))
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.PENDING, lease=None)
    apply_policy_to_waiting(at=timezone.now())
    assert BounceEvent.objects.get().action == BounceAction.NOTHING
    assert not Suppression.objects.exists()


def test_a_report_about_an_erased_subscriber_changes_nothing() -> None:
    briefing = make_briefing()
    make_reader(of=briefing, email="ivy@ward.example")
    [delivery] = send_all(make_dispatch(briefing=briefing))
    BounceEvent.objects.all().delete()
    Subscription.objects.all().delete()
    Subscriber.objects.all().delete()
    assert process(write_bounce(to=bounce_address(delivery))).action == "nothing"
    assert not Suppression.objects.exists()
