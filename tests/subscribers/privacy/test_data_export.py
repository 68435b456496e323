"""A person gets everything we keep about them in one file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from subscribers.models import AddressChange, AddressChangeState, Subscriber
from subscribers.privacy.data_export import LEFT_OUT
from subscribers.privacy.personal_data import person_of, rows_about
from tests.briefings.questions.asked import OPTIONS
from tests.factories import make_briefing, make_reader
from tests.subscribers.subscriber_lives import (
    IP,
    IP6,
    NAME,
    NEW,
    OLD,
    TAKEN,
    Life,
    live,
    owner_link,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def life(client: Client) -> Life:
    return live(client)


def download(client: Client, life: Life) -> dict[str, Any]:
    answer = client.post(f"{owner_link(Subscriber.objects.get(pk=life.subscriber.pk))}data/")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="my-data-')
    assert "no-store" in answer.headers["Cache-Control"]
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_the_file_has_the_whole_history(client: Client, life: Life) -> None:
    data = download(client, life)
    [subscriber] = data["subscriber"]
    assert (subscriber["address"], subscriber["name"]) == (NEW, NAME)
    assert subscriber["paused_until"]
    assert {one["briefing"]: one["state"] for one in data["subscriptions"]} == {
        "The Ward Round": "Active",
        "The Council": "Unsubscribed",
    }
    assert [one["action"] for one in data["consents"]] == [
        "Subscribed",
        "Subscribed",
        "Unsubscribed",
    ]
    assert data["consents"][0]["ip"] == IP6
    assert data["consents"][0]["asked_ip"] == IP
    assert "at any time" in data["consents"][0]["wording"]
    delivery, corrected = sorted(data["deliveries"], key=lambda one: one["state"], reverse=True)
    assert "a correction of" in corrected["dispatch"]
    assert "Council & mayor" in delivery["dispatch"]
    assert (delivery["state"], "550 5.1.1" in delivery["server_reply"]) == ("refused", True)
    moves = [(one["old_address"], one["new_address"]) for one in data["address changes"]]
    assert moves[:2] == [(OLD, NEW), (NEW, TAKEN)]
    assert [one["body"] for one in data["comments"]] == [
        "The write-off helps the accounts.",
        "So says everybody.",
        "Who counted the beds?",
        "It is all a lie.",
        "They count twice.",
        "Count again.",
        "I counted them.",
        "Nobody counted them.",
        "Ask the porters.",
        "And another thing.",
    ]
    assert [one["option"] for one in data["your answers to questions"]] == OPTIONS[:1] * 2
    assert {one["address"] for one in data["sign-ups"]} == {OLD, NEW}
    assert data["briefings chosen in sign-ups"][0]["ip"] == IP


def test_every_column_about_the_person_is_in_it(client: Client, life: Life) -> None:
    data = download(client, life)
    person = person_of(Subscriber.objects.get(pk=life.subscriber.pk))
    for name, rows in rows_about(person).items():
        columns = {field.name for field in rows.model._meta.concrete_fields} - LEFT_OUT
        assert [set(row) for row in data[name]] == [columns] * rows.count(), name


def test_every_table_that_points_to_a_subscriber_is_in_personal_data() -> None:
    """A new table about readers belongs in subscribers/privacy/personal_data.py."""
    reader = make_reader(of=make_briefing()).subscriber
    known = {rows.model for rows in rows_about(person_of(reader)).values()}
    pointing = {
        model
        for model in apps.get_models(include_auto_created=True)
        if any(field.related_model is Subscriber for field in model._meta.concrete_fields)
    }
    assert pointing - known == set()


def test_the_file_has_no_tokens_and_nothing_about_anybody_else(client: Client, life: Life) -> None:
    reader = Subscriber.objects.get(pk=life.subscriber.pk)
    words = json.dumps(download(client, life))
    for secret in (
        reader.token,
        reader.address_hash,
        *reader.subscriptions.values_list("token", flat=True),
        *reader.address_changes.values_list("new_token", flat=True),
    ):
        assert secret not in words
    other = make_reader(of=life.briefings[0], email="bob@example.org", name="Bob Roberts")
    words = json.dumps(download(client, life))
    assert other.subscriber.name not in words
    assert "bob@example.org" not in words


def test_the_file_reveals_no_more_about_another_address_than_the_page(
    client: Client, life: Life
) -> None:
    changes = AddressChange.objects.filter(new_address=TAKEN)
    assert changes.update(state=AddressChangeState.REFUSED) == 1
    told = {one["new_address"]: one["state"] for one in download(client, life)["address changes"]}
    assert told[TAKEN] == AddressChangeState.OPEN.label


def test_a_request_by_somebody_else_is_in_it_without_who_asked(client: Client, life: Life) -> None:
    other = make_reader(of=life.briefings[0], email="bob@example.org").subscriber
    client.post(
        owner_link(other), {"change-address": "1", "address": NEW}, REMOTE_ADDR="198.51.100.99"
    )
    data = download(client, life)
    [asked] = data["requests by others to use your address"]
    assert asked.keys() == {"id", "new_address", "asked_at", "new_agreed_at", "new_agreed_ip"}
    assert asked["new_address"] == NEW
    words = json.dumps({name: rows for name, rows in data.items() if name != "made_at"})
    assert "bob@example.org" not in words
    assert "198.51.100.99" not in words


def test_the_holder_of_an_email_gets_no_file_and_neither_does_a_get(
    client: Client, life: Life
) -> None:
    holder = f"/preferences/{life.subscriber.token}/data/"
    assert client.post(holder).status_code == 302
    link = owner_link(Subscriber.objects.get(pk=life.subscriber.pk))
    answer = client.get(f"{link}data/")
    assert (answer.status_code, answer.headers["Location"]) == (302, link)
