"""When a comment appears: before or after a moderator reads it, or at once from some readers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.comment_identity import sign_in_path
from briefings.comment_submission import (
    NewComment,
    confirmation_path,
    submit_emailed_comment,
    submit_signed_in_comment,
)
from briefings.models import Comment, Commenter, CommentState, Issue, Moderation
from newsroom.models import OutgoingEmail
from tests.briefings.admin_client import read_form, staff_client
from tests.factories import make_briefing, make_comment, make_published_issue

pytestmark = pytest.mark.django_db
WORDS = "My ward has had no doctor at night since June."


def issue_with(moderation: Moderation, **fields: Any) -> Issue:
    return make_published_issue(briefing=make_briefing(moderation=moderation, **fields))


def reader(*, on: Issue, approved: int = 1, rejected: int = 0) -> Commenter:
    """Return a reader whose earlier comments were decided about."""
    known = Commenter.objects.confirmed("ada@example.org")
    before = timezone.now() - timedelta(days=9)
    for number, state in enumerate(
        [CommentState.APPROVED] * approved + [CommentState.REJECTED] * rejected
    ):
        make_comment(
            on=on,
            body=f"Earlier {number}.",
            commenter=known,
            state=state,
            created_at=before,
            decided_at=before,
        )
    return known


def send(issue: Issue, writer: Commenter) -> Comment:
    new = NewComment(body=WORDS, email=writer.address)
    return submit_signed_in_comment(new, commenter=writer, issue=issue, at=timezone.now())


def is_on_page(issue: Issue) -> bool:
    return WORDS in Client().get(issue.get_absolute_url()).content.decode()


def test_before_nothing_appears_unread() -> None:
    issue = issue_with(Moderation.BEFORE)
    comment = send(issue, reader(on=issue, approved=5))
    assert comment.state == CommentState.PENDING
    assert not is_on_page(issue)


def test_after_a_comment_appears_and_waits_for_a_moderator() -> None:
    issue = issue_with(Moderation.AFTER)
    comment = send(issue, reader(on=issue))
    assert is_on_page(issue)
    assert Comment.objects.waiting().get() == comment
    assert comment.published_at
    assert comment.decided_at is None


@pytest.mark.parametrize(
    ("approved", "rejected", "appears"), [(2, 0, False), (3, 0, True), (9, 1, False)]
)
def test_trusted_readers_appear_at_once(approved: int, rejected: int, appears: bool) -> None:
    issue = issue_with(Moderation.TRUSTED, trusted_after=3)
    comment = send(issue, reader(on=issue, approved=approved, rejected=rejected))
    assert (comment.state == CommentState.APPROVED) == appears == is_on_page(issue)
    assert Comment.objects.waiting().exists() != appears


def test_trust_is_of_one_briefing() -> None:
    elsewhere = issue_with(Moderation.TRUSTED)
    here = issue_with(Moderation.TRUSTED)
    assert send(here, reader(on=elsewhere, approved=9)).state == CommentState.PENDING


def test_approvals_that_nobody_made_earn_no_trust() -> None:
    issue = issue_with(Moderation.TRUSTED, trusted_after=1)
    writer = reader(on=issue, approved=1)
    Comment.objects.update(needs_review=True)
    assert send(issue, writer).state == CommentState.PENDING


def test_a_comment_that_is_confirmed_by_email_goes_the_same_way() -> None:
    issue = issue_with(Moderation.AFTER)
    reader(on=issue)
    fields = {"body": WORDS, "email": "ada@example.org"}
    Client().post(f"{issue.get_absolute_url()}comments/", fields)
    comment = Comment.objects.get(state=CommentState.UNCONFIRMED)
    page = Client().post(confirmation_path(comment), follow=True)
    assert "Your comment is published" in page.content.decode()
    assert is_on_page(issue)


def test_a_comment_by_email_goes_the_same_way() -> None:
    issue = issue_with(Moderation.AFTER)
    reader(on=issue)
    submit_emailed_comment(
        WORDS, email="ada@example.org", issue=issue, key="k", at=timezone.now(), is_proved=True
    )
    assert is_on_page(issue)


@pytest.mark.parametrize("moderation", [Moderation.BEFORE, Moderation.AFTER])
def test_no_page_or_email_promises_an_editor_where_none_reads_first(moderation: Moderation) -> None:
    issue = issue_with(moderation)
    writer = reader(on=issue)
    submit_emailed_comment(
        WORDS, email=writer.address, issue=issue, key="k", at=timezone.now(), is_proved=True
    )
    email = OutgoingEmail.objects.get(name="emailed_comment")
    browser = Client()
    browser.post(sign_in_path(writer.address, commenter=writer))
    page = browser.get(reverse("briefings:my_comments")).content.decode()
    reads_first = moderation == Moderation.BEFORE
    for words in (email.html, " ".join(email.text.split())):
        assert ("An editor reads each answer before it appears" in words) == reads_first
        assert "without your name and address" in words
    assert ("An editor then reads the comment again" in page) == reads_first
    assert "marked as edited" in page


def test_the_form_says_when_a_comment_appears() -> None:
    for moderation, says in (
        (Moderation.BEFORE, "An editor reads each one before it appears."),
        (Moderation.AFTER, "Most appear at once"),
        (Moderation.TRUSTED, "from others once an editor has read them"),
    ):
        page = Client().get(issue_with(moderation).get_absolute_url()).content.decode()
        assert says in page


def test_an_editor_chooses_it_on_the_briefings_page() -> None:
    briefing = make_briefing()
    client = staff_client("Editors")
    address = reverse("admin:briefings_briefing_change", args=[briefing.pk])
    form = read_form(client.get(address), "briefing_form") | {"accent": briefing.accent}
    client.post(address, {**form, "moderation": "trusted", "trusted_after": "7"})
    briefing.refresh_from_db()
    assert (briefing.moderation, briefing.trusted_after) == (Moderation.TRUSTED, 7)
    client.post(address, {**form, "title": "Renamed", "trusted_after": ""})
    briefing.refresh_from_db()
    assert (briefing.title, briefing.moderation, briefing.trusted_after) == (
        *("Renamed", Moderation.TRUSTED),
        7,
    )
