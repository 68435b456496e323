"""Reading the response to an issue and marking it by keys, and what is beside the draft then."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from briefings.models import MarkKind, ResponseMark
from tests.briefings.response.response_in_tests import make_draft_after
from tests.browser.issue_editor import expect_status, log_in
from tests.browser.page_checks import look, wait_until_held
from tests.factories import make_comment, make_published_issue

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.takes(seconds=12)
def test_an_editor_marks_pieces_by_keys_and_finds_them_beside_the_draft(
    page: Page, site: str
) -> None:
    issue = make_published_issue()
    comments = [make_comment(on=issue, body=f"Piece number {number}.") for number in range(3)]
    draft = make_draft_after(issue)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    log_in(page, site, "Editors")
    page.goto(f"{site}/admin/briefings/issue/{draft.pk}/response/")
    pieces = page.locator("[data-piece]")
    expect(pieces).to_have_count(3)
    look(page, "response")

    page.keyboard.press("j")
    expect(pieces.nth(0)).to_be_focused()
    page.keyboard.press("u")
    use = pieces.nth(0).get_by_role("button", name="Use", exact=True)
    expect(use).to_have_attribute("aria-pressed", "true")
    # An answer that arrives while somebody writes a note leaves them there.
    page.route("**/mark/", hold, times=1)
    page.keyboard.press("u")
    request = wait_until_held(page, held)
    page.keyboard.press("f")
    page.keyboard.press("Tab")
    note = pieces.nth(0).get_by_label("Note for them")
    page.keyboard.type("Not")
    expect(note).to_have_value("Not")
    request.continue_()
    expect(use).to_have_attribute("aria-pressed", "false")
    page.keyboard.type(" a dud")
    expect(note).to_have_value("Not a dud")
    expect(note).to_be_focused()
    page.keyboard.press("Escape")
    expect(pieces.nth(0)).to_be_focused()
    page.keyboard.press("u")
    expect(use).to_have_attribute("aria-pressed", "true")

    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(pieces.nth(1).get_by_role("list", name="Marks")).to_contain_text("Answer")
    page.keyboard.press("d")
    expect(pieces.nth(1).locator(".mark.is-done")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("f")
    expect(pieces.nth(2).get_by_label("By", exact=True)).to_be_focused()
    pieces.nth(2).get_by_label("Note for them").fill("Ask for the date")
    page.keyboard.press("Enter")
    expect(pieces.nth(2).get_by_role("list", name="Marks")).to_contain_text("Ask for the date")
    assert set(ResponseMark.objects.values_list("comment", "kind")) == {
        (comments[2].pk, MarkKind.USE),
        (comments[1].pk, MarkKind.ANSWER),
        (comments[0].pk, MarkKind.FOLLOW_UP),
    }

    page.get_by_role("combobox", name="Marks").select_option("use")
    expect(pieces).to_have_count(1)
    page.goto(f"{site}/admin/briefings/issue/{draft.pk}/change/")
    panel = page.locator("[data-response-panel]")
    expect(panel).to_contain_text("Piece number 2.")
    expect(panel).to_contain_text("in 3 pieces")
    expect(panel).not_to_contain_text("Piece number 1.")
    panel.get_by_role("combobox", name="Pieces").select_option("all")
    expect(panel).to_contain_text("Piece number 1.")
    panel.get_by_label("Search the pieces").fill("0")
    expect(panel.locator("[data-piece]")).to_have_count(1)
    expect(panel).to_contain_text("Piece number 0.")
    expect_status(page, "Saved")  # a choice in the panel does not change the issue
