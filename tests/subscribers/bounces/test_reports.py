"""What comes back by mail is acted on by the policy, and by nothing but a letter's own token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from newsroom.tokens import sign_id
from subscribers.bounces.event_actions import act_on_waiting
from subscribers.bounces.incoming import process
from subscribers.bounces.suppression_policy import read_policy
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
from tests.subscribers.bounces.reports.returned import (
    FULL,
    bounce_address,
    make_sent_letter,
    send_all,
    take,
    write_bounce,
    write_complaint,
)

pytestmark = pytest.mark.django_db


def is_suppressed(address: str) -> bool:
    return Suppression.objects.at_address(address).exists()


def test_an_unknown_user_is_suppressed_at_once() -> None:
    letter = make_sent_letter()
    done = take(write_bounce(to=bounce_address(letter)))
    assert done.act == "suppressed"
    [suppression] = Suppression.objects.all()
    assert suppression.reason == SuppressionReason.BOUNCED
    assert "ivy" not in suppression.detail
    assert is_suppressed("ivy@ward.example")
    letter.refresh_from_db()
    assert letter.state == DeliveryState.BOUNCED
    [event] = BounceEvent.objects.all()
    assert (event.classification, event.status, event.action) == ("hard", "5.1.1", "suppressed")
    assert Subscription.objects.mailable().count() == 0


def test_a_bounce_of_the_former_address_says_nothing_about_the_present_one() -> None:
    letter = make_sent_letter()
    moved_at = timezone.now() + timedelta(minutes=1)
    Subscriber.objects.filter(pk=letter.subscriber_id).update(moved_at=moved_at)
    assert take(write_bounce(to=bounce_address(letter))).act == "counted"
    assert not Suppression.objects.exists()
    letter.refresh_from_db()
    assert letter.state == DeliveryState.BOUNCED


def test_a_report_told_twice_is_one_event() -> None:
    letter = make_sent_letter()
    message = write_bounce(to=bounce_address(letter), words=FULL)
    assert take(message).act == "counted"
    assert take(message).act == "known already"
    assert BounceEvent.objects.count() == 1


def test_the_recipient_of_the_envelope_may_carry_the_token() -> None:
    letter = make_sent_letter()
    message = write_bounce(to="undisclosed-recipients:;")
    assert take(message).act == "no letter of ours"
    assert take(message, recipient=bounce_address(letter).upper()).act == "suppressed"


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
    letter = make_sent_letter()
    assert take(write_bounce(to=to)).act == "no letter of ours"
    assert not Suppression.objects.exists()
    assert not BounceEvent.objects.exists()
    letter.refresh_from_db()
    assert letter.state == DeliveryState.SENT


def test_the_seal_of_another_act_is_no_token() -> None:
    letter = make_sent_letter()
    seen_by_many = f"bounces+{sign_id('view', letter.pk)}@news.example.com"
    assert take(write_bounce(to=seen_by_many)).act == "no letter of ours"
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
def test_a_letter_that_was_never_sent_cannot_come_back(state: DeliveryState) -> None:
    letter = make_sent_letter()
    Delivery.objects.filter(pk=letter.pk).update(state=state)
    assert take(write_bounce(to=bounce_address(letter))).act == "no letter of ours"
    assert not Suppression.objects.exists()


def test_the_token_wins_over_the_address_that_the_text_names() -> None:
    letter = make_sent_letter(email="ivy@ward.example")
    make_reader(of=letter.dispatch.issue.briefing, email="tom@ward.example")
    take(write_bounce(to=bounce_address(letter), address="tom@ward.example"))
    assert is_suppressed("ivy@ward.example")
    assert not is_suppressed("tom@ward.example")


def test_full_mailboxes_are_suppressed_only_after_many_letters() -> None:
    briefing = make_briefing()
    rule = read_policy()["full"]
    for number in range(1, rule.letters + 1):
        letter = make_sent_letter(briefing=briefing)
        for copy in range(2):  # two reports about one letter are one letter
            take(
                write_bounce(
                    to=bounce_address(letter), words=FULL, message_id=f"<{number}.{copy}@mx>"
                )
            )
        assert is_suppressed("ivy@ward.example") == (number == rule.letters)


def test_what_came_back_long_ago_counts_no_more() -> None:
    briefing = make_briefing()
    rule = read_policy()["full"]
    for number in range(rule.letters):
        letter = make_sent_letter(briefing=briefing)
        at = timezone.now() - (rule.within + timedelta(days=1) if number == 0 else timedelta())
        message = write_bounce(to=bounce_address(letter), words=FULL, message_id=f"<{number}@mx>")
        process(message, provider="pipe", at=at)
    assert not is_suppressed("ivy@ward.example")


def test_class_4_never_condemns() -> None:
    letter = make_sent_letter()
    words = "450 4.1.1 user unknown for now"
    assert take(write_bounce(to=bounce_address(letter), words=words)).act == "counted"
    assert not Suppression.objects.exists()
    assert BounceEvent.objects.get().classification == "soft"


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_notice_changes_nothing(action: str) -> None:
    letter = make_sent_letter()
    message = write_bounce(to=bounce_address(letter), action=action)
    assert take(message).act == "nothing"
    assert not BounceEvent.objects.exists()


def test_an_automatic_reply_changes_nothing() -> None:
    letter = make_sent_letter()
    message = (
        f"From: Ivy <ivy@ward.example>\nTo: {bounce_address(letter)}\nReturn-Path: <>\n"
        "Subject: The beds\nAuto-Submitted: auto-replied\n\nuser unknown until Monday\n"
    )
    assert take(message.encode()).act == "nothing"
    assert not BounceEvent.objects.exists()
    assert not Suppression.objects.exists()


def test_a_complaint_leaves_and_suppresses_at_once() -> None:
    letter = make_sent_letter()
    other = make_reader(of=make_briefing(), email="ivy@ward.example")
    message = write_complaint(original=f"Return-Path: <{bounce_address(letter)}>")
    assert take(message).act == "suppressed"
    assert Suppression.objects.get().reason == SuppressionReason.COMPLAINED
    letter.refresh_from_db()
    assert letter.state == DeliveryState.COMPLAINED
    subscriber = Subscriber.objects.get(address="ivy@ward.example")
    assert not subscriber.subscriptions.active().exists()
    other.refresh_from_db()
    assert other.state == SubscriptionState.LEFT
    assert {one.source for one in subscriber.consents.filter(action=ConsentAction.LEFT)} == {
        "complaint"
    }


def test_a_complaint_without_return_path_is_known_by_its_unsubscribe_link() -> None:
    letter = make_sent_letter()
    token = Subscription.objects.get().token
    link = f"List-Unsubscribe: <http://news.example.com/unsubscribe/{token}/>"
    assert take(write_complaint(original=link)).act == "suppressed"
    letter.refresh_from_db()
    assert letter.state == DeliveryState.COMPLAINED


def test_a_bounce_is_not_believed_for_an_unsubscribe_link() -> None:
    make_sent_letter()
    token = Subscription.objects.get().token
    message = write_bounce(to="bounces@news.example.com").replace(
        b"--cut--",
        b"--cut\nContent-Type: message/rfc822\n\nList-Unsubscribe: "
        + f"<http://news.example.com/unsubscribe/{token}/>\n\n--cut--".encode(),
    )
    assert take(message).act == "no letter of ours"


def test_a_complaint_without_a_letter_of_ours_changes_nothing() -> None:
    make_sent_letter()
    assert take(write_complaint(original="From: news@news.example.com")).act == "no letter of ours"
    assert not Suppression.objects.exists()


def test_a_complaint_outweighs_a_bounce() -> None:
    letter = make_sent_letter()
    take(write_bounce(to=bounce_address(letter)))
    take(write_complaint(original=f"Return-Path: <{bounce_address(letter)}>"))
    assert Suppression.objects.get().reason == SuppressionReason.COMPLAINED


def test_a_report_about_a_letter_under_way_waits_for_its_fate() -> None:
    letter = make_sent_letter()
    lease = letter.dispatch.leases.create(
        holder="a worker", size=1, first=1, last=1, expires_at=timezone.now()
    )
    Delivery.objects.filter(pk=letter.pk).update(state=DeliveryState.LEASED, lease=lease)
    assert take(write_bounce(to=bounce_address(letter))).act == "waiting"
    assert act_on_waiting(at=timezone.now()) == 0
    assert not Suppression.objects.exists()
    Delivery.objects.filter(pk=letter.pk).update(state=DeliveryState.SENT, lease=None)
    assert act_on_waiting(at=timezone.now()) == 1
    assert is_suppressed("ivy@ward.example")
    letter.refresh_from_db()
    assert letter.state == DeliveryState.BOUNCED


def test_a_letter_that_went_back_to_the_queue_was_not_sent() -> None:
    letter = make_sent_letter()
    lease = letter.dispatch.leases.create(
        holder="a worker", size=1, first=1, last=1, expires_at=timezone.now()
    )
    Delivery.objects.filter(pk=letter.pk).update(state=DeliveryState.LEASED, lease=lease)
    take(write_bounce(to=bounce_address(letter)))
    Delivery.objects.filter(pk=letter.pk).update(state=DeliveryState.PENDING, lease=None)
    act_on_waiting(at=timezone.now())
    assert BounceEvent.objects.get().action == BounceAction.NOTHING
    assert not Suppression.objects.exists()


def test_the_report_of_an_erased_reader_is_harmless() -> None:
    briefing = make_briefing()
    make_reader(of=briefing, email="ivy@ward.example")
    [letter] = send_all(make_dispatch(briefing=briefing))
    BounceEvent.objects.all().delete()
    Subscription.objects.all().delete()
    Subscriber.objects.all().delete()
    assert take(write_bounce(to=bounce_address(letter))).act == "nothing"
    assert not Suppression.objects.exists()
