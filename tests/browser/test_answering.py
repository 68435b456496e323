"""A reader answers a question in a browser without scripts, from the issue's page to the result."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from briefings.models import Answer
from newsroom.models import OutgoingEmail
from tests.briefings.questions.asked import OPTIONS, answer, make_question

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def without_scripts(browser: Browser) -> Iterator[Page]:
    with browser.new_context(java_script_enabled=False, locale="en-GB") as context:
        yield context.new_page()


def test_without_scripts_a_reader_answers_confirms_and_sees_the_result(
    without_scripts: Page, site: str
) -> None:
    page, section = without_scripts, make_question()
    for number in range(10):
        answer(section, option=OPTIONS[number % 2])
    page.goto(site + section.issue.get_absolute_url())
    page.get_by_label(OPTIONS[1]).check()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("heading", name=section.heading)).to_be_visible()
    expect(page.get_by_label(OPTIONS[1])).to_be_checked()
    page.get_by_label("In your own words").fill("One ward is enough.")
    page.get_by_label("May we quote you").select_option("anonymous")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("Enter your email address")).to_be_visible()
    expect(page.get_by_label("In your own words")).to_have_value("One ward is enough.")
    page.get_by_label("Your email address").fill("ada@example.org")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()

    link = re.search(r"\S+/comments/answers/\S+", OutgoingEmail.objects.get().text)
    assert link
    page.goto(link[0])
    page.get_by_role("button", name="Confirm the answer").click()
    expect(page.get_by_role("heading", name="Thank you for your answer")).to_be_visible()
    expect(page.get_by_role("table", name="11 readers chose")).to_be_visible()
    assert Answer.objects.get(commenter__address="ada@example.org").option == OPTIONS[1]
