"""Drafts that a browser stores: they outlive an upgrade, and logging out asks about them."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Dialog, Page, expect

from briefings.models import Issue
from tests.browser.issue_editor import editor, log_in, open_issue, save, sections, three, write
from tests.browser.page_checks import faults

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def stored_drafts(page: Page) -> list[str]:
    return list(page.evaluate("Object.keys(localStorage).filter((key) => key.includes('-draft:'))"))


def draft_from_before(issue: Issue, *, headline: str) -> dict[str, object]:
    """Return a draft as the version before stored it: removed sections were `gone`."""
    rows = list(issue.sections.all())
    return {
        "at": timezone.now().timestamp() * 1000,
        "version": str(issue.version),
        "seen": issue.content_hash(),
        "fields": {"title": headline, "strapline": "Kept through the upgrade"},
        "sections": [
            {
                "id": str(row.pk),
                "kind": row.kind,
                "heading": row.heading,
                "body": f"<p>{row.heading}, and more</p>",
                "gone": place == 1,
            }
            for place, row in enumerate(rows)
        ],
    }


def store(page: Page, key: str, draft: dict[str, object] | str) -> None:
    text = draft if isinstance(draft, str) else json.dumps(draft)
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text])


def log_out(page: Page) -> None:
    page.locator(".account > summary").click()
    page.get_by_role("button", name="Log out", exact=True).click()


def test_a_draft_from_before_an_upgrade_is_offered(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site, username="rosa")
    rosa = User.objects.get(username="rosa")
    page.goto(f"{site}/admin/")
    path = f"/admin/briefings/issue/{issue.pk}/change/"
    store(page, "desk-draft:broken", "{")
    store(page, f"desk-draft:{rosa.pk}:{path}:abcdefgh", draft_from_before(issue, headline="Older"))

    open_issue(page, site, issue)
    expect(page.get_by_text("You left unsaved changes")).to_be_visible()
    page.get_by_role("button", name="Restore them").click()

    expect(page.get_by_label("Headline")).to_have_value("Older")
    expect(editor(page, 0)).to_have_text("One, and more")
    expect(sections(page).nth(1)).to_contain_text("will be removed when you save")
    save(page)
    assert [section.body.strip() for section in issue.sections.all()] == [
        "<p>One, and more</p>",
        "<p>Three, and more</p>",
    ]
    assert stored_drafts(page) == ["desk-draft:broken"]


def test_logging_out_names_the_unsaved_issues_and_keeps_them(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site, username="rosa")
    open_issue(page, site, issue)
    page.get_by_label("Headline").fill("Beds nobody counted")
    write(page, 0, " at the last minute")
    warnings: list[str] = []

    def leave(dialog: Dialog) -> None:
        warnings.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)

    log_out(page)

    question = page.get_by_role("dialog", name="You have unsaved changes")
    expect(question.get_by_role("link", name="Beds nobody counted")).to_be_visible()
    assert faults(page, where="#logout-drafts") == []
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert len(stored_drafts(page)) == 1
    expect(editor(page, 0)).to_have_text("One at the last minute")

    log_out(page)
    question.get_by_role("button", name="Keep them and log out").click()
    page.wait_for_url("**/admin/logout/")
    assert len(stored_drafts(page)) == 1
    assert warnings == []

    log_in(page, site, username="rosa")
    open_issue(page, site, issue)
    page.get_by_role("button", name="Restore them").click()
    expect(editor(page, 0)).to_have_text("One at the last minute")


def test_logging_out_deletes_only_ones_own_drafts_and_only_when_told(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site, username="imran")
    open_issue(page, site, issue)
    imrans = f"issue-draft:0:/admin/briefings/issue/{issue.pk}/change/:imranstoken"
    store(page, imrans, draft_from_before(issue, headline="Somebody else’s"))
    write(page, 0, " to be thrown away")

    log_out(page)
    question = page.get_by_role("dialog", name="You have unsaved changes")
    expect(question.get_by_role("listitem")).to_have_count(1)
    question.get_by_role("button", name="Delete them and log out").click()

    page.wait_for_url("**/admin/logout/")
    assert stored_drafts(page) == [imrans]


def test_logging_out_without_drafts_asks_nothing(page: Page, site: str) -> None:
    log_in(page, site)
    page.goto(f"{site}/admin/")

    log_out(page)

    page.wait_for_url("**/admin/logout/")
