"""What the sign-up form refuses: messages instead of names, and disposable addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from newsroom.domain_lists import find_listed_domain, read_domain_list
from subscribers.models import SignUp
from tests.factories import make_briefing
from tests.sent_emails import emails_sent

pytestmark = pytest.mark.django_db


def sign_up(client: Client, **fields: str) -> Any:
    briefing = make_briefing()
    return client.post(f"/subscribe/{briefing.slug}/", {"address": "ada@example.org", **fields})


@pytest.mark.parametrize(
    "name",
    [
        "Visit https://spam.example now",
        "http:/spam",
        "www.spam.example",
        "spam.com",
        "Ada spam.xyz Lovelace",
        "bit.ly/3xYz",
        "mallory@example.org",
        "mallory＠example.org",
        "Congratulations! You won",
        "Are you lonely?",
        "Win 500 000 tonight",
        "Call 0171 555 12 34",
        "Get $$$ fast",
        "one two three four five six seven eight nine ten eleven twelve thirteen",
    ],
)
def test_a_name_with_a_link_or_message_is_refused(client: Client, name: str) -> None:
    answer = sign_up(client, name=name)
    assert answer.status_code == 422
    assert 'id="id_name_error"' in answer.content.decode()
    assert "or leave it empty" in " ".join(answer.content.decode().split())
    assert not SignUp.objects.exists()
    assert emails_sent() == []


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "J.R.R. Tolkien",
        "Dr.Smith",
        "St.John Smythe",
        "O’Brien-Łukasz, Zoë",
        "Juan Carlos de la Santísima Trinidad y de los Ángeles",
        "李小龍",
        "محمد بن سلمان",
        "Sammy Davis Jr.",
        "Louis XIV",
        "Friends of St Mary’s (ward 12)",
        "Anne & Paul",
        "Elizabeth 2",
        "Marie-Noëlle d’Estaing",
        "Prof. Dr. h.c. Müller",
        "Ada L.",
        "e.e. cummings",
    ],
)
def test_a_real_name_is_accepted(client: Client, name: str) -> None:
    assert sign_up(client, name=name).status_code == 200
    assert SignUp.objects.get().name == name


@pytest.mark.parametrize(
    "address",
    ["x@mailinator.com", "x@MAILINATOR.com", "x@team.mailinator.com", "x@a.b.yopmail.com"],
)
def test_a_disposable_address_is_refused(client: Client, address: str) -> None:
    answer = sign_up(client, address=address)
    assert answer.status_code == 422
    assert "address that you will keep" in answer.content.decode()
    assert not SignUp.objects.exists()


@pytest.mark.parametrize("address", ["x@notmailinator.com", "x@mailinator.com.example.org"])
def test_a_domain_with_a_similar_name_is_accepted(client: Client, address: str) -> None:
    assert sign_up(client, address=address).status_code == 200


def test_an_operator_can_add_a_longer_list(client: Client, settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "domains.txt"
    file.write_text("# mine\n\nMinutes.Example  # note\nbücher.example\n", encoding="utf-8")
    settings.DISPOSABLE_DOMAINS = read_domain_list(file)
    assert sign_up(client, address="x@minutes.example").status_code == 422
    answer = sign_up(client, address="x@sub.bücher.example")
    assert "sub.bücher.example" in answer.content.decode()
    assert sign_up(client, address="x@mailinator.com").status_code == 422


def test_an_invalid_list_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "domains.txt"
    file.write_text("one.example\nno domain\n")
    with pytest.raises(ValueError, match=r"line 2 of .* is not a domain: 'no domain'"):
        read_domain_list(file)
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        read_domain_list(tmp_path / "missing.txt")
    assert find_listed_domain("example", [frozenset({"example"})]) == ""
