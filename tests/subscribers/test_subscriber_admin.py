"""Subscribers in the admin: staff can find, view and unsubscribe them, but not add or edit them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from newsroom.models import AuditLogEntry
from subscribers.models import (
    ConsentRecord,
    SignUp,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from subscribers.models.address_hash import hash_address
from subscribers.models.address_search import search_address
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at
from tests.factories import make_briefing, make_reader
from tests.sent_emails import emails_sent, link_to
from tests.subscribers.bounces.reports.bounce_factories import (
    bounce_address,
    make_sent_delivery,
    process,
    write_complaint,
)

pytestmark = pytest.mark.django_db
LIST = "/admin/subscribers/subscriber/"


@pytest.fixture
def staff(client: Client) -> Client:
    user = User.objects.create_superuser("editor", "editor@news.example.com", "a long password")
    client.force_login(user)
    return client


def found(staff: Client, words: str) -> list[str]:
    page = staff.get(LIST, {"q": words})
    assert page.status_code == 200
    return [str(one) for one in page.context["cl"].result_list]


@pytest.mark.parametrize(
    "words",
    ["ada.l@example.org", "ADA.L@EXAMPLE.ORG", "ada", "Ada.", "ADA", "@example.org", "Ada.L@ex"],
)
def test_a_subscriber_is_found_by_address(staff: Client, words: str) -> None:
    ward = make_briefing()
    make_reader(of=ward, email="Ada.L@example.org")
    make_reader(of=ward, email="bob@example.net")
    assert found(staff, words) == ["Ada.L@example.org"]


def test_an_international_address_is_found_and_shown_as_its_owner_writes_it(staff: Client) -> None:
    make_reader(of=make_briefing(), email="jürgen@xn--bcher-kva.example")
    assert found(staff, "Jürgen@bücher.example") == ["jürgen@xn--bcher-kva.example"]
    assert "jürgen@bücher.example" in staff.get(LIST).content.decode()


def test_a_subscribers_page_is_read_only_and_shows_the_consent_history(staff: Client) -> None:
    reader = make_reader(of=make_briefing(title="The Ward Round"), email="ada@example.org")
    ConsentRecord.objects.create(
        subscriber=reader.subscriber,
        briefing=reader.briefing,
        action="joined",
        source="/ward/57/",
        wording="Please email me",
        ip="198.51.100.1",
    )
    path = f"{LIST}{reader.subscriber.pk}/change/"
    page = staff.get(path).content.decode()
    for words in ("The Ward Round", "/ward/57/", "Please email me", "198.51.100.1"):
        assert words in page
    assert reader.token not in page
    assert reader.subscriber.token not in page
    assert 'name="_save"' not in page
    body = {"address": "mallory@example.org", "name": "Mallory", "consents-0-wording": "Other"}
    assert staff.post(path, body).status_code == 403
    assert staff.get(f"{LIST}add/").status_code == 403
    assert staff.post(f"{LIST}{reader.subscriber.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Subscriber.objects.get().address == "ada@example.org"
    assert ConsentRecord.objects.get().wording == "Please email me"


def test_staff_unsubscribe_people_after_a_question_and_it_is_logged(staff: Client) -> None:
    ward = make_reader(of=make_briefing(slug="ward"), email="ada@example.org")
    make_reader(of=make_briefing(slug="council"), email="ada@example.org")
    stays = make_reader(of=ward.briefing)
    data = {"action": "unsubscribe", "_selected_action": [ward.subscriber.pk]}
    asked = staff.post(LIST, data)
    assert asked.status_code == 200
    assert "ada@example.org" in asked.content.decode()
    assert Subscription.objects.active().count() == 3
    assert staff.post(LIST, {**data, "confirmed": "yes"}).status_code == 302
    assert list(Subscription.objects.active()) == [stays]
    assert set(ConsentRecord.objects.values_list("action", "source", "ip")) == {
        ("left", "staff", None)
    }
    function = AuditLogEntry.objects.get()
    assert (function.verb, function.actor_name, function.subject_id) == (
        "unsubscribed",
        "editor",
        str(ward.subscriber.pk),
    )
    assert sorted(function.detail["briefings"]) == ["council", "ward"]


def test_unsubscribing_people_needs_the_permission(client: Client) -> None:
    reader = make_reader(of=make_briefing())
    user = User.objects.create_user("reporter", password="a long password", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_subscriber"))
    client.force_login(user)
    assert client.get(LIST).status_code == 200
    client.post(
        LIST,
        {"action": "unsubscribe", "_selected_action": [reader.subscriber.pk], "confirmed": "yes"},
    )
    assert Subscription.objects.active().exists()


def test_an_address_entered_by_staff_is_suppressed_as_a_hash(staff: Client) -> None:
    reader = make_reader(of=make_briefing(), email="Ada@example.org")
    add = "/admin/subscribers/suppression/add/"
    answer = staff.post(add, {"address": " ADA@Example.org", "detail": "By telephone"})
    assert answer.status_code == 302
    suppression = Suppression.objects.get()
    assert suppression.address_hash == reader.subscriber.address_hash
    assert (suppression.reason, suppression.detail) == ("staff", "By telephone")
    assert not Subscription.objects.mailable().exists()
    again = staff.post(add, {"address": "ada@example.org"}).content.decode()
    assert "already suppressed" in again
    assert "not an email address" in staff.post(add, {"address": "ada"}).content.decode()
    page = staff.get("/admin/subscribers/suppression/", {"q": "aDa@example.org"})
    assert list(page.context["cl"].result_list) == [suppression]
    assert AuditLogEntry.objects.get().verb == "suppressed"


def test_staff_with_the_permission_can_lift_every_suppression(staff: Client) -> None:
    rows = [
        Suppression.objects.create(address_hash=hash_address(f"{reason}@x.org"), reason=reason)
        for reason in SuppressionReason
    ]
    for row in rows:
        path = reverse("admin:subscribers_suppression_delete", args=[row.pk])
        assert "Lift suppression" in staff.get(path).content.decode()
        staff.post(path, {"post": "yes", "why": "The reader  asked by telephone."})
    assert not Suppression.objects.exists()
    entries = AuditLogEntry.objects.filter(verb="lifted").order_by("pk")
    assert [entry.detail for entry in entries] == [
        {"reason": reason, "why": "The reader asked by telephone."} for reason in SuppressionReason
    ]


@pytest.mark.parametrize("why", ["", "  "])
def test_lifting_a_complaint_needs_a_reason(staff: Client, why: str) -> None:
    row = Suppression.objects.create(
        address_hash=hash_address("ada@example.org"), reason=SuppressionReason.COMPLAINED
    )
    path = reverse("admin:subscribers_suppression_delete", args=[row.pk])
    answer = staff.post(path, {"post": "yes", "why": why}, follow=True).content.decode()
    assert "Say why you lift this suppression" in answer
    assert Suppression.objects.exists()
    assert not AuditLogEntry.objects.exists()


def test_lifting_a_suppression_needs_the_permission(client: Client) -> None:
    row = Suppression.objects.create(
        address_hash=hash_address("ada@example.org"), reason=SuppressionReason.COMPLAINED
    )
    user = User.objects.create_user("editor", password="a long password", is_staff=True)
    user.groups.add(Group.objects.get(name="Editors"))
    client.force_login(user)
    path = reverse("admin:subscribers_suppression_delete", args=[row.pk])
    assert client.post(path, {"post": "yes", "why": "I want to."}).status_code == 403
    assert Suppression.objects.exists()


def test_who_complained_can_sign_up_after_staff_lift_the_suppression(staff: Client) -> None:
    briefing = make_briefing(slug="ward-round")
    delivery = make_sent_delivery(email="ada@example.org", briefing=briefing)
    process(write_complaint(original=f"Return-Path: <{bounce_address(delivery)}>"))
    client = Client()
    client.post("/subscribe/ward-round/", {"address": "Ada@example.org"})
    assert emails_sent() == []
    path = reverse("admin:subscribers_suppression_delete", args=[Suppression.objects.get().pk])
    staff.post(path, {"post": "yes", "why": "Selected by mistake, says the reader."})
    assert not Subscription.objects.active().exists()
    SignUp.objects.update(email_sent_at=timezone.now() - timedelta(hours=1))
    client.post("/subscribe/ward-round/", {"address": "Ada@example.org"})
    [confirmation] = emails_sent()
    client.post(link_to("confirm", confirmation))
    assert Subscription.objects.mailable().get().briefing == briefing


def test_an_erased_person_can_sign_up_after_staff_lift_the_suppression(staff: Client) -> None:
    make_briefing(slug="ward-round")
    erase(person_at("ada@example.org"), keep_words=False)
    client = Client()
    client.post("/subscribe/ward-round/", {"address": "Ada@example.org"})
    assert emails_sent() == []
    found = staff.get("/admin/subscribers/suppression/", {"q": "ada@example.org"})
    [row] = found.context["cl"].result_list
    staff.post(reverse("admin:subscribers_suppression_delete", args=[row.pk]), {"post": "yes"})
    SignUp.objects.update(email_sent_at=timezone.now() - timedelta(hours=1))
    client.post("/subscribe/ward-round/", {"address": "ada@example.org"})
    client.post(link_to("confirm", emails_sent()[-1]))
    assert Subscription.objects.mailable().count() == 1


def test_the_admin_shows_open_sign_ups_without_their_tokens(staff: Client) -> None:
    ward = make_briefing(title="The Ward Round")
    Client().post(f"/subscribe/{ward.slug}/", {"address": "ada@example.org", "source": "/x/"})
    asked = SignUp.objects.get()
    page = staff.get(f"/admin/subscribers/signup/{asked.pk}/change/").content.decode()
    assert "The Ward Round" in page
    assert asked.token not in page
    assert sign_ups_found(staff, "ADA@example.org") == [asked]


def sign_ups_found(staff: Client, words: str) -> list[SignUp]:
    return list(staff.get("/admin/subscribers/signup/", {"q": words}).context["cl"].result_list)


def test_the_audit_log_contains_no_personal_data(staff: Client) -> None:
    reader = make_reader(of=make_briefing(), email="ada@example.org", name="Ada Lovelace")
    data = {"action": "unsubscribe", "_selected_action": [reader.subscriber.pk], "confirmed": "yes"}
    staff.post(LIST, data)
    staff.post("/admin/subscribers/suppression/add/", {"address": "ada@example.org"})
    for label in ("newsroom.AuditLogEntry", "admin.LogEntry"):
        for row in apps.get_model(label)._base_manager.values():
            assert not re.search("lovelace|ada@", str(row), re.IGNORECASE), label


@pytest.mark.postgres
def test_a_long_list_of_subscribers_is_never_counted_row_by_row(staff: Client) -> None:
    """A count without a limit, or a search without an index, would take longer with every row."""
    make_reader(of=make_briefing(), email="ada@example.org")
    now = timezone.now()
    Subscriber.objects.bulk_create(
        Subscriber(
            address=f"reader{number}@example.com",
            address_hash=f"{number:064x}",
            token=f"{number:022}",
            created_at=now,
        )
        for number in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE subscribers_subscriber")
    with CaptureQueriesContext(connection) as captured:
        page = staff.get(LIST)
    assert 19_000 < page.context["cl"].result_count < 21_000
    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert all("LIMIT" in sql for sql in counts)
    assert len(captured) < 15
    plan = search_address(Subscriber.objects.all(), "ada@exam").explain()
    assert "subscriber_by_address" in plan
    assert "Seq Scan" not in plan


def test_a_list_shows_times_as_every_other_page_does(staff: Client) -> None:
    row = make_reader(of=make_briefing()).subscriber
    Subscriber.objects.filter(pk=row.pk).update(
        created_at=datetime(2026, 11, 22, 19, 5, tzinfo=UTC)
    )
    assert "22 Nov 2026, 19:05" in staff.get("/admin/subscribers/subscriber/").content.decode()
