"""A change of state and its log entry stand or fall together."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from briefings.models import Comment, CommentState
from newsroom import transitions
from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused, move, update_if
from tests.factories import make_comment

pytestmark = pytest.mark.django_db


def test_a_decision_without_its_log_entry_is_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    comment = make_comment(state=CommentState.PENDING)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(transitions, "record_log_entry", fail)
    for decide in (comment.approve, comment.reject, comment.feature):
        with pytest.raises(RuntimeError):
            decide(by=None, at=timezone.now())
        stored = Comment.objects.get(pk=comment.pk)
        assert (stored.state, stored.featured) == (CommentState.PENDING, False)


