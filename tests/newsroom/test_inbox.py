"""The development inbox: emails as files, and the pages that show them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client
from django.urls import include, path, reverse

from newsroom import urls as site_urls
from newsroom.inbox import storage
from tests.servers.programs import ROOT, environment

HTML = "<!doctype html><html><head><title>T</title></head><body><a href='/x'>Read</a></body></html>"
pytestmark = pytest.mark.urls(__name__)
# Tests run with DEBUG off, where the site itself has no inbox.
urlpatterns = [path("inbox/", include("newsroom.inbox.urls")), *site_urls.urlpatterns]
PART = re.compile(r'src="(/inbox/[^"]+/html/)"')


@pytest.fixture(autouse=True)
def inbox(settings: Any, tmp_path: Path) -> Path:
    settings.INBOX_DIR = tmp_path / "inbox"
    return tmp_path / "inbox"


def send(
    *, to: str = "ada@example.com", subject: str = "Council & mayor", text: str = "", html: str = ""
) -> None:
    message = EmailMultiAlternatives(
        subject,
        text,
        "news@example.com",
        [to],
        connection=get_connection("newsroom.inbox.backend.InboxBackend"),
    )
    if html:
        message.attach_alternative(html, "text/html")
    message.send()


def page(client: Client, address: str = "/inbox/", **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return str(response.content.decode(errors="replace"))


def only_email() -> storage.StoredEmail:
    [email] = storage.stored_emails()
    return email


def test_an_empty_inbox_says_what_to_do(client: Client) -> None:
    assert "No emails yet" in page(client)


def test_the_newest_email_comes_first(client: Client) -> None:
    send(subject="First")
    send(subject="Second")

    words = page(client)

    assert words.index("Second") < words.index("First")


def test_an_email_page_shows_its_envelope_text_and_headers(client: Client) -> None:
    send(subject="Rat & Bürgermeister — 年", text="Read it: https://news.example.com/x/")

    words = page(client, reverse("inbox:email_detail", args=[only_email().key]))

    assert "Rat &amp; Bürgermeister — 年" in words
    assert "ada@example.com" in words
    assert "Message-ID" in words
    assert '<a href="https://news.example.com/x/"' in words


def test_each_recipient_gets_an_email(client: Client) -> None:
    EmailMultiAlternatives(
        "For two",
        "",
        "news@example.com",
        ["ada@example.com"],
        bcc=["basil@example.com"],
        connection=get_connection("newsroom.inbox.backend.InboxBackend"),
    ).send()

    assert sorted(email.to for email in storage.stored_emails()) == [
        "ada@example.com",
        "basil@example.com",
    ]


def test_an_email_to_a_long_internationalised_address_is_stored(inbox: Path) -> None:
    address = f"{'ü' * 32}@example.org"
    send(to=address, subject="Räte")
    email = only_email()
    assert email.to == address
    assert dict(email.headers)["To"] == address
    assert email.subject == "Räte"


def test_emails_are_found_by_part_of_the_address(client: Client) -> None:
    send(to="ada@example.com", subject="For Ada")
    send(to="basil@example.com", subject="For Basil")

    words = page(client, to="BASIL@")

    assert "For Basil" in words
    assert "For Ada" not in words
    assert "No emails to “carys”" in page(client, to="carys")


def test_a_full_inbox_is_paginated(client: Client) -> None:
    for number in range(51):
        send(to=f"reader{number}@example.com", subject=f"Email {number:02}")

    assert "Email 00" not in page(client)
    assert "Email 00" in page(client, page="2")
    assert "Email 00" in page(client, page="999")
    assert "51 emails" in page(client, page="nonsense")


def test_an_email_is_sandboxed_in_its_frame(client: Client) -> None:
    send(html=HTML)
    words = page(client, reverse("inbox:email_detail", args=[only_email().key]))
    frame = PART.search(words)
    assert frame is not None
    assert "allow-scripts" not in words
    assert "allow-same-origin" not in words

    response = client.get(frame[1])

    policy = response["Content-Security-Policy"]
    for directive in ("default-src", "script-src", "form-action", "base-uri", "connect-src"):
        assert f"{directive} 'none'" in policy
    assert re.search(r"sandbox (?!.*allow-scripts)(?!.*allow-same-origin)", policy)
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_a_link_in_an_email_opens_outside_the_frame(client: Client) -> None:
    send(html=HTML)

    words = page(client, reverse("inbox:email_html", args=[only_email().key]))

    assert '<head><base target="_blank"><title>' in words
    assert words.startswith("<!doctype html>")


def test_markup_in_a_subject_is_escaped(client: Client) -> None:
    send(subject="<script>alert(1)</script>")

    assert "<script>alert(1)" not in page(client)
    assert "<script>alert(1)" not in page(
        client, reverse("inbox:email_detail", args=[only_email().key])
    )


def test_the_source_is_what_was_sent(client: Client) -> None:
    message = b"Subject: Raw\r\n\r\nBody\r\n"
    storage.store(message, to="ada@example.com")

    response = client.get(reverse("inbox:email_source", args=[only_email().key]))

    assert response.content == message
    assert response["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\r\n\r\n\r\n",
        b"Subject: =?nonsense?b?!!!?=\r\nFrom: \xff\xfe\r\n\r\n\xff",
        b"Subject: \xe2\x80\x94 raw\r\nContent-Type: text/html; charset=klingon\r\n\r\n<p>\xff",
        b"Content-Type: multipart/alternative\r\n\r\nno boundary",
        b"Content-Transfer-Encoding: base64\r\n\r\n%%%",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nx",
    ],
)
def test_a_malformed_email_is_still_shown(client: Client, message: bytes) -> None:
    storage.store(message, to="ada@example.com")
    key = only_email().key

    page(client)
    page(client, reverse("inbox:email_detail", args=[key]))
    page(client, reverse("inbox:email_html", args=[key]))
    page(client, reverse("inbox:email_source", args=[key]))


@pytest.mark.parametrize(
    "key",
    [
        "../newsroom.sqlite3",
        "..%2Fsecret",
        "%2e%2e/secret",
        "00000000000000000001-0000000g",
        "00000000000000000001-00000000",
    ],
)
def test_no_url_leads_outside_the_folder(client: Client, inbox: Path, key: str) -> None:
    inbox.mkdir()
    (inbox.parent / "secret.eml").write_text("X-Envelope-To: x\r\nSubject: secret\r\n\r\n")

    assert client.get(f"/inbox/{key}/").status_code == 404
    assert storage.stored_email(key) is None
    assert storage.stored_email("../secret") is None


def test_other_files_are_not_listed(client: Client, inbox: Path) -> None:
    inbox.mkdir()
    (inbox / "notes.txt").write_text("mine")
    (inbox / ".00000000000000000001-00000000.eml").write_text("half written")

    assert storage.stored_emails() == []


def test_emptying_deletes_emails_and_nothing_else(client: Client, inbox: Path) -> None:
    send()
    (inbox / "notes.txt").write_text("mine")

    assert client.get(reverse("inbox:empty")).status_code == 405
    assert len(storage.stored_emails()) == 1

    response = client.post(reverse("inbox:empty"))

    assert response["Location"] == "/inbox/"
    assert storage.stored_emails() == []
    assert (inbox / "notes.txt").exists()


def test_emptying_from_another_site_is_refused() -> None:
    send()

    response = Client(enforce_csrf_checks=True).post(
        reverse("inbox:empty"), headers={"origin": "https://evil.example"}
    )

    assert response.status_code == 403
    assert len(storage.stored_emails()) == 1


def test_an_email_deleted_while_it_is_listed_breaks_nothing(client: Client) -> None:
    send()
    email = only_email()
    email.path.unlink()

    assert (email.to, email.subject, email.html, email.text) == ("", "", "", "")
    assert client.get(f"/inbox/{email.key}/").status_code == 404


def test_there_is_no_inbox_outside_development(tmp_path: Path) -> None:
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "from django.urls import Resolver404, resolve\n"
        "try: print(resolve('/inbox/').app_name)\n"
        "except Resolver404: print('nothing')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(
            DJANGO_SETTINGS_MODULE="newsroom.settings",
            DEBUG="0",
            VAR_DIR=str(tmp_path),
            SECRET_KEY="s" * 60,
            SITE_URL="https://news.example.com",
            EMAIL_URL="smtp://127.0.0.1:1",
        ),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.stdout.strip() != "inbox", ended.stderr
    assert ended.returncode == 0, ended.stderr
