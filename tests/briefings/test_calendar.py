"""The calendar: every briefing by week, its state, who has each draft, and what is late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from briefings.issue_calendar import CalendarEntry, calendar_weeks
from briefings.models import Briefing
from tests.briefings.admin_client import change_url, make_staff, staff_client
from tests.factories import (
    make_briefing,
    make_contributor,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db
SLOT = datetime(2026, 11, 26, 7, tzinfo=UTC)  # a Thursday, 07:00 in London
MONDAY = date(2026, 11, 23)
A_WEEK = timedelta(weeks=1)
CALENDAR = "/admin/briefings/issue/calendar/"


def entries(
    user: User, *, week: date = MONDAY, at: datetime = SLOT - timedelta(days=3)
) -> list[CalendarEntry]:
    weeks = calendar_weeks(user, around=MONDAY, at=at)
    assert [each.first_day for each in weeks] == [MONDAY + n * A_WEEK for n in range(-8, 9)]
    [found] = [each for each in weeks if each.first_day == week]
    return found.entries


def test_each_issue_stands_in_its_week_with_whoever_has_it() -> None:
    editor = make_staff("Editors")
    briefing = make_briefing(lead=make_contributor(name="Ada Bell"))
    make_published_issue(briefing=briefing, at=SLOT - A_WEEK)
    draft = make_issue(briefing=briefing, publish_at=SLOT)
    review = make_issue(briefing=briefing, publish_at=SLOT + A_WEEK)
    review.submit(by=None)
    make_scheduled_issue(briefing=briefing, publish_at=SLOT + 2 * A_WEEK)

    [this] = entries(editor)
    [following] = entries(editor, week=MONDAY + A_WEEK)
    [scheduled] = entries(editor, week=MONDAY + 2 * A_WEEK)
    [free] = entries(editor, week=MONDAY + 3 * A_WEEK)
    [before] = entries(editor, week=MONDAY - A_WEEK)
    assert (this.issue, this.holder, this.late) == (draft, "with Ada Bell", "")
    assert (following.issue, following.holder) == (review, "with the editors")
    assert scheduled.holder == ""
    assert (free.issue, free.note) == (None, "No draft yet")
    assert before.issue is not None
    assert (before.late, before.holder) == ("", "")


@pytest.mark.parametrize(
    ("at", "late"),
    [
        (SLOT - timedelta(hours=13), ""),
        (SLOT - timedelta(hours=12), "The cut-off was Wed 25 Nov 2026, 19:00"),
        (SLOT, "Its send time has passed"),
    ],
)
def test_a_draft_is_late_after_its_cut_off(at: datetime, late: str) -> None:
    editor = make_staff("Editors")
    make_issue(publish_at=SLOT)
    [entry] = entries(editor, at=at)
    assert entry.late == late


def test_an_approved_issue_is_late_only_after_its_send_time() -> None:
    editor = make_staff("Editors")
    make_scheduled_issue(publish_at=SLOT)
    [entry] = entries(editor, at=SLOT - timedelta(hours=1))
    assert entry.late == ""


def test_a_slot_without_a_draft_is_late_after_the_cut_off_too() -> None:
    editor = make_staff("Editors")
    make_briefing()
    [entry] = entries(editor, at=SLOT - timedelta(hours=2))
    assert (entry.note, entry.late) == ("No draft yet", "The cut-off was Wed 25 Nov 2026, 19:00")


def test_breaks_and_weeks_in_which_nothing_went_out_are_shown() -> None:
    editor = make_staff("Editors")
    briefing = make_briefing()
    make_published_issue(briefing=briefing, at=SLOT - 2 * A_WEEK)
    briefing.breaks.create(
        first_day=date(2026, 11, 26), last_day=date(2026, 11, 26), words="back in December"
    )
    [rest] = entries(editor)
    [missing] = entries(editor, week=MONDAY - A_WEEK)
    assert rest.note == "Break. Back in December."
    assert missing.note == "Nothing went out"
    assert entries(editor, week=MONDAY - 3 * A_WEEK) == []


def test_an_issue_that_goes_out_early_has_the_slot_of_its_week() -> None:
    editor = make_staff("Editors")
    issue = make_issue(publish_at=SLOT - timedelta(hours=20))
    assert [entry.issue for entry in entries(editor)] == [issue]


def test_the_week_is_that_of_the_briefings_time_zone() -> None:
    """Monday 00:30 in Auckland is a Sunday in UTC."""
    editor = make_staff("Editors")
    briefing = make_briefing(time_zone="Pacific/Auckland", slot_weekday=0, slot_time="00:30")
    briefing.refresh_from_db()
    issue = make_issue(briefing=briefing, publish_at=datetime(2026, 11, 22, 11, 30, tzinfo=UTC))
    assert [entry.issue for entry in entries(editor)] == [issue]


def test_the_clock_changes_leave_each_slot_in_its_week() -> None:
    editor = make_staff("Editors")
    Briefing.objects.filter(pk=make_briefing().pk).update(slot_weekday=6, slot_time="01:30")
    for change in (date(2027, 3, 28), date(2026, 10, 25)):
        weeks = calendar_weeks(
            editor, around=change - timedelta(days=6), at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        assert [len(week.entries) for week in weeks] == [1] * 17


def test_a_reporter_sees_no_draft_of_others_and_their_slot_is_not_free() -> None:
    make_issue(publish_at=SLOT)
    assert entries(make_staff("Reporters")) == []


def test_the_page_shows_it_and_makes_few_queries(django_assert_max_num_queries: Any) -> None:
    client = staff_client("Editors")

    def add() -> None:
        for _ in range(3):
            briefing = make_briefing()
            briefing.breaks.create(first_day=date(2026, 1, 1), last_day=date(2026, 1, 2))
            for week in range(-3, 4):
                make_issue(
                    briefing=briefing,
                    author=make_contributor(),
                    publish_at=timezone.now() + week * A_WEEK,
                )
            make_issue(briefing=briefing)

    add()
    client.get(CALENDAR)
    with django_assert_max_num_queries(14) as few:
        client.get(CALENDAR)
    add()
    with django_assert_max_num_queries(14) as more:
        page = client.get(CALENDAR).content.decode()
    assert len(more) == len(few)
    assert "This week" in page
    assert "No send time yet" in page


def test_the_page_can_be_turned_to_other_weeks() -> None:
    client = staff_client("Editors")
    issue = make_issue(publish_at=SLOT)
    page = client.get(CALENDAR, {"week": "2026-11-25"}).content.decode()
    assert f'href="{change_url(issue)}"' in page
    assert "23 November to 29 November 2026" in page
    for broken in ("2026-99-99", "9999-12-31", "0001-01-01", "x"):
        assert client.get(CALENDAR, {"week": broken}).status_code == 200
