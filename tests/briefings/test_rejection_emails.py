"""Readers whose comment is rejected are told why, where to object, and never about spam."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from briefings.comment_decisions import decide, undo
from briefings.models import Comment, CommentState, RejectionReason, Role
from briefings.models.rejection_reason import CHOSEN_FROM
from briefings.moderation.rejection_emails import TOLD_AFTER, send_rejection_emails
from briefings.moderation.rejection_words import SENTENCES
from newsroom.models import AuditLogEntry, OutgoingEmail
from subscribers.models import Suppression, SuppressionReason
from subscribers.models.address_hash import hash_address
from tests.briefings.admin_client import make_member
from tests.factories import make_comment, make_published_issue

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LATER = NOW + TOLD_AFTER


@pytest.fixture
def comment() -> Comment:
    issue = make_published_issue(title="Council & mayor")
    return make_comment(
        on=issue, state=CommentState.PENDING, email="ada@example.org", body="It costs <b>much</b>."
    )


def decide_as_moderator(comment: Comment, decision: str) -> AuditLogEntry:
    name, _, choice = decision.partition(":")
    boss = make_member(Role.MODERATOR, of=None)
    return decide(name, comment, by=boss, at=NOW, choice=choice)


def test_a_reader_is_told_once_why_and_where_to_object(comment: Comment) -> None:
    decide_as_moderator(comment, "reject:false")
    assert send_rejection_emails(at=LATER - timedelta(seconds=1)) == 0
    assert send_rejection_emails(at=LATER) == 1
    assert send_rejection_emails(at=LATER + timedelta(hours=1)) == 0
    email = OutgoingEmail.objects.get()
    assert email.to == "ada@example.org"
    assert email.subject == "Your comment on “Council & mayor” was not published"
    text = " ".join(email.text.split())
    assert "It says something that is false or misleading." in text
    assert "It costs <b>much</b>." in text
    assert "It costs &lt;b&gt;much&lt;/b&gt;." in email.html
    assert email.headers["Reply-To"] == comment.issue.briefing.lead.contact
    assert comment.issue.briefing.lead.contact in text


def test_every_reason_has_words_for_readers_except_spam() -> None:
    assert set(SENTENCES) == {*CHOSEN_FROM, RejectionReason.BANNED}


@pytest.mark.parametrize("decision", ["spam", "reject", "approve"])
def test_spam_and_what_has_no_reason_is_told_to_nobody(decision: str, comment: Comment) -> None:
    decide_as_moderator(comment, decision)
    assert send_rejection_emails(at=LATER) == 0


def test_what_is_undone_in_time_is_told_to_nobody(comment: Comment) -> None:
    entry = decide_as_moderator(comment, "reject:abuse")
    undo(entry, by=make_member(Role.MODERATOR, of=None), at=NOW)
    assert send_rejection_emails(at=LATER) == 0


def test_a_second_rejection_is_not_told_again(comment: Comment) -> None:
    entry = decide_as_moderator(comment, "reject:abuse")
    send_rejection_emails(at=LATER)
    boss = make_member(Role.MODERATOR, of=None)
    undo(entry, by=boss, at=LATER)
    decide("reject", comment, by=boss, at=LATER, choice="hate")
    assert send_rejection_emails(at=LATER + TOLD_AFTER) == 0


def test_a_banned_reader_is_told_for_how_long(comment: Comment) -> None:
    decide_as_moderator(comment, "ban:week")
    send_rejection_emails(at=LATER)
    text = OutgoingEmail.objects.get().text
    assert "We take no comments from you until" in text
    assert "not the first" not in text  # it may be


def test_nobody_is_told_whom_we_must_not_write_to(comment: Comment) -> None:
    decide_as_moderator(comment, "reject:abuse")
    Suppression.objects.create(
        address_hash=hash_address("ada@example.org"), reason=SuppressionReason.ERASED
    )
    assert send_rejection_emails(at=LATER) == 0
    assert not OutgoingEmail.objects.exists()


def test_the_address_for_objections_is_a_setting_or_the_briefings(
    comment: Comment, settings: LazySettings
) -> None:
    settings.APPEALS_ADDRESS = "appeals@news.example.com"
    decide_as_moderator(comment, "reject:abuse")
    send_rejection_emails(at=LATER)
    assert OutgoingEmail.objects.get().headers["Reply-To"] == "appeals@news.example.com"
