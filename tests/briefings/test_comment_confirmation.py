"""The link in the email: it shows the comment, and only the button there confirms it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from briefings.comment_submission import NewComment, confirmation_path, submit_comment
from briefings.models import Comment, CommentState
from newsroom.tokens import sign_value
from tests.factories import make_published_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def comment() -> Comment:
    new = NewComment(body="Closed & <b>cold</b>.", email="ada@example.org", name="Ada")
    return submit_comment(new, issue=make_published_issue(), at=timezone.now())


def test_a_link_scanner_confirms_nothing(client: Client, comment: Comment) -> None:
    path = confirmation_path(comment)
    for method in (client.get, client.head):
        assert method(path).status_code == 200
    comment.refresh_from_db()
    assert comment.state == CommentState.UNCONFIRMED
    assert comment.confirmed_at is None


def test_the_page_shows_the_comment_with_a_button_and_not_the_address(
    client: Client, comment: Comment
) -> None:
    response = client.get(confirmation_path(comment))
    html = response.content.decode()
    assert "Closed &amp; &lt;b&gt;cold&lt;/b&gt;." in html
    assert "Confirm comment" in html
    assert "ada@example.org" not in html
    assert '<meta name="robots" content="noindex">' in html
    assert "no-store" in response["Cache-Control"]


def test_the_button_sends_the_comment_to_the_editors_once(client: Client, comment: Comment) -> None:
    path = confirmation_path(comment)
    response = client.post(path)
    assert response["Location"] == path
    comment.refresh_from_db()
    assert comment.state == CommentState.PENDING
    confirmed_at = comment.confirmed_at
    assert "Thank you for confirming your comment" in client.get(path).content.decode()
    client.post(path)
    comment.refresh_from_db()
    assert (comment.state, comment.confirmed_at) == (CommentState.PENDING, confirmed_at)


def test_a_second_click_does_not_undo_what_the_editors_decided(
    client: Client, comment: Comment
) -> None:
    path = confirmation_path(comment)
    client.post(path)
    for decide, state in (
        (comment.reject, CommentState.REJECTED),
        (comment.approve, CommentState.APPROVED),
    ):
        assert decide(by=None, at=timezone.now())
        client.post(path)
        comment.refresh_from_db()
        assert comment.state == state
    html = client.get(path).content.decode()
    assert f'href="{comment.issue.get_absolute_url()}comments/{comment.pk}/"' in html


def test_the_button_works_on_our_own_page_only(comment: Comment) -> None:
    assert Client(enforce_csrf_checks=True).post(confirmation_path(comment)).status_code == 403


def test_a_link_expires_after_seven_days(
    client: Client, comment: Comment, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = confirmation_path(comment)
    later = (timezone.now() + timedelta(days=7, seconds=5)).timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    for response in (client.get(path), client.post(path)):
        assert response.status_code == 404
        assert "This link does not work" in response.content.decode()
    comment.refresh_from_db()
    assert comment.state == CommentState.UNCONFIRMED


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "IjEi:1abcde:forged",
        sign_value("another purpose", "1"),
        sign_value("comment", "9999999"),
    ],
    ids=["not a token", "forged", "of another purpose", "of no comment"],
)
def test_an_invalid_link_says_so_and_what_to_do(client: Client, token: str) -> None:
    for response in (
        client.get(f"/comments/confirm/{token}/"),
        client.post(f"/comments/confirm/{token}/"),
    ):
        assert response.status_code == 404
        assert "Copy the whole link from the email" in response.content.decode()
