"""Links in emails: each token works for one purpose on one row."""

from __future__ import annotations

from itertools import product
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsroom.tokens import is_row_token, sign_id, sign_value, verify_value
from subscribers.models import SignUp, Subscriber
from subscribers.preferences import access_links, address_changes
from tests.factories import make_briefing, make_reader
from tests.subscribers.subscriber_lives import every_value, owner_link

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PAGES = (
    "/confirm/{}/",
    "/preferences/{}/",
    "/preferences/{}/erase/",
    "/preferences/{}/data/",
    "/preferences/address/{}/",
    "/unsubscribe/{}/",
    "/unsubscribe/{}",
    "/view/{}/",
)
ANY_POST = {"unsubscribe": "*", "yes": "1", "token": "x", "name": "Mallory", "pause": "1"}
FEW = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(token=st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1))
@FEW
def test_a_forged_token_opens_nothing_and_writes_nothing(token: str) -> None:
    client = Client()
    for page in PAGES:
        path = page.format(quote(token, safe=""))
        with CaptureQueriesContext(connection) as captured:
            for answer in (client.get(path), client.post(path, ANY_POST)):
                assert answer.status_code in {302, 404, 405, 410}, path
        assert not [one for one in captured if one["sql"].startswith(("INSERT", "UPDATE", "DEL"))]


@given(purpose=st.sampled_from(["preferences", "undo leaving", "leave all"]), value=st.text())
@FEW
def test_a_signed_value_is_valid_for_its_purpose_only(purpose: str, value: str) -> None:
    token = sign_value(purpose, value)
    assert verify_value(purpose, token, max_age=60) == value
    assert verify_value(f"{purpose} ", token, max_age=60) is None
    assert not is_row_token(token)


@given(data=st.data())
@FEW
def test_an_owner_link_with_one_character_changed_opens_nothing(data: st.DataObject) -> None:
    reader, _ = Subscriber.objects.get_or_create(address="ada@example.org", address_hash="a" * 64)
    token = access_links.owner_link(reader).rstrip("/").rpartition("/")[2]
    place = data.draw(st.integers(0, len(token) - 2))  # some bits of the last one mean nothing
    other = data.draw(st.sampled_from("abcXYZ019-_:").filter(lambda char: char != token[place]))
    assert access_links.verify_access(token[:place] + other + token[place + 1 :]) is None


def test_each_token_opens_its_own_page_and_no_other(client: Client) -> None:
    reader = make_reader(of=make_briefing(slug="ward"), email="ada@example.org")
    client.post(
        owner_link(reader.subscriber), {"change-address": "1", "address": "new@example.org"}
    )
    client.post("/subscribe/", {"address": "fresh@example.org", "briefings": ["ward"]})
    change = reader.subscriber.address_changes.get()
    owner = owner_link(reader.subscriber).strip("/").rpartition("/")[2]
    opens = {
        SignUp.objects.get().token: {"/confirm/{}/"},
        reader.token: {"/unsubscribe/{}/", "/unsubscribe/{}"},
        reader.subscriber.token: {"/preferences/{}/"},
        change.old_token: {"/preferences/address/{}/"},
        change.new_token: {"/preferences/address/{}/"},
        owner: {"/preferences/{}/", "/preferences/{}/erase/"},
        sign_id("bounce", 1): set(),
        sign_id("view", 4711): set(),
    }
    before = every_value()
    for (token, pages), page in product(opens.items(), PAGES):
        is_open = client.get(page.format(token)).status_code == 200
        assert is_open == (page in pages), page.format(token)
        if page not in pages and token != owner:
            assert client.post(page.format(token), ANY_POST).status_code in {302, 404, 405}
    assert every_value() == before


def test_an_owner_link_works_while_the_old_key_is_kept(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email="ada@example.org").subscriber
    with override_settings(SECRET_KEY="the key before the change, which was long enough, too"):
        link = owner_link(reader)
    assert client.get(link).status_code == 404
    with override_settings(
        SECRET_KEY_FALLBACKS=["the key before the change, which was long enough, too"]
    ):
        assert client.get(link).status_code == 200


@override_settings(SECRET_KEY="another key altogether, after the old one had to be given up")
def test_links_to_change_an_address_work_after_the_key_changes(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email="ada@example.org").subscriber
    address_changes.request_change(reader, address="new@example.org", ip=None, at=reader.created_at)
    change = reader.address_changes.get()
    with override_settings(SECRET_KEY="and yet another one, since it had to be given up again"):
        for token in (change.new_token, change.old_token):
            assert client.post(f"/preferences/address/{token}/").status_code == 200
    reader.refresh_from_db()
    assert reader.address == "new@example.org"
