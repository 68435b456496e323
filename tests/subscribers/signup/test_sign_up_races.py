"""Concurrent requests for one address, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from newsroom import form_guard
from newsroom.models import OutgoingEmail
from subscribers.models import ConsentRecord, SignUp, Subscriber, Subscription, SubscriptionState
from tests.factories import make_briefing, make_reader

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
THREADS = 100  # each holds a connection; the tests' PostgreSQL lets 200 in


@pytest.fixture
def unlimited(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lift the limits, so that only the database decides."""
    settings.CHALLENGE_ABOVE = 10_000
    monkeypatch.setattr(form_guard, "HOURLY_PER_ADDRESS", 10_000)
    monkeypatch.setattr(form_guard, "DAILY_PER_ADDRESS", 10_000)


def at_once(times: int, function: Callable[[int], int]) -> list[int]:
    """Run a function in threads at once and return their results."""
    start = Barrier(THREADS)

    def work(thread: int) -> list[int]:
        try:
            start.wait(timeout=30)
            return [function(number) for number in range(thread, times, THREADS)]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return [given for given_list in pool.map(work, range(THREADS)) for given in given_list]


@pytest.mark.usefixtures("unlimited")
def test_a_hundred_sign_ups_of_one_address_make_one_row_and_one_email() -> None:
    briefings = [make_briefing() for _ in range(4)]
    spellings = ["ada@example.org", "Ada@Example.org", "ADA@EXAMPLE.ORG", " ada@example.ORG "]

    def post(number: int) -> int:
        data = {"address": spellings[number % 4], "source": "/"}
        path = f"/subscribe/{briefings[number % 3].slug}/"
        return Client(REMOTE_ADDR=f"198.51.{number}.7").post(path, data).status_code

    assert at_once(100, post) == [200] * 100
    asked = SignUp.objects.get()
    assert set(asked.briefings.all()) == set(briefings[:3])
    assert OutgoingEmail.objects.count() == 1


def test_a_hundred_limited_sign_ups_make_one_row_and_one_email() -> None:
    slug = make_briefing().slug

    def post(number: int) -> int:
        visitor = Client(REMOTE_ADDR=f"198.51.{number}.7")
        return visitor.post(f"/subscribe/{slug}/", {"address": "ada@example.org"}).status_code

    answers = at_once(THREADS, post)
    assert set(answers) <= {200, 422, 429}
    assert 1 <= answers.count(200) <= form_guard.HOURLY_PER_ADDRESS
    assert SignUp.objects.count() == OutgoingEmail.objects.count() == 1


@pytest.mark.usefixtures("unlimited")
def test_a_hundred_forms_send_one_new_email() -> None:
    slug = make_briefing().slug
    Client().post(f"/subscribe/{slug}/", {"address": "ada@example.org"})
    SignUp.objects.update(email_sent_at=timezone.now() - timedelta(hours=2))

    def post(number: int) -> int:
        visitor = Client(REMOTE_ADDR=f"198.51.{number}.7")
        return visitor.post(f"/subscribe/{slug}/", {"address": "ada@example.org"}).status_code

    assert at_once(THREADS, post) == [200] * THREADS
    assert OutgoingEmail.objects.count() == 2


def test_concurrent_confirmations_confirm_once() -> None:
    slug = make_briefing().slug
    Client().post(f"/subscribe/{slug}/", {"address": "ada@example.org"})
    link = f"/confirm/{SignUp.objects.get().token}/"
    answers = at_once(40, lambda _: Client().post(link).status_code)
    assert answers == [200] * 40
    assert Subscriber.objects.count() == Subscription.objects.count() == 1
    assert ConsentRecord.objects.count() == 1
    assert OutgoingEmail.objects.filter(name="welcome").count() == 1


@pytest.mark.usefixtures("unlimited")
def test_signing_up_while_confirming_loses_neither() -> None:
    ward, council = make_briefing(), make_briefing()
    Client().post(f"/subscribe/{ward.slug}/", {"address": "ada@example.org"})
    link = f"/confirm/{SignUp.objects.get().token}/"

    def function(number: int) -> int:
        if number == THREADS // 2:
            return Client().post(link).status_code
        data = {"address": "ada@example.org"}
        visitor = Client(REMOTE_ADDR=f"198.51.{number}.7")
        return visitor.post(f"/subscribe/{council.slug}/", data).status_code

    assert at_once(THREADS, function) == [200] * THREADS
    assert Subscriber.objects.count() == 1
    taken = set(Subscription.objects.values_list("briefing", flat=True))
    still_open = set(SignUp.objects.open().values_list("briefings", flat=True))
    assert ward.pk in taken
    assert council.pk in taken | still_open


def test_concurrent_unsubscribe_requests_are_recorded_once() -> None:
    reader = make_reader(of=make_briefing())
    data = {"List-Unsubscribe": "One-Click"}
    answers = at_once(40, lambda _: Client().post(f"/unsubscribe/{reader.token}", data).status_code)
    assert answers == [200] * 40
    reader.refresh_from_db()
    assert reader.state == SubscriptionState.UNSUBSCRIBED
    assert ConsentRecord.objects.filter(action="left").count() == 1
