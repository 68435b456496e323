"""Quoted readers are told once when the issue is out, or it is noted why not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Comment, Commenter, CommentState, Issue, Quotation, QuoteChoice
from briefings.models.quotation import NotTold
from briefings.quotations import quoted_emails
from briefings.quotations.quoted_emails import tell_quoted_readers
from newsroom.emails import queue_email
from newsroom.models import OutgoingEmail
from subscribers.models import Suppression
from subscribers.models.address_hash import hash_address
from tests.briefings.admin_client import change_url, staff_client
from tests.briefings.quotations.quoted_in_tests import (
    EXCERPT,
    make_draft_quoting,
    make_response,
    publish,
)
from tests.factories import make_published_issue

pytestmark = pytest.mark.django_db


def tell() -> list[OutgoingEmail]:
    """Do what the task does; return the emails that wait."""
    tell_quoted_readers(at=timezone.now())
    return list(OutgoingEmail.objects.filter(name="quoted").order_by("pk"))


def test_each_quoted_reader_gets_one_email_once_the_issue_is_out() -> None:
    issue = make_published_issue()
    ada = make_response(on=issue, email="ada@x.example")
    also_ada = make_response(on=issue, email="Ada@x.example", commenter=ada.commenter)
    bo = make_response(on=issue, email="bo@x.example", quoting=QuoteChoice.ANONYMOUS)
    draft = make_draft_quoting(ada, also_ada, bo)
    assert tell() == []
    publish(draft)
    tell()
    emails = tell()
    assert [email.to for email in emails] == ["ada@x.example", "bo@x.example"]
    assert emails[0].text.count(EXCERPT) == 2
    assert draft.get_absolute_url() in emails[0].text
    assert not Quotation.objects.filter(told_at=None).exists()


def test_one_click_ends_these_emails_and_a_get_does_not() -> None:
    issue = make_published_issue()
    comment = make_response(on=issue)
    publish(make_draft_quoting(comment))
    [email] = tell()
    link = email.headers["List-Unsubscribe"].strip("<>")
    assert email.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    client = Client(enforce_csrf_checks=True)
    assert "Stop these emails" in client.get(link).content.decode()
    assert Commenter.objects.get().told_when_quoted
    client.post(link, {"List-Unsubscribe": "One-Click"})
    assert not Commenter.objects.get().told_when_quoted
    publish(make_draft_quoting(comment))
    assert len(tell()) == 1
    assert Quotation.objects.latest("pk").not_told == NotTold.NOT_WANTED


def test_a_reader_without_a_row_of_their_own_can_end_them_too() -> None:
    issue = make_published_issue()
    publish(make_draft_quoting(make_response(on=issue, commenter=None)))
    [email] = tell()
    Client().post(email.headers["List-Unsubscribe"].strip("<>"))
    assert not Commenter.objects.get().told_when_quoted


def test_whoever_is_not_told_is_accounted_for() -> None:
    issue = make_published_issue()
    told = make_response(on=issue, email="told@x.example")
    suppressed = make_response(on=issue, email="never@x.example")
    gone = make_response(on=issue, email="gone@x.example")
    nowhere = make_response(on=issue, email="nowhere@x.example")
    Suppression.objects.create(address_hash=hash_address("never@x.example"), reason="bounced")
    publish(make_draft_quoting(told, suppressed, gone, nowhere))
    Comment.objects.filter(pk=gone.pk).update(state=CommentState.WITHDRAWN)
    Comment.objects.filter(pk=nowhere.pk).update(email="")
    assert [email.to for email in tell()] == ["told@x.example"]
    found = dict(Quotation.objects.exclude(not_told="").values_list("response", "not_told"))
    assert found == {
        suppressed.pk: NotTold.SUPPRESSED,
        gone.pk: NotTold.GONE,
        nowhere.pk: NotTold.NO_ADDRESS,
    }
    assert not Quotation.objects.filter(told_at=None, not_told="").exists()
    page = staff_client("Editors").get(change_url(Issue.objects.latest("pk"))).content.decode()
    assert "1 of 4 quoted readers told; 1 not told: the quotation was gone by then; " in page


class Killed(BaseException):
    """What ends a process: nothing catches it."""


@pytest.mark.parametrize("survived", range(4))
def test_everybody_is_told_once_although_the_worker_dies_in_between(
    survived: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies at any of the emails; what it leaves is what it had committed, issue by issue."""
    first = make_published_issue()
    for number in range(2):
        one, other = (
            make_response(on=first, email=f"reader{number}{which}@x.example") for which in "ab"
        )
        publish(make_draft_quoting(one, other))
    left = iter(range(survived))

    def queue_until_killed(*args: Any, **kwargs: Any) -> None:
        if next(left, None) is None:
            raise Killed
        queue_email(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(quoted_emails, "queue_email", queue_until_killed)
        with pytest.raises(Killed):
            tell()
    tell()
    emails = tell()
    assert sorted(email.to for email in emails) == [
        f"reader{number}{which}@x.example" for number in range(2) for which in "ab"
    ]
    assert not Quotation.objects.filter(told_at=None).exists()


def test_it_is_in_the_language_of_the_briefing() -> None:
    issue = make_published_issue()
    issue.briefing.language = "de"
    issue.briefing.save()
    publish(make_draft_quoting(make_response(on=issue)))
    [email] = tell()
    assert re.search(r"zitiert", email.subject)
