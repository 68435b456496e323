"""Every form that makes us write to an address that a visitor enters passes one guard."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from altcha import Challenge, Payload, solve_challenge
from django.test import Client
from django.utils import timezone

from briefings.models import Comment
from newsroom import form_guard, proof_of_work
from newsroom.form_signature import sign_form
from newsroom.models import OutgoingEmail
from subscribers.models import Suppression, SuppressionReason
from subscribers.models.address_hash import hash_address
from tests.factories import make_briefing, make_published_issue, make_reader
from tests.subscribers.subscriber_lives import owner_link

pytestmark = pytest.mark.django_db
Send = Callable[..., Any]


@pytest.fixture(autouse=True)
def _low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach the limits with few forms."""
    monkeypatch.setattr(form_guard, "FREE_PER_NETWORK", 6)
    monkeypatch.setattr(form_guard, "FREE_PER_NETWORK_IF_SUSPICIOUS", 3)
    monkeypatch.setattr(form_guard, "HOURLY_PER_ADDRESS", 4)


def signature() -> str:
    return sign_form(at=timezone.now() - timedelta(seconds=20))


@pytest.fixture(params=["sign-up", "comment", "preferences link", "address change"])
def send(request: pytest.FixtureRequest) -> Send:
    """Return a function that sends one of the forms with an address."""
    issue = make_published_issue(briefing=make_briefing(slug="ward-round"))
    reader = make_reader(of=issue.briefing, email="owner@example.org").subscriber
    path, fields = {
        "sign-up": ("/subscribe/ward-round/", {}),
        "comment": (f"{issue.get_absolute_url()}comments/", {"body": "Our ward is one of them."}),
        "preferences link": ("/preferences/", {}),
        "address change": (owner_link(reader), {"change-address": "1"}),
    }[request.param]
    name = "email" if request.param == "comment" else "address"

    def post(address: str, *, ip: str = "198.51.100.7", **more: str) -> Any:
        if request.param == "preferences link":
            make_reader(of=make_briefing(), email=address)
        data = {**fields, name: address, "began": signature(), **more}
        return Client(REMOTE_ADDR=ip).post(path, data)

    return post


def asks_for_proof(answer: Any) -> bool:
    return answer.status_code == 422 and "altcha-widget" in answer.content.decode()


def emails_to(domain: str) -> int:
    return OutgoingEmail.objects.filter(to__endswith=domain).count()


@pytest.mark.parametrize("reason", SuppressionReason)
def test_a_suppressed_address_gets_nothing_and_the_same_answer(send: Send, reason: str) -> None:
    Suppression.objects.create(address_hash=hash_address("ada@example.net"), reason=reason)
    answers = [send(address) for address in ("Ada@example.NET", "bob@example.net")]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].status_code in {200, 302}
    pages = [answer.content.decode().lower() for answer in answers]
    assert pages[0].replace("ada", "bob") == pages[1]
    assert [one.to for one in OutgoingEmail.objects.filter(to__endswith=".net")] == [
        "bob@example.net"
    ]


def test_tags_do_not_turn_one_mailbox_into_many(send: Send) -> None:
    answers = [send(f"ada+{number}@example.net", ip=f"198.51.{number}.7") for number in range(7)]
    assert emails_to("@example.net") == form_guard.HOURLY_PER_ADDRESS
    assert {answer.status_code for answer in answers[form_guard.HOURLY_PER_ADDRESS :]} == {429}


def test_many_forms_from_one_network_need_a_proof_of_work(send: Send) -> None:
    for number in range(form_guard.FREE_PER_NETWORK):
        send(f"reader{number}@example.net", ip=f"198.51.100.{number % 5}")
    assert emails_to("@example.net") == form_guard.FREE_PER_NETWORK
    assert asks_for_proof(send("late@example.net", ip="198.51.100.77"))
    assert not asks_for_proof(send("elsewhere@example.net", ip="203.0.113.7"))
    assert emails_to("@example.net") == form_guard.FREE_PER_NETWORK + 1


def test_an_unsigned_form_needs_a_proof_of_work_sooner(send: Send) -> None:
    for number in range(form_guard.FREE_PER_NETWORK_IF_SUSPICIOUS):
        send(f"reader{number}@example.net", began="")
    assert asks_for_proof(send("late@example.net", began=""))
    assert not asks_for_proof(send("somebody@example.net"))


def test_the_whole_site_accepts_only_so_many(send: Send, settings: Any) -> None:
    settings.SIGN_UPS_AN_HOUR = 3
    codes = [
        send(f"reader{number}@example.net", ip=f"198.{number}.1.7").status_code
        for number in range(5)
    ]
    assert codes[3:] == [429, 429]
    assert emails_to("@example.net") == 3


def test_after_the_proof_of_work_the_form_is_accepted_as_it_was_sent(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_of_work, "ITERATIONS", 1)
    monkeypatch.setattr(proof_of_work, "KEYS_TO_DERIVE", (1, 5))
    settings.CHALLENGE_ABOVE = 0
    issue = make_published_issue()
    path = f"{issue.get_absolute_url()}comments/"
    body = "Zo\u00eb & \u201cCo\u201d,\r\nline two"
    fields = {"body": body, "email": "ada@example.net", "began": signature()}
    asked = client.post(path, fields)
    assert asks_for_proof(asked)
    assert not Comment.objects.exists()
    posed = Challenge.from_dict(json.loads(asked.context["challenge"]))
    found = solve_challenge(posed)
    assert found is not None
    again = {**dict(asked.context["entered_values"]), "altcha": Payload(posed, found).to_base64()}
    assert client.post(path, again).status_code == 302
    assert Comment.objects.get().body == "Zo\u00eb & \u201cCo\u201d,\nline two"
