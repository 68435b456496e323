"""`manage.py send_issue` and `dispatch_status`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from briefings.models import Issue, IssueState
from newsroom.models import AuditLogEntry
from subscribers.models import Dispatch
from tests.factories import make_briefing, make_issue, make_published_issue, make_reader

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def run_json(*arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return answer


@pytest.fixture
def issue() -> Issue:
    ward = make_briefing(slug="the-ward-round")
    for _ in range(3):
        make_reader(of=ward)
    return make_issue(briefing=ward, number=58)


def test_a_draft_is_approved_published_and_dispatched_at_once(issue: Issue) -> None:
    answer = run_json("send_issue", "the-ward-round/58")
    dispatch = Dispatch.objects.get()
    assert answer == {"dispatch": dispatch.pk, "issue": issue.pk, "subscribers": 3}
    issue.refresh_from_db()
    assert issue.state == IssueState.PUBLISHED
    verbs = [entry.verb for entry in AuditLogEntry.objects.on(issue)]
    assert verbs[::-1] == ["submitted", "approved", "scheduled", "published"]
    status = run_json("dispatch_status", str(dispatch.pk))
    assert sum(status["deliveries"].values()) == 3
    assert set(status) == {"state", "deliveries", "letters_per_s", "seconds_left"}


def next_change(zone: ZoneInfo, *, hours: int) -> datetime:
    """Return the first moment of the day on which clocks next change by that number of hours."""
    day = timezone.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        following = datetime.combine(day.date() + timedelta(days=1), time(), zone)
        offset, next_offset = day.utcoffset(), following.utcoffset()
        assert offset is not None
        assert next_offset is not None
        if next_offset - offset == timedelta(hours=hours):
            return day
        day = following


def test_a_time_that_the_spring_change_skips_is_refused(issue: Issue) -> None:
    day = next_change(issue.briefing.zone, hours=1)
    with pytest.raises(CommandError, match=r"01:30 does not exist.*Nothing was changed"):
        run("send_issue", str(issue.pk), "--at", f"{day:%Y-%m-%d}T01:30")
    issue.refresh_from_db()
    assert issue.state == IssueState.DRAFT


def test_a_time_that_the_autumn_change_repeats_needs_its_offset(issue: Issue) -> None:
    day = next_change(issue.briefing.zone, hours=-1)
    words = rf"01:30 happens twice.*{day:%Y-%m-%d}T01:30:00\+01:00 or .*T01:30:00\+00:00"
    with pytest.raises(CommandError, match=words):
        run("send_issue", str(issue.pk), "--at", f"{day:%Y-%m-%d}T01:30")
    issue.refresh_from_db()
    assert issue.state == IssueState.DRAFT
    run("send_issue", str(issue.pk), "--at", f"{day:%Y-%m-%d}T01:30:00+00:00")
    issue.refresh_from_db()
    assert issue.publish_at == datetime.combine(day.date(), time(1, 30), UTC)


def test_a_later_time_is_in_the_briefings_time_zone_and_makes_no_dispatch_yet(issue: Issue) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).astimezone(issue.briefing.zone)
    output = run("send_issue", str(issue.pk), "--at", f"{tomorrow:%Y-%m-%dT%H:%M}")
    issue.refresh_from_db()
    assert issue.state == IssueState.SCHEDULED
    assert issue.publish_at == tomorrow.replace(second=0, microsecond=0)
    assert f"{tomorrow:%H:%M} (Europe/London)" in output
    assert not Dispatch.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("the-ward-round/58", "--at", "2020-11-26T07:00"), "is in the past"),
        (("the-ward-round/58", "--at", "thursday"), "is not a date and time"),
        (("the-ward-round/58", "--at", "2030-02-30T07:00"), "is not a date and time"),
        (("the-ward-round/59",), "There is no issue"),
        (("porters",), "There is no issue"),
    ],
)
def test_a_mistake_is_explained_and_changes_nothing(
    issue: Issue, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run("send_issue", *arguments)
    issue.refresh_from_db()
    assert issue.state == IssueState.DRAFT
    assert not Dispatch.objects.exists()


def test_an_issue_is_sent_once() -> None:
    issue = make_published_issue()
    with pytest.raises(CommandError, match="already published"):
        run("send_issue", str(issue.pk))


def test_an_unknown_dispatch_is_named() -> None:
    with pytest.raises(CommandError, match="There is no dispatch 7"):
        run("dispatch_status", "7")
