"""Confirming a sign-up: a page that asks, a button that subscribes once, a welcome email."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Briefing
from newsroom.models import OutgoingEmail
from subscribers.bounces.staff_suppression import lift
from subscribers.models import (
    BounceAction,
    BounceClassification,
    BounceEvent,
    BounceSource,
    ConsentRecord,
    Delivery,
    SignUp,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from subscribers.models.address_hash import hash_address
from tests.briefings.admin_client import make_staff
from tests.factories import (
    make_briefing,
    make_dispatch,
    make_published_issue,
    make_reader,
    make_scheduled_issue,
)
from tests.sent_emails import emails_sent, html_part, link_to, links_in

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


def sign_up(client: Client, *briefings: Briefing, address: str = ADA, name: str = "") -> str:
    """Send the form and return the confirmation link from the email."""
    data = {"address": address, "name": name, "briefings": [one.slug for one in briefings]}
    assert client.post("/subscribe/", data).status_code == 200
    return link_to("confirm", emails_sent()[-1])


def test_opening_the_page_confirms_nothing(client: Client) -> None:
    link = sign_up(client, make_briefing(title="Council & mayor"), name="Ada")
    page = client.get(link)
    for _ in range(2):
        page = client.get(link)
        assert page.status_code == 200
        assert "Council &amp; mayor" in page.content.decode()
        assert ADA in page.content.decode()
        assert client.head(link).status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert not Subscriber.objects.exists()


def test_the_button_subscribes_and_sends_a_welcome(client: Client) -> None:
    ward = make_briefing(title="The Ward Round", slug="ward-round")
    make_published_issue(
        briefing=ward, title="An older issue", at=timezone.now() - timedelta(days=8)
    )
    latest = make_published_issue(briefing=ward, title="Beds & wards")
    make_scheduled_issue(briefing=ward, title="Not out yet")
    link = sign_up(client, ward, name="Ada")
    page = client.post(link)
    assert page.status_code == 200
    assert "Beds &amp; wards" in page.content.decode()
    assert latest.get_absolute_url() in page.content.decode()
    subscription = Subscription.objects.get()
    assert subscription.state == SubscriptionState.ACTIVE
    subscriber = subscription.subscriber
    assert (subscriber.address, subscriber.name) == (ADA, "Ada")
    assert f"/preferences/{subscriber.token}/" in page.content.decode()
    [_, welcome] = emails_sent()
    assert welcome.to == [ADA]
    assert "Ada" in str(welcome.body)
    assert "Beds & wards" in str(welcome.body)
    assert latest.get_absolute_url() in links_in(welcome)
    assert "Not out yet" not in str(welcome.body)
    head = welcome.extra_headers
    assert head["List-Id"] == "The Ward Round <ward-round.news.example.com>"
    assert head["Auto-Submitted"] == "auto-generated"
    assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert head["List-Unsubscribe"].endswith(f"/unsubscribe/{subscription.token}/>")


def test_several_briefings_share_one_welcome_email(client: Client) -> None:
    ward, council = make_briefing(title="The Ward Round"), make_briefing(title="The Council")
    client.post(sign_up(client, ward, council))
    [_, welcome] = emails_sent()
    assert {"The Ward Round", "The Council"} <= set(str(welcome.body).splitlines())
    assert "List-Unsubscribe-Post" not in welcome.extra_headers
    assert "/preferences/" in welcome.extra_headers["List-Unsubscribe"]
    for subscription in Subscription.objects.all():
        assert f"/unsubscribe/{subscription.token}/" in links_in(welcome)


def test_a_link_confirms_once(client: Client) -> None:
    link = sign_up(client, make_briefing())
    client.post(link)
    Subscription.objects.get().end(at=timezone.now())
    again = client.post(link)
    assert again.status_code == 200
    assert "already confirmed" in again.content.decode()
    assert "already confirmed" in client.get(link).content.decode()
    assert Subscription.objects.get().state == SubscriptionState.UNSUBSCRIBED
    assert ConsentRecord.objects.count() == 1
    assert len(emails_sent()) == 2


def test_a_link_expires_after_thirty_days(client: Client) -> None:
    link = sign_up(client, make_briefing())
    SignUp.objects.update(asked_at=timezone.now() - timedelta(days=29, hours=23))
    assert client.get(link).status_code == 200
    SignUp.objects.update(asked_at=timezone.now() - timedelta(days=30, minutes=1))
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 410
        assert 'href="/subscribe/"' in answer.content.decode()
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "token", ["nonsense", "A" * 22, "%00" * 22, "a" * 5000, "..%2f", "🗞️", "undo"]
)
def test_an_unknown_link_gets_a_page_that_says_so(client: Client, token: str) -> None:
    for answer in (client.get(f"/confirm/{token}/"), client.post(f"/confirm/{token}/")):
        assert answer.status_code == 404
        if token != "..%2f":
            assert "This link does not work" in answer.content.decode()


def test_subscribing_again_makes_a_new_consent_record(client: Client) -> None:
    ward = make_briefing()
    reader = make_reader(of=ward, email=ADA)
    reader.end(at=timezone.now())
    token = reader.token
    client.post(sign_up(client, ward, address="ADA@example.org"))
    reader.refresh_from_db()
    assert reader.state == SubscriptionState.ACTIVE
    assert reader.unsubscribed_at is None
    assert reader.token == token  # links in old emails still unsubscribe
    assert ConsentRecord.objects.filter(subscriber=reader.subscriber, action="joined").count() == 1


def test_existing_subscriptions_and_the_name_stay_as_they_are(client: Client) -> None:
    ward, council = make_briefing(), make_briefing()
    make_reader(of=ward, email=ADA, name="Ada Lovelace")
    client.post(sign_up(client, ward, council, name="Prankster"))
    assert ConsentRecord.objects.get().briefing == council
    assert Subscriber.objects.get().name == "Ada Lovelace"


def test_a_link_with_nothing_new_says_so_and_sends_no_welcome(client: Client) -> None:
    ward = make_briefing()
    link = sign_up(client, ward)
    make_reader(of=ward, email=ADA)
    assert "already subscribed" in client.post(link).content.decode()
    assert len(emails_sent()) == 1
    assert not ConsentRecord.objects.exists()


def test_a_briefing_retired_meanwhile_is_left_out(client: Client) -> None:
    ward, council = make_briefing(title="The Ward Round"), make_briefing(title="The Council")
    link = sign_up(client, ward, council)
    Briefing.objects.filter(pk=council.pk).update(retired=True)
    assert "The Council" not in client.get(link).content.decode()
    client.post(link)
    assert Subscription.objects.get().briefing == ward


def test_an_address_suppressed_meanwhile_gets_no_welcome(client: Client) -> None:
    link = sign_up(client, make_briefing())
    Suppression.objects.create(address_hash=SignUp.objects.get().address_hash, reason="staff")
    assert client.post(link).status_code == 200
    assert len(emails_sent()) == 1
    assert not Subscription.objects.mailable().exists()


def test_the_page_lists_what_the_email_listed(client: Client) -> None:
    ward, council = make_briefing(title="The Ward Round"), make_briefing(title="The Council")
    make_reader(of=ward, email=ADA)
    confirmation_link = sign_up(client, ward, council)
    page = client.get(confirmation_link).content.decode()
    assert "The Council" in page
    assert "The Ward Round" not in page


def test_a_stranger_cannot_rename_a_subscriber(client: Client) -> None:
    ward, council = make_briefing(), make_briefing(slug="council")
    make_reader(of=ward, email="ada@example.org", name="Ada")
    client.post("/subscribe/council/", {"address": "ada@example.org", "name": "Silly Goose"})
    link = link_to("confirm", emails_sent()[-1])
    assert "Silly Goose" not in client.get(link).content.decode()
    assert "Welcome, Ada" in client.post(link).content.decode()
    assert council in [one.briefing for one in Subscription.objects.active()]


def test_a_failed_confirmation_changes_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = sign_up(client, make_briefing())

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("subscribers.signup.confirmation.queue_email", fail)
        with pytest.raises(RuntimeError):
            client.post(link)
    assert not Subscriber.objects.exists()
    assert not ConsentRecord.objects.exists()
    assert client.post(link).status_code == 200
    assert Subscription.objects.active().count() == 1


def test_a_hostile_name_is_escaped_on_the_page_and_in_the_email(client: Client) -> None:
    name = "<script>alert(1)</script> & “Zoë”"
    page = client.post(sign_up(client, make_briefing(), name=name)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    [_, welcome] = emails_sent()
    assert name in str(welcome.body)
    assert "<script>" not in html_part(welcome)


@pytest.mark.parametrize("has_complained", [True, False])
def test_staff_are_told_when_somebody_comes_back_after_a_complaint(
    client: Client, *, has_complained: bool
) -> None:
    make_staff("List managers", email="ina@example.org")
    make_staff("Publishers", email="pia@example.org")  # may send, but not see who subscribes
    ward, mayor = make_briefing(title="The Ward Round"), make_briefing()
    reader = make_reader(of=mayor, email=ADA).subscriber
    if has_complained:
        dispatch = make_dispatch(briefing=mayor)
        BounceEvent.objects.create(
            key="a",
            source=BounceSource.HOOK,
            classification=BounceClassification.COMPLAINT,
            reason="reported as spam",
            dispatch=dispatch,
            delivery=Delivery.objects.create(dispatch=dispatch, subscriber=reader),
            subscriber=reader,
            action=BounceAction.SUPPRESSED,
        )
        suppression = Suppression.objects.create(
            address_hash=hash_address(ADA), reason=SuppressionReason.COMPLAINED
        )
        lift(suppression, by=None, why="She wrote to us")
    link = sign_up(client, ward)

    client.post(link)

    told = [email.to for email in OutgoingEmail.objects.filter(name="subscriber_returned")]
    assert told == (["ina@example.org"] if has_complained else [])


def test_the_welcome_page_leads_on_to_the_latest_issue_and_says_when_the_next_comes(
    client: Client,
) -> None:
    briefing = make_briefing(title="The Ward Round")
    latest = make_published_issue(briefing=briefing, title="Who pays?", strapline="Nobody does.")
    page = client.post(sign_up(client, briefing)).content.decode()
    assert f'<a href="{latest.get_absolute_url()}" dir="auto">Who pays?</a>' in page
    assert "Nobody does." in page
    assert "The next issue comes on Thursday" in page
    assert "Tell us your name" in page
    make_briefing(title="The Council", slug="council")
    client.post("/subscribe/council/", {"address": "lin@example.org", "name": "Lin"})
    assert (
        "Tell us your name"
        not in client.post(link_to("confirm", emails_sent()[-1])).content.decode()
    )
