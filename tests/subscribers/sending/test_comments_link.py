"""The link to the comments in an issue email, with which its owner signs in."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from briefings.comment_identity import COOKIE
from briefings.models import Commenter, Issue
from newsroom import form_guard
from newsroom.models import OutgoingEmail
from newsroom.tokens import sign_id
from subscribers.models import Delivery
from subscribers.sending import dispatches
from subscribers.sending.personalised_email import COMMENTS_PURPOSE
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery() -> Delivery:
    briefing = make_briefing()
    make_reader(of=briefing, email="ada@example.org")
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(dispatch, at=timezone.now())
    return dispatch.deliveries.get()


def link_of(delivery: Delivery) -> str:
    return f"/comments/from-email/{sign_id(COMMENTS_PURPOSE, delivery.pk)}/"


def test_a_link_scanner_signs_in_nobody(client: Client, delivery: Delivery) -> None:
    response = client.get(link_of(delivery))
    assert "a•••@example.org" in response.content.decode()
    assert not response.cookies
    assert not Commenter.objects.exists()


def test_the_button_signs_in_and_the_owner_is_told(client: Client, delivery: Delivery) -> None:
    issue = delivery.dispatch.issue
    response = client.post(link_of(delivery))
    assert response["Location"] == f"{issue.get_absolute_url()}#comment-form"
    assert client.get("/comments/me/").json()["address"] == "ada@example.org"
    email = OutgoingEmail.objects.get()
    assert (email.name, email.to) == ("comments_signed_in", "ada@example.org")
    # In the same browser it leads on without a question, and tells nobody again.
    assert client.get(link_of(delivery))["Location"] == f"{issue.get_absolute_url()}#comments"
    assert OutgoingEmail.objects.count() == 1


def test_whoever_has_a_forwarded_email_cannot_flood_its_owner(
    client: Client, delivery: Delivery
) -> None:
    with patch.object(form_guard, "HOURLY_PER_ADDRESS", 0):
        response = client.post(link_of(delivery))
    assert COOKIE not in response.cookies
    assert response["Location"].endswith("#comment-form")  # which asks for an address
    assert not OutgoingEmail.objects.exists()


def test_signing_out_everywhere_ends_the_links_of_earlier_emails(
    client: Client, delivery: Delivery
) -> None:
    client.post(link_of(delivery))
    client.post("/comments/sign-out/", {"everywhere": "yes"})
    for browser in (client, Client()):
        for response in (browser.get(link_of(delivery)), browser.post(link_of(delivery))):
            assert response.status_code == 410
            assert COOKIE not in response.cookies or not response.cookies[COOKIE].value
            assert "has signed out in all browsers" in response.content.decode()
            assert delivery.dispatch.issue.get_absolute_url() in response.content.decode()
    later = make_dispatch(issue=make_scheduled_issue(briefing=delivery.dispatch.issue.briefing))
    dispatches.start(later, at=timezone.now())
    assert COOKIE in client.post(link_of(later.deliveries.get())).cookies


def test_signing_out_of_one_browser_leaves_the_link(client: Client, delivery: Delivery) -> None:
    client.post(link_of(delivery))
    client.post("/comments/sign-out/")
    assert COOKIE in client.post(link_of(delivery)).cookies


def test_once_comments_are_closed_the_link_signs_in_nobody(
    client: Client, delivery: Delivery
) -> None:
    Issue.objects.update(published_at=timezone.now() - timedelta(days=90))
    response = client.post(link_of(delivery))
    assert COOKIE not in response.cookies
    assert not Commenter.objects.exists()


@pytest.mark.parametrize("purpose", ["view", "bounce", "reply from reader"])
def test_no_other_token_of_the_email_signs_in(
    client: Client, delivery: Delivery, purpose: str
) -> None:
    response = client.post(f"/comments/from-email/{sign_id(purpose, delivery.pk)}/")
    assert response.status_code == 404
    assert COOKIE not in response.cookies


def test_the_shared_page_of_the_email_has_no_link_that_signs_in(
    client: Client, delivery: Delivery
) -> None:
    dispatch = delivery.dispatch
    dispatch.html = f'<a href="{dispatches.links_with_placeholders().comments}">Leave a comment</a>'
    dispatch.save()
    page = client.get(f"/view/{sign_id('view', delivery.pk)}/").content.decode()
    assert "from-email" not in page
    assert f'href="{dispatch.issue.get_absolute_url()}#comments"' in page
