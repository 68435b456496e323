"""A decision is about the words that were read; it is logged, and can be undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings import own_comments
from briefings.author_replies import reply_to
from briefings.comment_decisions import DecisionRefused, decide, undo, version_of
from briefings.models import Comment, CommentState, Role
from briefings.moderation.reports import store_report
from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused
from tests.briefings.admin_client import make_member, make_staff, messages_of, staff_client
from tests.factories import make_briefing, make_comment, make_contributor, make_published_issue

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def comment() -> Comment:
    return make_comment(on=make_published_issue(), state=CommentState.PENDING, name="Ada")


def moderator(comment: Comment, **fields: str) -> User:
    return make_member(Role.MODERATOR, of=comment.issue.briefing, **fields)


def state(comment: Comment) -> tuple[str, bool]:
    comment.refresh_from_db()
    return comment.state, comment.featured


def test_words_that_changed_since_are_not_approved(comment: Comment) -> None:
    read = version_of(comment)
    own_comments.edit(comment, "Something quite different.", at=NOW)

    with pytest.raises(DecisionRefused, match="Its writer changed the words"):
        decide("approve", comment, by=moderator(comment), at=NOW, read=read)

    assert state(comment) == (CommentState.PENDING, False)


def test_a_second_decision_is_refused_with_what_happened(comment: Comment) -> None:
    read = version_of(comment)
    ann = moderator(comment, first_name="Ann", last_name="Li")
    decide("approve", comment, by=ann, at=NOW, read=read)
    later = NOW + timedelta(seconds=10)

    with pytest.raises(DecisionRefused, match=r"Ann Li approved it 1?\d seconds ago\."):
        decide("reject", comment, by=moderator(comment), at=later, read=read)

    assert state(comment) == (CommentState.APPROVED, False)


def test_a_withdrawn_comment_is_not_decided_about(comment: Comment) -> None:
    own_comments.withdraw(comment, at=NOW, source="/", ip=None)
    with pytest.raises(DecisionRefused, match="Its writer withdrew it"):
        decide("approve", comment, by=moderator(comment), at=NOW)


def test_a_report_meanwhile_refuses_nothing(comment: Comment) -> None:
    ann = moderator(comment)
    decide("approve", comment, by=ann, at=NOW)
    read = version_of(comment)
    store_report(comment, by=None, reason="spam", detail="", at=NOW)
    decide("reject", comment, by=ann, at=NOW, read=read)
    assert state(comment) == (CommentState.REJECTED, False)


@pytest.mark.parametrize("page", ["list", "several", "comment", "reply"])
def test_every_page_names_the_version_that_was_read(page: str, comment: Comment) -> None:
    editor = make_staff("Editors")
    make_contributor(account=editor)  # who may reply, too
    client = Client()
    client.force_login(editor)
    read = {f"read-{comment.pk}": version_of(comment)}
    own_comments.edit(comment, "Something quite different.", at=NOW)
    addresses = {
        "list": reverse("admin:briefings_comment_decide", args=[comment.pk]),
        "several": reverse("admin:briefings_comment_changelist"),
        "comment": reverse("admin:briefings_comment_decide", args=[comment.pk]),
        "reply": reverse("admin:briefings_comment_reply", args=[comment.pk]),
    }
    forms: dict[str, dict[str, Any]] = {
        "list": {"decision": "approve"},
        "several": {"action": "approve_selected", "_selected_action": comment.pk, "index": "0"},
        "comment": {"decision": "approve"},
        "reply": {"body": "Thank you."},
    }

    answer = client.post(addresses[page], {**forms[page], **read}, follow=True)

    assert "Its writer changed the words" in messages_of(answer)
    assert state(comment) == (CommentState.PENDING, False)
    assert not comment.replies.exists()


@pytest.mark.parametrize("page", ["changelist", "change"])
def test_the_pages_bring_the_version(page: str, comment: Comment) -> None:
    arguments = [comment.pk] if page == "change" else []
    address = reverse(f"admin:briefings_comment_{page}", args=arguments)
    html = staff_client("Editors").get(address).content.decode()
    assert f'name="read-{comment.pk}" value="{version_of(comment)}"' in html


@pytest.mark.parametrize("name", ["approve", "reject:abuse", "spam", "feature", "ban:week"])
def test_each_decision_can_be_undone(name: str, comment: Comment) -> None:
    comment.email = "ada@example.org"
    comment.save()
    ann = moderator(comment)
    before = version_of(comment)
    decision, _, choice = name.partition(":")
    entry = decide(decision, comment, by=ann, at=NOW, choice=choice)

    undo(entry, by=ann, at=NOW)

    assert state(comment) == (CommentState.PENDING, False)
    assert (comment.rejection_reason, version_of(comment)) == ("", before)
    verbs = [entry.verb for entry in AuditLogEntry.objects.on(comment)]
    assert verbs == ["undid a decision about", entry.verb]
    with pytest.raises(DecisionRefused):
        undo(entry, by=ann, at=NOW)


def test_undoing_a_rejection_shows_the_comment_again(comment: Comment) -> None:
    ann = moderator(comment)
    decide("feature", comment, by=ann, at=NOW)
    entry = decide("reject", comment, by=ann, at=NOW + timedelta(hours=1), choice="false")
    undo(entry, by=ann, at=NOW + timedelta(hours=2))
    assert state(comment) == (CommentState.APPROVED, True)
    assert comment.body in Client().get(comment.issue.get_absolute_url()).content.decode()


def test_only_the_last_decision_is_undone_and_not_over_new_words(comment: Comment) -> None:
    ann = moderator(comment)
    first = decide("approve", comment, by=ann, at=NOW)
    decide("feature", comment, by=ann, at=NOW + timedelta(seconds=1))
    with pytest.raises(DecisionRefused, match="featured it"):
        undo(first, by=ann, at=NOW + timedelta(seconds=2))
    last = decide("unfeature", comment, by=ann, at=NOW + timedelta(seconds=3))
    own_comments.edit(comment, "New words.", at=NOW + timedelta(seconds=4))
    with pytest.raises(DecisionRefused, match="changed the words"):
        undo(last, by=ann, at=NOW + timedelta(seconds=5))


def test_undoing_a_decision_leaves_a_later_report_in_the_queue(comment: Comment) -> None:
    ann = moderator(comment)
    decide("approve", comment, by=ann, at=NOW)
    entry = decide("feature", comment, by=ann, at=NOW + timedelta(seconds=1))
    store_report(comment, by=None, reason="abuse", detail="", at=NOW + timedelta(seconds=2))
    undo(entry, by=ann, at=NOW + timedelta(seconds=3))
    assert state(comment) == (CommentState.APPROVED, False)
    assert Comment.objects.waiting().get() == comment


def test_nobody_decides_or_undoes_elsewhere(comment: Comment) -> None:
    entry = decide("approve", comment, by=moderator(comment), at=NOW)
    stranger = make_member(Role.MODERATOR, of=make_briefing())
    with pytest.raises(PermissionDenied):
        decide("reject", comment, by=stranger, at=NOW)
    with pytest.raises(PermissionDenied):
        undo(entry, by=stranger, at=NOW)


def test_a_decision_is_undone_from_the_log(comment: Comment) -> None:
    client = Client()
    client.force_login(moderator(comment))
    entry = decide("reject", comment, by=moderator(comment), at=NOW, choice="hate")
    page = client.get(reverse("admin:briefings_decisions")).content.decode()
    assert "Attacks people for who they are" in page
    address = reverse("admin:briefings_decision_undo", args=[entry.pk])
    assert address in page
    assert "Undone" in messages_of(client.post(address, follow=True))
    assert state(comment) == (CommentState.PENDING, False)


def test_a_reply_approves_only_words_that_were_read(comment: Comment) -> None:
    reply = make_comment(on=comment.issue, parent=comment, state=CommentState.PENDING)
    read = {comment.pk: version_of(comment), reply.pk: version_of(reply)}
    own_comments.edit(comment, "Other words in the first comment.", at=NOW)
    editor = make_member(Role.EDITOR, of=comment.issue.briefing)
    make_contributor(account=editor)
    with pytest.raises(TransitionRefused, match="changed the words"):
        reply_to(reply, "Yes.", by=editor, at=NOW, read=read)
    assert state(reply) == (CommentState.PENDING, False)
