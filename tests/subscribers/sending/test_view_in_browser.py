"""'View in browser' shows an email as its recipient got it, and nothing without its token."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from newsroom.tokens import sign_id
from subscribers.models import Delivery
from subscribers.sending import dispatches
from subscribers.sending.personalised_email import Placeholder
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue

pytestmark = pytest.mark.django_db


def make_delivery() -> Delivery:
    briefing = make_briefing()
    make_reader(of=briefing, email="ada@example.com")
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(dispatch, at=timezone.now())
    return dispatch.deliveries.get()


def test_it_shows_the_frozen_content_without_the_readers_own_links(client: Client) -> None:
    """Its address gets shared, so its links lead to the form that emails the recipient a link."""
    delivery = make_delivery()
    delivery.dispatch.issue.sections.update(body="<p>A later correction</p>")
    token = delivery.subscriber.subscriptions.get().token
    page = client.get(f"/view/{sign_id('view', delivery.pk)}/")
    html = page.content.decode()
    assert "The county has 214 beds." in html
    assert html.count('role="main"') == 1  # in a mail program it is an article
    assert 'role="article"' not in html
    assert token not in html
    assert delivery.subscriber.token not in html
    assert "/unsubscribe/" not in html
    assert html.count('href="/preferences/"') == 2
    assert not any(placeholder in html for placeholder in Placeholder)
    assert "script-src 'none'" in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "noindex" in page.headers["X-Robots-Tag"]


@pytest.mark.parametrize(
    "token", ["x", "a" * 34, "../admin", sign_id("bounce", 1), sign_id("view", 0)]
)
def test_a_link_that_was_never_sent_shows_nothing(client: Client, token: str) -> None:
    make_delivery()
    assert client.get(f"/view/{token}/").status_code == 404


def test_a_link_survives_a_new_secret_key_while_the_old_one_is_kept(
    client: Client, settings: Any
) -> None:
    token = sign_id("view", make_delivery().pk)
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "a new key"
    assert client.get(f"/view/{token}/").status_code == 404
    settings.SECRET_KEY_FALLBACKS = [old]
    assert client.get(f"/view/{token}/").status_code == 200


def test_the_email_of_an_erased_reader_is_gone(client: Client) -> None:
    delivery = make_delivery()
    delivery.subscriber.delete()
    assert client.get(f"/view/{sign_id('view', delivery.pk)}/").status_code == 404
