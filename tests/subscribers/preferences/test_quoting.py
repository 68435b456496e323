"""Comments on the owner's page of preferences: consent to quote them is withdrawn there."""

from __future__ import annotations

import pytest
from django.test import Client

from briefings.comment_identity import COOKIE
from briefings.models import Comment, CommentState, QuoteChoice, QuoteConsent
from subscribers.models import Subscriber
from tests.factories import make_comment, make_published_issue, make_reader
from tests.subscribers.preferences.test_preferences import ADA, request_owner_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Subscriber:
    """Return a subscriber who let us quote two of three comments; a fourth may be forged."""
    issue = make_published_issue()
    make_comment(on=issue, email="ADA@example.org", name="Ada", quoting=QuoteChoice.NAMED)
    make_comment(on=issue, email=ADA, quoting=QuoteChoice.ANONYMOUS)
    make_comment(on=issue, email=ADA)
    make_comment(
        on=issue,
        email=ADA,
        quoting=QuoteChoice.NAMED,
        state=CommentState.UNCONFIRMED,
        confirmed_at=None,
    )
    make_comment(on=issue, email="eve@example.org", name="Eve", quoting=QuoteChoice.NAMED)
    return make_reader(of=issue.briefing, email=ADA).subscriber


def test_the_owner_withdraws_the_consent_to_quote_all_their_comments(
    client: Client, ada: Subscriber
) -> None:
    path = request_owner_link(client, ada)
    page = client.get(path).content.decode()
    assert "You have written 3 comments." in page
    assert "We may quote 2 of them" in page
    page = client.post(path, {"stop-quoting": "1"}).content.decode()
    assert "We will not quote any of your comments from now on." in page
    assert "We may not quote any of them." in page
    own = Comment.objects.filter(email__iexact=ADA).exclude(state=CommentState.UNCONFIRMED)
    assert {comment.quoting for comment in own} == {QuoteChoice.NO}
    records = QuoteConsent.objects.all()
    assert [(record.choice, record.source) for record in records] == [("no", "preferences")] * 2
    assert Comment.objects.get(name="Eve").quoting == QuoteChoice.NAMED


def test_the_owner_goes_on_to_their_comments_signed_in(client: Client, ada: Subscriber) -> None:
    path = request_owner_link(client, ada)
    assert COOKIE not in client.get(f"{path}comments/").cookies
    response = client.post(f"{path}comments/")
    assert response["Location"] == "/comments/mine/"
    assert client.get("/comments/mine/").content.decode().count('<article class="comment"') == 3


def test_the_link_in_every_email_shows_and_changes_no_comments(
    client: Client, ada: Subscriber
) -> None:
    path = f"/preferences/{ada.token}/"
    assert "comments" not in client.get(path).content.decode().partition("<main")[2]
    client.post(path, {"stop-quoting": "1"})
    assert not QuoteConsent.objects.exists()
    assert COOKIE not in client.post(f"{path}comments/").cookies


def test_who_wrote_no_comment_reads_nothing_of_them(client: Client) -> None:
    reader = make_reader(of=make_published_issue().briefing, email=ADA).subscriber
    assert "Your comments" not in client.get(request_owner_link(client, reader)).content.decode()
