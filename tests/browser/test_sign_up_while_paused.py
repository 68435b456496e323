"""Signing up while paused, in a browser: what the email links to, and the button to resume."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from subscribers.models import Subscriber
from tests.browser.page_checks import look
from tests.factories import make_briefing, make_published_issue, make_reader
from tests.sent_emails import emails_sent, link_to, links_in

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ADA = "ada@example.org"


def test_a_paused_subscriber_who_signs_up_can_resume(page: Page, site: str) -> None:
    ward = make_briefing(title="The Ward Round", slug="ward-round")
    council = make_briefing(title="The Committee Room", slug="committee-room", accent="plum")
    make_published_issue(briefing=council, title="The vote nobody saw")
    reader = make_reader(of=ward, email=ADA, name="Ada").subscriber
    until = timezone.now().date() + timedelta(days=20)
    reader.pause(until=until, at=timezone.now())

    page.goto(f"{site}/subscribe/ward-round/")
    page.get_by_label("Email address").fill(ADA)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    [link] = [link for link in links_in(emails_sent()[-1]) if "/pause/" in link]
    page.goto(site + link)
    look(page, "signup-60-paused")

    page.goto(f"{site}/subscribe/committee-room/")
    page.get_by_label("Email address").fill(ADA)
    page.get_by_role("button", name="Sign up").click()
    page.goto(site + link_to("confirm", emails_sent()[-1]))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ada")
    look(page, "signup-61-welcome-paused")
    page.get_by_role("button", name="Resume now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your emails have resumed")
    look(page, "signup-62-resumed")
    assert Subscriber.objects.get().paused_until is None
    page.goto(site + link)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    look(page, "signup-63-pause-over")
