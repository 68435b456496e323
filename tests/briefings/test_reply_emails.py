"""Emails about replies: for those who asked, at most once a day, with a link that ends them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from briefings import own_comments
from briefings.models import Comment, Commenter, CommentState
from briefings.reply_emails import INTERVAL, MAX_REPLIES, send_reply_emails, stop_link
from newsroom.models import OutgoingEmail
from subscribers.models import Suppression, SuppressionReason
from subscribers.models.address_hash import hash_address
from tests.factories import make_comment, make_published_issue

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def comment() -> Comment:
    """Return a comment whose writer wants to know about replies."""
    return make_comment(
        on=make_published_issue(title="Council & mayor"),
        commenter=Commenter.objects.confirmed("ada@example.org"),
        email="ada@example.org",
        emails_on_replies=True,
        created_at=NOW - timedelta(days=2),
    )


def reply(to: Comment, body: str = "Ours too.", *, at: datetime = NOW, **fields: object) -> Comment:
    return make_comment(
        on=to.issue, parent=to, body=body, created_at=at, **{"published_at": at, **fields}
    )


def test_a_reply_is_told_once(comment: Comment) -> None:
    answer = reply(comment, name="Grace & Co")
    soon = NOW + timedelta(minutes=10)
    assert send_reply_emails(at=soon) == 1
    assert send_reply_emails(at=soon) == 0
    assert send_reply_emails(at=soon + INTERVAL) == 0
    email = OutgoingEmail.objects.get()
    assert email.to == "ada@example.org"
    assert email.subject == "Grace & Co replied on “Council & mayor”"
    assert answer.get_absolute_url() in email.text
    assert "Ours too." in email.html
    assert email.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def approve(comment: Comment, *, at: datetime) -> None:
    comment.refresh_from_db()
    assert comment.approve(by=None, at=at)


def test_a_reply_that_is_approved_again_is_not_told_again(comment: Comment) -> None:
    """It was: what counted was the latest decision, not when readers first saw it."""
    answer = reply(comment, state=CommentState.PENDING, published_at=None)
    approve(answer, at=NOW)
    assert send_reply_emails(at=NOW + timedelta(minutes=10)) == 1
    own_comments.edit(answer, "Ours, too.", at=NOW + timedelta(minutes=12))
    approve(answer, at=NOW + timedelta(hours=1))
    assert send_reply_emails(at=NOW + 2 * INTERVAL) == 0


def test_a_reply_that_nobody_was_told_of_yet_is_told_when_it_appears_again(
    comment: Comment,
) -> None:
    reply(comment, at=NOW - timedelta(hours=1))
    answer = reply(comment, "Not yet.", state=CommentState.PENDING, published_at=None)
    approve(answer, at=NOW)
    answer.reject(by=None, at=NOW + timedelta(minutes=1))
    assert send_reply_emails(at=NOW + timedelta(minutes=10)) == 1
    approve(answer, at=NOW + timedelta(hours=1))
    assert send_reply_emails(at=NOW + 2 * INTERVAL) == 1


def test_a_reply_that_appears_at_once_is_told(comment: Comment) -> None:
    answer = reply(comment, state=CommentState.PENDING, published_at=None)
    assert answer.publish(at=NOW, needs_review=True)
    assert send_reply_emails(at=NOW + timedelta(minutes=10)) == 1


def test_replies_of_a_day_come_in_one_email(comment: Comment) -> None:
    reply(comment)
    send_reply_emails(at=NOW + timedelta(minutes=10))
    for number in range(MAX_REPLIES + 2):
        reply(comment, f"Number {number}.", at=NOW + timedelta(hours=1 + number))
    assert send_reply_emails(at=NOW + timedelta(hours=20)) == 0
    assert send_reply_emails(at=NOW + timedelta(hours=25)) == 1
    email = OutgoingEmail.objects.latest("pk")
    assert f"Number {MAX_REPLIES - 1}." in email.text
    assert "And 2 more." in email.text


def test_nobody_is_told_of_what_readers_do_not_see_or_they_wrote_themselves(
    comment: Comment,
) -> None:
    reply(comment, state=CommentState.PENDING)
    reply(comment, state=CommentState.REJECTED)
    reply(comment, commenter=comment.commenter)
    reply(comment, at=comment.created_at - timedelta(minutes=1))
    assert send_reply_emails(at=NOW + timedelta(minutes=10)) == 0


def test_nobody_is_told_who_did_not_ask_or_whom_we_must_not_write_to(comment: Comment) -> None:
    reply(comment)
    Comment.objects.filter(pk=comment.pk).update(emails_on_replies=False)
    assert send_reply_emails(at=NOW + timedelta(minutes=10)) == 0
    Comment.objects.filter(pk=comment.pk).update(emails_on_replies=True)
    Suppression.objects.create(
        address_hash=hash_address("ada@example.org"), reason=SuppressionReason.ERASED
    )
    assert send_reply_emails(at=NOW + timedelta(minutes=10)) == 0


def test_who_replied_is_told_of_later_replies_in_the_thread(comment: Comment) -> None:
    own = reply(
        comment,
        commenter=Commenter.objects.confirmed("grace@example.org"),
        emails_on_replies=True,
    )
    Comment.objects.filter(pk=comment.pk).update(emails_on_replies=False)
    reply(comment, at=own.created_at + timedelta(minutes=1))
    assert send_reply_emails(at=NOW + timedelta(minutes=10)) == 1
    assert OutgoingEmail.objects.get().to == "grace@example.org"


def test_one_click_ends_the_emails_and_a_link_scanner_does_not(comment: Comment) -> None:
    assert comment.commenter
    path = stop_link(comment.commenter).removeprefix("http://news.example.com")
    browser = Client(enforce_csrf_checks=True)
    assert "Stop these emails" in browser.get(path).content.decode()
    assert Comment.objects.filter(emails_on_replies=True).exists()
    assert browser.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Comment.objects.filter(emails_on_replies=True).exists()
    assert browser.post("/comments/replies/stop/forged/").status_code == 404
