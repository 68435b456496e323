"""Messages to an author: a copy of those about a recent issue is part of its response."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from briefings.models import (
    Comment,
    CommentChannel,
    CommentState,
    Issue,
    Quotation,
    QuoteChoice,
    QuoteConsent,
)
from briefings.quote_wording import EXPLANATION_OF_MESSAGES, WORDING_VERSION
from newsroom.models import OutgoingEmail
from newsroom.tasks import apply_retention
from subscribers.privacy.data_export import make_data_export
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at
from tests.briefings.response.response_in_tests import make_private
from tests.briefings.test_comment_identity import sign_in
from tests.briefings.test_contact_form import send, text_of
from tests.factories import make_briefing, make_contributor, make_published_issue, make_reader

if TYPE_CHECKING:
    from django.test import Client

    from briefings.models import Contributor

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


@pytest.fixture
def rosa() -> Contributor:
    return make_contributor(name="Rosa Meyer", contact="rosa@newsroom.example")


def make_issue_by(author: Contributor, *, days_ago: float, **fields: Any) -> Issue:
    at = timezone.now() - timedelta(days=days_ago)
    return make_published_issue(briefing=make_briefing(lead=author), at=at, **fields)


def test_a_copy_is_a_private_response_to_the_issue_whose_page_led_to_the_form(
    client: Client, rosa: Contributor
) -> None:
    make_issue_by(rosa, days_ago=1)
    issue = make_issue_by(rosa, days_ago=50, title="Beds & wards")
    link = f"{rosa.get_absolute_url()}?issue={issue.pk}"
    assert f'href="{link}#contact"' in client.get(issue.get_absolute_url()).content.decode()
    form = client.get(link)
    assert f'name="issue" value="{issue.pk}"' in form.content.decode()
    assert "keeps a copy with what other readers say about “ Beds & wards ”" in text_of(
        form.content
    )
    send(client, rosa, issue=str(issue.pk), name="Ada Byron", quoting="named")
    copy = Comment.objects.get()
    assert (copy.issue, copy.state, copy.channel) == (
        issue,
        CommentState.PRIVATE,
        CommentChannel.MESSAGE,
    )
    assert (copy.name, copy.email, copy.body) == (
        "Ada Byron",
        ADA,
        "The bus is back.\n\n> Since Monday.",
    )
    assert (copy.quoting, copy.name_to_quote) == (QuoteChoice.NAMED, "Ada Byron")
    assert copy.confirmed_at is None
    email = OutgoingEmail.objects.get()
    assert f"response to {issue.briefing.title} {issue.number}" in " ".join(email.text.split())


def test_what_its_sender_chose_about_quoting_is_on_record(
    client: Client, rosa: Contributor
) -> None:
    make_issue_by(rosa, days_ago=1)
    send(client, rosa, quoting="anonymous")
    consent = QuoteConsent.objects.get()
    assert (consent.choice, consent.wording_version) == (QuoteChoice.ANONYMOUS, WORDING_VERSION)
    assert str(EXPLANATION_OF_MESSAGES) in consent.wording
    assert consent.source == f"{rosa.get_absolute_url()}contact/"
    assert consent.ip


def test_without_an_issue_that_led_there_it_is_about_the_authors_last_one(
    client: Client, rosa: Contributor
) -> None:
    other = make_published_issue()
    make_issue_by(rosa, days_ago=20)
    last = make_issue_by(rosa, days_ago=10)
    for asked in ("", "x", "0", "99999999999999999999", str(other.pk)):
        send(client, rosa, message=f"About {asked or 'nothing'}.", issue=asked)
    assert set(Comment.objects.values_list("issue", flat=True)) == {last.pk}
    assert Comment.objects.count() == 5


def test_long_after_the_last_issue_no_copy_is_kept(client: Client, rosa: Contributor) -> None:
    make_issue_by(rosa, days_ago=31)
    assert "We keep no copy." in text_of(client.get(rosa.get_absolute_url()).content)
    send(client, rosa)
    assert not Comment.objects.exists()
    assert "We keep no copy" in OutgoingEmail.objects.get().text


def test_a_double_click_makes_one_copy(
    client: Client, rosa: Contributor, django_capture_on_commit_callbacks: Any
) -> None:
    make_issue_by(rosa, days_ago=1)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            assert send(client, rosa).status_code == 302
    assert Comment.objects.count() == 1
    assert OutgoingEmail.objects.count() == 1


def test_a_refused_form_keeps_its_issue_and_no_copy(client: Client, rosa: Contributor) -> None:
    make_issue_by(rosa, days_ago=1)
    issue = make_issue_by(rosa, days_ago=5)
    page = send(client, rosa, email="nobody", issue=str(issue.pk))
    assert f'name="issue" value="{issue.pk}"' in page.content.decode()
    assert not Comment.objects.exists()


def test_its_sender_finds_it_among_their_comments_and_withdraws_it(
    client: Client, rosa: Contributor
) -> None:
    make_issue_by(rosa, days_ago=1)
    send(client, rosa, quoting="anonymous")
    sign_in(client, ADA)
    copy = Comment.objects.get()
    page = text_of(client.get("/comments/mine/").content)
    assert "The bus is back." in page
    assert "for the newsroom only" in page
    assert "Change the words" not in page
    assert "Emails about replies" not in page
    client.post(f"/comments/mine/{copy.pk}/", {"do": "edit", "body": "Another thing."})
    client.post(f"/comments/mine/{copy.pk}/", {"do": "quoting", "quoting": "no"})
    copy.refresh_from_db()
    assert (copy.state, copy.quoting) == (CommentState.PRIVATE, QuoteChoice.NO)
    assert copy.body.startswith("The bus")
    client.post(f"/comments/mine/{copy.pk}/", {"do": "withdraw"})
    copy.refresh_from_db()
    assert copy.state == CommentState.WITHDRAWN
    assert copy.confirmed_at is not None


def test_messages_of_others_do_not_stop_a_reader_from_commenting(
    client: Client, rosa: Contributor
) -> None:
    """Anybody can enter an address; its owner's limits are not used up."""
    issue = make_issue_by(rosa, days_ago=1)
    commenter = sign_in(client, ADA)
    for number in range(70):
        make_private(
            on=issue,
            channel=CommentChannel.MESSAGE,
            commenter=commenter,
            email=ADA,
            body=f"Message {number}",
        )
    client.post(
        f"/comments/on/{issue.briefing.slug}/{issue.number}/",
        {"body": "My own words.", "quoting": "no"},
    )
    assert issue.comments.filter(body="My own words.").exists()


def test_a_copy_is_deleted_after_a_year_unless_it_was_quoted(rosa: Contributor) -> None:
    issue = make_issue_by(rosa, days_ago=1)
    now = timezone.now()
    old, quoted, new = (
        make_private(
            on=issue,
            channel=CommentChannel.MESSAGE,
            body=body,
            created_at=now - timedelta(days=days),
        )
        for body, days in (("Old", 367), ("Quoted", 367), ("New", 360))
    )
    answer = make_private(
        on=issue, channel=CommentChannel.ANSWER, created_at=now - timedelta(days=367)
    )
    section = issue.sections.all()[0]
    Quotation.objects.create(
        issue=issue, section=section, comment=quoted, position=0, excerpt="Quoted"
    )
    apply_retention()
    assert set(Comment.objects.all()) == {quoted, new, answer}
    assert not Comment.objects.filter(pk=old.pk).exists()


def test_export_and_erasure_include_it(client: Client, rosa: Contributor) -> None:
    issue = make_issue_by(rosa, days_ago=1)
    subscriber = make_reader(of=issue.briefing, email=ADA).subscriber
    send(client, rosa, message="A private matter.")
    assert "A private matter." in str(make_data_export(subscriber, at=timezone.now()))
    erase(person_at(ADA), keep_words=True)
    assert not Comment.objects.exists()
    assert not QuoteConsent.objects.exists()
