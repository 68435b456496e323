"""The page of a briefing in a browser: its section template and its breaks, and what they do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from briefings.local_time import format_local, long_day
from briefings.next_drafts import make_next_draft
from tests.browser.issue_editor import log_in
from tests.browser.page_checks import wait_until_ready
from tests.factories import make_briefing, make_published_issue

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_section_that_is_added_and_written_is_saved_and_new_issues_start_with_it(
    page: Page, site: str
) -> None:
    make_briefing(title="A briefing that comes first")
    briefing = make_briefing(title="The Ward Round")
    now = timezone.now()
    make_published_issue(briefing=briefing, number=41, at=now - timedelta(weeks=1))
    first = briefing.slot.day_of(now)
    last = briefing.slot.day_of(briefing.slot.nth(3, after=now))
    log_in(page, site, "Editors")
    page.goto(f"{site}/admin/briefings/briefing/{briefing.pk}/change/")
    wait_until_ready(page)
    open_rows = page.locator("[data-section] details[open]")
    expect(open_rows).to_have_count(0)
    page.get_by_text("In brief", exact=True).click()
    expect(open_rows).to_have_count(1)
    page.locator("[data-add-section=note]").click()
    expect(open_rows).to_have_count(1)  # the new one; the other has closed
    page.locator("#id_template_sections-4-heading").fill("Numbers")
    page.locator("#cke_id_template_sections-4-body [contenteditable=true]").click()
    page.keyboard.type("Beds of the week")
    expect(open_rows.locator("[data-words]")).to_have_text("Beds of the week")
    expect(page.locator(".cke_top").locator("visible=true")).to_have_count(1)
    page.locator("[data-section]").last.get_by_role("button", name="Up").click()
    page.locator("#breaks-group .add-row a").click()
    page.locator("#id_breaks-0-first_day").fill(f"{first}")
    page.get_by_text(long_day(first)).wait_for()
    page.locator("#id_breaks-0-last_day").fill(f"{last}")
    page.locator("#id_breaks-0-words").fill("back when the frogs are")
    page.get_by_role("button", name="Save and stay here").click()
    page.get_by_text("Saved.").wait_for()

    saved = [(each.heading, each.body) for each in briefing.template_sections.all()]
    assert saved[3] == ("Numbers", "<p>Beds of the week</p>")
    assert len(saved) == 5
    assert briefing.breaks.count() == 1

    # Another briefing is chosen on the page of a new issue: its sections come with it.
    page.goto(f"{site}/admin/briefings/issue/add/")
    wait_until_ready(page)
    page.locator("#id_briefing").select_option(label="The Ward Round")
    page.get_by_text("Beds of the week").wait_for()
    headings = page.locator("[data-section-list] [name$='-heading']")
    expect(headings.nth(3)).to_have_value("Numbers")

    # The next draft is dated after the break, which readers and the calendar know of.
    draft = make_next_draft(briefing, at=now)
    assert draft is not None
    assert draft.publish_at is not None
    assert briefing.slot.day_of(draft.publish_at) > last
    page.goto(f"{site}{briefing.get_absolute_url()}")
    expect(page.get_by_text("Back when the frogs are.")).to_be_visible()
    page.goto(f"{site}/admin/briefings/issue/calendar/")
    expect(page.get_by_text("Break. Back when the frogs are.").first).to_be_visible()
    entry = page.locator(".calendar-entry").filter(has_text=f"The Ward Round {draft.number}")
    expect(entry).to_contain_text(format_local(draft.publish_at, briefing.zone))
