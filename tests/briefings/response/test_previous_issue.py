"""Which issue's response belongs to a draft: the last one that appeared."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from briefings.models import Break
from briefings.response.previous import previous_issue
from tests.factories import make_briefing, make_issue, make_published_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db


def test_it_is_the_last_issue_that_appeared() -> None:
    briefing, now = make_briefing(), timezone.now()
    make_published_issue(briefing=briefing, at=now - timedelta(days=14))
    last = make_published_issue(briefing=briefing, at=now - timedelta(days=7))
    make_published_issue(at=now)  # of another briefing
    make_scheduled_issue(briefing=briefing, publish_at=now + timedelta(days=1))
    assert previous_issue(make_issue(briefing=briefing)) == last


def test_a_break_between_them_changes_nothing() -> None:
    briefing = make_briefing()
    last = make_published_issue(briefing=briefing, at=timezone.now() - timedelta(days=40))
    today = timezone.now().date()
    Break.objects.create(briefing=briefing, first_day=today - timedelta(days=30), last_day=today)
    assert previous_issue(make_issue(briefing=briefing)) == last


def test_an_issue_that_is_published_follows_the_one_before_it() -> None:
    briefing, now = make_briefing(), timezone.now()
    first = make_published_issue(briefing=briefing, at=now - timedelta(days=14))
    second = make_published_issue(briefing=briefing, at=now - timedelta(days=7))
    make_published_issue(briefing=briefing, at=now)
    assert previous_issue(second) == first
    assert previous_issue(first) is None


def test_another_issue_can_be_chosen_by_its_number() -> None:
    briefing, now = make_briefing(), timezone.now()
    first = make_published_issue(briefing=briefing, at=now - timedelta(days=14))
    second = make_published_issue(briefing=briefing, at=now - timedelta(days=7))
    draft = make_issue(briefing=briefing)
    assert previous_issue(draft, about=first.number) == first
    assert previous_issue(second, about=second.number) == second
    assert previous_issue(draft, about=draft.number) is None
