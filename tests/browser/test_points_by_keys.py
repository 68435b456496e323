"""Checking a point by keys: yes, no and undo, with the other pieces ranked again each time."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from briefings.models import PointCheck
from tests.briefings.points.points_in_tests import LATE, OTHERS, make_point, respond
from tests.browser.issue_editor import log_in
from tests.browser.page_checks import faults, look, wait_until_held
from tests.factories import make_issue, make_published_issue

pytestmark = pytest.mark.django_db(transaction=True)


def answers() -> dict[str, bool]:
    return dict(PointCheck.objects.values_list("comment__body", "makes_it"))


def test_a_point_is_checked_by_keys(page: Page, site: str) -> None:
    issue = make_published_issue()
    respond(issue, *LATE, *OTHERS)
    point, draft = make_point(issue, LATE[0]), make_issue(briefing=issue.briefing)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

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

    # An answer that arrives while somebody writes leaves them there.
    page.keyboard.press("y")
    expect(numbers).to_contain_text("2 checked")
    page.get_by_text("Split this point").click()
    page.route("**/check/", hold, times=1)
    current.focus()
    page.keyboard.press("y")
    request = wait_until_held(page, held)
    sentence = page.locator("#new-sentence")
    sentence.press_sequentially("Ma")
    request.continue_()
    expect(numbers).to_contain_text("3 checked")
    page.keyboard.type("ny say")
    expect(sentence).to_have_value("Many say")
    current.focus()
    page.keyboard.press("u")
    expect(numbers).to_contain_text("2 checked")
    page.keyboard.press("u")
    expect(numbers).to_contain_text("1 checked")

    page.get_by_role("button", name="Take back").click()
    expect(numbers).to_contain_text("0 readers")
    assert answers() == {}
    assert faults(page) == []
