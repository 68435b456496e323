"""What a reader reads of their rejected comment, on each page and in the email: nothing untrue."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from briefings import own_comments
from briefings.comment_decisions import decide, undo
from briefings.comment_submission import confirmation_path
from briefings.models import Comment, CommentState, Moderation, Role
from briefings.moderation.publication import receive
from briefings.moderation.rejection_emails import TOLD_AFTER, send_rejection_emails
from newsroom.models import AuditLogEntry, OutgoingEmail
from tests.briefings.admin_client import make_member
from tests.briefings.test_comment_identity import ADA, sign_in
from tests.factories import make_briefing, make_comment, make_published_issue

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MINE = "/comments/mine/"


@pytest.fixture
def comment(client: Client) -> Comment:
    """Return a comment that waits, of the reader who is signed in."""
    return make_comment(
        on=make_published_issue(title="Council & mayor"),
        state=CommentState.PENDING,
        email=ADA,
        commenter=sign_in(client),
        body="It costs too much.",
    )


def decide_as_moderator(comment: Comment, decision: str) -> AuditLogEntry:
    name, _, choice = decision.partition(":")
    return decide(name, comment, by=make_member(Role.MODERATOR, of=None), at=NOW, choice=choice)


def text_of(client: Client, path: str) -> str:
    html = client.get(path).content.decode()
    main = html.partition("<main")[2].partition("</main>")[0]
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", main).split()))


def test_a_reader_finds_the_reason_and_where_to_object_with_their_comment(
    client: Client, comment: Comment
) -> None:
    decide_as_moderator(comment, "reject:off_topic")
    text = text_of(client, MINE)
    assert "Not published ·" in text
    assert "A moderator decided not to publish it: It has nothing to do with" in text
    assert comment.issue.briefing.lead.contact in text


@pytest.mark.parametrize("way", ["approved", "published first", "edited", "undone"])
def test_of_a_comment_that_was_on_the_page_nobody_says_that_it_was_not_published(
    client: Client, comment: Comment, way: str
) -> None:
    """Not even if it was there for a moment only."""
    if way == "published first":
        comment.issue.briefing.moderation = Moderation.AFTER
        receive(comment, at=NOW)
        comment.hold_reasons.all().delete()
        comment.publish(at=NOW, needs_review=True)
    else:
        entry = decide_as_moderator(comment, "approve")
        if way == "edited":
            own_comments.edit(comment, "It costs far too much.", at=NOW + timedelta(seconds=1))
        if way == "undone":
            undo(entry, by=make_member(Role.MODERATOR, of=None), at=NOW + timedelta(seconds=1))
    comment = Comment.objects.get()
    decide_as_moderator(comment, "reject:advertising")
    send_rejection_emails(at=NOW + TOLD_AFTER)
    email = OutgoingEmail.objects.get(name="comment_rejected")
    assert email.subject == "Your comment on “Council & mayor” was removed from the page"
    own = [text_of(client, MINE), text_of(client, confirmation_path(comment))]
    for words in (*own, " ".join(email.text.split()), " ".join(email.html.split())):
        assert re.search(r"removed (it|your comment) from the page", words)
        assert not re.search(r"not publish|before it appears", words)
    assert "Removed from the page ·" in own[0]


@pytest.mark.parametrize("decision", ["reject", "spam", "ban:week", "reject:hate"])
def test_who_opens_the_link_of_a_rejected_comment_is_not_told_that_somebody_will_read_it(
    client: Client, comment: Comment, decision: str
) -> None:
    decide_as_moderator(comment, decision)
    for path in (confirmation_path(comment), f"{MINE}?sent"):
        text = text_of(client, path)
        assert "before it appears" not in text
        assert "A moderator decided not to publish it" in text
    assert "Your comment does not appear" in text_of(client, confirmation_path(comment))


@pytest.mark.parametrize("decision", ["reject", "spam"])
def test_a_rejection_without_a_reason_gives_none(
    client: Client, comment: Comment, decision: str
) -> None:
    decide_as_moderator(comment, decision)
    text = text_of(client, MINE)
    assert "A moderator decided not to publish it. " in text
    assert "spam" not in text.lower()
    # What may be spam is told nowhere to write to.
    assert (comment.issue.briefing.lead.contact in text) == (decision == "reject")


def test_the_page_of_a_withdrawn_comment_says_so(client: Client, comment: Comment) -> None:
    own_comments.withdraw(comment, at=NOW, source="/", ip=None)
    text = text_of(client, confirmation_path(comment))
    assert "You have withdrawn this comment" in text
    assert "before it appears" not in text


def test_a_banned_reader_reads_for_how_long_and_nobody_decided_about_later_comments(
    client: Client, comment: Comment
) -> None:
    decide_as_moderator(comment, "ban:week")
    later = make_comment(
        on=comment.issue,
        state=CommentState.REJECTED,
        email=ADA,
        commenter=comment.commenter,
        body="Once more.",
    )
    assert text_of(client, MINE).count("We take no comments from you until") == 2
    assert "A moderator" not in text_of(client, confirmation_path(later))


def test_a_german_reader_reads_it_in_german(client: Client, comment: Comment) -> None:
    comment.issue.briefing = make_briefing(language="de")
    comment.issue.save()
    comment = Comment.objects.get()
    decide_as_moderator(comment, "approve")
    decide_as_moderator(comment, "reject:hate")
    text = text_of(client, MINE)
    assert "von der Seite genommen" in text
    assert "moderator" not in text
