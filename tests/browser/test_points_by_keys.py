"""Checking a point by keys: yes, no and undo, with the other pieces ranked again each time."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from briefings.models import PointCheck
from tests.briefings.points.points_in_tests import LATE, OTHERS, make_point, respond
from tests.browser.issue_editor import log_in
from tests.browser.page_checks import faults, look
from tests.factories import make_issue, make_published_issue

pytestmark = pytest.mark.django_db(transaction=True)


def answers() -> dict[str, bool]:
    return dict(PointCheck.objects.values_list("comment__body", "makes_it"))


def test_a_point_is_checked_by_keys(page: Page, site: str) -> None:
    issue = make_published_issue()
    respond(issue, *LATE, *OTHERS)
    point, draft = make_point(issue, LATE[0]), make_issue(briefing=issue.briefing)
    log_in(page, site, "Editors")
    page.goto(site + reverse("admin:briefings_point", args=[draft.pk, point.pk]))
    current, numbers = page.locator(".is-current"), page.locator(".point-main > .point-numbers")
    expect(current).to_contain_text(LATE[0])
    look(page, "point")

    page.keyboard.press("y")
    expect(numbers).to_contain_text("1 reader")
    expect(current).not_to_contain_text(LATE[0])
    page.keyboard.press("n")
    expect(numbers).to_contain_text("2 checked")
    page.keyboard.press("u")
    expect(numbers).to_contain_text("1 checked")
    assert answers() == {LATE[0]: True}

    page.get_by_role("button", name="Take back").click()
    expect(numbers).to_contain_text("0 readers")
    assert answers() == {}
    assert faults(page) == []
