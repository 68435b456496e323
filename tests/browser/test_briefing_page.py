"""The page of a briefing in a browser: its section template and its breaks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.issue_editor import log_in
from tests.browser.page_checks import wait_until_ready
from tests.factories import make_briefing

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_section_that_is_added_and_written_is_saved_and_new_issues_start_with_it(
    page: Page, site: str
) -> None:
    make_briefing(title="A briefing that comes first")
    briefing = make_briefing(title="The Ward Round")
    log_in(page, site, "Editors")
    page.goto(f"{site}/admin/briefings/briefing/{briefing.pk}/change/")
    page.locator("#template_sections-group .add-row a").click()
    page.locator("#id_template_sections-4-heading").fill("Numbers")
    page.locator("#id_template_sections-4-position").fill("5")
    wait_until_ready(page)
    page.locator("#cke_id_template_sections-4-body [contenteditable=true]").click()
    page.keyboard.type("Beds of the week")
    page.locator("#breaks-group .add-row a").click()
    page.locator("#id_breaks-0-first_day").fill("2027-04-01")
    page.get_by_text("Thursday 1 April 2027").wait_for()
    page.locator("#id_breaks-0-last_day").fill("2027-04-13")
    page.get_by_role("button", name="Save and stay here").click()
    page.get_by_text("changed successfully").wait_for()

    saved = [(each.heading, each.body) for each in briefing.template_sections.all()]
    assert saved[-1] == ("Numbers", "<p>Beds of the week</p>")
    assert len(saved) == 5
    assert briefing.breaks.count() == 1

    # Another briefing is chosen on the page of a new issue: its sections come with it.
    page.goto(f"{site}/admin/briefings/issue/add/")
    wait_until_ready(page)
    page.locator("#id_briefing").select_option(label="The Ward Round")
    page.get_by_text("Beds of the week").wait_for()
    headings = page.locator("[data-section-list] [name$='-heading']")
    assert headings.last.input_value() == "Numbers"
