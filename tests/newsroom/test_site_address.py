"""A site at an internationalised domain sends email that every mail server accepts."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from newsroom import emails
from newsroom.email_addresses import normalise_address
from newsroom.email_headers import header_field
from newsroom.site_address import ascii_address, ascii_host, ascii_url
from tests.servers.programs import environment, run

SHOW = (
    "from django.conf import settings as s; print(s.SITE_URL, s.SITE_HOST, s.ALLOWED_HOSTS[0],"
    " s.CSRF_TRUSTED_ORIGINS[0], s.DEFAULT_FROM_EMAIL, s.BOUNCE_ADDRESS, s.REPLY_ADDRESS, sep='|')"
)


@pytest.mark.parametrize(
    ("host", "ascii_form"),
    [
        *(("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.Example", "xn--bcher-kva.example")),
        *(("straße.example", "xn--strae-oqa.example"), ("news.example.com", "news.example.com")),
        *(("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("::1", "::1")),
    ],
)
def test_a_host_is_given_in_a_labels(host: str, ascii_form: str) -> None:
    assert ascii_host(host) == ascii_form
    assert ascii_host(ascii_form) == ascii_form


def test_addresses_and_urls_are_given_in_a_labels() -> None:
    assert ascii_address("Die Bücher <news@bücher.example>") == (
        "Die Bücher <news@xn--bcher-kva.example>"
    )
    assert ascii_address("bounces@bücher.example") == "bounces@xn--bcher-kva.example"
    assert ascii_address("") == ""
    assert ascii_address("news") == "news"
    assert ascii_url("https://bücher.example:8443") == "https://xn--bcher-kva.example:8443"
    assert ascii_url("http://[::1]:8000") == "http://[::1]:8000"


@pytest.mark.parametrize(
    "name", ["Health, Care and Policy", "Ärzte, Pflege", "Dr. Who: News; Views", 'The "Ward" (UK)']
)
def test_a_name_is_one_sender_whatever_is_in_it(name: str) -> None:
    line = ascii_address(f"{name} <news@news.example.com>")
    assert ascii_address(line) == line
    sent = header_field("From", line)
    parsed = BytesParser(policy=SMTP).parsebytes(sent + b"\r\n\r\n")
    [address] = parsed["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "news@news.example.com")


@pytest.mark.django_db
def test_a_transactional_email_comes_from_one_sender(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Ärzte, Pflege und „Care“ <news@news.example.com>"
    emails.queue_rendered_email(
        "welcome", to="ada@example.com", subject="Hi", text="Good morning.\n", html="", headers={}
    )
    assert emails.send_due_emails(at=timezone.now()) == 1
    [sent] = mail.outbox
    [sender] = BytesParser(policy=SMTP).parsebytes(sent.message().as_bytes())["From"].addresses
    assert sender.display_name == "Ärzte, Pflege und „Care“"


def test_a_newsroom_starts_with_an_internationalised_address(tmp_path: Path) -> None:
    variables = environment(
        SECRET_KEY="0123456789" * 5,
        SITE_URL="https://bücher.example",
        REPLY_ADDRESS="replies@bücher.example",
        EMAIL_URL="smtp://127.0.0.1:2525",
        VAR_DIR=str(tmp_path),
        PYTHONIOENCODING="utf-8",
    )
    done = run("manage.py", "shell", "-v", "0", "-c", SHOW, env=variables)
    assert done.returncode == 0, done.stderr
    host = "xn--bcher-kva.example"
    assert done.stdout.strip().split("|") == [
        f"https://{host}",
        host,
        host,
        f"https://{host}",
        f"Newsroom <news@{host}>",
        f"bounces@{host}",
        f"replies@{host}",
    ]
    refused = run("manage.py", "check", env={**variables, "SITE_URL": "https://☃.example"})
    assert "SITE_URL is wrong" in refused.stderr


@pytest.mark.parametrize(
    "domain", ["xn--0.example", "yy--0.example", "a.xn--zz", "xn--.example", "ab--cd.example"]
)
def test_a_domain_that_only_looks_like_an_a_label_is_refused(domain: str) -> None:
    with pytest.raises(ValidationError):
        normalise_address(f"ada@{domain}")


@pytest.mark.parametrize(
    "domain", ["xn--bcher-kva.example", "xn--i-7iq.example", "a--b.example", "a-b--c.example"]
)
def test_a_domain_with_hyphens_elsewhere_or_a_real_a_label_is_accepted(domain: str) -> None:
    assert normalise_address(f"ada@{domain}") == f"ada@{domain}"
