"""Readers are banned by the hash of their address, for a time or for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.comment_decisions import DecisionRefused, decide, undo
from briefings.comment_identity import sign_in_path
from briefings.comment_submission import confirmation_path, submit_emailed_comment
from briefings.models import (
    BanLength,
    Comment,
    CommentBan,
    Commenter,
    CommentState,
    Issue,
    RejectionReason,
    Role,
)
from briefings.moderation.bans import ban_on
from newsroom.models import AuditLogEntry, OutgoingEmail
from tests.briefings.admin_client import make_member
from tests.factories import make_briefing, make_comment, make_published_issue

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.org"


@pytest.fixture
def comment() -> Comment:
    return make_comment(
        on=make_published_issue(),
        state=CommentState.PENDING,
        email=ADDRESS,
        commenter=Commenter.objects.confirmed(ADDRESS),
    )


def ban(comment: Comment, length: BanLength = BanLength.WEEK, *, everywhere: bool = False) -> None:
    boss = make_member(Role.MODERATOR, of=None)
    decide("ban", comment, by=boss, at=timezone.now(), choice=length.value, everywhere=everywhere)


def send(browser: Client, issue: Issue, **fields: str) -> int:
    address = reverse("briefings:comment_create", args=[issue.briefing.slug, issue.number])
    return browser.post(address, {"body": "Once more.", **fields}).status_code


def signed_in() -> Client:
    browser = Client()
    browser.post(sign_in_path(ADDRESS, commenter=Commenter.objects.get(address=ADDRESS)))
    return browser


def test_a_ban_rejects_the_comment_and_knows_no_address(comment: Comment) -> None:
    ban(comment)
    comment.refresh_from_db()
    assert (comment.state, comment.rejection_reason) == (
        CommentState.REJECTED,
        RejectionReason.BANNED,
    )
    kept = CommentBan.objects.get()
    assert kept.until
    assert timedelta(days=6) < kept.until - timezone.now() < timedelta(days=8)
    assert len(kept.address_hash) == 64
    assert ban_on("ADA@Example.org", comment.issue.briefing, at=timezone.now()) == kept


def test_who_is_signed_in_is_told(comment: Comment) -> None:
    browser = signed_in()
    assert send(browser, comment.issue) == 302
    ban(comment, BanLength.FOREVER)
    assert send(browser, comment.issue) == 403
    assert Comment.objects.filter(body="Once more.").count() == 1


def test_a_form_shows_nobody_whose_address_is_banned(comment: Comment) -> None:
    ban(comment)
    assert send(Client(), comment.issue, email=ADDRESS) == 302
    assert OutgoingEmail.objects.filter(name="confirm_comment").count() == 1
    new = Comment.objects.get(state=CommentState.UNCONFIRMED)
    page = Client().post(confirmation_path(new), follow=True).content.decode()
    assert "We take no comments from you until" in page
    new.refresh_from_db()
    assert new.state == CommentState.REJECTED


def test_replies_by_email_do_not_get_round_it(comment: Comment) -> None:
    ban(comment)
    submit_emailed_comment(
        "By email.", email=ADDRESS, issue=comment.issue, key="k", at=timezone.now()
    )
    assert Comment.objects.get(body="By email.").state == CommentState.REJECTED


def test_a_ban_ends(comment: Comment) -> None:
    ban(comment, BanLength.DAY)
    CommentBan.objects.update(until=timezone.now())
    assert send(signed_in(), comment.issue) == 302


def test_a_ban_is_of_one_briefing_or_of_all(comment: Comment) -> None:
    elsewhere = make_published_issue()
    ban(comment)
    assert send(signed_in(), elsewhere) == 302
    CommentBan.objects.update(briefing=None)
    assert send(signed_in(), elsewhere) == 403


def test_only_who_moderates_all_briefings_bans_from_all(comment: Comment) -> None:
    moderator = make_member(Role.MODERATOR, of=comment.issue.briefing)
    with pytest.raises(PermissionDenied):
        decide(*("ban", comment), by=moderator, at=timezone.now(), choice="day", everywhere=True)
    assert not CommentBan.objects.exists()


def test_undoing_the_decision_lifts_the_ban(comment: Comment) -> None:
    moderator = make_member(Role.MODERATOR, of=comment.issue.briefing)
    entry = decide("ban", comment, by=moderator, at=timezone.now(), choice="forever")
    undo(entry, by=moderator, at=timezone.now())
    comment.refresh_from_db()
    assert comment.state == CommentState.PENDING
    assert not CommentBan.objects.exists()


def test_only_who_can_lift_a_ban_undoes_the_decision_that_made_it(comment: Comment) -> None:
    boss = make_member(Role.MODERATOR, of=None)
    at = timezone.now()
    entry = decide("ban", comment, by=boss, at=at, choice="forever", everywhere=True)
    with pytest.raises(DecisionRefused, match="banned from all briefings"):
        undo(entry, by=make_member(Role.MODERATOR, of=comment.issue.briefing), at=at)
    comment.refresh_from_db()
    assert comment.state == CommentState.REJECTED
    undo(entry, by=boss, at=at)
    assert not CommentBan.objects.exists()


def test_only_who_can_undo_a_decision_finds_the_button(comment: Comment) -> None:
    ban(comment, everywhere=True)
    [entry] = AuditLogEntry.objects.on(comment)
    undo_path = reverse("admin:briefings_decision_undo", args=[entry.pk])
    theirs = make_member(Role.MODERATOR, of=comment.issue.briefing)
    for user, is_offered in ((theirs, False), (make_member(Role.MODERATOR, of=None), True)):
        client = Client()
        client.force_login(user)
        for page in (
            reverse("admin:briefings_decisions"),
            f"{reverse('admin:briefings_moderation')}?undo={entry.pk}",
        ):
            assert (undo_path in client.get(page).content.decode()) == is_offered, page
        assert client.post(undo_path).status_code == 302
        comment.refresh_from_db()
        assert (comment.state != CommentState.REJECTED) == is_offered


def test_a_ban_is_lifted_from_the_log(comment: Comment) -> None:
    ban(comment)
    client, stranger = Client(), Client()
    client.force_login(make_member(Role.MODERATOR, of=comment.issue.briefing))
    stranger.force_login(make_member(Role.MODERATOR, of=make_briefing()))
    address = reverse("admin:briefings_ban_lift", args=[CommentBan.objects.get().pk])
    assert stranger.post(address).status_code == 403
    assert "Lift the ban" in client.get(reverse("admin:briefings_decisions")).content.decode()
    assert client.post(address).status_code == 302
    assert not CommentBan.objects.exists()


def test_an_author_cannot_be_banned(comment: Comment) -> None:
    reply = make_comment(on=comment.issue, contributor=comment.issue.author)
    with pytest.raises(DecisionRefused):
        ban(reply)
