"""Preferences in a browser: pause, change the address, download the data, erase it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from newsroom.retention.policy import read_policy
from subscribers.models import Subscriber
from tests.browser.page_checks import faults, look, picture
from tests.factories import make_briefing, make_comment, make_published_issue, make_reader
from tests.sent_emails import emails_sent_to, link_to
from tests.subscribers.subscriber_lives import in_a_month

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ADA, NEW = "ada.lovelace@example.org", "ada@analytical-engine.example"


@pytest.fixture
def reader() -> Subscriber:
    ward = make_briefing(title="The Ward Round", slug="ward-round")
    make_briefing(title="The Committee Room", slug="committee-room", accent="plum")
    issue = make_published_issue(briefing=ward)
    make_comment(on=issue, email=ADA, name="Ada Lovelace")
    return make_reader(of=ward, email=ADA, name="Ada Lovelace").subscriber


@pytest.mark.takes(seconds=10)
def test_the_owner_pauses_changes_the_address_downloads_and_erases(
    page: Page, site: str, reader: Subscriber
) -> None:
    heading, status = page.get_by_role("heading", level=1), page.get_by_role("status")
    page.goto(f"{site}/preferences/{reader.token}/")
    look(page, "preferences-1-holder")
    page.get_by_role("button", name="Email me a link").click()
    owner = site + link_to("preferences", emails_sent_to(ADA)[-1])
    page.goto(owner)
    look(page, "preferences-2-owner")

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_label("Resume on")).to_have_attribute("aria-invalid", "true")
    look(page, "preferences-3-pause-refused")
    page.get_by_label("Resume on").fill(in_a_month())
    page.get_by_role("button", name="Pause").click()
    expect(status).to_contain_text("They resume on")
    look(page, "preferences-4-paused")
    page.goto(f"{site}/preferences/{reader.token}/")
    look(page, "preferences-5-paused-holder")
    page.goto(owner)
    page.get_by_role("button", name="Resume now").click()
    expect(status).to_contain_text("have resumed")

    page.get_by_label("New email address").fill("nowhere")
    page.get_by_role("button", name="Change address").click()
    look(page, "preferences-6-address-refused")
    page.get_by_label("New email address").fill(NEW)
    page.get_by_role("button", name="Change address").click()
    expect(status).to_contain_text(f"We have emailed {NEW}")
    look(page, "preferences-7-address-waits")
    page.goto(site + link_to("preferences", emails_sent_to(NEW)[-1]))
    look(page, "preferences-8-new-mailbox")
    page.get_by_role("button", name="Yes, send them here").click()
    expect(heading).to_have_text("Thank you for confirming")
    look(page, "preferences-9-agreed")
    page.goto(site + link_to("preferences", emails_sent_to(ADA)[-1]))
    look(page, "preferences-10-old-mailbox")
    page.get_by_role("button", name="Yes, change it").click()
    reader.refresh_from_db()
    assert reader.address == NEW

    page.goto(owner)  # it was sent to the old address
    expect(heading).to_have_text("This link no longer works")
    page.goto(site + link_to("preferences", emails_sent_to(NEW)[-1]))
    page.get_by_role("button", name="Email me a link").click()
    owner = site + link_to("preferences", emails_sent_to(NEW)[-1])
    page.goto(owner)
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Download my data").click()
    assert json.loads(fetched.value.path().read_text())["subscriber"][0]["address"] == NEW

    page.get_by_role("link", name="erase your data").click()
    look(page, "preferences-11-erase")
    page.get_by_label("Keep my comment").check()
    page.get_by_role("button", name="Erase my data").click()
    expect(heading).to_have_text("Your data has been erased")
    look(page, "preferences-12-erased")
    assert not Subscriber.objects.exists()


def test_privacy_expired_links_and_the_way_to_a_pause(
    page: Page, site: str, reader: Subscriber
) -> None:
    page.goto(f"{site}/privacy/")
    kept = [table for table in read_policy().tables.values() if table.what]
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(len(kept))
    look(page, "preferences-20-privacy")
    page.goto(f"{site}/preferences/address/nonsense/")
    look(page, "preferences-21-address-ended")
    page.goto(f"{site}/unsubscribe/{reader.subscriptions.get().token}/")
    page.get_by_role("link", name="Pause your emails instead").click()
    expect(page.get_by_role("heading", name="Pause your emails")).to_be_in_viewport()


def test_staff_erase_a_subscriber(
    page: Page, site: str, reader: Subscriber, admin_user: Any, client: Any
) -> None:
    client.force_login(admin_user)
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": site}])
    page.goto(f"{site}/admin/subscribers/subscriber/{reader.pk}/change/")
    picture(page, "preferences-30-admin-subscriber")
    page.get_by_role("link", name="Erase…").click()
    picture(page, "preferences-31-admin-erase")
    assert faults(page) == []
    page.get_by_role("button", name="Erase subscriber").click()
    expect(page.get_by_text("Subscriber erased. We keep a hash of the address")).to_be_visible()
    assert not Subscriber.objects.exists()
