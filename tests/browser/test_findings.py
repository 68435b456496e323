"""A finding leads to its place: on the form, and from the Send page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from briefings.models import SectionKind
from tests.browser.issue_editor import log_in, sections
from tests.factories import make_reader, make_scheduled_issue

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SELECTED = "() => getSelection().toString()"


def test_what_blocks_an_issue_is_found_from_the_send_page_and_from_the_form(
    page: Page, site: str
) -> None:
    """It was scheduled before preflight knew of placeholders."""
    issue = make_scheduled_issue(
        sections=[
            (SectionKind.FEATURE, "The quay", "<p>The ferries kept to their timetable.</p>"),
            (SectionKind.NOTE, "The bill", "<p>It cost <em>TK</em> pounds in in all.</p>"),
        ]
    )
    make_reader(of=issue.briefing)
    log_in(page, site)
    page.goto(f"{site}/admin/subscribers/dispatch/send/{issue.pk}/")
    expect(page.get_by_role("button", name="now")).to_have_count(0)
    page.get_by_role("link", name="Section “The bill”: “TK” is a placeholder.").click()

    bill = sections(page).nth(1)
    expect(bill.locator(".cke_wysiwyg_div")).to_be_focused(timeout=30_000)

    page.get_by_role("link", name="“in in” is written twice in a row.", exact=False).first.click()
    page.wait_for_function(f"() => ({SELECTED})() === 'in in'")
    blocking = page.get_by_role("link", name="Section “The bill”: “TK” is a placeholder.")
    blocking.click()
    page.wait_for_function(f"() => ({SELECTED})() === 'TK'")
    # Once autosave has kept what is typed, the findings are about that.
    page.keyboard.type("two")
    expect(blocking).to_have_count(0, timeout=30_000)
