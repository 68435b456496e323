"""Autosave in a real browser: across lost connections, ended sessions, other tabs and computers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Page, Route, expect

from briefings.models import WorkingCopy
from briefings.working_copies import settle
from tests.briefings.admin_client import make_staff
from tests.browser.issue_editor import (
    KEPT,
    editor,
    expect_status,
    kept_bodies,
    log_in,
    open_issue,
    save,
    stored,
    three,
    wait_for_bodies,
    write,
)

if TYPE_CHECKING:
    from tests.servers.browser import Watch

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
AUTOSAVE = "**/admin/briefings/issue/autosave/"


def test_words_typed_on_one_computer_are_restored_on_another(
    page: Page, site: str, browser: Browser, watch: Watch
) -> None:
    issue = three()
    log_in(page, site, username="rosa")
    open_issue(page, site, issue)
    write(page, 0, " typed at home")
    page.get_by_label("Headline").fill("Beds nobody counted")
    expect_status(page, KEPT)
    assert kept_bodies(issue) == ["<p>One typed at home</p>"]
    assert stored(issue)[0] == ("One", "<p>One</p>")

    with browser.new_context(locale="en-GB") as context:
        context.set_default_timeout(15_000)
        watch.over(context)
        elsewhere = context.new_page()
        log_in(elsewhere, site, username="rosa")
        open_issue(elsewhere, site, issue)
        elsewhere.get_by_role("button", name="Restore them").click()
        expect(editor(elsewhere, 0)).to_have_text("One typed at home")
        expect(elsewhere.get_by_label("Headline")).to_have_value("Beds nobody counted")
        save(elsewhere)
        expect(elsewhere.get_by_text("You left unsaved changes")).to_be_hidden()
    assert stored(issue)[0] == ("One", "<p>One typed at home</p>")
    assert kept_bodies(issue) == []

    # The first page is still open. What is typed there now is a draft of its own.
    write(page, 0, " and on")
    wait_for_bodies(page, issue, ["<p>One typed at home and on</p>"])


def test_words_typed_without_a_connection_reach_the_server_when_it_is_back(
    page: Page, site: str, watch: Watch
) -> None:
    watch.expected.append("ERR_INTERNET_DISCONNECTED")
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    page.context.set_offline(True)
    write(page, 0, " in a tunnel")
    expect_status(page, "Not saved: kept in this browser only")
    assert kept_bodies(issue) == []

    page.context.set_offline(False)

    expect_status(page, KEPT)
    assert kept_bodies(issue) == ["<p>One in a tunnel</p>"]


def test_a_server_that_fails_for_a_while_gets_the_words_later(
    page: Page, site: str, watch: Watch
) -> None:
    watch.expected.append("503")
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    page.route(AUTOSAVE, lambda route: route.fulfill(status=503, body="restarting"))
    write(page, 0, " during the upgrade")
    expect_status(page, "Not saved: kept in this browser only")

    page.unroute(AUTOSAVE)

    expect_status(page, KEPT)
    assert kept_bodies(issue) == ["<p>One during the upgrade</p>"]


def test_words_that_a_server_refused_do_not_keep_the_next_ones_from_it(
    page: Page, site: str, watch: Watch
) -> None:
    watch.expected.append("413")
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    page.route(AUTOSAVE, lambda route: route.fulfill(status=413, body="too large"))
    write(page, 0, " with too much")
    expect_status(page, "Not saved: kept in this browser only")
    page.unroute(AUTOSAVE)

    write(page, 0, " and less")

    expect_status(page, KEPT)
    assert kept_bodies(issue) == ["<p>One with too much and less</p>"]


def test_the_browser_keeps_words_while_they_are_typed_without_a_pause(
    page: Page, site: str
) -> None:
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    page.route(AUTOSAVE, lambda route: None)
    page.evaluate(
        """() => {
            const headline = document.getElementById("id_title");
            setInterval(() => {
                headline.value += "x";
                headline.dispatchEvent(new Event("input", { bubbles: true }));
            }, 50);
        }"""
    )

    page.wait_for_function(
        """() => Object.entries(localStorage).some(([key, text]) =>
            key.startsWith("issue-draft:") && JSON.parse(text).fields.title.endsWith("xxx"))"""
    )


def test_logging_in_again_sends_what_was_typed_and_the_page_can_be_saved(
    page: Page, site: str, watch: Watch
) -> None:
    watch.expected += ["401", "403"]
    issue = three()
    log_in(page, site, username="rosa")
    open_issue(page, site, issue)
    Session.objects.all().delete()
    page.context.clear_cookies()
    write(page, 0, " after the session ended")
    expect(page.get_by_text("You are logged out.")).to_be_visible()

    rosa = User.objects.get(username="rosa")
    rosa.set_password("correct horse battery")
    rosa.save()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in in a new tab").click()
    login = opened.value
    login.get_by_label("Username").fill("rosa")
    login.get_by_label("Password").fill("correct horse battery")
    login.get_by_role("button", name="Log in").click()
    login.wait_for_url("**/admin/")
    login.close()

    expect_status(page, KEPT)
    expect(page.get_by_text("You are logged out.")).to_be_hidden()
    save(page)
    assert stored(issue)[0] == ("One", "<p>One after the session ended</p>")


def test_words_are_sent_after_logging_in_again_in_the_same_tab_and_offered_until_they_are_saved(
    page: Page, site: str, watch: Watch
) -> None:
    watch.expected += ["401", "403"]
    issue = three()
    rosa = make_staff("Editors", username="rosa")
    rosa.set_password("correct horse battery")
    rosa.save()
    log_in(page, site, username="rosa")
    new = page.context.new_page()
    new.goto(f"{site}/admin/briefings/issue/add/?briefing={issue.briefing_id}")
    new.get_by_label("Headline").fill("Never saved yet")
    expect_status(new, KEPT)
    open_issue(page, site, issue)
    Session.objects.all().delete()
    write(page, 0, " after the session ended")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.get_by_label("Username").fill("rosa")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_text("You left unsaved changes")).to_be_visible()
    wait_for_bodies(page, issue, ["<p>One after the session ended</p>"])

    # The page of the new issue has a CSRF token of the session before.
    new.evaluate("dispatchEvent(new Event('focus'))")
    new.get_by_role("button", name="Save draft").click()
    expect(new.get_by_text("Saved as a draft.")).to_be_visible()

    # Saved on another computer: this browser has the words, too, and asks before it offers them.
    settle(user=rosa, tokens=list(WorkingCopy.objects.values_list("token", flat=True)))
    open_issue(page, site, issue)
    page.wait_for_function(
        f"() => !Object.keys(localStorage).some((key) => key.includes('/{issue.pk}/change/'))"
    )
    expect(page.get_by_text("You left unsaved changes")).to_be_hidden()


def test_a_page_sends_one_request_at_a_time_and_the_last_words_win(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    waiting: list[Route] = []
    page.route(AUTOSAVE, lambda route: waiting.append(route))  # noqa: PLW0108  (Playwright marks it)
    write(page, 0, " first")
    while not waiting:
        page.wait_for_timeout(100)
    write(page, 0, " second")
    page.wait_for_timeout(4_000)  # longer than the pause after which a page sends its words
    assert len(waiting) == 1

    waiting[0].continue_()
    page.unroute(AUTOSAVE)

    expect_status(page, KEPT)
    wait_for_bodies(page, issue, ["<p>One first second</p>"])


def test_a_request_that_arrives_late_does_not_replace_newer_words(
    page: Page, site: str, watch: Watch
) -> None:
    watch.expected.append("ERR_FAILED")
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    delayed: list[str] = []

    def lose(route: Route) -> None:
        delayed.append(route.request.post_data or "")
        route.abort()

    page.route(AUTOSAVE, lose)
    write(page, 0, " first")
    expect_status(page, "Not saved: kept in this browser only")
    page.unroute(AUTOSAVE)
    write(page, 0, " second")
    expect_status(page, KEPT)
    wait_for_bodies(page, issue, ["<p>One first second</p>"])

    answer = page.request.post(
        f"{site}/admin/briefings/issue/autosave/",
        data=delayed[0],
        headers={
            "Content-Type": "application/json",
            "X-CSRFToken": page.locator("#issue_form [name=csrfmiddlewaretoken]").input_value(),
        },
    )

    assert answer.json()["result"] == "older"
    assert kept_bodies(issue) == ["<p>One first second</p>"]


def test_two_tabs_of_one_person_lose_nothing(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    other = page.context.new_page()
    open_issue(other, site, issue)
    write(page, 0, " in one tab")
    expect_status(page, KEPT)
    write(other, 0, " in the other")
    expect_status(other, KEPT)
    assert kept_bodies(issue) == ["<p>One in the other</p>", "<p>One in one tab</p>"]

    save(page)

    assert kept_bodies(issue) == ["<p>One in the other</p>"]
    other.get_by_role("button", name="Save", exact=True).last.click()
    expect(other.get_by_role("alert")).to_contain_text("in another window, saved")
    expect(editor(other, 0)).to_have_text("One in the other")
    assert stored(issue)[0] == ("One", "<p>One in one tab</p>")
    assert kept_bodies(issue) == ["<p>One in the other</p>"]


def test_discarded_words_are_offered_nowhere_again(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site, username="rosa")
    open_issue(page, site, issue)
    write(page, 0, " to be thrown away")
    expect_status(page, KEPT)
    page.on("dialog", lambda dialog: dialog.accept())
    open_issue(page, site, issue)

    with page.expect_response(AUTOSAVE):
        page.get_by_role("button", name="Discard them").click()

    open_issue(page, site, issue)
    expect(page.get_by_text("You left unsaved changes")).to_be_hidden()
    assert kept_bodies(issue) == []
