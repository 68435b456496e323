"""Words of an issue are selected, and a button offers to comment on them, by keyboard too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from briefings.models import Comment, SectionKind
from tests.browser.page_checks import faults
from tests.factories import make_published_issue

pytestmark = pytest.mark.django_db(transaction=True)


def test_selected_words_are_commented_on_by_keyboard(page: Page, site: str) -> None:
    issue = make_published_issue(
        sections=[
            (SectionKind.FEATURE, "The beds", "<p>The county has 214 beds.</p>"),
            (SectionKind.FEATURE, "The rest", "<p>Nobody knows.</p>"),
        ]
    )
    page.goto(site + issue.get_absolute_url())
    paragraph = page.get_by_text("The county has 214 beds.")
    paragraph.click(click_count=3)  # selects it, up to the start of what follows
    button = page.get_by_role("button", name="Comment on this", exact=True)
    expect(button).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_have_count(0)
    page.get_by_text("Nobody knows.").click()
    paragraph.click(click_count=3)
    expect(button).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    words = page.get_by_label("Your comment", exact=True)
    expect(words).to_be_focused()
    expect(page.locator("#chosen-words")).to_contain_text("The county has 214 beds.")
    expect(page.get_by_label("What it is about")).to_have_value(str(issue.sections.all()[0].pk))
    words.fill("Which county?")
    page.get_by_label("Your email address").last.fill("ada@example.org")
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    comment = Comment.objects.get()
    assert comment.passage == "The county has 214 beds."
    assert comment.section == issue.sections.all()[0]
