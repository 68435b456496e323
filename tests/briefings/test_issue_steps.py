"""The steps in an issue's life are buttons; who may press them, and what they refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Issue, IssueState, Section
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import (
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


def a_week_on(client: Client, issue: Issue) -> str:
    """The suggested slot, as the form shows it."""
    moment = issue.briefing.next_slot(after=timezone.now() + timedelta(days=7))
    return moment.astimezone(issue.briefing.zone).strftime("%Y-%m-%dT%H:%M")


def test_an_issue_goes_from_draft_to_the_clock_by_its_buttons() -> None:
    issue = make_issue()
    reporter, editor = staff_client("Reporters"), staff_client("Editors")

    assert "waits for an editor" in messages_of(take_step(reporter, issue, "submit"))
    assert "these words, and no others" in messages_of(take_step(editor, issue, "approve"))
    page = take_step(editor, issue, "schedule", goes_out=a_week_on(editor, issue))

    assert "Scheduled: it goes out on" in messages_of(page)
    assert state(issue) == IssueState.SCHEDULED
    verbs = [act.verb for act in AuditLogEntry.objects.on(issue)]
    assert verbs == ["scheduled", "edited", "approved", "submitted"]


def test_a_button_saves_what_stands_on_the_page_first() -> None:
    issue = make_issue()

    page = take_step(staff_client("Reporters"), issue, "submit", title="The last word")

    issue.refresh_from_db()
    assert (issue.title, issue.state) == ("The last word", IssueState.IN_REVIEW)
    assert messages_of(page).startswith("Saved.")


def test_an_editor_approves_the_words_that_were_on_the_page() -> None:
    issue = in_review()
    editor = staff_client("Editors")
    form = open_issue(editor, issue)
    Section.objects.filter(issue=issue).update(heading="Changed by a shell")
    form["sections-0-heading"] = form["sections-1-heading"] = "Changed by a shell"

    page = save(editor, issue, form, _step="approve")

    assert "The words changed while you were reading" in messages_of(page)
    assert state(issue) == IssueState.IN_REVIEW


def test_an_approval_of_a_page_that_somebody_saved_meanwhile_is_refused() -> None:
    issue = in_review()
    editor, reporter = staff_client("Editors"), staff_client("Reporters")
    form = open_issue(editor, issue)
    save(reporter, issue, open_issue(reporter, issue), title="Another headline")

    page = save(editor, issue, form, _step="approve")

    assert "saved this issue at" in page.content.decode()
    assert state(issue) == IssueState.IN_REVIEW


def test_what_an_editor_typed_is_saved_and_approved_at_once() -> None:
    issue = in_review()

    take_step(staff_client("Editors"), issue, "approve", title="Sharper")

    issue.refresh_from_db()
    assert (issue.title, issue.state) == ("Sharper", IssueState.APPROVED)
    assert issue.approved_hash == issue.content_hash()


@pytest.mark.parametrize("step", ["approve", "schedule", "unschedule", "return"])
def test_a_reporter_may_only_submit(step: str) -> None:
    issue = make_scheduled_issue(publish_at=timezone.now() + timedelta(days=3))

    page = take_step(staff_client("Reporters"), issue, step)

    assert "Your account may not do this" in messages_of(page)
    assert state(issue) == IssueState.SCHEDULED


def test_a_button_that_is_none_is_answered() -> None:
    issue = make_issue()

    assert "not known here" in messages_of(take_step(staff_client("Editors"), issue, "publish"))
    assert state(issue) == IssueState.DRAFT


def test_a_step_out_of_turn_is_refused_with_the_reason() -> None:
    issue = make_issue(title="The rota")

    page = take_step(staff_client("Editors"), issue, "approve")

    assert "This issue is draft and cannot become approved." in messages_of(page)


def test_an_hour_that_has_passed_is_refused() -> None:
    issue = approved()

    page = take_step(staff_client("Editors"), issue, "schedule", goes_out="2026-01-01T07:00")

    assert "Thu 1 Jan 2026, 07:00 has passed. Choose a later hour." in messages_of(page)
    assert state(issue) == IssueState.APPROVED


def test_an_issue_without_an_hour_is_not_scheduled() -> None:
    issue = approved()

    page = take_step(staff_client("Editors"), issue, "schedule", goes_out="")

    assert "Say when the issue goes out" in messages_of(page)


def test_an_editor_moves_a_scheduled_issue_by_saving_another_hour() -> None:
    issue = make_scheduled_issue(publish_at=timezone.now() + timedelta(days=1))
    editor = staff_client("Editors")
    hour = a_week_on(editor, issue)

    page = save(editor, issue, open_issue(editor, issue), goes_out=hour)

    issue.refresh_from_db()
    assert issue.publish_at is not None
    assert issue.publish_at.astimezone(issue.briefing.zone).strftime("%Y-%m-%dT%H:%M") == hour
    assert "Scheduled: it goes out on" in messages_of(page)
    assert issue.state == IssueState.SCHEDULED


def test_a_reporter_cannot_move_a_scheduled_issue() -> None:
    hour = timezone.now() + timedelta(days=1)
    issue = make_scheduled_issue(publish_at=hour)
    reporter = staff_client("Reporters")

    form = open_issue(reporter, issue)
    save(reporter, issue, form, goes_out=a_week_on(reporter, issue))

    issue.refresh_from_db()
    assert "goes_out" not in form
    assert issue.publish_at == hour


def test_an_issue_is_taken_off_the_clock_and_returned() -> None:
    issue = make_scheduled_issue(publish_at=timezone.now() + timedelta(days=1))
    editor = staff_client("Editors")

    take_step(editor, issue, "unschedule")
    assert state(issue) == IssueState.APPROVED
    take_step(editor, issue, "return")

    assert state(issue) == IssueState.DRAFT


def test_one_button_says_what_comes_next_and_only_to_those_who_may() -> None:
    issue = in_review()

    to_editor = staff_client("Editors").get(change_url(issue)).content.decode()
    to_reporter = staff_client("Reporters").get(change_url(issue)).content.decode()

    assert 'value="approve">Approve<' in to_editor
    assert 'name="_step"' not in to_reporter


def test_the_clock_takes_a_page_that_was_open_for_what_it_is_now() -> None:
    issue = make_scheduled_issue()
    client = staff_client("Reporters")
    form = open_issue(client, issue)
    issue.publish(at=timezone.now())

    page = save(client, issue, form, title="Too late for the letter")

    issue.refresh_from_db()
    assert issue.state == IssueState.PUBLISHED
    assert "The letter stays as it was sent" in messages_of(page)


def test_the_page_tells_what_happened_and_who_did_it() -> None:
    issue = make_issue()
    take_step(staff_client("Reporters", first_name="Rosa", last_name="Meyer"), issue, "submit")

    page = staff_client("Editors").get(change_url(issue)).content.decode()

    assert "<strong>Rosa Meyer</strong> submitted it for review" in page


def test_a_published_issue_offers_no_step() -> None:
    issue = make_published_issue(briefing=make_briefing())

    page = staff_client("Editors").get(change_url(issue)).content.decode()

    assert 'name="_step"' not in page
    assert "Save correction" in page
