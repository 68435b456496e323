"""Words of an issue are selected, and a button offers to comment on them, by keyboard too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from briefings.models import Comment, SectionKind
from tests.browser.page_checks import faults
from tests.factories import make_published_issue

pytestmark = pytest.mark.django_db(transaction=True)
# As shift and the arrow keys do, from the third character of the paragraph into the next section.
SELECT = """() => {
    const words = document.querySelector(".prose section p").firstChild;
    const after = document.querySelectorAll(".prose section")[1].querySelector("p").firstChild;
    getSelection().setBaseAndExtent(words, 4, after, 3);
}"""


def test_selected_words_are_commented_on_by_keyboard(page: Page, site: str) -> None:
    issue = make_published_issue(
        sections=[
            (SectionKind.FEATURE, "The beds", "<p>The county has 214 beds.</p>"),
            (SectionKind.FEATURE, "The rest", "<p>Nobody knows.</p>"),
        ]
    )
    page.goto(site + issue.get_absolute_url())
    page.evaluate(SELECT)
    button = page.get_by_role("button", name="Comment on this", exact=True)
    expect(button).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_have_count(0)
    page.evaluate("getSelection().removeAllRanges()")
    page.evaluate(SELECT)
    expect(button).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    words = page.get_by_label("Your comment", exact=True)
    expect(words).to_be_focused()
    expect(page.locator("#chosen-words")).to_contain_text("county has 214 beds.")
    expect(page.get_by_label("What it is about")).to_have_value(str(issue.sections.all()[0].pk))
    words.fill("Which county?")
    page.get_by_label("Your email address").last.fill("ada@example.org")
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    comment = Comment.objects.get()
    assert comment.passage == "county has 214 beds."
    assert comment.section == issue.sections.all()[0]
