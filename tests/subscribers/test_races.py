"""Many at once: two mailboxes agreeing, and an erasure amid everything else, on real PostgreSQL."""

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


def at_once(acts: list[Callable[[], int]]) -> list[int]:
    """Let each act happen in a thread of its own, all begun together."""
    start = Barrier(len(acts))

    def work(act: Callable[[], int]) -> int:
        try:
            start.wait(timeout=30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(work, acts))


def posting(path: str, **data: object) -> Callable[[], int]:
    return lambda: Client().post(path, data).status_code


def test_both_sides_pressing_many_times_at_once_change_the_address_once() -> None:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    address_changes.request_change(reader, address=NEW, ip=None, at=timezone.now())
    change = reader.address_changes.get()
    yes = [posting(f"/preferences/address/{t}/") for t in (change.old_token, change.new_token)]
    assert at_once(yes * 10) == [200] * 20
    reader.refresh_from_db()
    assert reader.address == NEW
    assert OutgoingEmail.objects.filter(name="address_changed").count() == 1


def test_an_address_that_signs_up_while_it_is_moved_to_belongs_to_one_of_them() -> None:
    ward = make_briefing()
    reader = make_reader(of=ward, email=ADA).subscriber
    for round_ in range(6):
        address = f"ada{round_}@analytical.example"
        Client().post(f"/subscribe/{ward.slug}/", {"address": address})
        asked = SignUp.objects.get(address=address)
        address_changes.request_change(reader, address=address, ip=None, at=timezone.now())
        change = AddressChange.objects.latest("pk")
        address_changes.confirm_change(change.old_token, ip=None, at=timezone.now())
        acts = [posting(f"/preferences/address/{change.new_token}/")]
        acts.append(posting(f"/confirm/{asked.token}/"))
        assert at_once(acts) == [200, 200]
        change.refresh_from_db()
        reader.refresh_from_db()
        moved = change.state == AddressChangeState.DONE
        assert moved == (reader.address == address)
        assert Subscriber.objects.at_address(address).count() == 1


def test_an_erasure_amid_everything_else_leaves_nothing_and_breaks_nothing() -> None:
    ward, council = make_briefing(slug="ward"), make_briefing(slug="council")
    reader = make_reader(of=ward, email=ADA, name="Ada Lovelace")
    subscriber = reader.subscriber
    Client().post("/subscribe/council/", {"address": ADA, "name": "Ada Lovelace"})
    confirm = f"/confirm/{SignUp.objects.get().token}/"
    link = owner_link(subscriber)
    save = {"name": "Ada Lovelace", "briefings": [council.slug], "shown": [ward.slug]}
    acts = [
        posting(f"{link}erase/"),
        posting(f"{link}erase/"),
        posting(link, **save),
        posting(link, pause="1", until=in_a_month()),
        posting(link, **{"change-address": "1"}, address=NEW),
        posting(f"{link}data/"),
        posting(f"/preferences/{subscriber.token}/", unsubscribe="*"),
        posting(f"/unsubscribe/{reader.token}/"),
        posting(confirm),
        posting(confirm),
    ]
    answers = at_once(acts * 2)
    assert set(answers) <= {200, 404}
    assert not Subscriber.objects.exists()
    for column, values in every_value().items():
        assert not [value for value in values if "lovelace" in value.lower()], column
    assert not Subscription.objects.exists()
    assert not ConsentRecord.objects.exists()
