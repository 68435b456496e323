"""An issue has a reviewer, who is emailed when asked, and a moment when its draft is due."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from briefings.models import Issue
from newsroom.models import AuditLogEntry, OutgoingEmail
from tests.briefings.admin_client import (
    author_client,
    change_url,
    make_staff,
    open_issue,
    save,
    staff_client,
    take_step,
)
from tests.factories import make_briefing, make_issue, make_published_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer() -> User:
    return make_staff("Editors", first_name="Bo", last_name="Lind", email="bo@news.example.com")


@pytest.fixture
def issue() -> Issue:
    return make_issue(briefing=make_briefing(title="Ward & Round"), title="The beds")


def ask(client: Client, issue: Issue, reviewer: User, **changes: str) -> None:
    save(client, issue, open_issue(client, issue), reviewer=str(reviewer.pk), **changes)


def test_a_reviewer_is_emailed_once_when_somebody_asks_them(issue: Issue, reviewer: User) -> None:
    client = author_client(issue, first_name="Nia", last_name="O’Koro")
    ask(client, issue, reviewer, due_at="2026-12-02T16:00")
    issue.refresh_from_db()
    assert issue.reviewer == reviewer
    assert issue.due_at == datetime(2026, 12, 2, 16, tzinfo=UTC)
    email = OutgoingEmail.objects.get()
    assert (email.to, email.name) == ("bo@news.example.com", "review_request")
    assert email.subject == f"Please review: Ward & Round {issue.number}"
    assert "Nia O’Koro asks you to review “The beds”" in " ".join(email.text.split())
    assert "due on Wed 2 Dec 2026, 16:00" in " ".join(email.text.split())
    save(client, issue, open_issue(client, issue), title="Other words")
    assert OutgoingEmail.objects.count() == 1
    entry = AuditLogEntry.objects.on(issue).get(verb="asked for a review")
    assert entry.detail["reviewer"] == reviewer.pk


def test_a_reviewer_hears_when_the_draft_is_submitted(issue: Issue, reviewer: User) -> None:
    Issue.objects.filter(pk=issue.pk).update(reviewer=reviewer)
    take_step(author_client(issue), issue, "submit")
    email = OutgoingEmail.objects.get()
    assert email.subject.startswith("Ready for your review:")
    assert email.to == "bo@news.example.com"


def test_nobody_is_emailed_about_what_they_did_themselves(issue: Issue, reviewer: User) -> None:
    client = Client()
    client.force_login(reviewer)
    ask(client, issue, reviewer)
    take_step(client, issue, "submit")
    assert not OutgoingEmail.objects.exists()


def test_only_staff_who_may_read_the_issue_can_be_asked(issue: Issue, reviewer: User) -> None:
    others = [
        make_staff(first_name="Cy"),
        make_staff("Editors", first_name="Di", is_active=False),
        User.objects.create(username="no-staff", first_name="El"),
    ]
    client = staff_client("Editors")
    form = client.get(change_url(issue)).context["issue_form"]
    offered = set(form.fields["reviewer"].queryset)
    assert reviewer in offered
    assert offered.isdisjoint(others)
    page = save(client, issue, open_issue(client, issue), reviewer=str(others[0].pk))
    assert page.context["issue_form"].errors["reviewer"]


def test_whoever_reviews_an_issue_stays_its_reviewer_when_others_save(
    issue: Issue, reviewer: User
) -> None:
    Issue.objects.filter(pk=issue.pk).update(reviewer=reviewer)
    reviewer.groups.clear()
    client = author_client(issue)
    save(client, issue, open_issue(client, issue), title="Other words")
    issue.refresh_from_db()
    assert (issue.title, issue.reviewer) == ("Other words", reviewer)


def test_asking_for_a_review_does_not_end_an_approval(issue: Issue, reviewer: User) -> None:
    issue.submit(by=None)
    issue.approve(by=None)
    ask(staff_client("Editors"), issue, reviewer)
    issue.refresh_from_db()
    assert (issue.state, issue.reviewer) == ("approved", reviewer)


def test_a_published_issue_asks_nobody_any_more(reviewer: User) -> None:
    page = reverse("admin:briefings_issue_correct", args=[make_published_issue().pk])
    form = staff_client("Editors").get(page).context["issue_form"]
    assert form.fields["reviewer"].disabled
    assert form.fields["due_at"].disabled


def test_the_list_of_issues_shows_who_reviews_and_when_it_is_due(
    issue: Issue, reviewer: User
) -> None:
    due = datetime(2026, 12, 2, 16, tzinfo=UTC)
    Issue.objects.filter(pk=issue.pk).update(reviewer=reviewer, due_at=due)
    page = staff_client("Editors").get(reverse("admin:briefings_issue_changelist"))
    assert "reviewer Bo Lind · due Wed 2 Dec 2026, 16:00" in page.content.decode()


def test_a_reviewer_who_is_chosen_with_the_submission_gets_one_email(
    issue: Issue, reviewer: User
) -> None:
    ask(author_client(issue), issue, reviewer, _step="submit")

    email = OutgoingEmail.objects.get()
    assert email.subject == f"Ready for your review: Ward & Round {issue.number}"


@pytest.mark.parametrize("step", ["approve", "no-such-step"])
def test_a_reviewer_who_is_chosen_with_a_step_that_is_refused_is_asked(
    issue: Issue, reviewer: User, step: str
) -> None:
    ask(staff_client("Editors"), issue, reviewer, _step=step)

    email = OutgoingEmail.objects.get()
    assert email.subject == f"Please review: Ward & Round {issue.number}"
