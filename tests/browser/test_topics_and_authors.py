"""From an issue to its topic, to its author and to a message to them, in a real browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from briefings import contributor_views, topic_views
from briefings.models import Topic
from newsroom.models import OutgoingEmail
from tests.browser.page_checks import look
from tests.factories import make_briefing, make_contributor, make_published_issue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.takes(seconds=20)
def test_a_reader_finds_other_issues_on_a_topic_and_writes_to_their_author(
    page: Page, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for views in (topic_views, contributor_views):
        monkeypatch.setattr(views, "PER_PAGE", 2)
    rosa = make_contributor(name="Rosa Meyer", job_title="Acute care correspondent", bio="Reads.")
    briefing = make_briefing(title="The Ward Round", lead=rosa)
    topic = Topic.objects.create(name="Beds", slug="beds", description="Who counts them.")
    issues = []
    for week in range(5):
        at = timezone.now() - timedelta(weeks=30 * week)
        issues.append(make_published_issue(briefing=briefing, title=f"Week {week}", at=at))
    topic.issues.set(issues)

    page.goto(site + issues[-1].get_absolute_url())
    page.get_by_role("link", name="Beds", exact=True).click()
    expect(page.get_by_role("heading", name="Beds", exact=True)).to_be_visible()
    page.get_by_role("link", name="Older issues").click()
    expect(page.get_by_text("Page 2 of 3")).to_be_visible()
    look(page, "topic")

    page.get_by_role("link", name="Week 2").click()
    page.get_by_role("link", name=re.compile("Contact .?Rosa Meyer")).first.click()
    form = page.get_by_role("form", name=re.compile("Write to .?Rosa Meyer"))
    expect(form).to_be_in_viewport()
    expect(page.get_by_text("Page 1 of 3")).to_be_visible()
    form.get_by_label("Your message").fill("The bus is back.")
    form.get_by_label("Your email address").fill("nobody")
    form.get_by_role("button", name="Send message").click()
    expect(form.get_by_role("alert")).to_contain_text("Your message is not sent yet")
    expect(form.get_by_label("Your message")).to_have_value("The bus is back.")
    look(page, "message-to-an-author")

    form.get_by_label("Your email address").fill("ada@example.org")
    form.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading", name="Your message is on its way")).to_be_in_viewport()
    [email] = OutgoingEmail.objects.filter(name="contact_author")
    assert email.headers["Reply-To"] == "ada@example.org"
