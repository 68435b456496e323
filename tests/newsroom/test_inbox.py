"""The development inbox: letters as files, and the page that shows them."""

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
    answer = client.get(address, query)
    assert answer.status_code == 200
    return str(answer.content.decode(errors="replace"))


def only_letter() -> storage.Letter:
    [letter] = storage.letters()
    return letter


def test_an_empty_inbox_says_what_to_do(client: Client) -> None:
    assert "No letters yet" in page(client)


def test_the_newest_letter_stands_first(client: Client) -> None:
    send(subject="First")
    send(subject="Second")

    words = page(client)

    assert words.index("Second") < words.index("First")


def test_a_letter_shows_its_envelope_text_and_headers(client: Client) -> None:
    send(subject="Rat & Bürgermeister — 年", text="Read it: https://news.example.com/x/")

    words = page(client, reverse("inbox:letter_detail", args=[only_letter().key]))

    assert "Rat &amp; Bürgermeister — 年" in words
    assert "ada@example.com" in words
    assert "Message-ID" in words
    assert '<a href="https://news.example.com/x/"' in words


def test_each_recipient_has_a_letter(client: Client) -> None:
    EmailMultiAlternatives(
        "For two",
        "",
        "news@example.com",
        ["ada@example.com"],
        bcc=["basil@example.com"],
        connection=get_connection("newsroom.inbox.backend.InboxBackend"),
    ).send()

    assert sorted(letter.to for letter in storage.letters()) == [
        "ada@example.com",
        "basil@example.com",
    ]


def test_a_letter_to_a_long_address_of_another_script_arrives(inbox: Path) -> None:
    address = f"{'ü' * 32}@example.org"
    send(to=address, subject="Räte")
    letter = only_letter()
    assert letter.to == address
    assert dict(letter.headers)["To"] == address
    assert letter.subject == "Räte"


def test_letters_are_found_by_a_part_of_the_address(client: Client) -> None:
    send(to="ada@example.com", subject="For Ada")
    send(to="basil@example.com", subject="For Basil")

    words = page(client, to="BASIL@")

    assert "For Basil" in words
    assert "For Ada" not in words
    assert "No letter to “carys”" in page(client, to="carys")


def test_a_full_inbox_has_pages(client: Client) -> None:
    for number in range(51):
        send(to=f"reader{number}@example.com", subject=f"Letter {number:02}")

    assert "Letter 00" not in page(client)
    assert "Letter 00" in page(client, page="2")
    assert "Letter 00" in page(client, page="999")
    assert "51 letters" in page(client, page="nonsense")


def test_a_letter_can_do_nothing_in_its_frame(client: Client) -> None:
    send(html=HTML)
    words = page(client, reverse("inbox:letter_detail", args=[only_letter().key]))
    frame = PART.search(words)
    assert frame is not None
    assert "allow-scripts" not in words
    assert "allow-same-origin" not in words

    answer = client.get(frame[1])

    policy = answer["Content-Security-Policy"]
    for directive in ("default-src", "script-src", "form-action", "base-uri", "connect-src"):
        assert f"{directive} 'none'" in policy
    assert re.search(r"sandbox (?!.*allow-scripts)(?!.*allow-same-origin)", policy)
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_a_link_in_a_letter_opens_outside_the_frame(client: Client) -> None:
    send(html=HTML)

    words = page(client, reverse("inbox:letter_html", args=[only_letter().key]))

    assert '<head><base target="_blank"><title>' in words
    assert words.startswith("<!doctype html>")


def test_a_subject_that_is_markup_stays_text(client: Client) -> None:
    send(subject="<script>alert(1)</script>")

    assert "<script>alert(1)" not in page(client)
    assert "<script>alert(1)" not in page(
        client, reverse("inbox:letter_detail", args=[only_letter().key])
    )


def test_the_source_is_what_was_handed_over(client: Client) -> None:
    message = b"Subject: Raw\r\n\r\nBody\r\n"
    storage.deliver(message, to="ada@example.com")

    answer = client.get(reverse("inbox:letter_source", args=[only_letter().key]))

    assert answer.content == message
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


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
def test_a_letter_without_sense_is_shown_all_the_same(client: Client, message: bytes) -> None:
    storage.deliver(message, to="ada@example.com")
    key = only_letter().key

    page(client)
    page(client, reverse("inbox:letter_detail", args=[key]))
    page(client, reverse("inbox:letter_html", args=[key]))
    page(client, reverse("inbox:letter_source", args=[key]))


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
def test_no_address_leads_out_of_the_folder(client: Client, inbox: Path, key: str) -> None:
    inbox.mkdir()
    (inbox.parent / "secret.eml").write_text("X-Envelope-To: x\r\nSubject: secret\r\n\r\n")

    assert client.get(f"/inbox/{key}/").status_code == 404
    assert storage.letter(key) is None
    assert storage.letter("../secret") is None


def test_what_is_no_letter_is_not_listed(client: Client, inbox: Path) -> None:
    inbox.mkdir()
    (inbox / "notes.txt").write_text("mine")
    (inbox / ".00000000000000000001-00000000.eml").write_text("half written")

    assert storage.letters() == []


def test_emptying_throws_away_letters_and_nothing_else(client: Client, inbox: Path) -> None:
    send()
    (inbox / "notes.txt").write_text("mine")

    assert client.get(reverse("inbox:letter_empty")).status_code == 405
    assert len(storage.letters()) == 1

    answer = client.post(reverse("inbox:letter_empty"))

    assert answer["Location"] == "/inbox/"
    assert storage.letters() == []
    assert (inbox / "notes.txt").exists()


def test_emptying_needs_the_form_s_token() -> None:
    send()

    answer = Client(enforce_csrf_checks=True).post(reverse("inbox:letter_empty"))

    assert answer.status_code == 403
    assert len(storage.letters()) == 1


def test_a_letter_thrown_away_while_it_is_listed_breaks_nothing(client: Client) -> None:
    send()
    letter = only_letter()
    letter.path.unlink()

    assert (letter.to, letter.subject, letter.html, letter.text) == ("", "", "", "")
    assert client.get(f"/inbox/{letter.key}/").status_code == 404


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
