"""An issue whose send time passed long ago waits for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from briefings.models import IssueState, SectionKind
from newsroom.models import AuditLogEntry, OutgoingEmail
from subscribers.models import Dispatch
from subscribers.sending import dispatches
from tests.factories import make_issue, make_reader, make_scheduled_issue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def editor() -> User:
    editor = User.objects.create_user("ed", "ed@news.example.com", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="send_issue"))
    return editor


def test_an_issue_that_is_ten_days_late_is_not_sent_and_its_editors_are_told_once() -> None:
    now = timezone.now()
    issue = make_scheduled_issue(publish_at=now - timedelta(days=10), title="Council & mayor")
    make_reader(of=issue.briefing)

    dispatches.publish_due(at=now)
    dispatches.publish_due(at=now)

    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED
    assert not Dispatch.objects.exists()
    [email] = OutgoingEmail.objects.filter(name="slot_missed")
    assert email.to == "ed@news.example.com"
    assert "“Council & mayor”" in email.text
    assert "Nobody has received it" in email.text
    assert f"/admin/briefings/issue/{issue.pk}/change/" in email.text
    [entry] = AuditLogEntry.objects.on(issue).filter(verb="missed its slot")
    assert entry.actor is None


def test_an_issue_within_the_window_is_sent() -> None:
    now = timezone.now()
    issue = make_scheduled_issue(publish_at=now - timedelta(minutes=59))
    dispatches.publish_due(at=now)
    issue.refresh_from_db()
    assert issue.state == IssueState.PUBLISHED
    assert not OutgoingEmail.objects.filter(name="slot_missed").exists()


def test_the_window_is_a_setting(settings: Any) -> None:
    settings.LATE_WINDOW = 86_400
    now = timezone.now()
    make_scheduled_issue(publish_at=now - timedelta(hours=20))
    assert len(dispatches.publish_due(at=now)) == 1


def test_a_person_may_still_send_what_missed_its_slot(editor: User) -> None:
    now = timezone.now()
    issue = make_scheduled_issue(publish_at=now - timedelta(days=10))
    dispatches.publish_due(at=now)
    issue.refresh_from_db()
    dispatch = dispatches.send_now(issue, at=now, by=editor)
    assert dispatch.issue.state == IssueState.PUBLISHED


def test_whoever_moved_it_meanwhile_wins() -> None:
    now = timezone.now()
    issue = make_scheduled_issue(publish_at=now - timedelta(days=10))
    issue.schedule(publish_at=now + timedelta(days=1), by=None, at=now)
    assert not issue.miss_slot(before=now - timedelta(hours=1))
    issue.refresh_from_db()
    assert issue.state == IssueState.SCHEDULED


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ([], "no sections"),
        ([(SectionKind.NOTE, "Corrections", "<p>\u2014</p>")], "no words"),
        ([(SectionKind.NOTE, "", '<p>See <a href="#">here</a></p>')], "has no address"),
        ([(SectionKind.NOTE, "", "<p>One</p>"), (SectionKind.NOTE, "Two", "<p></p>")], "is empty"),
    ],
)
def test_what_was_scheduled_before_preflight_knew_better_is_not_sent(
    sections: list[tuple[SectionKind, str, str]], words: str
) -> None:
    issue = make_scheduled_issue(sections=sections, title="Council & mayor")
    make_reader(of=issue.briefing)
    ready = make_scheduled_issue()
    now = timezone.now()

    dispatches.publish_due(at=now)
    dispatches.publish_due(at=now)

    assert [dispatch.issue for dispatch in Dispatch.objects.all()] == [ready]
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED
    [email] = OutgoingEmail.objects.filter(name="issue_not_ready")
    assert email.to == "ed@news.example.com"
    assert "“Council & mayor”" in email.text
    assert words in email.text
    assert f"/admin/briefings/issue/{issue.pk}/change/" in email.text
    [entry] = AuditLogEntry.objects.on(issue).filter(verb="was not ready at its send time")
    assert words in entry.detail["findings"][0]


def test_another_issue_planned_for_the_same_time_stops_nothing_at_the_send_time() -> None:
    """A draft that is given this send time must not keep an approved issue from its readers."""
    issue = make_scheduled_issue()
    make_issue(briefing=issue.briefing, publish_at=issue.publish_at)
    assert len(dispatches.publish_due(at=timezone.now())) == 1
