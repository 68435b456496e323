"""Writing to an author: the form on their page, the email that it becomes, and its limits."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client

from briefings import contact_form
from briefings.contact_form import MAX_MESSAGE_CHARS
from briefings.models import Contributor, QuoteChoice
from briefings.quote_wording import ANSWERS, QUESTION
from newsroom import form_guard
from newsroom.models import OutgoingEmail
from tests.factories import make_briefing, make_contributor, make_correction, make_published_issue

pytestmark = pytest.mark.django_db

ADDRESS = "rosa@newsroom.example"


@pytest.fixture
def rosa() -> Contributor:
    return make_contributor(name="Rosa Meyer", contact=ADDRESS)


def send(client: Client, to: Contributor, **fields: str) -> HttpResponse:
    data = {
        "message": "The bus is back.\r\n\r\n> Since Monday.",
        "email": "ada@example.org",
        "quoting": "no",
        **fields,
    }
    response = client.post(f"{to.get_absolute_url()}contact/", data)
    assert isinstance(response, HttpResponse)
    return response


def text_of(html: bytes) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html.decode()).split()))


def test_a_message_goes_to_the_author_who_answers_the_reader(
    client: Client, rosa: Contributor
) -> None:
    response = send(client, rosa, name="  Ada \n Byron & son ", quoting="named")
    page = client.get(response["Location"].partition("#")[0])
    assert "Your message is on its way" in text_of(page.content)
    email = OutgoingEmail.objects.get()
    assert (email.name, email.to) == ("contact_author", ADDRESS)
    assert email.headers["Reply-To"] == "ada@example.org"
    assert email.subject == "Ada Byron & son writes to you"
    assert "The bus is back.\n\n> Since Monday." in email.text
    assert "You may quote them with their name." in email.text
    assert "You may quote them with their name." in email.html


@pytest.mark.parametrize(
    ("quoting", "words"),
    [("no", "Please do not quote them."), ("anonymous", "but without their name")],
)
def test_the_email_says_whether_the_reader_may_be_quoted(
    client: Client, rosa: Contributor, quoting: str, words: str
) -> None:
    send(client, rosa, quoting=quoting)
    assert words in OutgoingEmail.objects.get().text


def test_no_public_page_shows_the_address_of_an_author(client: Client, rosa: Contributor) -> None:
    briefing = make_briefing(lead=rosa)
    issue = make_published_issue(briefing=briefing, author=rosa)
    make_correction(issue)
    pages = [
        *("/", briefing.get_absolute_url(), issue.get_absolute_url(), rosa.get_absolute_url()),
        *(f"{briefing.get_absolute_url()}corrections/", f"{briefing.get_absolute_url()}feed/"),
    ]
    for page in pages:
        html = client.get(page).content.decode()
        assert ADDRESS not in html, page
        assert "mailto:" not in html.replace("mailto:?", ""), page
    assert (
        f'href="{rosa.get_absolute_url()}?issue={issue.pk}#contact"'
        in client.get(issue.get_absolute_url()).content.decode()
    )


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"message": " \u200b\n"}, "Write your message."),
        ({"message": "x" * (MAX_MESSAGE_CHARS + 1)}, "5,001 characters long"),
        ({"email": "nobody"}, "email address"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "email address"),
        ({"quoting": ""}, "Choose whether we may quote you."),
        ({"quoting": "named"}, "Enter your name, so that we can quote you with it."),
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(
    client: Client, rosa: Contributor, fields: dict[str, str], error: str
) -> None:
    response = send(client, rosa, **fields)
    assert response.status_code == 422
    text = text_of(response.content)
    assert error in text
    if "message" not in fields:
        assert "The bus is back." in text
    assert not OutgoingEmail.objects.exists()


def test_the_same_message_sent_twice_makes_one_email(
    client: Client, rosa: Contributor, django_capture_on_commit_callbacks: Any
) -> None:
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            assert send(client, rosa).status_code == 302
    assert OutgoingEmail.objects.count() == 1


def test_a_message_that_was_not_stored_can_be_sent_again(client: Client, rosa: Contributor) -> None:
    """A transaction that fails leaves no mark that the message was sent."""
    failing = patch.object(contact_form, "queue_email", side_effect=DatabaseError)
    with failing, pytest.raises(DatabaseError):
        send(client, rosa)
    send(client, rosa)
    assert OutgoingEmail.objects.count() == 1


def test_over_the_limit_of_an_address_nothing_points_to_its_inbox(
    client: Client, rosa: Contributor
) -> None:
    with patch.object(form_guard, "HOURLY_PER_ADDRESS", 0):
        response = send(client, rosa)
    text = text_of(response.content)
    assert response.status_code == 429
    assert "inbox" not in text
    assert "your message is not sent. It is still here" in text
    assert "The bus is back." in text


@pytest.mark.parametrize("name", ["Rosa Meyer", "R\u043esa Meyer", "ROSA  MEYER", "The Editors"])
def test_nobody_writes_under_the_name_of_a_colleague(
    client: Client, rosa: Contributor, name: str
) -> None:
    response = send(client, rosa, name=name)
    assert response.status_code == 422
    assert "could be mistaken for one of our authors" in text_of(response.content)


def test_the_email_keeps_what_the_reader_was_asked_about_being_quoted(
    client: Client, rosa: Contributor
) -> None:
    send(client, rosa, quoting="anonymous")
    email = OutgoingEmail.objects.get()
    for part in (email.text, unescape(email.html)):
        assert str(QUESTION) in " ".join(part.split())
        assert f"Answer: {ANSWERS[QuoteChoice.ANONYMOUS]}" in " ".join(part.split())


def test_an_author_is_not_flooded_and_the_message_stays_in_the_form(
    client: Client, rosa: Contributor
) -> None:
    with patch.object(contact_form, "MESSAGES_AN_HOUR", 1):
        send(client, rosa)
        refused = send(client, rosa, message="Another thing.", email="bo@example.org")
    assert refused.status_code == 429
    assert "Another thing." in text_of(refused.content)
    assert OutgoingEmail.objects.count() == 1
    # What was refused can be sent later.
    send(client, rosa, message="Another thing.", email="bo@example.org")
    assert OutgoingEmail.objects.count() == 2


def test_forms_of_bots_and_of_other_sites_send_nothing(rosa: Contributor) -> None:
    client = Client(enforce_csrf_checks=True)
    assert send(client, rosa, website="https://spam.example/").status_code == 403
    path = f"{rosa.get_absolute_url()}contact/"
    data = {"message": "Hello", "email": "ada@example.org", "quoting": "no"}
    own = {"Origin": "http://news.example.com"}
    foreign = {"Origin": "https://elsewhere.example"}
    assert client.post(path, data, headers=foreign).status_code == 403
    assert client.post(path, {**data, "website": "x"}, headers=own).status_code == 302
    assert not OutgoingEmail.objects.exists()
    assert client.post(path, data, headers=own).status_code == 302
    assert OutgoingEmail.objects.count() == 1


def test_an_author_without_an_address_has_no_form(client: Client) -> None:
    silent = make_contributor(name="Sam Silent", contact="")
    assert 'id="contact"' not in client.get(silent.get_absolute_url()).content.decode()
    assert send(client, silent).status_code == 404
    assert client.get(f"{silent.get_absolute_url()}contact/").status_code == 404


def test_the_form_needs_no_cookie(client: Client, rosa: Contributor) -> None:
    response = client.get(rosa.get_absolute_url())
    assert not response.cookies
    assert "csrfmiddlewaretoken" not in response.content.decode()
