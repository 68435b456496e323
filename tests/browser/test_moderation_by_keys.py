"""Moderating with keys alone: forty comments in a minute, and what goes wrong on the way."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from briefings.comment_decisions import decide
from briefings.models import Comment, CommentState, RejectionReason, Role
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import make_member
from tests.browser.issue_editor import log_in
from tests.browser.page_checks import faults, look
from tests.factories import make_comment, make_published_issue

if TYPE_CHECKING:
    from tests.servers.browser import Watch

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
NUMBER = 40
# Thirty approvals, then a few of everything else.
KEYS = ["a"] * 30 + ["f", "s"] + ["r 2", "r 0", "r n", "b 1"] + ["a"] * 4


def waiting(number: int) -> list[Comment]:
    issue = make_published_issue()
    since = timezone.now() - timedelta(hours=2)
    return [
        make_comment(
            on=issue,
            body=f"Comment number {place}.",
            email=f"reader{place}@example.org",
            state=CommentState.PENDING,
            confirmed_at=since + timedelta(seconds=place),
        )
        for place in range(number)
    ]


@pytest.mark.takes(seconds=25)
def test_forty_decisions_a_minute(page: Page, site: str) -> None:
    comments = waiting(NUMBER)
    log_in(page, site, "Moderators")
    page.goto(f"{site}/admin/briefings/comment/queue/")
    card = page.locator("[data-card]:visible")
    expect(card).to_contain_text("Comment number 0.")
    look(page, "moderation")
    body = card.locator(".comment-body").first

    begin = time.monotonic()
    for place, keys in enumerate(KEYS):
        expect(body).to_have_text(f"Comment number {place}.")
        for key in keys.split():
            page.keyboard.press(key)
    expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
    expect(page.locator("[data-moderation]")).to_have_attribute("data-unsent", "0", timeout=60_000)
    took = time.monotonic() - begin

    expect(page.locator("[data-said]")).to_contain_text("Approved: comment by Anonymous.")
    states = Comment.objects.filter(pk__in=[comment.pk for comment in comments])
    assert states.filter(state=CommentState.APPROVED).count() == NUMBER - 5
    assert states.filter(featured=True).count() == 1
    assert sorted(
        states.exclude(rejection_reason="").values_list("rejection_reason", flat=True)
    ) == [
        RejectionReason.ABUSE,
        RejectionReason.BANNED,
        RejectionReason.OTHER,
        RejectionReason.SPAM,
    ]
    assert AuditLogEntry.objects.filter(subject_kind="comment").count() == NUMBER
    assert took < 60, f"{NUMBER} decisions took {took:.0f} s"

    page.keyboard.press("u")
    expect(card).to_contain_text(f"Comment number {NUMBER - 1}.")
    expect(page.locator("[data-moderation]")).to_have_attribute("data-unsent", "0")
    assert Comment.objects.waiting().get() == comments[-1]

    page.goto(f"{site}/admin/briefings/comment/decisions/")
    expect(page.get_by_role("button", name="Lift the ban")).to_be_visible()
    assert faults(page) == []


@pytest.mark.takes(seconds=10)
def test_next_previous_and_what_another_moderator_did(page: Page, site: str, watch: Watch) -> None:
    watch.expected.append("409")  # our decisions that come too late
    first, second = waiting(2)
    log_in(page, site, "Moderators")
    page.goto(f"{site}/admin/briefings/comment/queue/")
    card = page.locator("[data-card]:visible")
    expect(card).to_contain_text("Comment number 0.")

    page.keyboard.press("j")
    expect(card).to_contain_text("Comment number 1.")
    page.keyboard.press("k")
    expect(card).to_contain_text("Comment number 0.")
    page.keyboard.press("r")
    expect(card.get_by_role("button", name="False or misleading")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(card.get_by_role("button", name="False or misleading")).to_be_hidden()

    ann = make_member(Role.MODERATOR, of=None, first_name="Ann", last_name="Li")
    decide("reject", first, by=ann, at=timezone.now(), choice="hate")
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("Nothing changed. Ann Li rejected it")
    expect(card).to_contain_text("Comment number 1.")
    Comment.objects.filter(pk=second.pk).update(body="Changed words.", edited_at=timezone.now())
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("Its writer changed the words")
    expect(card).to_contain_text("Changed words.")
    expect(page.locator("[data-moderation]")).to_have_attribute("data-unsent", "0")
    second.refresh_from_db()
    assert second.state == CommentState.PENDING

    page.get_by_label("Use these keys in this browser").uncheck()
    page.keyboard.press("a")
    page.get_by_label("Use these keys in this browser").check()
    page.locator("h1").click()
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
    expect(page.locator("[data-said]")).to_contain_text("Approved")
    assert AuditLogEntry.objects.filter(verb="approved", subject_kind="comment").count() == 1
