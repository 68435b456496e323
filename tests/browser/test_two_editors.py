"""Two editors in one issue, each in a browser of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from briefings.models import RevisionStep, WorkingCopy
from tests.browser.issue_editor import editor, log_in, open_issue, save, sections, stored, three
from tests.browser.issue_editor import write as write_at_the_end
from tests.browser.page_checks import faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.browser import Watch

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# Presence is a matter of seconds; the machine that runs the tests may be slow.
SOON = 30_000


@pytest.fixture
def other_page(browser: Browser, watch: Watch) -> Iterator[Page]:
    """Open a page in another browser context: another person on another computer."""
    with browser.new_context(locale="en-GB", timezone_id="Europe/London") as context:
        context.set_default_timeout(15_000)
        watch.over(context)
        yield context.new_page()


@pytest.mark.takes(seconds=10)
def test_two_editors_see_each_other_hand_over_and_merge(
    page: Page, other_page: Page, site: str
) -> None:
    issue = three()
    issue.keep_revision(RevisionStep.CREATED, by=None)
    rosa, imran = page, other_page
    log_in(rosa, site, username="rosa", first_name="Rosa", last_name="Meyer")
    log_in(imran, site, username="imran", first_name="Imran", last_name="Sadiq")
    open_issue(rosa, site, issue)
    open_issue(imran, site, issue)

    # Each sees who else is here, and where.
    write_at_the_end(rosa, 1, " of Rosa")
    presence = imran.locator("[data-presence]")
    expect(presence).to_contain_text("Rosa Meyer is in this issue, in “Two”.", timeout=SOON)
    expect(sections(imran).nth(1)).to_contain_text("Rosa Meyer is here")
    expect(rosa.locator("[data-presence]")).to_contain_text("Imran Sadiq is in", timeout=SOON)
    assert faults(imran, where="[data-presence]") == []

    # Imran asks to take over; Rosa's words are kept for her, and her page can be read only.
    imran.get_by_role("button", name="Ask to take over").click()
    expect(presence).to_contain_text("You asked Rosa Meyer to hand over", timeout=SOON)
    asked = rosa.get_by_role("alertdialog")
    expect(asked).to_contain_text("Imran Sadiq asks to take over.", timeout=SOON)
    asked.get_by_role("button", name="Hand over").click()
    expect(rosa.locator("[data-presence]")).to_contain_text(
        "You handed this issue to Imran Sadiq", timeout=SOON
    )
    expect(editor(rosa, 1)).to_have_attribute("contenteditable", "false")
    expect(rosa.get_by_role("button", name="Save", exact=True).last).to_be_disabled()
    expect(presence).to_contain_text("Rosa Meyer handed over to you", timeout=SOON)
    (copy,) = WorkingCopy.objects.filter(issue=issue, is_settled=False)
    assert [one["body"].strip() for one in copy.content["sections"]][1] == "<p>Two of Rosa</p>"

    # Imran saves; Rosa takes it back. Both changed the second section.
    write_at_the_end(imran, 0, " of Imran")
    write_at_the_end(imran, 1, " of Imran")
    save(imran)
    rosa.get_by_role("button", name="Take it back").click()
    expect(editor(rosa, 1)).to_have_attribute("contenteditable", "true", timeout=SOON)
    rosa.get_by_role("button", name="Save", exact=True).last.click()
    alert = rosa.get_by_role("alert").first
    expect(alert).to_contain_text("Imran Sadiq saved this issue")
    expect(editor(rosa, 0)).to_have_text("One of Imran")
    expect(editor(rosa, 1)).to_have_text("Two of Rosa")
    clash = sections(rosa).nth(1).locator("[data-clash]")
    expect(clash).to_contain_text("Imran Sadiq changed this section, too.")
    assert faults(rosa, where="[data-clash]") == []

    clash.get_by_text("Use theirs").click()
    expect(editor(rosa, 1)).to_have_text("Two of Imran")
    clash.get_by_text("Keep mine").click()
    expect(editor(rosa, 1)).to_have_text("Two of Rosa")
    clash.get_by_text("Use theirs").click()
    expect(editor(rosa, 1)).to_have_text("Two of Imran")
    write_at_the_end(rosa, 1, " and Rosa")
    save(rosa)
    assert stored(issue)[:2] == [
        ("One", "<p>One of Imran</p>"),
        ("Two", "<p>Two of Imran and Rosa</p>"),
    ]


def test_what_two_editors_wrote_in_different_places_is_saved_without_asking(
    page: Page, other_page: Page, site: str
) -> None:
    issue = three()
    issue.keep_revision(RevisionStep.CREATED, by=None)
    log_in(page, site, first_name="Rosa", last_name="Meyer")
    log_in(other_page, site, first_name="Imran", last_name="Sadiq")
    open_issue(page, site, issue)
    open_issue(other_page, site, issue)
    write_at_the_end(page, 0, " of Rosa")
    sections(other_page).nth(2).get_by_role("button", name="Up", exact=True).click()
    write_at_the_end(other_page, 2, " of Imran")

    save(page)
    save(other_page)

    expect(other_page.locator(".messagelist")).to_contain_text("Rosa Meyer changed 1 other section")
    assert stored(issue) == [
        ("One", "<p>One of Rosa</p>"),
        ("Three", "<p>Three</p>"),
        ("Two", "<p>Two of Imran</p>"),
    ]

    page.goto(f"{site}/admin/")
    expect(other_page.locator("[data-presence]")).not_to_contain_text("Rosa Meyer", timeout=SOON)
