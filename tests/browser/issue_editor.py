"""Writing an issue in a browser."""

from __future__ import annotations

from typing import Any

from django.conf import settings as conf
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from briefings.models import Issue, SectionKind, WorkingCopy
from tests.briefings.admin_client import make_staff
from tests.browser.page_checks import wait_until_ready
from tests.factories import make_issue

# What the page says once the server has the words.
KEPT = "Not saved yet: draft kept at"


def log_in(page: Page, site: str, *groups: str, **fields: Any) -> None:
    """Log in a member of staff, a new one or an existing one by `username`."""
    known = User.objects.filter(username=fields.get("username", "")).first()
    client = Client()
    client.force_login(known or make_staff(*(groups or ("Editors",)), **fields))
    session = client.cookies[conf.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": conf.SESSION_COOKIE_NAME, "value": session, "url": site}])


def sections(page: Page) -> Locator:
    return page.locator("[data-section]")


def editor(page: Page, place: int) -> Locator:
    return sections(page).nth(place).locator(".cke_wysiwyg_div")


def write(page: Page, place: int, words: str) -> None:
    """Type at the end of a section's text, as a person does."""
    area = editor(page, place)
    area.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(words)


def open_issue(page: Page, site: str, issue: Issue) -> None:
    page.goto(f"{site}/admin/briefings/issue/{issue.pk}/change/")
    expect(page.locator(".cke_wysiwyg_div")).to_have_count(issue.sections.count())


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".messagelist")).to_be_visible()
    page.wait_for_load_state()
    wait_until_ready(page)


def stored(issue: Issue) -> list[tuple[str, str]]:
    return [
        (section.heading, section.body.replace("\n", "").replace("\t", ""))
        for section in issue.sections.all()
    ]


def three() -> Issue:
    return make_issue(
        sections=[(SectionKind.NOTE, name, f"<p>{name}</p>") for name in ("One", "Two", "Three")]
    )


def expect_status(page: Page, words: str) -> None:
    expect(page.locator("[data-unsaved]")).to_contain_text(words)


def kept_bodies(issue: Issue) -> list[str]:
    """Return the first section's text in each unsettled copy, the newest first."""
    copies = WorkingCopy.objects.filter(issue=issue, is_settled=False).order_by("-updated_at")
    return [copy.content["sections"][0]["body"].strip() for copy in copies]


def wait_for_bodies(page: Page, issue: Issue, expected: list[str], *, seconds: int = 30) -> None:
    """Wait for an autosave that says nothing new on its page."""
    for _ in range(5 * seconds):
        if kept_bodies(issue) == expected:
            break
        page.wait_for_timeout(200)
    assert kept_bodies(issue) == expected
