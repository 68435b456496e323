"""The buttons for the steps of an issue: who may use them, and what they refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from briefings.models import Issue, IssueState, Section
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import (
    author_client,
    change_url,
    messages_of,
    open_issue,
    save,
    staff_client,
    take_step,
)
from tests.factories import make_briefing, make_issue, make_published_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db


def state(issue: Issue) -> str:
    return Issue.objects.get(pk=issue.pk).state


def in_review(**fields: object) -> Issue:
    issue = make_issue(**fields)  # type: ignore[arg-type]  # whatever the factory takes
    issue.submit(by=None)
    return issue


def approved(**fields: object) -> Issue:
    issue = in_review(**fields)
    issue.approve(by=None)
    return issue


def slot_in_a_week(issue: Issue) -> str:
    """Return a slot as the form shows it."""
    moment = issue.briefing.slot.next(after=timezone.now() + timedelta(days=7))
    return moment.astimezone(issue.briefing.zone).strftime("%Y-%m-%dT%H:%M")


def test_buttons_take_an_issue_from_draft_to_scheduled() -> None:
    issue = make_issue()
    reporter, editor = author_client(issue), staff_client("Editors")

    assert "An editor can approve it now" in messages_of(take_step(reporter, issue, "submit"))
    assert "Approved. If anybody edits the issue" in messages_of(
        take_step(editor, issue, "approve")
    )
    page = take_step(editor, issue, "schedule", goes_out=slot_in_a_week(issue))

    assert "Scheduled for" in messages_of(page)
    assert state(issue) == IssueState.SCHEDULED
    verbs = [entry.verb for entry in AuditLogEntry.objects.on(issue)]
    assert verbs == ["scheduled", "edited", "approved", "submitted"]


def test_a_button_saves_the_page_first() -> None:
    issue = make_issue()

    page = take_step(author_client(issue), issue, "submit", title="The last word")

    issue.refresh_from_db()
    assert (issue.title, issue.state) == ("The last word", IssueState.IN_REVIEW)
    assert messages_of(page).startswith("Submitted for review.")


def test_an_editor_approves_the_content_that_the_page_showed() -> None:
    issue = in_review()
    editor = staff_client("Editors")
    form = open_issue(editor, issue)
    Section.objects.filter(issue=issue).update(heading="Changed by a shell")
    form["sections-0-heading"] = form["sections-1-heading"] = "Changed by a shell"

    page = save(editor, issue, form, _step="approve")

    assert "The issue changed while you were reading it" in messages_of(page)
    assert state(issue) == IssueState.IN_REVIEW


def test_an_approval_is_refused_if_somebody_saved_the_issue_meanwhile() -> None:
    issue = in_review()
    editor, colleague = staff_client("Editors"), staff_client("Editors")
    form = open_issue(editor, issue)
    save(colleague, issue, open_issue(colleague, issue), title="Another headline")

    page = save(editor, issue, form, _step="approve")

    assert "The issue changed while you were reading it" in messages_of(page)
    assert state(issue) == IssueState.IN_REVIEW


def test_what_an_editor_typed_is_saved_and_approved_at_once() -> None:
    issue = in_review()

    take_step(staff_client("Editors"), issue, "approve", title="Sharper")

    issue.refresh_from_db()
    assert (issue.title, issue.state) == ("Sharper", IssueState.APPROVED)
    assert issue.approved_hash == issue.content_hash()


@pytest.mark.parametrize(
    ("step", "who"),
    [
        ("approve", "an editor"),
        ("return", "an editor"),
        ("schedule", "a publisher"),
        ("unschedule", "a publisher"),
    ],
)
def test_a_reporter_may_only_submit_and_is_told_whom_to_ask(step: str, who: str) -> None:
    issue = make_issue(publish_at=timezone.now() + timedelta(days=3))

    page = take_step(author_client(issue), issue, step)

    assert "Your account does not have permission to do this" in messages_of(page)
    assert f"Ask {who}." in messages_of(page)
    assert state(issue) == IssueState.DRAFT


def test_an_unknown_step_is_refused() -> None:
    issue = make_issue()

    assert "We do not know that step" in messages_of(
        take_step(staff_client("Editors"), issue, "publish")
    )
    assert state(issue) == IssueState.DRAFT


def test_a_step_in_the_wrong_state_is_refused_with_the_reason() -> None:
    issue = make_issue(title="The rota")

    page = take_step(staff_client("Editors"), issue, "approve")

    assert "This issue is in the state “Draft” and cannot become “Approved”." in messages_of(page)


def test_a_send_time_in_the_past_is_refused() -> None:
    issue = approved()

    page = take_step(staff_client("Editors"), issue, "schedule", goes_out="2026-01-01T07:00")

    assert "Thu 1 Jan 2026, 07:00 has passed. Choose a later time." in messages_of(page)
    assert state(issue) == IssueState.APPROVED


def test_an_issue_without_a_send_time_is_not_scheduled() -> None:
    issue = approved()

    page = take_step(staff_client("Editors"), issue, "schedule", goes_out="")

    assert "Choose a send time" in messages_of(page)


def test_an_editor_moves_a_scheduled_issue_by_saving_another_send_time() -> None:
    issue = make_scheduled_issue(publish_at=timezone.now() + timedelta(days=1))
    editor = staff_client("Editors")
    hour = slot_in_a_week(issue)

    page = save(editor, issue, open_issue(editor, issue), goes_out=hour)

    issue.refresh_from_db()
    assert issue.publish_at is not None
    assert issue.publish_at.astimezone(issue.briefing.zone).strftime("%Y-%m-%dT%H:%M") == hour
    assert "Scheduled for" in messages_of(page)
    assert issue.state == IssueState.SCHEDULED


def test_a_reporter_cannot_move_a_scheduled_issue() -> None:
    hour = timezone.now() + timedelta(days=1)
    issue = make_scheduled_issue(publish_at=hour)
    reporter = author_client(issue)

    form = open_issue(reporter, issue)
    save(reporter, issue, form, goes_out=slot_in_a_week(issue))

    issue.refresh_from_db()
    assert "goes_out" not in form
    assert issue.publish_at == hour


def test_an_issue_is_unscheduled_and_returned() -> None:
    issue = make_scheduled_issue(publish_at=timezone.now() + timedelta(days=1))
    editor = staff_client("Editors")

    take_step(editor, issue, "unschedule")
    assert state(issue) == IssueState.APPROVED
    take_step(editor, issue, "return", reason="The figures need a source.")

    assert state(issue) == IssueState.DRAFT


def test_the_next_step_is_offered_to_those_who_may_take_it() -> None:
    issue = in_review()

    to_editor = staff_client("Editors").get(change_url(issue)).content.decode()
    to_reporter = author_client(issue).get(change_url(issue)).content.decode()

    assert 'value="approve">Approve<' in to_editor
    assert 'value="approve"' not in to_reporter


def test_saving_an_issue_that_was_published_meanwhile_asks_for_a_correction() -> None:
    issue = make_scheduled_issue()
    client = staff_client("Editors")
    form = open_issue(client, issue)
    issue.publish(at=timezone.now())

    page = save(client, issue, form, title="Too late for the email")

    issue.refresh_from_db()
    assert issue.state == IssueState.PUBLISHED
    assert issue.title != "Too late for the email"
    assert "Continue as a correction" in page.content.decode()


def test_the_page_shows_who_did_what() -> None:
    issue = make_issue()
    take_step(author_client(issue, first_name="Rosa", last_name="Meyer"), issue, "submit")

    page = staff_client("Editors").get(change_url(issue)).content.decode()

    assert "<strong>Rosa Meyer</strong> submitted the issue for review" in page


def test_a_published_issue_offers_no_step() -> None:
    issue = make_published_issue(briefing=make_briefing())

    page = staff_client("Editors").get(change_url(issue)).content.decode()

    assert 'name="_step"' not in page
    assert reverse("admin:briefings_issue_correct", args=[issue.pk]) in page
