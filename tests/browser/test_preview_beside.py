"""The preview beside the form and remarks in a real browser, and a guest's page."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from briefings.models import GuestOpinion, Remark, SectionKind
from briefings.preview_links import make_link
from tests.browser.issue_editor import log_in, open_issue, sections, write
from tests.browser.page_checks import faults, wait_until_ready
from tests.factories import make_issue

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FRAME = "[data-preview-screen] iframe:not([data-waiting])"
NOT_OURS = [[".cke_top"], [".cke_voice_label"], ["iframe"]]


def test_what_is_typed_is_shown_beside_the_form_and_a_remark_does_not_touch_it(
    page: Page, site: str
) -> None:
    issue = make_issue(sections=[(SectionKind.FEATURE, "One", "<p>Saved words</p>")])
    page.set_viewport_size({"width": 1440, "height": 900})
    log_in(page, site, "Editors")
    open_issue(page, site, issue)
    page.get_by_role("button", name="Preview beside").click()
    shown = page.frame_locator(FRAME)
    expect(shown.locator(".prose")).to_contain_text("Saved words")

    # A remark is sent without leaving the page, and is not a change of the issue.
    sections(page).first.hover()
    page.get_by_role("link", name="Leave a remark").click()
    page.get_by_label("Remark", exact=True).fill("Says who?")
    page.get_by_role("button", name="Leave remark").click()
    expect(page.locator(".section-remark")).to_contain_text("Says who?")
    expect(page.locator("[data-unsaved]")).not_to_contain_text("Not saved")
    assert Remark.objects.get().section == issue.sections.get()

    write(page, 0, " and typed ones")
    expect(shown.locator(".prose")).to_contain_text("Saved words and typed ones")
    page.get_by_role("button", name="Dark", exact=True).click()
    background = "getComputedStyle(document.documentElement).backgroundColor"
    expect(shown.locator("body")).to_be_visible()
    assert page.locator(FRAME).element_handle().content_frame().evaluate(background) != (  # type: ignore[union-attr]  # it is a frame
        "rgb(255, 255, 255)"
    )
    page.get_by_role("button", name="Email", exact=True).click()
    expect(shown.locator("body")).to_contain_text("Unsubscribe")
    assert faults(page, where={"exclude": NOT_OURS}) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_guest_opens_a_link_leaves_a_remark_and_says_that_it_is_fine(
    page: Page, site: str
) -> None:
    issue = make_issue()
    link = make_link(issue, by=None, at=timezone.now())
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}{link.get_absolute_url()}")
    wait_until_ready(page)
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_text("Leave a remark on this section").first.click()
    page.get_by_label("Leave a remark on this section").first.fill("Is it 214?")
    page.get_by_label("Your name").fill("Dr Bell")
    page.get_by_role("button", name="Fine by me").click()
    expect(page.get_by_role("status")).to_contain_text("fine by you")
    assert Remark.objects.get().who == "Dr Bell (guest)"
    assert GuestOpinion.objects.count() == 1
