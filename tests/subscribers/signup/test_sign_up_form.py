"""The sign-up form: what it accepts, and what it never reveals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from briefings.models import Briefing
from newsroom import form_guard
from newsroom.duration_words import in_words
from newsroom.models import OutgoingEmail
from newsroom.rate_limits import HOUR
from subscribers.consent_wording import sign_up_wording
from subscribers.models import SignUp, Subscriber, Suppression, SuppressionReason
from subscribers.models.address_hash import hash_address
from tests.factories import make_briefing, make_published_issue, make_reader
from tests.sent_emails import emails_sent, emails_sent_to, links_in

pytestmark = pytest.mark.django_db


def sign_up(
    client: Client, *briefings: Briefing, address: str = "ada@example.org", **fields: Any
) -> Any:
    slugs = [briefing.slug for briefing in briefings]
    data = {"address": address, "briefings": slugs, "source": "/subscribe/", **fields}
    return client.post("/subscribe/", data)


def age_emails(*, minutes: int) -> None:
    for sign_up in SignUp.objects.exclude(email_sent_at=None):
        assert sign_up.email_sent_at
        sign_up.email_sent_at -= timedelta(minutes=minutes)
        sign_up.save(update_fields=["email_sent_at"])


def test_the_page_offers_every_current_briefing_and_ticks_none(client: Client) -> None:
    make_briefing(title="The Ward Round")
    make_briefing(title="Council & mayor", strapline="What <they> decide")
    make_briefing(title="The Old Gazette", retired=True)
    page = client.get("/subscribe/").content.decode()
    assert page.count('type="checkbox"') == 2
    assert "checked" not in page
    assert "Council &amp; mayor" in page
    assert "What &lt;they&gt; decide" in page
    assert "The Old Gazette" not in page


def test_a_form_makes_a_sign_up_and_an_email_but_no_subscriber(client: Client) -> None:
    briefing = make_briefing(title="The Ward Round")
    answer = sign_up(client, briefing, address="Ada@Example.org", name="Ada")
    assert answer.status_code == 200
    assert "Check your inbox" in answer.content.decode()
    asked = SignUp.objects.get()
    assert (asked.address, asked.name, asked.confirmed_at) == ("Ada@example.org", "Ada", None)
    [choice] = asked.choices.all()
    assert choice.briefing == briefing
    assert choice.source == "/subscribe/"
    assert choice.wording == sign_up_wording(None)
    assert choice.ip == "127.0.0.1"
    assert not Subscriber.objects.exists()
    [email] = emails_sent()
    assert email.to == ["Ada@example.org"]
    assert "The Ward Round" in email.subject
    assert f"/confirm/{asked.token}/" in links_in(email)


def test_the_form_for_one_briefing_needs_no_choice_and_no_cookie() -> None:
    briefing = make_briefing(title="The Ward Round")
    issue = make_published_issue(briefing=briefing)
    strict = Client(enforce_csrf_checks=True)
    data = {"address": "ada@example.org", "source": issue.get_absolute_url()}
    answer = strict.post(f"/subscribe/{briefing.slug}/", data)
    assert answer.status_code == 200
    assert not answer.cookies
    choice = SignUp.objects.get().choices.get()
    assert choice.source == issue.get_absolute_url()
    assert choice.wording == sign_up_wording(briefing)
    assert "The Ward Round" in choice.wording


def test_the_recorded_wording_is_the_wording_on_the_page(client: Client) -> None:
    briefing = make_briefing(title="The Ward Round")
    assert sign_up_wording(briefing) in client.get(f"/subscribe/{briefing.slug}/").content.decode()
    assert sign_up_wording(None) in client.get("/subscribe/").content.decode()


@pytest.mark.parametrize("address", ["", "ada", "ada@localhost", "a" * 5000 + "@example.org"])
def test_an_invalid_address_gets_an_error_beside_its_field(client: Client, address: str) -> None:
    answer = sign_up(client, make_briefing(), address=address, name="Ada")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in page
    assert 'id="id_address_error"' in page
    assert 'value="Ada"' in page
    assert not SignUp.objects.exists()
    assert emails_sent() == []


def test_a_form_without_a_current_briefing_is_refused(client: Client) -> None:
    make_briefing()
    assert "Choose at least one" in sign_up(client).content.decode()
    gone = make_briefing(title="The Old Gazette", retired=True)
    assert sign_up(client, gone).status_code == 422
    page = client.get(f"/subscribe/{gone.slug}/")
    assert page.status_code == 410
    assert "has ended" in page.content.decode()
    assert client.post(f"/subscribe/{gone.slug}/", {"address": "a@example.org"}).status_code == 410
    assert not SignUp.objects.exists()


def test_without_briefings_the_page_says_so(client: Client) -> None:
    assert "no briefings to sign up for" in client.get("/subscribe/").content.decode()


def test_forms_for_one_address_are_merged_with_the_evidence_of_each(client: Client) -> None:
    ward, council = make_briefing(), make_briefing()
    sign_up(client, ward, source="/ward/1/")
    sign_up(client, council, source="/council/2/", address="ADA@EXAMPLE.ORG")
    asked = SignUp.objects.get()
    assert {(choice.briefing, choice.source) for choice in asked.choices.all()} == {
        (ward, "/ward/1/"),
        (council, "/council/2/"),
    }
    assert len(emails_sent()) == 1


def test_after_an_hour_a_new_email_lists_everything_chosen(client: Client) -> None:
    ward, council = make_briefing(title="The Ward Round"), make_briefing(title="The Council")
    sign_up(client, ward)
    age_emails(minutes=59)
    sign_up(client, ward)
    assert len(emails_sent()) == 1
    age_emails(minutes=2)
    sign_up(client, council)
    [_, second] = emails_sent()
    assert "The Ward Round" in str(second.body)
    assert "The Council" in str(second.body)


def test_a_new_sign_up_replaces_an_expired_one(client: Client) -> None:
    ward, council = make_briefing(), make_briefing()
    sign_up(client, ward, name="Somebody")
    old = SignUp.objects.get()
    long_ago = timezone.now() - timedelta(days=31)
    SignUp.objects.update(asked_at=long_ago, email_sent_at=long_ago)
    sign_up(client, council)
    asked = SignUp.objects.get()
    assert asked.token != old.token
    assert asked.name == ""
    assert [choice.briefing for choice in asked.choices.all()] == [council]
    assert client.get(f"/confirm/{old.token}/").status_code == 404


def test_a_subscriber_who_signs_up_again_is_told_by_email_only(client: Client) -> None:
    ward = make_briefing(title="The Ward Round")
    reader = make_reader(of=ward, email="ada@example.org")
    sign_up(client, ward)
    [email] = emails_sent()
    assert "already" in email.subject
    assert f"/preferences/{reader.subscriber.token}/" in links_in(email)
    assert not any(link.startswith("/confirm/") for link in links_in(email))


def test_a_subscriber_confirms_only_additional_briefings(client: Client) -> None:
    ward, council = make_briefing(title="The Ward Round"), make_briefing(title="The Council")
    make_reader(of=ward, email="ada@example.org")
    sign_up(client, ward)
    sign_up(client, ward, council)  # within the hour: the first email had nothing to confirm
    [_, email] = emails_sent()
    assert "The Council" in email.subject
    assert "The Ward Round" not in str(email.body)
    sign_up(client, ward, council)
    assert len(emails_sent()) == 2


def test_the_email_goes_to_the_address_on_file_not_to_another_spelling(client: Client) -> None:
    ward = make_briefing()
    make_reader(of=ward, email="Ada@example.org")
    sign_up(client, ward, address="aDA@example.org")
    assert [email.to for email in emails_sent()] == [["Ada@example.org"]]


def suppress(address: str) -> None:
    Suppression.objects.create(
        address_hash=hash_address(address), reason=SuppressionReason.COMPLAINED
    )


def test_a_suppressed_address_gets_no_email(client: Client) -> None:
    suppress("ada@example.org")
    assert sign_up(client, make_briefing(), address="ADA@example.org").status_code == 200
    assert emails_sent() == []


def test_the_response_and_the_queries_are_the_same_for_every_address(
    client: Client,
) -> None:
    ward = make_briefing()
    make_reader(of=ward, email="known@example.org")
    suppress("never@example.org")
    sign_up(client, ward, address="first@example.org")  # fills the caches of the process
    answers, queries = set(), []
    for address in ("known@example.org", "never@example.org", "fresh@example.org"):
        with CaptureQueriesContext(connection) as captured:
            answer = sign_up(client, ward, address=address)
        page = answer.content.decode().replace(address, "")
        answers.add((answer.status_code, page, tuple(sorted(answer.headers.items()))))
        queries.append(len(captured))
    assert len(answers) == 1
    assert max(queries) - min(queries) <= 1  # deleting an email again is one statement


def test_a_name_in_any_script_is_stored_but_not_emailed_to_a_stranger(client: Client) -> None:
    name = "Зоя O’Brien-Łukasz 李"
    sign_up(client, make_briefing(), name=f"  {name}\r\nBcc: everybody ")
    asked = SignUp.objects.get()
    assert asked.name == f"{name} Bcc: everybody"
    [email] = emails_sent()
    raw = email.message().as_bytes()
    head = raw.partition(b"\n\n")[0]
    assert b"everybody" not in raw
    assert b"Bcc" not in head
    assert "Зоя" not in str(email.body)


def test_a_long_message_is_refused_as_a_name(client: Client) -> None:
    answer = sign_up(client, make_briefing(), name="Buy this now! " * 10)
    assert answer.status_code == 422
    assert "80 characters" in answer.content.decode()


def test_a_briefing_retired_meanwhile_is_not_mentioned_again(client: Client) -> None:
    ward, old = make_briefing(title="The Ward Round"), make_briefing(title="The Old Gazette")
    make_reader(of=ward, email="ada@example.org")
    sign_up(client, old)
    Briefing.objects.filter(pk=old.pk).update(retired=True)
    age_emails(minutes=61)
    sign_up(client, ward)
    [_, email] = emails_sent()
    assert email.subject == "You are already subscribed to The Ward Round"
    assert "The Old Gazette" not in str(email.body)


@pytest.mark.parametrize("field", ["address", "name", "source", "subject", "briefings"])
def test_nul_characters_break_nothing(client: Client, field: str) -> None:
    ward = make_briefing()
    assert sign_up(client, ward, **{field: "a\0b"}).status_code in {200, 422}
    assert client.post(f"/subscribe/{ward.slug}/", {field: "\0"}).status_code == 422


def test_an_internationalised_address_gets_the_email(client: Client) -> None:
    sign_up(client, make_briefing(), address="用户@bücher.example")
    assert emails_sent_to("用户@xn--bcher-kva.example")


def test_a_bot_that_fills_in_the_hidden_field_gets_the_same_response(client: Client) -> None:
    ward = make_briefing()
    good = sign_up(client, ward).content
    SignUp.objects.all().delete()
    OutgoingEmail.objects.all().delete()
    assert sign_up(client, ward, subject="cheap pills").content == good
    assert not SignUp.objects.exists()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("/ward-round/57/", "/ward-round/57/"),
        ("/subscribe/ward-round/?issue=57", "/subscribe/ward-round/?issue=57"),
        ("/ward-round/57/?utm_source=x", "/ward-round/57/"),
        ("/view/abcdefgh/", "/view/…"),
        ("/preferences/secret/", "/preferences/…"),
        ("https://elsewhere.example/", "/subscribe/"),
        ("//elsewhere.example/", "/subscribe/"),
        ("/a\r\nb/", "/subscribe/"),
        ("", "/subscribe/"),
        ("/" + "a" * 400, "/" + "a" * 299),
    ],
)
def test_the_source_is_recorded_without_secrets(client: Client, sent: str, kept: str) -> None:
    sign_up(client, make_briefing(), source=sent)
    assert SignUp.objects.get().choices.get().source == kept


def test_one_ip_address_cannot_send_forms_without_end(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_guard, "FREE_PER_NETWORK_IF_SUSPICIOUS", 1_000)
    monkeypatch.setattr(form_guard, "FREE_PER_NETWORK", 1_000)
    monkeypatch.setattr(form_guard, "HOURLY_EMAIL_FORMS_PER_IP", 12)
    ward = make_briefing()
    settings.CHALLENGE_ABOVE = 1_000
    for number in range(form_guard.HOURLY_EMAIL_FORMS_PER_IP):
        assert sign_up(client, ward, address=f"a{number}@example.org").status_code == 200
    answer = sign_up(client, ward, address="one-too-many@example.org")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == form_guard.RETRY_AFTER
    assert f"Try again in {in_words(HOUR)}" in answer.content.decode()
    assert SignUp.objects.count() == form_guard.HOURLY_EMAIL_FORMS_PER_IP
    other = client.post(
        "/subscribe/",
        {"address": "b@example.org", "briefings": [ward.slug]},
        REMOTE_ADDR="198.51.100.7",
    )
    assert other.status_code == 200


def test_emails_have_a_list_id_and_are_marked_as_automatic(client: Client) -> None:
    ward = make_briefing(title="Räte, Bürger & “Co”", slug="raete")
    sign_up(client, ward, make_briefing(), address="both@example.org")
    sign_up(client, ward, address="one@example.org")
    [both] = emails_sent_to("both@example.org")
    [one] = emails_sent_to("one@example.org")
    for email in (both, one):
        assert email.extra_headers["Auto-Submitted"] == "auto-generated"
        head, _, _ = email.message().as_bytes().partition(b"\n\n")
        assert b"List-Id: " in head
        assert head.isascii()
        assert "List-Unsubscribe" not in email.extra_headers  # nothing to unsubscribe from yet
    assert one.extra_headers["List-Id"].endswith("<raete.news.example.com>")
    assert both.extra_headers["List-Id"].endswith("<all.briefings.news.example.com>")
