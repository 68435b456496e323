"""Whether we may quote who sent a comment by email: the first email that answers them asks."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from briefings.comment_identity import COOKIE
from briefings.comment_submission import (
    CONFIRMATION_EMAIL_INTERVAL,
    confirmation_path,
    submit_emailed_comment,
)
from briefings.models import Comment, Commenter, CommentState, Issue, QuoteChoice, QuoteConsent
from briefings.quotations.consent_requests import ask_to_quote
from briefings.quotations.quotable import Standing, standing_of
from briefings.quote_wording import ANSWERS, QUESTION, WORDING_VERSION
from newsroom.models import OutgoingEmail
from subscribers.models import Suppression, SuppressionReason
from subscribers.models.address_hash import hash_address
from tests.factories import make_contributor, make_published_issue

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


@pytest.fixture
def issue() -> Issue:
    return make_published_issue(title="Council & mayor")


def arrive(issue: Issue, *, key: str = "1", **fields: Any) -> Comment:
    """Take a reply by email whose writer is proved, unless `is_proved` says otherwise."""
    fields.setdefault("at", timezone.now())
    submit_emailed_comment("Our ward is shut.", email=ADA, issue=issue, key=key, **fields)
    return Comment.objects.get(mail_key=key)


def link_of(email: OutgoingEmail) -> str:
    [link] = re.findall(r"http://news\.example\.com(/comments/quoting/\S+)", email.text)
    return str(link)


def test_the_first_email_that_answers_a_reply_asks_whether_we_may_quote_it(issue: Issue) -> None:
    arrive(issue)
    email = OutgoingEmail.objects.get()
    assert email.to == ADA
    assert email.subject == "Thank you for your answer to “Council & mayor”"
    assert email.headers["Auto-Submitted"] == "auto-replied"
    assert str(QUESTION) in " ".join(email.text.split())
    assert str(QUESTION) in email.html
    assert link_of(email) in email.html
    assert "Our ward" not in email.text


def test_the_answer_is_a_consent_record_and_a_link_scanner_gives_none(
    client: Client, issue: Issue
) -> None:
    comment = arrive(issue)
    link = link_of(OutgoingEmail.objects.get())
    page = client.get(link)
    assert page.status_code == 200
    assert "Our ward is shut." in page.content.decode()
    assert not QuoteConsent.objects.exists()
    response = client.post(link, {"quoting": "anonymous"})
    assert "We may quote this comment in a later issue, without your name." in (
        response.content.decode()
    )
    assert COOKIE not in response.cookies
    record = QuoteConsent.objects.get()
    assert (record.comment, record.choice) == (comment, QuoteChoice.ANONYMOUS)
    assert record.wording.startswith(str(QUESTION))
    assert record.wording.endswith(str(ANSWERS[QuoteChoice.ANONYMOUS]))
    assert record.wording_version == WORDING_VERSION
    assert record.ip == "127.0.0.1"
    assert link.split("/")[3] not in record.source  # no token in the record
    comment.refresh_from_db()
    assert comment.quoting == QuoteChoice.ANONYMOUS


def test_a_refusal_is_recorded_too_and_the_link_takes_one_answer(
    client: Client, issue: Issue
) -> None:
    comment = arrive(issue)
    link = link_of(OutgoingEmail.objects.get())
    client.post(link, {"quoting": "no"})
    page = client.post(link, {"quoting": "anonymous"}).content.decode()
    assert "We will not quote this comment." in page
    assert [record.choice for record in QuoteConsent.objects.all()] == [QuoteChoice.NO]
    comment.refresh_from_db()
    assert comment.quoting == QuoteChoice.NO


def test_by_name_asks_for_the_name(client: Client, issue: Issue) -> None:
    make_contributor(name="Noor Haddad")
    comment = arrive(issue)
    link = link_of(OutgoingEmail.objects.get())
    for name in ("", "Noor Haddad", "x" * 81, "www.spam.example"):
        assert client.post(link, {"quoting": "named", "quote_name": name}).status_code == 422
    assert not QuoteConsent.objects.exists()
    page = client.post(link, {"quoting": "named", "quote_name": "Ada Byron"}).content.decode()
    assert "with the name <bdi>Ada Byron</bdi>" in page
    comment.refresh_from_db()
    assert (comment.name, comment.name_to_quote) == ("", "Ada Byron")


@pytest.mark.parametrize("token", ["forged", "MQ:1abcde:" + "x" * 43])
def test_a_forged_link_changes_nothing(client: Client, issue: Issue, token: str) -> None:
    arrive(issue)
    assert client.post(f"/comments/quoting/{token}/", {"quoting": "anonymous"}).status_code == 404
    assert not QuoteConsent.objects.exists()


def test_the_link_to_a_withdrawn_comment_no_longer_works(client: Client, issue: Issue) -> None:
    comment = arrive(issue)
    Comment.objects.filter(pk=comment.pk).update(state=CommentState.WITHDRAWN)
    link = link_of(OutgoingEmail.objects.get())
    assert client.get(link).status_code == 404
    assert client.post(link, {"quoting": "anonymous"}).status_code == 404


def test_several_replies_make_an_email_each_and_not_all_at_once(issue: Issue) -> None:
    now = timezone.now()
    for number in range(3):
        arrive(issue, key=str(number), at=now + timedelta(seconds=number))
    due = list(OutgoingEmail.objects.order_by("not_before").values_list("not_before", flat=True))
    for earlier, later in pairwise(due):
        assert later - earlier >= CONFIRMATION_EMAIL_INTERVAL
    arrive(issue, key="2")  # the same email again
    assert OutgoingEmail.objects.count() == 3


def test_nobody_is_asked_whom_we_must_not_write_to(issue: Issue) -> None:
    Suppression.objects.create(address_hash=hash_address(ADA), reason=SuppressionReason.ERASED)
    arrive(issue)
    assert not OutgoingEmail.objects.exists()
    assert Comment.objects.exists()


def test_who_has_to_confirm_a_reply_is_asked_on_that_page(client: Client, issue: Issue) -> None:
    comment = arrive(issue, is_proved=False)
    assert OutgoingEmail.objects.get().name == "confirm_comment"
    path = confirmation_path(comment)
    assert str(QUESTION) in client.get(path).content.decode()
    assert client.post(path, {"quoting": "named"}).status_code == 422  # without a name
    comment.refresh_from_db()
    assert comment.state == CommentState.UNCONFIRMED
    client.post(path, {"quoting": "named", "quote_name": "Ada Byron"})
    comment.refresh_from_db()
    assert comment.state == CommentState.PENDING
    assert (comment.quoting, comment.name_to_quote) == (QuoteChoice.NAMED, "Ada Byron")
    assert QuoteConsent.objects.get().choice == QuoteChoice.NAMED
    assert str(QUESTION) not in client.get(path).content.decode()


def test_who_confirms_a_reply_and_leaves_the_question_as_it_is_has_not_refused(
    client: Client, issue: Issue
) -> None:
    comment = arrive(issue, is_proved=False)
    client.post(confirmation_path(comment), {"quoting": "no", "quote_name": ""})
    comment.refresh_from_db()
    assert (comment.state, comment.quoting) == (CommentState.PENDING, QuoteChoice.NO)
    assert not QuoteConsent.objects.exists()
    assert standing_of(comment) == Standing.NOT_ASKED
    ask_to_quote(comment, by=None, at=timezone.now())
    assert OutgoingEmail.objects.filter(name="may_we_quote").count() == 1


def test_a_fault_while_consent_is_recorded_confirms_nothing(
    client: Client, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = arrive(issue, is_proved=False)
    path, answer = confirmation_path(comment), {"quoting": "named", "quote_name": "Ada Byron"}

    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseError("the disk is full")

    with monkeypatch.context() as fault:
        fault.setattr(QuoteConsent.objects, "create", fail)
        with pytest.raises(DatabaseError, match="disk is full"):
            client.post(path, answer)
    comment.refresh_from_db()
    assert (comment.state, comment.confirmed_at) == (CommentState.UNCONFIRMED, None)
    assert (comment.quoting, comment.quote_name) == (QuoteChoice.NO, "")
    assert not Commenter.objects.exists()
    assert not QuoteConsent.objects.exists()
    assert COOKIE not in client.cookies

    client.post(path, answer)  # the same link still works
    comment.refresh_from_db()
    assert comment.state == CommentState.PENDING
    assert QuoteConsent.objects.get().choice == QuoteChoice.NAMED
