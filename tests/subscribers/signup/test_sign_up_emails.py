"""The sign-up emails as a strict mail server receives them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from briefings.models import Briefing
from newsroom import emails
from subscribers.models import SignUp
from subscribers.sending.list_headers import list_id
from tests.factories import make_briefing, make_published_issue
from tests.servers.smtp import ReceivedEmail, SmtpServer

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"
LONG = "Räte, Bürgermeister & «Ausschüsse»: was sie beschließen, und was sie "


@pytest.fixture
def smtp(settings: Any, smtp_server: SmtpServer) -> SmtpServer:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_server.port
    return smtp_server


def sign_up_and_confirm(
    client: Client, server: SmtpServer, *briefings: Briefing
) -> list[ReceivedEmail]:
    slugs = [briefing.slug for briefing in briefings]
    name = "Zoë\r\nBcc: everybody"
    client.post("/subscribe/", {"address": ADA, "name": name, "briefings": slugs})
    emails.send_due_emails()
    client.post(f"/confirm/{SignUp.objects.get().token}/")
    emails.send_due_emails()
    return server.emails()


@pytest.mark.parametrize("title", ["The Ward Round", 'Beds, "Wards" & Co.', "Räte & Bürger", LONG])
def test_emails_about_one_briefing_belong_to_its_list(
    client: Client, smtp: SmtpServer, title: str
) -> None:
    briefing = make_briefing(title=title.strip(), slug="ward-round")
    make_published_issue(briefing=briefing, title=LONG * 2)
    received = sign_up_and_confirm(client, smtp, briefing)
    assert len(received) == 2
    for email in received:
        assert email.recipients == (ADA,)
        assert email.message["Bcc"] is None
        assert email.message.get_all("Auto-Submitted") == ["auto-generated"]
        [named] = email.message.get_all("List-Id", [])
        phrase, _, identifier = " ".join(str(named).split()).rpartition(" ")
        assert identifier == "<ward-round.news.example.com>"
        assert re.sub(r'["\\]', "", phrase) == briefing.title.replace('"', "")
        assert max(map(len, email.raw.split(b"\r\n"))) <= 998
    confirmation, welcome = received
    assert confirmation.message["List-Unsubscribe"] is None
    assert len(welcome.message.get_all("List-Unsubscribe", [])) == 1
    assert welcome.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    one_click = str(welcome.message["List-Unsubscribe"]).strip(" <>")
    path = one_click.removeprefix("http://news.example.com")
    assert Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"}).content


def test_every_email_has_both_parts(client: Client, smtp: SmtpServer) -> None:
    received = sign_up_and_confirm(client, smtp, make_briefing(), make_briefing())
    for email in received:
        text = email.message.get_body(("plain",))
        html = email.message.get_body(("html",))
        assert text is not None
        assert html is not None
        assert 'lang="en-GB"' in html.get_content()
        assert "&amp;" not in text.get_content()
        assert max(map(len, text.get_content().splitlines())) <= 78


def test_a_list_id_is_short_enough_whatever_the_title() -> None:
    wide = make_briefing(title="字" * 120, slug="wide")
    assert list_id(wide) == "<wide.news.example.com>"
    narrow = make_briefing(title="The Ward Round", slug="narrow")
    assert list_id(narrow) == "The Ward Round <narrow.news.example.com>"
