"""Writing a comment: what the form accepts and refuses; it never loses what was typed."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from unittest.mock import patch

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from briefings.comment_submission import MAX_UNCONFIRMED
from briefings.models import Comment, CommentState, Issue
from newsroom import form_guard
from newsroom.models import OutgoingEmail
from tests.factories import make_briefing, make_comment, make_published_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db


def send(client: Client, on: Issue, **fields: str) -> HttpResponse:
    data = {"body": "Our ward is one of the 214.", "email": "ada@example.org", **fields}
    response = client.post(f"{on.get_absolute_url()}comments/", data)
    assert isinstance(response, HttpResponse)
    return response


def text_of(html: bytes) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html.decode()).split()))


def test_a_comment_waits_until_its_address_is_confirmed(client: Client) -> None:
    issue = make_published_issue()
    section = issue.sections.all()[0]
    response = send(client, issue, name="  Ada \n Byron ", section=str(section.pk))
    assert response.status_code == 302
    assert "Open it and confirm your comment" in text_of(
        client.get(response["Location"].partition("#")[0]).content
    )
    comment = Comment.objects.get()
    assert comment.state == CommentState.UNCONFIRMED
    assert (comment.name, comment.email) == ("Ada Byron", "ada@example.org")
    assert comment.section == section
    assert "Our ward" not in client.get(issue.get_absolute_url()).content.decode()
    email = OutgoingEmail.objects.get()
    assert (email.name, email.to) == ("confirm_comment", "ada@example.org")
    assert "http://news.example.com/comments/confirm/" in email.text
    assert "http://news.example.com/comments/confirm/" in email.html


def test_the_email_contains_nothing_that_was_typed_into_the_form(client: Client) -> None:
    issue = make_published_issue(title="Council & mayor")
    send(client, issue, body="Buy at https://spam.example/ <b>now</b>", name="Cheap Pills")
    email = OutgoingEmail.objects.get()
    for part in (email.subject, email.text, email.html):
        assert "spam.example" not in part
        assert "Pills" not in part
    assert "Council & mayor" in email.subject
    assert "“Council & mayor”" in email.text
    assert "Council &amp; mayor" in email.html


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("body", "", "Write your comment."),
        ("body", " \r\n\t ", "Write your comment."),
        ("body", "x" * 5_001, "Your comment is 5,001 characters long. Shorten it to 5,000"),
        ("body", "nul \x00 nul", "Null characters are not allowed"),
        ("email", "", "Enter your email address"),
        ("email", "not-an-address", "email address"),
        ("email", "a@b.org\r\nBcc: c@d.org", "email address"),
        ("name", "n" * 81, "80 characters or fewer"),
        ("section", "999999", "Choose a section from the list"),
        ("section", "x", "Choose a section from the list"),
    ],
)
def test_an_invalid_field_is_named_with_what_to_do_and_nothing_typed_is_lost(
    client: Client, field: str, value: str, sentence: str
) -> None:
    issue = make_published_issue()
    words = {"body": "Kept words", "email": "kept@example.org", "name": "Kept Name"}
    response = send(client, issue, **(words | {field: value}))
    assert response.status_code == 422
    html = response.content.decode()
    assert sentence in text_of(response.content)
    assert f'id="id_{field}_error"' in html
    control = re.search(rf'<(?:input|textarea|select)[^>]*id="id_{field}"[^>]*>', html)
    assert control
    assert 'aria-invalid="true"' in control[0]
    assert f"id_{field}_error" in control[0]
    for name, kept in words.items():
        if name != field:
            assert kept in html
    assert not Comment.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_a_comment_can_have_5000_characters_whatever_ends_its_lines(client: Client) -> None:
    body = ("x" * 99 + "\r\n") * 49 + "y" * 100
    assert send(client, make_published_issue(), body=body).status_code == 302
    assert Comment.objects.get().body == body.replace("\r\n", "\n")


def test_a_comment_of_a_megabyte_is_refused_with_its_length(client: Client) -> None:
    response = send(client, make_published_issue(), body="x" * 1_048_576)
    assert response.status_code == 422
    assert "Your comment is 1,048,576 characters long" in text_of(response.content)


def test_an_internationalised_address_is_accepted(client: Client) -> None:
    assert send(client, make_published_issue(), email="użytkownik@example.org").status_code == 302
    assert OutgoingEmail.objects.get().to == "użytkownik@example.org"


def test_over_the_limit_of_an_address_nothing_points_to_its_inbox(client: Client) -> None:
    with patch.object(form_guard, "HOURLY_PER_ADDRESS", 0):
        response = send(client, make_published_issue())
    text = text_of(response.content)
    assert response.status_code == 429
    assert "inbox" not in text
    assert "your comment is not sent. It is still here" in text
    assert "Our ward is one of the 214." in text


def test_a_field_that_people_do_not_see_stops_bots_without_telling_them(client: Client) -> None:
    response = send(client, make_published_issue(), website="https://spam.example/")
    assert response.status_code == 302
    assert not Comment.objects.exists()


def test_a_get_of_the_forms_address_redirects_to_the_form(client: Client) -> None:
    issue = make_published_issue()
    response = client.get(f"{issue.get_absolute_url()}comments/")
    assert response.status_code == 302
    assert response["Location"] == f"{issue.get_absolute_url()}#comment-form"


# --- replies


def test_a_reply_joins_the_thread_of_its_comment(client: Client) -> None:
    issue = make_published_issue()
    thread = make_comment(on=issue, name="Imran")
    reply = make_comment(on=issue, parent=thread, name="Rosa")
    html = client.get(f"{issue.get_absolute_url()}?reply_to={reply.pk}").content.decode()
    assert "Reply to <bdi>Imran</bdi>" in html
    assert f'name="reply_to" value="{thread.pk}"' in html
    send(client, issue, reply_to=str(reply.pk))
    assert Comment.objects.get(state=CommentState.UNCONFIRMED).parent == thread


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "9" * 40, "²"])
def test_a_reply_to_nothing_is_a_comment_on_the_issue(client: Client, number: str) -> None:
    issue = make_published_issue()
    assert client.get(f"{issue.get_absolute_url()}?reply_to={number}").status_code == 200
    assert send(client, issue, reply_to=number).status_code == 302
    assert Comment.objects.get().parent is None


def test_nobody_replies_to_a_hidden_comment_or_one_of_another_issue(client: Client) -> None:
    issue = make_published_issue()
    hidden = make_comment(on=issue, state=CommentState.PENDING)
    elsewhere = make_comment(on=make_published_issue())
    for comment in (hidden, elsewhere):
        send(client, issue, reply_to=str(comment.pk), body=f"To {comment.pk}")
        assert Comment.objects.get(body=f"To {comment.pk}").parent is None


# --- when comments are closed


def test_comments_close_after_the_briefings_number_of_days(client: Client) -> None:
    briefing = make_briefing(comments_close_after=14)
    issue = make_published_issue(briefing=briefing, at=timezone.now() - timedelta(days=14))
    make_comment(on=issue, body="In time")
    html = client.get(issue.get_absolute_url()).content.decode()
    assert "In time" in html
    assert "Comments on this issue closed on" in html
    assert "<textarea" not in html
    assert "reply_to" not in html


def test_a_comment_that_comes_too_late_is_refused_and_shown_for_copying(client: Client) -> None:
    issue = make_published_issue(at=timezone.now() - timedelta(days=15))
    response = send(client, issue, body="Late <words>")
    assert response.status_code == 403
    assert "Comments on this issue are closed" in text_of(response.content)
    assert "Late &lt;words&gt;</textarea>" in response.content.decode()
    assert not Comment.objects.exists()


def test_a_briefing_can_take_no_comments_at_all(client: Client) -> None:
    issue = make_published_issue(briefing=make_briefing(comments_close_after=0))
    assert 'id="comments"' not in client.get(issue.get_absolute_url()).content.decode()
    assert send(client, issue).status_code == 403


def test_an_unpublished_issue_takes_no_comments(client: Client) -> None:
    assert send(client, make_scheduled_issue()).status_code == 404


def test_invisible_characters_are_neither_a_comment_nor_a_name(client: Client) -> None:
    issue = make_published_issue()
    response = send(client, issue, body="\u200b\u202e \u2060")
    assert response.status_code == 422
    assert "Write your comment." in text_of(response.content)
    assert send(client, issue, name="\u200b\u2060", body="👩‍👧").status_code == 302
    assert Comment.objects.get().display_name == "Anonymous"


# --- too many


def test_a_comment_sent_twice_is_one_comment_and_one_email(client: Client) -> None:
    issue = make_published_issue()
    assert [send(client, issue).status_code for _ in range(2)] == [302, 302]
    assert Comment.objects.count() == OutgoingEmail.objects.count() == 1


def test_a_second_email_to_an_address_waits_ten_minutes(client: Client) -> None:
    issue = make_published_issue()
    send(client, issue, body="One")
    send(client, issue, body="Two", email="ADA@example.org")
    send(client, issue, body="Three", email="someone-else@example.org")
    first, second, other = OutgoingEmail.objects.order_by("pk")
    assert second.not_before - first.not_before > timedelta(minutes=9, seconds=50)
    assert other.not_before <= timezone.now()


def test_too_many_unconfirmed_comments_of_an_address_are_refused_with_what_to_do(
    client: Client,
) -> None:
    issue = make_published_issue()
    for number in range(MAX_UNCONFIRMED):
        assert send(client, issue, body=f"Number {number}").status_code == 302
    response = send(client, issue, body="One too many")
    assert response.status_code == 429
    assert "Several of your comments are not confirmed yet" in text_of(response.content)
    assert "One too many</textarea>" in response.content.decode()
    assert send(client, issue, email="someone-else@example.org").status_code == 302
