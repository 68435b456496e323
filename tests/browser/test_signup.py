"""Signing up and unsubscribing in a browser, on phone and desktop, in light and dark."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from subscribers.models import SignUp, Subscriber, Subscription, SubscriptionState
from tests.browser.page_checks import look
from tests.factories import make_briefing, make_contributor, make_published_issue
from tests.sent_emails import emails_sent, link_to

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ADA = "ada@example.org"


@pytest.fixture
def briefings() -> list[Any]:
    lead = make_contributor(name="Rosa Meyer", job_title="Acute care correspondent")
    ward = make_briefing(
        title="The Ward Round",
        slug="ward-round",
        strapline="What is really changing inside hospitals",
        description="Rosa Meyer reads the board papers, so that you need not.",
        lead=lead,
    )
    make_published_issue(briefing=ward, title="Who pays for the empty beds?")
    council = make_briefing(
        title="The Committee Room",
        slug="committee-room",
        strapline="What they decide at the town hall, and what they put off",
        accent="plum",
        slot_weekday=1,
        lead=lead,
    )
    return [ward, council, make_briefing(title="Night Bus", slug="night-bus", accent="blue")]


def test_signing_up_on_the_page_of_all_briefings(
    page: Page, site: str, briefings: list[Any]
) -> None:
    page.goto(f"{site}/subscribe/")
    assert page.get_by_role("checkbox").count() == 3
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    look(page, "signup-1-form")

    page.get_by_label("Email address").fill("ada at example.org")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_label("Email address")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Choose at least one briefing.")).to_be_visible()
    look(page, "signup-2-form-refused")

    page.get_by_label("The Ward Round").check()
    page.get_by_label("The Committee Room").check()
    page.get_by_label("Email address").fill(ADA)
    page.get_by_label("Your name").fill("Ada Łovelace")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    look(page, "signup-3-check-your-inbox")

    page.goto(site + link_to("confirm", emails_sent()[-1]))
    expect(page.get_by_role("main")).to_contain_text("The Committee Room")
    look(page, "signup-4-confirm")
    assert not Subscriber.objects.exists()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ada Łovelace")
    look(page, "signup-5-welcome")

    page.goto(f"{site}/confirm/{SignUp.objects.get().token}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You have already confirmed")
    look(page, "signup-6-confirmed-already")

    page.goto(site + link_to("preferences", emails_sent()[-1]))
    expect(page.get_by_role("main")).to_contain_text("a•••@example.org")
    look(page, "signup-7-preferences-email-link")
    # With several subscriptions this link ends none of them; each email's own link does.
    expect(page.get_by_role("button", name="Unsubscribe from")).to_have_count(0)
    one = Subscription.objects.get(briefing__slug="committee-room")
    page.goto(f"{site}/unsubscribe/{one.token}/")
    page.get_by_role("button", name="Unsubscribe from The Committee Room").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "You have unsubscribed from The Committee Room"
    )
    look(page, "signup-8-unsubscribed-from-one")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are subscribed again")
    look(page, "signup-9-resubscribed")

    page.goto(f"{site}/preferences/")
    look(page, "signup-10-preferences-link")
    page.get_by_label("Email address").fill(ADA)
    page.get_by_role("button", name="Email me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    page.goto(site + link_to("preferences", emails_sent()[-1]))
    expect(page.get_by_role("main")).to_contain_text(ADA)
    look(page, "signup-11-preferences-of-the-owner")
    page.get_by_label("Night Bus").check()
    page.get_by_label("The Ward Round").uncheck()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("You have unsubscribed from The Ward Round")
    look(page, "signup-12-preferences-saved")
    active = Subscription.objects.active().values_list("briefing__slug", flat=True)
    assert set(active) == {"committee-room", "night-bus"}


def test_signing_up_beside_an_issue_and_unsubscribing_from_an_email(
    page: Page, site: str, briefings: list[Any]
) -> None:
    page.goto(f"{site}/ward-round/1/")
    box = page.locator("form.signup")
    expect(box).to_contain_text("Get The Ward Round by email")
    look(page, "signup-20-box")
    box.get_by_label("Email address").fill(ADA)
    box.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    assert SignUp.objects.get().choices.get().source == "/ward-round/1/"
    page.goto(f"{site}/subscribe/ward-round/")
    look(page, "signup-21-form-for-one")

    page.goto(site + link_to("confirm", emails_sent()[-1]))
    look(page, "signup-22-confirm-one")
    page.get_by_role("button", name="Confirm").click()
    page.goto(site + link_to("unsubscribe", emails_sent()[-1]))
    look(page, "signup-23-unsubscribe")
    page.get_by_role("button", name="Unsubscribe from The Ward Round").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "You have unsubscribed from The Ward Round"
    )
    look(page, "signup-24-unsubscribed")
    assert Subscription.objects.get().state == SubscriptionState.UNSUBSCRIBED
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are subscribed again")
    assert Subscription.objects.get().state == SubscriptionState.ACTIVE


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/confirm/nonsense/", "30-confirm-unknown"),
        ("/unsubscribe/nonsense/", "31-unsubscribe-unknown"),
        ("/preferences/nonsense/", "32-preferences-ended"),
        ("/subscribe/old-gazette/", "33-retired"),
    ],
)
def test_pages_for_invalid_links_offer_a_next_step(
    page: Page, site: str, path: str, name: str
) -> None:
    make_briefing(title="The Old Gazette", slug="old-gazette", retired=True)
    page.goto(site + path)
    expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
    assert page.locator("main a, main form").count() >= 1
    look(page, f"signup-{name}")
