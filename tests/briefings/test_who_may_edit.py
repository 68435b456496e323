"""Reporters change their own drafts, editors everything; nobody's approval falls unnoticed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from briefings.issue_steps import return_to_author
from briefings.models import Issue, IssueState
from briefings.permissions import may_edit_issue
from newsroom import audit_log
from newsroom.models import OutgoingEmail
from subscribers.sending import dispatches
from tests.briefings.admin_client import (
    author_client,
    change_url,
    make_staff,
    off_the_clock,
    open_issue,
    read_form,
    save,
    staff_client,
    take_step,
)
from tests.factories import make_issue, make_published_issue, make_scheduled_issue

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def in_review() -> Issue:
    issue = make_issue()
    issue.submit(by=None)
    return issue


def approved() -> Issue:
    issue = in_review()
    issue.approve(by=None)
    return issue


STATES: dict[str, Callable[[], Issue]] = {
    "draft": make_issue,
    "in_review": in_review,
    "approved": approved,
    "scheduled": make_scheduled_issue,
    "published": make_published_issue,
}
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "reporter": {"groups": ("Reporters",)},
    "editor": {"groups": ("Editors",)},
    "publisher": {"groups": ("Publishers",)},
    "viewer": {"groups": (), "may": ("view_issue",)},
}
UNPUBLISHED = {"draft", "in_review", "approved", "scheduled"}
# Who may change what: the states in which somebody may change their own issue, and another's.
MAY_EDIT: dict[str, tuple[set[str], set[str]]] = {
    "reporter": ({"draft"}, set()),
    "editor": (UNPUBLISHED, UNPUBLISHED),
    "publisher": (set(), set()),
    "viewer": (set(), set()),
}


def make_own(issue: Issue, user: User, *, how: str) -> None:
    if how == "author":
        issue.author.account = user
        issue.author.save()
    elif how in {"created", "imported"}:
        audit_log.record(how, issue, by=user)
    elif how == "edited":
        audit_log.record("edited", issue, by=user)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", ROLES)
def test_who_may_change_an_issue(role: str, state: str) -> None:
    assert set(STATES) == {str(name) for name in IssueState}
    rights = ROLES[role]
    user = make_staff(*rights["groups"], may=rights.get("may", ()))
    client = Client()
    client.force_login(user)
    editor = staff_client("Editors")
    for how in ("author", "created", "imported", "edited", "nothing to do with it"):
        issue = STATES[state]()
        make_own(issue, user, how=how)
        own, others = MAY_EDIT[role]
        allowed = state in (own if how in {"author", "created", "imported"} else others)

        assert may_edit_issue(user, issue) == allowed, how
        page = client.get(change_url(issue))
        is_own = how in {"author", "created", "imported"}
        assert page.status_code == (200 if is_own or role != "reporter" else 403)
        form = read_form(page)
        assert bool(form) == allowed, how

        before = (issue.state, issue.title)
        form = form or open_issue(editor, issue)  # empty if it is published
        form = off_the_clock(form) if form else form
        client.post(change_url(issue), {**form, "title": "Changed", "_step": "submit"})
        issue.refresh_from_db()
        assert (issue.title == "Changed") == allowed, how
        assert allowed or (issue.state, issue.title) == before


def test_an_issue_submitted_meanwhile_keeps_what_the_reporter_wrote_on_the_page() -> None:
    issue = make_issue()
    reporter = author_client(issue)
    form = open_issue(reporter, issue)
    take_step(staff_client("Editors"), issue, "submit")

    page = save(reporter, issue, form, **{"sections-0-body": "<p>An afternoon’s work.</p>"})

    assert page.status_code == 200
    assert "This issue is in review, and your account may change only your own drafts" in (
        page.content.decode()
    )
    assert read_form(page)["sections-0-body"] == "<p>An afternoon’s work.</p>"
    assert "An afternoon" not in "".join(section.body for section in issue.sections.all())


def test_a_new_issue_is_its_creators_own() -> None:
    briefing = make_issue().briefing
    client = staff_client("Reporters")
    add = f"/admin/briefings/issue/add/?briefing={briefing.pk}"
    client.post(add, {**read_form(client.get(add)), "title": "Mine"})
    issue = Issue.objects.get(title="Mine")

    save(client, issue, open_issue(client, issue), title="Still mine")

    issue.refresh_from_db()
    assert issue.title == "Still mine"


def schedule(*, by: User | None) -> Issue:
    issue = make_issue(title="Council & mayor")
    issue.submit(by=None)
    issue.approve(by=make_staff("Editors", email="approver@news.example.com"))
    at = timezone.now()
    issue.schedule(publish_at=at + timedelta(days=2), by=by, at=at)
    return issue


def told() -> list[str]:
    return [email.to for email in OutgoingEmail.objects.filter(name="approval_void")]


def test_whoever_scheduled_an_issue_learns_that_an_edit_voided_its_approval() -> None:
    issue = schedule(by=make_staff("Editors", email="ina@news.example.com"))
    editor = staff_client("Editors", first_name="Omar", last_name="Said", email="o@example.com")

    save(editor, issue, off_the_clock(open_issue(editor, issue)), title="Council & the mayor")

    assert told() == ["ina@news.example.com"]
    [email] = OutgoingEmail.objects.filter(name="approval_void")
    assert "needs a new approval" in email.subject
    assert "Council & the mayor" in " ".join(email.text.split())
    assert "Omar Said changed or returned it" in " ".join(email.text.split())
    assert f"/admin/briefings/issue/{issue.pk}/change/" in email.text


def test_a_return_tells_them_too() -> None:
    issue = schedule(by=make_staff("Editors", email="ina@news.example.com"))

    return_to_author(issue, by=make_staff("Editors"), reason="Check the beds")

    assert told() == ["ina@news.example.com"]


def test_a_change_that_no_page_made_is_found_at_the_send_time_and_told() -> None:
    issue = schedule(by=make_staff("Editors", email="ina@news.example.com"))
    issue.sections.update(heading="Changed by a shell")

    assert dispatches.publish_due(at=timezone.now() + timedelta(days=2, minutes=1)) == []

    assert told() == ["ina@news.example.com"]


def test_if_a_command_scheduled_it_whoever_approved_it_is_told() -> None:
    issue = schedule(by=None)

    return_to_author(issue, by=make_staff("Editors"), reason="Check the beds")

    assert told() == ["approver@news.example.com"]


def test_nobody_is_emailed_about_their_own_act_or_an_issue_without_a_send_time() -> None:
    ina = make_staff("Editors", email="ina@news.example.com")
    return_to_author(schedule(by=ina), by=ina, reason="Check the beds")
    unscheduled = schedule(by=ina)
    unscheduled.unschedule(by=ina)
    return_to_author(unscheduled, by=make_staff("Editors"), reason="Check the beds")

    assert told() == []
