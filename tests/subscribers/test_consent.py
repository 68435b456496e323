"""Consent records: who, when, where, in which words; and nobody can change them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.utils import timezone

from briefings.models import Briefing
from newsroom.models import OutgoingEmail
from subscribers.consent_wording import sign_up_wording
from subscribers.models import ConsentRecord, SignUp, Subscriber
from tests.factories import make_briefing, make_published_issue, make_reader
from tests.sent_emails import emails_sent, links_in

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


def every_row() -> dict[str, list[Any]]:
    """Return every row of every table, with all columns."""
    models_with_rows: list[type[models.Model]] = list(apps.get_models(include_auto_created=True))
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in models_with_rows
    }


def test_a_consent_record_has_all_the_evidence(client: Client) -> None:
    ward = make_briefing(title="The Ward Round")
    page = make_published_issue(briefing=ward).get_absolute_url()
    client.post(
        f"/subscribe/{ward.slug}/", {"address": ADA, "source": page}, REMOTE_ADDR="198.51.100.1"
    )
    asked = timezone.now() - timedelta(hours=3)
    SignUp.objects.get().choices.update(asked_at=asked)
    pressed_after = timezone.now()
    client.post(f"/confirm/{SignUp.objects.get().token}/", REMOTE_ADDR="2001:db8::1")
    record = ConsentRecord.objects.get()
    assert record.subscriber == Subscriber.objects.get()
    assert (record.action, record.briefing, record.source) == ("joined", ward, page)
    assert record.wording == sign_up_wording(ward)
    assert record.asked_at == asked
    assert pressed_after <= record.at <= timezone.now()
    assert (record.asked_ip, record.ip) == ("198.51.100.1", "2001:db8::1")


def test_each_briefing_keeps_its_own_evidence(client: Client) -> None:
    ward, council = make_briefing(), make_briefing()
    client.post(
        f"/subscribe/{ward.slug}/", {"address": ADA, "source": "/w/"}, REMOTE_ADDR="198.51.100.1"
    )
    client.post(
        "/subscribe/",
        {"address": ADA, "briefings": [council.slug], "source": "/subscribe/"},
        REMOTE_ADDR="198.51.100.2",
    )
    client.post(f"/confirm/{SignUp.objects.get().token}/")
    found = {
        one.briefing: (one.source, one.wording, one.asked_ip) for one in ConsentRecord.objects.all()
    }
    assert found == {
        ward: ("/w/", sign_up_wording(ward), "198.51.100.1"),
        council: ("/subscribe/", sign_up_wording(None), "198.51.100.2"),
    }


def test_the_recorded_wording_does_not_change_with_the_briefing(client: Client) -> None:
    ward = make_briefing(title="The Ward Round")
    client.post(f"/subscribe/{ward.slug}/", {"address": ADA})
    client.post(f"/confirm/{SignUp.objects.get().token}/")
    Briefing.objects.filter(pk=ward.pk).update(title="Bed Count", slot_weekday=0)
    assert "The Ward Round" in ConsentRecord.objects.get().wording


def test_only_the_proxy_is_trusted_about_the_ip_address(client: Client, settings: Any) -> None:
    reader = make_reader(of=make_briefing())
    forwarded = {"X-Forwarded-For": "6.6.6.6, 198.51.100.9"}
    client.post(f"/unsubscribe/{reader.token}/", headers=forwarded)
    assert ConsentRecord.objects.get().ip == "127.0.0.1"
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"),)
    other = make_reader(of=make_briefing())
    client.post(f"/unsubscribe/{other.token}/", headers=forwarded)
    assert ConsentRecord.objects.last().ip == "198.51.100.9"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("header", "ip"),
    [
        ("198.51.100.9", "198.51.100.9"),
        ("198.51.100.9:4711", "198.51.100.9"),
        ("2001:DB8::9", "2001:db8::9"),
        ("[2001:db8::9]:443", "2001:db8::9"),
        ("::ffff:198.51.100.9", "198.51.100.9"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", None),
        ("198.51.100.9, <script>", None),
        (",", None),
    ],
)
def test_a_proxy_header_yields_an_ip_address_or_none(
    client: Client, settings: Any, header: str, ip: str | None
) -> None:
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"),)
    reader = make_reader(of=make_briefing())
    answer = client.post(f"/unsubscribe/{reader.token}/", HTTP_X_FORWARDED_FOR=header)
    assert answer.status_code == 200
    assert ConsentRecord.objects.get().ip == ip


def test_a_consent_record_is_written_once() -> None:
    reader = make_reader(of=make_briefing())
    record = ConsentRecord.objects.create(
        subscriber=reader.subscriber, briefing=reader.briefing, action="joined", source="/"
    )
    record.wording = "Something else"
    with pytest.raises(TypeError):
        record.save()


# --- what links in emails do when they are followed or forwarded


@pytest.fixture
def links_of_emails(client: Client) -> dict[str, list[str]]:
    """Get every sign-up email and return the links of each, before anybody has followed one."""
    ward, council = make_briefing(title="The Ward Round"), make_briefing(title="The Council")
    make_published_issue(briefing=ward)
    data = {"address": ADA, "name": "Ada", "briefings": [ward.slug, council.slug]}
    client.post("/subscribe/", data)
    client.post(f"/confirm/{SignUp.objects.get().token}/")
    client.post("/subscribe/", data)
    client.post("/preferences/", {"address": ADA})
    client.post("/subscribe/", {**data, "address": "new@example.org"})
    names = list(OutgoingEmail.objects.order_by("pk").values_list("name", flat=True))
    found = {name: links_in(email) for name, email in zip(names, emails_sent(), strict=True)}
    assert set(found) == {"confirm_signup", "welcome", "already_subscribed", "preferences_link"}
    return found


def test_fetching_every_link_of_the_sign_up_emails_changes_nothing(
    client: Client, links_of_emails: dict[str, list[str]]
) -> None:
    before = every_row()
    fetchers: list[Callable[..., Any]] = [client.get, client.head]
    for links in links_of_emails.values():
        for link in links * 2:
            for fetch in fetchers:
                assert fetch(link).status_code == 200, link
                assert fetch(link.rstrip("/"), follow=True).status_code == 200, link
    assert every_row() == before


def test_a_forwarded_email_can_only_unsubscribe(
    client: Client, links_of_emails: dict[str, list[str]]
) -> None:
    """Try every link of the emails that people forward, with the fields of every form."""
    make_briefing(slug="another")
    subscriber = Subscriber.objects.get()
    everything = {
        "name": "Mallory",
        "address": "mallory@example.org",
        "briefings": ["another"],
        "shown": [],
        "unsubscribe": "another",
        "token": subscriber.token,
        "website": "",
    }
    joined_before = ConsentRecord.objects.filter(action="joined").count()
    for email in ("welcome", "already_subscribed"):
        for link in links_of_emails[email]:
            for path in (link, "/unsubscribe/undo/"):
                answer = client.post(path, everything)
                if answer.status_code == 200:
                    assert ADA not in answer.content.decode()
            assert ADA not in client.get(link).content.decode()
    after = Subscriber.objects.get()
    assert (after.name, after.address, after.token) == ("Ada", ADA, subscriber.token)
    assert not after.subscriptions.active().exists()  # unsubscribing is what the links are for
    assert ConsentRecord.objects.filter(action="joined").count() == joined_before


def test_a_consent_record_cannot_be_changed_or_deleted() -> None:
    reader = make_reader(of=make_briefing())
    record = ConsentRecord.objects.create(
        subscriber=reader.subscriber,
        briefing=reader.briefing,
        action="joined",
        source="/subscribe/",
    )
    for attempt in (
        record.save,
        record.delete,
        ConsentRecord.objects.all().delete,
        lambda: ConsentRecord.objects.update(wording="never said"),
    ):
        with pytest.raises(TypeError, match="append-only"):
            attempt()
    reader.subscriber.delete()  # it is deleted with its subscriber only
    assert not ConsentRecord.objects.exists()
