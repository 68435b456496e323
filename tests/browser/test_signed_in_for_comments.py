"""A reader who is signed in for comments, in a browser with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from briefings.comment_identity import sign_in_path
from briefings.models import Comment, Commenter, CommentState, Issue
from tests.browser.page_checks import faults
from tests.factories import make_comment, make_published_issue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def issue() -> Issue:
    issue = make_published_issue()
    make_comment(on=issue, name="Imran")
    return issue


@pytest.fixture
def without_scripts(browser: Browser) -> Iterator[Page]:
    with browser.new_context(java_script_enabled=False, locale="en-GB") as context:
        yield context.new_page()


def sign_in(page: Page, site: str) -> None:
    page.goto(site + sign_in_path("ada@example.org"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your comments")).to_be_visible()


def test_without_scripts_a_reader_can_do_everything_with_a_comment(
    without_scripts: Page, site: str, issue: Issue
) -> None:
    page = without_scripts
    sign_in(page, site)
    page.goto(site + issue.get_absolute_url())
    page.get_by_role("button", name="Recommend the comment by \u2068Imran").click()
    expect(page.get_by_role("button", name="recommended by 1")).to_be_visible()
    page.get_by_role("link", name="Comment on this section (Closed, but still counted)").click()
    section = str(issue.sections.all()[0].pk)
    expect(page.get_by_label("What it is about")).to_have_value(section)
    page.get_by_label("Your comment").fill("Our ward is shut.")
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_role("heading", name="Thank you for your comment")).to_be_visible()
    page.get_by_text("Change the words").click()
    page.get_by_label("Your comment").fill("Our ward was shut.")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("· edited")).to_be_visible()
    page.get_by_text("Quoting: not at all").click()
    page.get_by_label("May we quote you").select_option("named")
    page.locator("details[open]").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Enter the name, or choose")).to_be_visible()
    page.get_by_label("The name to quote you with").fill("Ada Byron")
    page.locator("details[open]").get_by_role("button", name="Save").click()
    page.get_by_text("Emails about replies: off").click()
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("Emails about replies: on")).to_be_visible()
    expect(page.get_by_text("Quoting: by name (Ada Byron)")).to_be_visible()
    page.get_by_text("Withdraw", exact=True).click()
    page.get_by_role("button", name="Withdraw the comment").click()
    expect(page.get_by_text("Withdrawn ·")).to_be_visible()
    page.get_by_role("button", name="Sign out in all browsers").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    comment = Comment.objects.latest("pk")
    assert (comment.body, comment.state) == ("Our ward was shut.", CommentState.WITHDRAWN)
    assert (comment.section_id, comment.section_heading) == (
        int(section),
        "Closed, but still counted",
    )
    answers = comment.quote_consents.values_list("choice", "name")
    assert list(answers) == [("no", ""), ("named", "Ada Byron"), ("no", "")]


def test_with_scripts_the_page_shows_who_is_signed_in_and_what_they_recommended(
    page: Page, site: str, issue: Issue
) -> None:
    sign_in(page, site)
    assert faults(page) == []
    page.goto(site + issue.get_absolute_url())
    page.get_by_label("Your comment").click()  # which unfolds the form
    expect(page.get_by_text("Signed in as ada@example.org")).to_be_visible()
    expect(page.get_by_label("Your email address")).to_be_hidden()
    recommend = page.get_by_role("button", name="the comment by \u2068Imran")
    recommend.click()
    expect(recommend).to_have_js_property("ariaPressed", "true")
    recommend.click()
    expect(page.get_by_text("Signed in as")).to_be_attached()
    expect(recommend).not_to_have_js_property("ariaPressed", "true")
    assert not Commenter.objects.get().recommendations.exists()


def test_what_a_reader_has_typed_outlives_the_other_buttons_of_the_page(
    page: Page, site: str, issue: Issue
) -> None:
    sign_in(page, site)
    page.goto(site + issue.get_absolute_url())
    words, quoting = page.get_by_label("Your comment"), page.get_by_label("May we quote you")
    words.fill("Our ward is")
    quoting.select_option("anonymous")
    page.get_by_role("button", name="Recommend the comment by \u2068Imran").click()
    expect(page.get_by_role("button", name="recommended by 1")).to_be_visible()
    expect(words).to_have_value("Our ward is")
    expect(quoting).to_have_value("anonymous")
    page.get_by_role("link", name="Report the comment by \u2068Imran").click()
    page.get_by_role("heading", name="Report a comment").wait_for()
    page.get_by_role("main").get_by_role("link", name=issue.title).click()
    expect(words).to_have_value("Our ward is")
    page.get_by_role("button", name="Send comment").click()
    page.get_by_role("heading", name="Thank you for your comment").wait_for()
    page.wait_for_load_state()
    page.goto(site + issue.get_absolute_url())
    expect(page.locator("script[type=module]")).to_be_attached()
    expect(words).to_have_value("")
    assert Comment.objects.latest("pk").body == "Our ward is"
