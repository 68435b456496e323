"""A state transition and its log entry are saved together or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from briefings.models import Comment, CommentState
from newsroom import audit_log
from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused
from subscribers.models import Dispatch
from tests.factories import make_comment, make_dispatch, make_published_issue

pytestmark = pytest.mark.django_db


def test_without_its_log_entry_a_decision_is_not_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    comment = make_comment(on=make_published_issue(), state=CommentState.PENDING)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(audit_log, "record", fail)
    for decide in (comment.approve, comment.reject, comment.feature):
        with pytest.raises(RuntimeError):
            decide(by=None, at=timezone.now())
        stored = Comment.objects.get(pk=comment.pk)
        assert (stored.state, stored.featured) == (CommentState.PENDING, False)


def test_of_two_simultaneous_transitions_one_wins() -> None:
    dispatch, same = make_dispatch(), Dispatch.objects.get()
    dispatch.pause(by=None)
    with pytest.raises(
        TransitionRefused,
        match=r"This dispatch is in the state “Paused” and cannot become “Paused”",
    ):
        same.pause(by=None)
    assert AuditLogEntry.objects.on(dispatch).filter(verb="paused").count() == 1


def test_an_automatic_transition_is_not_logged() -> None:
    dispatch = make_dispatch()
    before = AuditLogEntry.objects.count()
    assert dispatch.start_sending(at=timezone.now())
    assert not dispatch.start_sending(at=timezone.now())
    assert AuditLogEntry.objects.count() == before
