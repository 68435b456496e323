"""An issue that is moved to a later time at the moment of its send slot keeps the later one."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from briefings.models import Issue, IssueState
from newsroom.transitions import TransitionRefused
from subscribers.models import Dispatch
from subscribers.sending import dispatches
from tests.factories import make_reader, make_scheduled_issue

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_issue_that_moved_after_it_was_found_due_is_not_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    issue = make_scheduled_issue()
    make_reader(of=issue.briefing)
    publish = dispatches.publish

    def move_first(found: Issue, **arguments: Any) -> Dispatch:
        Issue.objects.get(pk=found.pk).schedule(publish_at=now + timedelta(days=1), by=None, at=now)
        return publish(found, **arguments)

    monkeypatch.setattr(dispatches, "publish", move_first)
    assert dispatches.publish_due(at=now) == []
    issue.refresh_from_db()
    assert issue.state == IssueState.SCHEDULED
    assert issue.publish_at == now + timedelta(days=1)
    assert not Dispatch.objects.exists()


@pytest.mark.postgres
def test_of_a_move_and_the_send_slot_at_once_one_wins() -> None:
    for _ in range(10):
        now = timezone.now()
        issue = make_scheduled_issue()
        moved: list[bool] = []

        def move(issue: Issue = issue, moved: list[bool] = moved) -> None:
            try:
                Issue.objects.get(pk=issue.pk).schedule(
                    publish_at=timezone.now() + timedelta(days=1), by=None, at=timezone.now()
                )
                moved.append(True)
            except TransitionRefused:
                moved.append(False)
            finally:
                connection.close()

        thread = Thread(target=move)
        thread.start()
        dispatches.publish_due(at=now)
        thread.join()
        issue.refresh_from_db()
        sent = Dispatch.objects.filter(issue=issue).exists()
        assert sent != moved[0]
        assert issue.state == (IssueState.PUBLISHED if sent else IssueState.SCHEDULED)


def test_an_issue_is_not_published_before_its_time() -> None:
    now = timezone.now()
    issue = make_scheduled_issue(publish_at=now + timedelta(minutes=5))
    with pytest.raises(TransitionRefused, match="is scheduled for"):
        issue.publish(at=now)
    assert Issue.objects.get().state == IssueState.SCHEDULED
