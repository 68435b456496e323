"""A link copied out of a sentence works, whatever of the sentence stands behind it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from briefings.comment_submission import confirmation_path
from newsroom.tokens import make_row_token, sign_id, sign_value, token_at_start
from subscribers.models import AddressChange, SignUp, SubscriptionState
from subscribers.models.address_hash import hash_address
from subscribers.preferences.access_links import owner_link
from subscribers.sending import dispatches
from tests.factories import (
    make_briefing,
    make_comment,
    make_dispatch,
    make_published_issue,
    make_reader,
    make_scheduled_issue,
)

BEHIND = [
    *(
        ".",
        ",",
        ")",
        ">",
        "%3E",
        "%20",
        "%20and%20more",
        "&amp;utm_source=email",
        "&gt;",
        "'",
        "%22",
    ),
    *("%E2%80%8B", "%E2%80%9D", "%E3%80%82", "*", "_", "-", "!", ";", ":", "…", "%0A", "=", "]"),
    *("/.", "/)", "//", "/%20/", "/index.html", "%EF%BB%BF/"),
]
KINDS = (
    *("unsubscribe", "preferences", "preferences of the owner", "confirm", "view", "comment"),
    *("address change",),
)


def make_link(kind: str) -> str:
    """Return the path of a page that needs a token, with its slash."""
    now = timezone.now()
    briefing = make_briefing()
    subscription = make_reader(of=briefing, email="ada@example.com")
    subscriber = subscription.subscriber
    if kind == "unsubscribe":
        return f"/unsubscribe/{subscription.token}/"
    if kind == "preferences":
        return f"/preferences/{subscriber.token}/"
    if kind == "preferences of the owner":
        return "/preferences/" + owner_link(subscriber).partition("/preferences/")[2]
    if kind == "confirm":
        Client().post(f"/subscribe/{briefing.slug}/", {"address": "bob@example.com"})
        return f"/confirm/{SignUp.objects.get().token}/"
    if kind == "comment":
        return confirmation_path(make_comment(on=make_published_issue(briefing=briefing)))
    if kind == "address change":
        change = AddressChange.objects.create(
            subscriber=subscriber,
            old_address="ada@example.com",
            old_address_hash=subscriber.address_hash,
            new_address="new@example.com",
            new_address_hash=hash_address("new@example.com"),
        )
        return f"/preferences/address/{change.old_token}/"
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(dispatch, at=now)
    return f"/view/{sign_id('view', dispatch.deliveries.get().pk)}/"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_what_follows_a_link_is_ignored(client: Client, kind: str) -> None:
    link = make_link(kind)
    right = client.get(link)
    assert right.status_code == 200
    for behind in BEHIND:
        for copied in (link + behind, link.rstrip("/") + behind):
            page = client.get(copied)
            assert page.status_code == 200, copied
            assert page.templates[:1] == right.templates[:1]


@pytest.mark.django_db
@pytest.mark.parametrize("behind", [".", "/)", "%20"])
def test_one_click_unsubscribing_works_with_a_copied_link(client: Client, behind: str) -> None:
    subscription = make_reader(of=make_briefing(), email="ada@example.com")
    answer = client.post(
        f"/unsubscribe/{subscription.token}{behind}", {"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 200
    subscription.refresh_from_db()
    assert subscription.state == SubscriptionState.UNSUBSCRIBED


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_a_link_that_lost_its_end_opens_nothing(client: Client, kind: str) -> None:
    link = make_link(kind).rstrip("/")
    assert client.get(f"{link[:-1]}/").status_code in {404, 410}


@pytest.mark.anywhere
def test_a_token_of_each_kind_is_found_at_the_start() -> None:
    for token in (make_row_token(), sign_id("view", 7), sign_value("preferences", "1 abc")):
        for behind in ("", *BEHIND, "Thanks", "abc"):
            assert token_at_start(token + behind) == token
    assert token_at_start("not a token") == "not a token"
