"""Bounces that are about us pause the dispatch and ask, whichever way they reach us."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from newsroom.models import OutgoingEmail
from subscribers.bounces.bounce_pause import MIN_BOUNCES, SUSPICIOUS_COUNT
from subscribers.bounces.session_refusals import process_refusals
from subscribers.bounces.suppression_policy import ReceivedEvent, apply_policy
from subscribers.models import (
    BounceClassification,
    BounceSource,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Suppression,
)
from tests.factories import make_briefing, make_dispatch, make_reader
from tests.subscribers.bounces.reports.bounce_factories import (
    bounce_address,
    process,
    send_all,
    write_bounce,
)

pytestmark = pytest.mark.django_db
ABOUT_US = "550 5.1.1 sender address is not verified"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


def make_sending_dispatch(*, readers: int) -> list[Delivery]:
    briefing = make_briefing()
    for _ in range(readers):
        make_reader(of=briefing)
    User.objects.create_superuser("ed", "ed@news.example.com", "a long password")
    return list(send_all(make_dispatch(briefing=briefing)).order_by("pk"))


def state() -> str:
    return Dispatch.objects.get().state


def report(delivery: Delivery, way: str, words: str = ABOUT_US) -> None:
    if way == "mail":
        process(write_bounce(to=bounce_address(delivery), words=words))
    elif way == "session":
        Delivery.objects.filter(pk=delivery.pk).update(
            state=DeliveryState.REFUSED, server_reply=words
        )
        process_refusals(at=timezone.now())
    else:
        event = ReceivedEvent(
            source=BounceSource.HOOK,
            provider="postmark",
            event_id=str(delivery.pk),
            classification=BounceClassification.POLICY,
            reason="sender rejected",
            diagnostic=words,
        )
        apply_policy(event, delivery, at=timezone.now())


@pytest.mark.parametrize(
    "ways", [["mail"] * 3, ["hook"] * 3, ["session"] * 3, ["mail", "hook", "session"]]
)
def test_the_third_bounce_about_us_pauses_the_dispatch_and_asks(ways: list[str]) -> None:
    deliveries = make_sending_dispatch(readers=8)
    for number, way in enumerate(ways, start=1):
        assert state() == DispatchState.SENDING
        report(deliveries[number], way)
    assert state() == DispatchState.PAUSED
    assert "sender rejected" in Dispatch.objects.get().pause_reason
    assert "@" not in Dispatch.objects.get().pause_reason
    assert (
        OutgoingEmail.objects.filter(name="dispatch_paused", to="ed@news.example.com").count() == 1
    )
    assert not Suppression.objects.exists()


RATE_LIMITS = (
    "550 5.2.1 The user is receiving mail at a rate that is too high",
    "550 5.7.1 Rate limited by policy: too many messages for this mailbox",
    "452 4.5.3 Too many recipients received this hour",
)


@pytest.mark.parametrize("words", RATE_LIMITS)
def test_a_limit_of_the_receiving_side_pauses_nothing(words: str) -> None:
    for delivery in make_sending_dispatch(readers=8)[: MIN_BOUNCES + 1]:
        report(delivery, "mail", words)
    assert state() == DispatchState.SENDING
    assert not Suppression.objects.exists()


def test_a_limit_of_our_own_account_pauses() -> None:
    for delivery in make_sending_dispatch(readers=8)[:MIN_BOUNCES]:
        report(delivery, "mail", "550 5.7.1 Your account exceeded its daily sending limit")
    assert state() == DispatchState.PAUSED


def test_a_large_dispatch_takes_two_in_a_hundred() -> None:
    deliveries = make_sending_dispatch(readers=200)
    for number, delivery in enumerate(deliveries[:4], start=1):
        report(delivery, "hook")
        assert (state() == DispatchState.PAUSED) == (number == 4)


def test_who_resumes_is_asked_again_only_when_the_number_has_doubled() -> None:
    deliveries = make_sending_dispatch(readers=12)
    for delivery in deliveries[:MIN_BOUNCES]:
        report(delivery, "hook")
    Dispatch.objects.get().resume(by=None)
    for delivery in deliveries[MIN_BOUNCES : 2 * MIN_BOUNCES - 1]:
        report(delivery, "hook")
        assert state() == DispatchState.SENDING
    report(deliveries[2 * MIN_BOUNCES - 1], "hook")
    assert state() == DispatchState.PAUSED


@pytest.mark.parametrize("way", ["mail", "hook", "session"])
@pytest.mark.parametrize("state", [DispatchState.SENT, DispatchState.CANCELLED])
def test_it_is_said_by_email_and_on_the_page_when_it_is_too_late_to_pause(
    way: str, state: DispatchState, client: Client
) -> None:
    deliveries = make_sending_dispatch(readers=8)
    dispatch = Dispatch.objects.get()
    Dispatch.objects.update(state=state, finished_at=timezone.now())
    for delivery in deliveries[:MIN_BOUNCES]:
        report(delivery, way)
    assert Dispatch.objects.get().state == state
    emails = OutgoingEmail.objects.filter(name="bounces_about_us", to="ed@news.example.com")
    [email] = emails
    assert "sender rejected" in email.text
    assert dispatch.get_absolute_url() in email.text
    client.force_login(User.objects.get())
    assert "sender rejected" in client.get(dispatch.get_absolute_url()).text
    report(deliveries[MIN_BOUNCES], way)
    assert emails.count() == 1


def test_unknown_readers_do_not_pause_and_one_bounce_repeated_counts_once() -> None:
    deliveries = make_sending_dispatch(readers=8)
    for delivery in deliveries[:4]:
        report(delivery, "mail", words="550 5.1.1 user unknown")
    for repeat in range(4):
        process(
            write_bounce(
                to=bounce_address(deliveries[5]),
                words=ABOUT_US,
                message_id=f"<{repeat}@mx.example>",
            )
        )
    assert state() == DispatchState.SENDING
    assert Suppression.objects.count() == 4


def test_when_most_of_a_dispatch_bounces_as_unknown_no_more_are_suppressed() -> None:
    deliveries = make_sending_dispatch(readers=SUSPICIOUS_COUNT + 5)
    for delivery in deliveries:
        report(delivery, "mail", words="550 5.1.1 user unknown")
    assert Suppression.objects.count() == SUSPICIOUS_COUNT
