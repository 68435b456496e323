"""With a key, a worker asks Akismet about new comments; no reader waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from briefings import own_comments
from briefings.comment_decisions import decide, undo
from briefings.comment_submission import NewComment, submit_signed_in_comment
from briefings.models import (
    Comment,
    Commenter,
    CommentState,
    Issue,
    Moderation,
    Role,
    SpamAnswer,
    SpamCheck,
)
from briefings.moderation import akismet
from briefings.moderation.akismet import (
    LEASE,
    MOST_ATTEMPTS,
    REPORT_RETRY,
    REPORTED_AFTER,
    THANKS,
    check_due_comments,
    report_wrong_answers,
)
from newsroom.public_http import Failure, RequestFailed
from tests.briefings.admin_client import make_member
from tests.factories import make_briefing, make_comment, make_published_issue

pytestmark = pytest.mark.django_db
NOW = timezone.now()
Answering = Callable[[str | Failure], list[dict[str, str]]]


@pytest.fixture(autouse=True)
def _with_a_key(settings: LazySettings) -> None:
    settings.AKISMET_KEY = "0123456789ab"


@pytest.fixture
def issue() -> Issue:
    issue = make_published_issue(briefing=make_briefing(moderation=Moderation.AFTER))
    known = Commenter.objects.confirmed("ada@example.org")
    make_comment(on=issue, commenter=known, body="Earlier.", created_at=NOW - timedelta(days=9))
    return issue


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Let Akismet answer as told; return the list of what it was asked."""

    def answer(with_what: str | Failure) -> list[dict[str, str]]:
        asked: list[dict[str, str]] = []

        def post(address: str, fields: dict[str, str], *, seconds: float) -> str:
            assert address.startswith("https://rest.akismet.com/")
            assert 0 < seconds <= 10
            asked.append({**fields, "address": address})
            if isinstance(with_what, Failure):
                raise RequestFailed(with_what)
            return with_what

        monkeypatch.setattr(akismet, "post_form", post)
        return asked

    return answer


def send(issue: Issue) -> Comment:
    new = NewComment(
        body="The beds are empty.",
        email="ada@example.org",
        name="Ada",
        ip="203.0.113.9",
        user_agent="Browser 1",
    )
    writer = Commenter.objects.get(address="ada@example.org")
    return submit_signed_in_comment(new, commenter=writer, issue=issue, at=NOW)


def test_a_comment_waits_for_the_answer_and_then_appears(
    issue: Issue, answering: Answering
) -> None:
    asked = answering("false")
    comment = send(issue)
    assert (comment.state, asked) == (CommentState.PENDING, [])
    assert check_due_comments(at=NOW) == 1
    comment.refresh_from_db()
    assert (comment.state, comment.needs_review) == (CommentState.APPROVED, True)
    assert not SpamCheck.objects.exists()
    assert check_due_comments(at=NOW + LEASE) == 0
    assert (asked[0]["user_ip"], asked[0]["user_agent"]) == ("203.0.113.9", "Browser 1")
    assert asked[0]["comment_content"] == "The beds are empty."
    assert "ada@example.org" not in str(asked)


def test_spam_stays_with_the_reason(issue: Issue, answering: Answering) -> None:
    answering("true")
    comment = send(issue)
    check_due_comments(at=NOW)
    comment.refresh_from_db()
    assert comment.state == CommentState.PENDING
    assert [hold.kind for hold in comment.hold_reasons.all()] == ["akismet"]


@pytest.mark.parametrize("answer", [Failure.NO_ANSWER, Failure.NO_SUCH_HOST, "invalid", ""])
def test_without_an_answer_a_moderator_decides(
    answer: str | Failure, issue: Issue, answering: Answering
) -> None:
    asked = answering(answer)
    comment = send(issue)
    for attempt in range(MOST_ATTEMPTS + 2):
        check_due_comments(at=NOW + attempt * LEASE)
    comment.refresh_from_db()
    assert (comment.state, len(asked)) == (CommentState.PENDING, MOST_ATTEMPTS)
    assert [hold.kind for hold in comment.hold_reasons.all()] == ["unchecked"]
    assert not SpamCheck.objects.exists()


def test_what_a_moderator_decided_meanwhile_stays(issue: Issue, answering: Answering) -> None:
    answering("false")
    comment = send(issue)
    comment.reject(by=None, at=NOW)
    check_due_comments(at=NOW)
    comment.refresh_from_db()
    assert comment.state == CommentState.REJECTED


@pytest.mark.parametrize("answer", ["false", "true"])
def test_an_answer_about_earlier_words_does_not_count(
    answer: str, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = send(issue)

    def edit_first(_address: str, _fields: dict[str, str], *, seconds: float) -> str:
        if not comment.edited_at:
            own_comments.edit(comment, "Cheap beds!", at=NOW, ip="203.0.113.9")
        return answer

    monkeypatch.setattr(akismet, "post_form", edit_first)
    check_due_comments(at=NOW)
    comment.refresh_from_db()
    assert (comment.state, comment.hold_reasons.count()) == (CommentState.PENDING, 0)
    check_due_comments(at=NOW + LEASE)
    comment.refresh_from_db()
    assert (comment.state == CommentState.APPROVED) == (answer == "false")
    assert not SpamCheck.objects.exists()


def test_without_a_key_nothing_is_asked(
    issue: Issue, answering: Answering, settings: LazySettings
) -> None:
    settings.AKISMET_KEY = ""
    answering("true")
    assert send(issue).state == CommentState.APPROVED
    assert not SpamCheck.objects.exists()


# --- a moderator decides otherwise

LATER = NOW + REPORTED_AFTER


def answered(issue: Issue, answering: Answering, answer: str, decision: str) -> Comment:
    """Return a comment about which Akismet answered, and then a moderator decided."""
    answering(answer)
    comment = send(issue)
    check_due_comments(at=NOW)
    comment = Comment.objects.get(pk=comment.pk)
    name, _, choice = decision.partition(":")
    decide(name, comment, by=make_member(Role.MODERATOR, of=None), at=NOW, choice=choice)
    return comment


@pytest.mark.parametrize(
    ("answer", "decision", "told"),
    [
        ("true", "approve", "submit-ham"),
        ("true", "feature", "submit-ham"),
        ("false", "spam", "submit-spam"),
        ("true", "spam", ""),
        ("false", "approve", ""),
        ("true", "reject:hate", ""),
        ("false", "reject:hate", ""),
        ("false", "reject", ""),
    ],
)
def test_akismet_is_told_once_of_its_mistakes(
    answer: str, decision: str, told: str, issue: Issue, answering: Answering
) -> None:
    answered(issue, answering, answer, decision)
    said = answering(THANKS)
    report_wrong_answers(at=LATER)
    assert [fields["address"].rpartition("/")[2] for fields in said] == ([told] if told else [])
    assert report_wrong_answers(at=LATER + REPORT_RETRY) == 0
    for fields in said:  # the same as in the question
        assert (fields["user_ip"], fields["user_agent"]) == ("203.0.113.9", "Browser 1")
        assert fields["comment_content"] == "The beds are empty."
    assert SpamAnswer.objects.exists() != bool(told)


def test_a_decision_that_is_undone_in_time_is_not_reported(
    issue: Issue, answering: Answering
) -> None:
    comment = answered(issue, answering, "false", "approve")
    boss = make_member(Role.MODERATOR, of=None)
    entry = decide("spam", comment, by=boss, at=NOW)
    said = answering(THANKS)
    assert report_wrong_answers(at=LATER - timedelta(seconds=1)) == 0
    undo(entry, by=boss, at=LATER)
    assert report_wrong_answers(at=LATER + REPORTED_AFTER) == 0
    assert said == []


@pytest.mark.parametrize("reply", [Failure.NO_ANSWER, "invalid"])
def test_a_report_is_tried_again_and_not_for_ever(
    reply: str | Failure, issue: Issue, answering: Answering
) -> None:
    answered(issue, answering, "false", "spam")
    said = answering(reply)
    for attempt in range(MOST_ATTEMPTS + 2):
        assert report_wrong_answers(at=LATER + attempt * REPORT_RETRY) == 0
    assert len(said) == MOST_ATTEMPTS
    assert not SpamAnswer.objects.exists()


def test_an_answer_about_earlier_words_is_forgotten(issue: Issue, answering: Answering) -> None:
    answering("false")
    comment = send(issue)
    check_due_comments(at=NOW)
    own_comments.edit(comment, "Cheap beds!", at=NOW, ip="203.0.113.9")
    assert not SpamAnswer.objects.exists()
