"""Referrals: from the link in a forwarded email to the number in the admin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Issue
from newsroom.tokens import sign_id
from subscribers.models import ConsentRecord, SignUp, Subscription
from subscribers.sending import dispatches
from tests.briefings.admin_client import staff_client
from tests.factories import (
    make_briefing,
    make_dispatch,
    make_issue,
    make_published_issue,
    make_reader,
)
from tests.sent_emails import emails_sent, link_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    briefing = make_briefing(title="The Ward Round", slug="ward-round")
    return make_published_issue(briefing=briefing, number=57, title="Who pays?")


def sign_up(client: Client, *, path: str = "/subscribe/ward-round/", **fields: Any) -> Any:
    return client.post(path, {"address": "ada@example.org", **fields})


def confirm(client: Client) -> Subscription:
    assert client.post(link_to("confirm", emails_sent()[-1])).status_code == 200
    return Subscription.objects.get(subscriber__address="ada@example.org")


def test_a_forwarded_email_refers_a_subscriber(client: Client) -> None:
    briefing = make_briefing(slug="ward-round")
    make_reader(of=briefing, email="bob@example.org")
    dispatch = make_dispatch(briefing=briefing, number=57)
    dispatches.start(dispatch, at=dispatch.created_at)
    delivery = dispatch.deliveries.get()
    page = client.get(f"/view/{sign_id('view', delivery.pk)}/").content.decode()
    [link] = re.findall(r'href="http://news\.example\.com(/subscribe/[^"]*)"', page)
    assert link == "/subscribe/ward-round/?issue=57"
    assert link in dispatch.text
    form = client.get(link).context["form"]
    sign_up(client, issue=form["issue"].value(), source=form["source"].value())
    assert confirm(client).referred_by == dispatch.issue


def test_the_page_of_an_issue_refers_a_subscriber(client: Client, issue: Issue) -> None:
    page = client.get(issue.get_absolute_url()).content.decode()
    assert '<input type="hidden" name="issue" value="57">' in page
    assert 'name="issue"' not in client.get("/ward-round/").content.decode()
    sign_up(client, issue="57")
    assert confirm(client).referred_by == issue


@pytest.mark.parametrize(
    "written", ["", "58", "0", "-57", "57x", "５７", "9" * 50, "57.0", "\0", "' OR 1=1", "draft"]
)
def test_an_invalid_referral_is_ignored(client: Client, issue: Issue, written: str) -> None:
    make_issue(briefing=issue.briefing, number=58)
    if written != "\0":  # refused as in every field
        assert client.get("/subscribe/ward-round/", {"issue": written}).status_code == 200
        assert sign_up(client, issue=written).status_code == 200
        assert confirm(client).referred_by is None


def test_a_referral_does_not_count_for_another_briefing(client: Client, issue: Issue) -> None:
    make_briefing(slug="council")
    sign_up(client, path="/subscribe/council/", issue="57")
    assert SignUp.objects.get().choices.get().referred_by is None


def test_the_page_of_all_briefings_keeps_the_referral(client: Client, issue: Issue) -> None:
    make_briefing(slug="council")
    everywhere = '<a href="/subscribe/?issue=ward-round/57">See all briefings</a>'
    box = client.get(issue.get_absolute_url()).content.decode()
    assert box.count('href="/subscribe/?issue=ward-round/57"') == 3  # in the box, above and below
    assert everywhere in box
    assert everywhere in client.get("/subscribe/ward-round/?issue=57").content.decode()
    page = client.get("/subscribe/?issue=ward-round/57")
    form = page.context["form"]
    fields = {name: form[name].value() for name in ("issue", "source")}
    answer = sign_up(client, path="/subscribe/", briefings=["ward-round", "council"], **fields)
    another = '<a href="/subscribe/?issue=ward-round/57">Use a different address</a>'
    assert another in answer.content.decode()
    client.post(link_to("confirm", emails_sent()[-1]))
    brought = Subscription.objects.filter(referred_by=issue)
    assert {one.briefing.slug for one in brought} == {"ward-round", "council"}
    assert Subscription.objects.readers_referred_by(issue) == 1
    sources = {record.source for record in ConsentRecord.objects.all()}
    assert sources == {"/subscribe/?issue=ward-round/57"}


def test_the_referral_survives_a_typing_mistake(client: Client, issue: Issue) -> None:
    fields = {"briefings": "ward-round", "issue": "ward-round/57", "address": "ada@gmial.com"}
    asked = client.post("/subscribe/", fields)
    entered = dict(asked.context["entered_values"])
    client.post("/subscribe/", {**entered, "chosen_domain": "gmail.com"})
    assert SignUp.objects.get().choices.get().referred_by == issue
    assert 'href="/subscribe/?issue=ward-round/57"' in asked.content.decode()


@pytest.mark.parametrize(
    "written",
    [
        "57",
        "ward-round/58",
        "ward-round/",
        "/57",
        "ward-round/57/1",
        'a"><b>/57',
        "ward-round/５７",
    ],
)
def test_an_invalid_referral_on_the_page_of_all_briefings_is_ignored(
    client: Client, issue: Issue, written: str
) -> None:
    make_issue(briefing=issue.briefing, number=58)
    page = client.get("/subscribe/", {"issue": written})
    assert page.status_code == 200
    assert '"><b>/' not in page.content.decode()
    sign_up(client, path="/subscribe/", briefings="ward-round", issue=written)
    assert SignUp.objects.get().choices.get().referred_by is None


def test_the_admin_names_the_briefing_of_the_issue(client: Client, issue: Issue) -> None:
    make_briefing(slug="council")
    sign_up(client, path="/subscribe/", briefings="council", issue="ward-round/57")
    subscription = confirm(client)
    staff = staff_client("Editors")
    page = staff.get(f"/admin/subscribers/subscriber/{subscription.subscriber_id}/change/")
    assert "Referred by issue 57 of The Ward Round: Who pays?" in page.content.decode()


def test_sending_the_form_again_keeps_the_referral(client: Client, issue: Issue) -> None:
    sign_up(client, issue="57")
    sign_up(client)
    assert confirm(client).referred_by == issue


def test_subscribing_again_records_the_new_referral(client: Client, issue: Issue) -> None:
    sign_up(client)
    subscription = confirm(client)
    assert subscription.referred_by is None
    client.post(f"/unsubscribe/{subscription.token}/")
    sign_up(client, issue="57")
    assert confirm(client).referred_by == issue


def test_the_admin_shows_the_referral_and_the_number_of_referrals(client: Client) -> None:
    dispatch = make_dispatch(
        briefing=make_briefing(slug="ward-round"), number=57, title="Who pays?"
    )
    staff = staff_client("Editors")
    page = f"/admin/subscribers/dispatch/{dispatch.pk}/change/"
    assert "subscribed through this issue" not in staff.get(page).content.decode()
    sign_up(client, issue="57")
    asked = staff.get(f"/admin/subscribers/signup/{SignUp.objects.get().pk}/change/")
    assert "Referred by issue 57: Who pays?" in asked.content.decode()
    subscription = confirm(client)
    reader = staff.get(f"/admin/subscribers/subscriber/{subscription.subscriber_id}/change/")
    assert "Referred by issue 57: Who pays?" in reader.content.decode()
    assert "1 person signed up through this issue" in staff.get(page).content.decode()
    make_reader(of=subscription.briefing, referred_by=dispatch.issue)
    assert "2 people signed up through this issue" in staff.get(page).content.decode()


def test_undoing_an_unsubscription_keeps_the_referral(client: Client, issue: Issue) -> None:
    sign_up(client, issue="57")
    subscription = confirm(client)
    client.post(f"/unsubscribe/{subscription.token}/")
    subscription.refresh_from_db()
    assert subscription.restart(at=timezone.now())
    assert subscription.referred_by == issue
