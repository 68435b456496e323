"""Writing an issue in a real browser: what is typed is saved, whatever else happens."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from briefings.models import Issue, IssueState, SectionKind
from tests.browser.issue_editor import (
    editor,
    log_in,
    open_issue,
    save,
    sections,
    stored,
    three,
    write,
)
from tests.factories import make_briefing, make_issue, make_scheduled_issue
from tests.servers.browser import Watch

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_an_issue_is_drafted_with_sections_added_moved_and_removed(page: Page, site: str) -> None:
    make_briefing(title="The Ward Round")
    log_in(page, site)
    page.goto(f"{site}/admin/briefings/issue/add/")
    expect(page.locator(".cke_wysiwyg_div")).to_have_count(4)

    page.get_by_label("Headline").fill("Who pays?")
    for place, words in enumerate(("the feature", "the roundup", "the feedback", "the note")):
        write(page, place, f"Words of {words}.")
    page.get_by_role("button", name="Feature", exact=True).click()
    expect(page.locator(".cke_wysiwyg_div")).to_have_count(5)
    write(page, 4, "Words of the addition.")
    added = sections(page).nth(4)
    added.get_by_label("Heading").fill("Added")
    for _ in range(3):
        added = page.locator("[data-section]", has=page.locator("text=Words of the addition."))
        added.get_by_role("button", name="Up", exact=True).click()
    expect(editor(page, 1)).to_have_text("Words of the addition.")
    write(page, 1, " More of it.")
    sections(page).nth(3).get_by_role("button", name="Remove", exact=True).click()
    expect(sections(page).nth(3)).to_contain_text("will be removed when you save")
    page.get_by_role("button", name="Save draft").click()

    expect(page.locator(".messagelist")).to_contain_text("Saved as a draft")
    issue = Issue.objects.get()
    assert issue.slug == "who-pays"
    assert stored(issue) == [
        ("", "<p>Words of the feature.</p>"),
        ("Added", "<p>Words of the addition. More of it.</p>"),
        ("In brief", "<p>Words of the roundup.</p>"),
        ("", "<p>Words of the note.</p>"),
    ]


def test_a_section_is_dragged_and_keeps_what_was_typed(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    write(page, 2, " and more")

    handle = sections(page).nth(2).locator("[data-handle]")
    handle.scroll_into_view_if_needed()
    handle.hover()
    page.mouse.down()
    head = sections(page).nth(0).bounding_box()
    assert head
    page.mouse.move(head["x"] + 10, head["y"] + 2, steps=8)
    page.mouse.up()
    save(page)

    assert stored(issue) == [
        ("Three", "<p>Three and more</p>"),
        ("One", "<p>One</p>"),
        ("Two", "<p>Two</p>"),
    ]


def test_the_keyboard_moves_a_section_and_says_where_it_is(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)

    sections(page).nth(0).get_by_role("button", name="Down", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    expect(page.locator("[data-section-status]")).to_have_text("One: now section 3 of 3")
    expect(sections(page).nth(2).get_by_role("button", name="Up", exact=True)).to_be_focused()
    write(page, 2, " after the move")
    save(page)
    assert stored(issue) == [
        ("Two", "<p>Two</p>"),
        ("Three", "<p>Three</p>"),
        ("One", "<p>One after the move</p>"),
    ]


def test_opening_and_saving_an_approved_issue_leaves_it_approved(page: Page, site: str) -> None:
    """The text editor would rewrite this markup, but nobody changed the text."""
    issue = make_scheduled_issue(
        sections=[(SectionKind.NOTE, "One", "<p>a</p><p></p>\n\n<ul><li>b</li></ul><p>“c” — d</p>")]
    )
    log_in(page, site)
    open_issue(page, site, issue)

    save(page)

    expect(page.locator(".messagelist")).to_contain_text("There was nothing to save")
    assert Issue.objects.get(pk=issue.pk).state == IssueState.SCHEDULED


def test_unsaved_changes_outlive_an_expired_session(page: Page, site: str, watch: Watch) -> None:
    issue = three()
    log_in(page, site, username="rosa")
    open_issue(page, site, issue)
    page.get_by_label("Headline").fill("A better headline")
    write(page, 0, " before the session went")
    sections(page).nth(2).get_by_role("button", name="Up", exact=True).click()
    page.context.clear_cookies()

    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator("body")).not_to_contain_text("A better headline")
    watch.expected += ["401", "403"]

    log_in(page, site, username="rosa")
    open_issue(page, site, issue)
    expect(page.get_by_text("You left unsaved changes")).to_be_visible()
    page.get_by_role("button", name="Restore them").click()
    expect(editor(page, 0)).to_have_text("One before the session went")
    expect(page.get_by_label("Headline")).to_have_value("A better headline")
    save(page)

    assert stored(issue) == [
        ("One", "<p>One before the session went</p>"),
        ("Three", "<p>Three</p>"),
        ("Two", "<p>Two</p>"),
    ]
    open_issue(page, site, issue)
    expect(page.get_by_text("You left unsaved changes")).to_be_hidden()


def test_leaving_with_unsaved_changes_needs_confirming(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)

    page.goto(f"{site}/admin/briefings/issue/")
    assert asked == []
    open_issue(page, site, issue)
    write(page, 0, "x")
    expect(page.get_by_text("Not saved", exact=True)).to_be_visible()
    page.goto(f"{site}/admin/briefings/issue/")

    assert asked == ["beforeunload"]


def test_another_briefing_suggests_its_own_number_and_send_time(page: Page, site: str) -> None:
    make_issue(briefing=make_briefing(title="A first", slot_weekday=0), number=7)
    make_issue(briefing=make_briefing(title="B second", slot_weekday=4), number=41)
    log_in(page, site)
    page.goto(f"{site}/admin/briefings/issue/add/")
    expect(page.get_by_label("Number", exact=True)).to_have_value("8")
    send_time = page.get_by_label("Send time").input_value()

    page.get_by_label("Briefing", exact=True).select_option(label="B second")

    expect(page.get_by_label("Number", exact=True)).to_have_value("42")
    assert page.get_by_label("Send time").input_value() != send_time
    expect(page.get_by_text("every Friday at 07:00")).to_be_visible()
