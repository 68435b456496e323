"""Two moderators who decide about one comment at the same moment: one hears of the other."""

from __future__ import annotations

from contextlib import suppress
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from briefings import own_comments
from briefings.comment_decisions import DecisionRefused, decide, version_of
from briefings.models import Comment, CommentState, Role
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import make_member
from tests.factories import make_comment, make_published_issue

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
COMMENTS = 12


def at_once(*acts: object) -> None:
    """Run functions in threads of their own, each with its own connection."""
    start = Barrier(len(acts))

    def run(act: object) -> None:
        start.wait(timeout=60)
        try:
            act()  # type: ignore[operator]  # a function
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_two_decisions_one_is_refused_and_says_why() -> None:
    issue = make_published_issue()
    ann = make_member(Role.MODERATOR, of=None, first_name="Ann")
    ben = make_member(Role.MODERATOR, of=None, first_name="Ben")
    refusals: list[str] = []
    for _ in range(COMMENTS):
        comment = make_comment(on=issue, state=CommentState.PENDING)
        read = version_of(comment)

        def act(by: object, name: str, pk: int = comment.pk, read: str = read) -> None:
            own = Comment.objects.select_related("issue").get(pk=pk)
            try:
                decide(name, own, by=by, at=timezone.now(), read=read)  # type: ignore[arg-type]
            except DecisionRefused as refusal:
                refusals.append(str(refusal))

        at_once(lambda act=act: act(ann, "approve"), lambda act=act: act(ben, "reject"))

    assert len(refusals) == COMMENTS
    assert all("Ann approved it" in words or "Ben rejected it" in words for words in refusals)
    assert AuditLogEntry.objects.filter(subject_kind="comment").count() == COMMENTS


def test_words_that_change_at_the_same_moment_are_not_approved_unread() -> None:
    issue = make_published_issue()
    ann = make_member(Role.MODERATOR, of=None)
    for _ in range(COMMENTS):
        comment = make_comment(on=issue, state=CommentState.PENDING, body="Old words.")
        read = version_of(comment)

        def approve(pk: int = comment.pk, read: str = read) -> None:
            with suppress(DecisionRefused):
                decide("approve", Comment.objects.get(pk=pk), by=ann, at=timezone.now(), read=read)

        def change(pk: int = comment.pk) -> None:
            own_comments.edit(Comment.objects.get(pk=pk), "New words.", at=timezone.now())

        at_once(approve, change)
        comment.refresh_from_db()
        assert (comment.body, comment.state) == ("New words.", CommentState.PENDING)
