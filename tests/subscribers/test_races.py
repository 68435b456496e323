"""Concurrent confirmations of an address change, and an erasure during other requests."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from newsroom.models import OutgoingEmail
from subscribers.models import (
    AddressChange,
    AddressChangeState,
    ConsentRecord,
    SignUp,
    Subscriber,
    Subscription,
)
from subscribers.preferences import address_changes
from tests.factories import make_briefing, make_reader
from tests.subscribers.subscriber_lives import every_value, in_a_month, owner_link

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ADA, NEW = "ada.lovelace@example.org", "ada@analytical.example"


def at_once(functions: list[Callable[[], int]]) -> list[int]:
    """Run each function in a thread of its own, all at once, and return their results."""
    start = Barrier(len(functions))

    def work(function: Callable[[], int]) -> int:
        try:
            start.wait(timeout=30)
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(work, functions))


def post(path: str, **data: object) -> Callable[[], int]:
    return lambda: Client().post(path, data).status_code


def test_concurrent_confirmations_change_the_address_once() -> None:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    address_changes.request_change(reader, address=NEW, ip=None, at=timezone.now())
    change = reader.address_changes.get()
    yes = [post(f"/preferences/address/{t}/") for t in (change.old_token, change.new_token)]
    assert at_once(yes * 10) == [200] * 20
    reader.refresh_from_db()
    assert reader.address == NEW
    assert OutgoingEmail.objects.filter(name="address_changed").count() == 1


def test_a_new_address_that_signs_up_meanwhile_belongs_to_one_subscriber() -> None:
    ward = make_briefing()
    reader = make_reader(of=ward, email=ADA).subscriber
    for round_ in range(6):
        address = f"ada{round_}@analytical.example"
        Client().post(f"/subscribe/{ward.slug}/", {"address": address})
        asked = SignUp.objects.get(address=address)
        address_changes.request_change(reader, address=address, ip=None, at=timezone.now())
        change = AddressChange.objects.latest("pk")
        address_changes.confirm_change(change.old_token, ip=None, at=timezone.now())
        functions = [post(f"/preferences/address/{change.new_token}/")]
        functions.append(post(f"/confirm/{asked.token}/"))
        assert at_once(functions) == [200, 200]
        change.refresh_from_db()
        reader.refresh_from_db()
        moved = change.state == AddressChangeState.DONE
        assert moved == (reader.address == address)
        assert Subscriber.objects.at_address(address).count() == 1


def test_an_erasure_during_other_requests_leaves_nothing_behind() -> None:
    ward, council = make_briefing(slug="ward"), make_briefing(slug="council")
    reader = make_reader(of=ward, email=ADA, name="Ada Lovelace")
    subscriber = reader.subscriber
    Client().post("/subscribe/council/", {"address": ADA, "name": "Ada Lovelace"})
    confirm = f"/confirm/{SignUp.objects.get().token}/"
    link = owner_link(subscriber)
    save = {"name": "Ada Lovelace", "briefings": [council.slug], "shown": [ward.slug]}
    functions = [
        post(f"{link}erase/"),
        post(f"{link}erase/"),
        post(link, **save),
        post(link, pause="1", until=in_a_month()),
        post(link, **{"change-address": "1"}, address=NEW),
        post(f"{link}data/"),
        post(f"/preferences/{subscriber.token}/", unsubscribe="*"),
        post(f"/unsubscribe/{reader.token}/"),
        post(confirm),
        post(confirm),
    ]
    answers = at_once(functions * 2)
    assert set(answers) <= {200, 404}
    assert not Subscriber.objects.exists()
    for column, values in every_value().items():
        assert not [value for value in values if "lovelace" in value.lower()], column
    assert not Subscription.objects.exists()
    assert not ConsentRecord.objects.exists()
