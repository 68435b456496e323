"""Editors learn at once that an approved issue cannot quote a reader any more, not at its slot."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from briefings import own_comments
from briefings.models import Comment, Issue, QuoteChoice
from briefings.quotations.quotation_alarms import alarm_of_lost_quotations
from newsroom.models import AuditLogEntry, OutgoingEmail
from tests.briefings.admin_client import make_staff
from tests.briefings.quotations.quoted_in_tests import (
    EXCERPT,
    SAID,
    make_draft_quoting,
    make_response,
    publish,
)
from tests.factories import make_published_issue

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def editor() -> User:
    return make_staff("Editors", email="ed@news.example.com")


def approve(draft: Issue, *, scheduled: bool = True) -> Issue:
    now = timezone.now()
    draft.submit(by=None)
    draft.approve(by=None)
    if scheduled:
        draft.schedule(publish_at=now + timedelta(days=1), by=None, at=now)
    return draft


def withdraw(comment: Comment) -> None:
    own_comments.withdraw(comment, at=timezone.now(), source="/", ip=None)


def choose(comment: Comment, choice: QuoteChoice) -> None:
    own_comments.choose_quoting(comment, choice, at=timezone.now(), source="/", ip=None)


def emails() -> list[OutgoingEmail]:
    return list(OutgoingEmail.objects.filter(name="quotation_lost").order_by("pk"))


@pytest.mark.parametrize("scheduled", [True, False])
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("withdraws", "its reader has withdrawn it"),
        ("refuses", "its reader does not want to be quoted"),
        ("hides the name", "its reader chose another name, or none"),
        ("edits", "its reader has edited the comment since"),
        ("rejects", "a moderator rejected it"),
    ],
)
def test_editors_are_told_once_what_stops_an_approved_issue(
    what: str, words: str, *, scheduled: bool
) -> None:
    comment = make_response(on=make_published_issue())
    draft = approve(make_draft_quoting(comment), scheduled=scheduled)
    assert alarm_of_lost_quotations() == 0
    match what:
        case "withdraws":
            withdraw(comment)
        case "refuses":
            choose(comment, QuoteChoice.NO)
        case "hides the name":
            choose(comment, QuoteChoice.ANONYMOUS)
        case "edits":
            own_comments.edit(comment, f"{SAID} Thank you.", at=timezone.now())
        case "rejects":
            comment.reject(by=None, at=timezone.now())
    assert alarm_of_lost_quotations() == 1
    [email] = emails()
    assert email.to == "ed@news.example.com"
    text = " ".join(email.text.split())
    assert words in text
    assert ("is scheduled for" in text) == scheduled
    assert f"/admin/briefings/issue/{draft.pk}/" in text
    assert EXCERPT not in text + email.html
    entry = AuditLogEntry.objects.on(draft).get(verb="found a lost quotation")
    assert entry.detail == {"response": comment.pk}
    assert alarm_of_lost_quotations() == 0


def test_a_reader_who_agrees_again_and_takes_it_back_is_another_event() -> None:
    comment = make_response(on=make_published_issue())
    approve(make_draft_quoting(comment))
    for number in (1, 2):
        choose(comment, QuoteChoice.NO)
        alarm_of_lost_quotations()
        assert len(emails()) == number
        choose(comment, QuoteChoice.NAMED)
        alarm_of_lost_quotations()
        assert len(emails()) == number


def test_several_readers_make_one_email() -> None:
    first = make_published_issue()
    comments = [make_response(on=first, email=f"{name}@x.example") for name in ("ada", "bo")]
    approve(make_draft_quoting(*comments))
    for comment in comments:
        withdraw(comment)
    alarm_of_lost_quotations()
    [email] = emails()
    assert email.text.count("has withdrawn it") == 2


def test_nobody_is_told_of_drafts_and_of_what_is_out() -> None:
    first = make_published_issue()
    comment = make_response(on=first)
    make_draft_quoting(comment)
    publish(make_draft_quoting(comment))
    withdraw(comment)
    assert alarm_of_lost_quotations() == 0
    assert not emails()
