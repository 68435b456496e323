"""`/.well-known/security.txt` (RFC 9116), and the variable that it is made from."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone

from newsroom.security_contact import parse_security_contact
from newsroom.security_txt import check_security_contact

PATH = "/.well-known/security.txt"


def fields(client: Client) -> dict[str, list[str]]:
    answer = client.get(PATH)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert not answer.cookies
    found: dict[str, list[str]] = {}
    for line in answer.content.decode().splitlines():
        name, value = line.split(": ", maxsplit=1)
        found.setdefault(name, []).append(value)
    return found


def test_it_has_the_fields_that_the_standard_asks_for(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = parse_security_contact("security@news.example.com https://x.org/a")
    found = fields(client)
    assert found["Contact"] == ["mailto:security@news.example.com", "https://x.org/a"]
    assert found["Canonical"] == [f"http://news.example.com{PATH}"]
    [expires] = found["Expires"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", expires)
    moment = datetime.fromisoformat(expires).astimezone(UTC)
    assert timedelta(days=30) < moment - timezone.now() < timedelta(days=365)


@pytest.mark.parametrize(("language", "named"), [("en-gb", "en"), ("de", "de, en")])
def test_reports_may_be_in_the_language_of_the_site_or_of_staff(
    client: Client, settings: Any, language: str, named: str
) -> None:
    settings.SECURITY_CONTACT = ("tel:+441234567890",)
    settings.LANGUAGE_CODE = language
    assert fields(client)["Preferred-Languages"] == [named]


def test_without_a_contact_there_is_none_and_the_check_for_deployment_warns(
    client: Client, settings: Any
) -> None:
    settings.SECURITY_CONTACT = ()
    assert client.get(PATH).status_code == 404
    [warning] = check_security_contact()
    assert "SECURITY_CONTACT" in warning.msg
    in_all = run_checks(include_deployment_checks=True)
    assert warning in in_all
    assert warning not in run_checks()
    settings.SECURITY_CONTACT = ("tel:+441234567890",)
    assert check_security_contact() == []


@pytest.mark.parametrize(
    ("words", "contacts"),
    [
        ("", ()),
        ("security@example.com", ("mailto:security@example.com",)),
        ("mailto:security+web@example.com", ("mailto:security+web@example.com",)),
        ("wer?ist%da@example.com", ("mailto:wer%3Fist%25da@example.com",)),
        ("a@EXAMPLE.com  tel:+44-1234-567", ("mailto:a@example.com", "tel:+44-1234-567")),
    ],
)
def test_each_contact_gets_its_scheme(words: str, contacts: tuple[str, ...]) -> None:
    assert parse_security_contact(words) == contacts


@pytest.mark.parametrize("words", ["http://x.org/", "security", "mailto:", "tel:123", "https://"])
def test_what_is_no_contact_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="is not an email address, a link with https"):
        parse_security_contact(words)
