"""Approve, schedule and edit an issue in a browser, across both clock changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from briefings.models import Issue, IssueState
from newsroom.models import OutgoingEmail
from tests.browser.issue_editor import log_in, open_issue
from tests.factories import make_briefing, make_issue

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def last_sunday(year: int, month: int) -> date:
    """Return the day of March or October on which the clocks change in London."""
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def test_both_clock_changes_are_asked_about_and_an_edit_ends_the_approval_with_an_email(
    page: Page, site: str
) -> None:
    year = timezone.now().year + 1
    spring, autumn = last_sunday(year, 3), last_sunday(year, 10)
    issue = make_issue(briefing=make_briefing(time_zone="Europe/London"))
    issue.submit(by=None)
    log_in(page, site, username="ina", email="ina@news.example.com")
    open_issue(page, site, issue)
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("Approved. If anybody edits")).to_be_visible()

    send_time = page.get_by_label("Send time", exact=True)
    schedule = page.get_by_role("button", name="Schedule", exact=True)
    send_time.fill(f"{spring}T01:30")
    schedule.click()
    expect(page.get_by_text("01:30 does not exist on that day").first).to_be_visible()

    send_time.fill(f"{autumn}T01:30")
    schedule.click()
    expect(page.get_by_text("01:30 happens twice on that day").first).to_be_visible()
    page.get_by_label("the second, 01:30 GMT").check()
    schedule.click()
    when = f"Sun {autumn.day} Oct {year}, 01:30 GMT"
    expect(page.get_by_text(f"Scheduled for {when}.", exact=True)).to_be_visible()

    log_in(page, site, username="bo")
    open_issue(page, site, issue)
    expect(page.get_by_text(f"Will be sent {when}")).to_be_visible()
    page.get_by_label("Headline").fill("Beds nobody counted")
    expect(page.get_by_text("This takes it off the clock.")).to_be_visible()
    page.get_by_role("button", name="Change it all the same").click()
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("it is in review again")).to_be_visible()

    assert Issue.objects.get().state == IssueState.IN_REVIEW
    [email] = OutgoingEmail.objects.filter(name="approval_void")
    assert email.to == "ina@news.example.com"
