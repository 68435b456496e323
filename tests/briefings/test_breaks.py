"""Breaks: no issue is planned in them, also across New Year and both clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from briefings.models import Break, Briefing
from briefings.preflight import check_issue
from briefings.slots import Weekday, WeeklySlot
from tests.briefings.admin_client import read_form, staff_client
from tests.factories import make_briefing, make_issue

LONDON = ZoneInfo("Europe/London")
THURSDAY_AT_7 = WeeklySlot(weekday=Weekday.THURSDAY, time=time(7), zone=LONDON)


def days(first: str, last: str, words: str = "") -> Break:
    return Break(
        first_day=date.fromisoformat(first), last_day=date.fromisoformat(last), words=words
    )


@pytest.mark.parametrize(
    ("after", "breaks", "expected"),
    [
        # Over New Year: 24 and 31 December 2026 are Thursdays.
        ("2026-12-17T07:00+00:00", [("2026-12-20", "2027-01-06")], "2027-01-07T07:00+00:00"),
        # The slot itself is the last day, or the first.
        ("2026-12-17T07:00+00:00", [("2026-12-20", "2027-01-07")], "2027-01-14T07:00+00:00"),
        ("2026-12-17T07:00+00:00", [("2026-12-24", "2026-12-24")], "2026-12-31T07:00+00:00"),
        ("2026-12-17T07:00+00:00", [("2026-12-18", "2026-12-23")], "2026-12-24T07:00+00:00"),
        # Two breaks, in the wrong order, with one slot between them in neither, or none.
        (
            "2026-12-17T07:00+00:00",
            [("2027-01-01", "2027-01-10"), ("2026-12-20", "2026-12-30")],
            "2026-12-31T07:00+00:00",
        ),
        (
            "2026-12-17T07:00+00:00",
            [("2026-12-28", "2027-01-10"), ("2026-12-20", "2026-12-27")],
            "2027-01-14T07:00+00:00",
        ),
        # Over the change to summer time, 07:00 is 06:00 UTC; over that to winter time 07:00 UTC.
        ("2027-03-18T07:00+00:00", [("2027-03-22", "2027-03-28")], "2027-04-01T06:00+00:00"),
        ("2027-10-21T06:00+00:00", [("2027-10-25", "2027-10-31")], "2027-11-04T07:00+00:00"),
    ],
)
def test_a_slot_in_a_break_is_skipped(
    after: str, breaks: list[tuple[str, str]], expected: str
) -> None:
    found = THURSDAY_AT_7.next(
        after=datetime.fromisoformat(after), breaks=[days(*each) for each in breaks]
    )
    assert found == datetime.fromisoformat(expected)


def test_the_days_of_a_break_are_those_of_the_briefings_zone() -> None:
    """Monday 23:30 in New York is a Tuesday in UTC."""
    slot = WeeklySlot(weekday=Weekday.MONDAY, time=time(23, 30), zone=ZoneInfo("America/New_York"))
    after = datetime(2026, 11, 24, 5, tzinfo=UTC)
    monday = days("2026-11-30", "2026-11-30")
    tuesday = days("2026-12-01", "2026-12-01")
    assert slot.next(after=after, breaks=[tuesday]) == datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
    assert slot.next(after=after, breaks=[monday]) == datetime(2026, 12, 8, 4, 30, tzinfo=UTC)


@given(
    start=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    length=st.integers(0, 365),
    before=st.integers(0, 400),
)
def test_a_slot_is_in_no_break_and_on_its_weekday(start: date, length: int, before: int) -> None:
    rest = Break(first_day=start, last_day=start + timedelta(days=length))
    after = datetime.combine(start, time(12), tzinfo=UTC) - timedelta(days=before)
    found = THURSDAY_AT_7.next(after=after, breaks=[rest])
    local = found.astimezone(LONDON)
    assert found > after
    assert (local.weekday(), local.hour) == (Weekday.THURSDAY, 7)
    assert not rest.overlaps(local.date(), local.date())


@pytest.mark.django_db
def test_the_database_refuses_a_break_that_ends_before_it_starts() -> None:
    briefing = make_briefing()
    with pytest.raises(IntegrityError), transaction.atomic():
        briefing.breaks.create(first_day=date(2027, 1, 2), last_day=date(2027, 1, 1))


@pytest.mark.django_db
def test_the_next_free_slot_is_in_no_break() -> None:
    briefing = make_briefing()
    now = datetime(2026, 12, 15, 12, tzinfo=UTC)
    make_issue(briefing=briefing, publish_at=datetime(2026, 12, 17, 7, tzinfo=UTC))
    briefing.breaks.create(first_day=date(2026, 12, 20), last_day=date(2027, 1, 6))
    assert briefing.next_free_slot(after=now) == datetime(2027, 1, 7, 7, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("goes_out", "free"),
    [
        ("2026-12-17T07:00", "2026-12-24T07:00"),  # on its slot
        ("2026-12-16T12:00", "2026-12-24T07:00"),  # a day early: in place of the slot
        ("2026-12-18T15:00", "2026-12-24T07:00"),  # late
        ("2026-12-14T12:00", "2026-12-17T07:00"),  # an extra issue, days before the slot
    ],
)
def test_an_issue_that_goes_out_early_has_the_slot(goes_out: str, free: str) -> None:
    briefing = make_briefing()
    moment = datetime.fromisoformat(goes_out).replace(tzinfo=UTC)
    make_issue(briefing=briefing, publish_at=moment)
    assert briefing.next_free_slot(after=moment) == datetime.fromisoformat(free).replace(tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slot", "hours", "expected"),
    [
        ("2027-04-01T06:00", 12, "2027-03-31T18:00"),
        # Hours are hours: when the clocks change, 12 of them are 13 or 11 on the clock.
        ("2027-03-28T06:00", 12, "2027-03-27T18:00"),  # 07:00 and 18:00 in London
        ("2027-10-31T07:00", 12, "2027-10-30T19:00"),  # 07:00 and 20:00 in London
    ],
)
def test_the_cut_off_is_hours_before_the_slot(slot: str, hours: int, expected: str) -> None:
    briefing = make_briefing(cut_off_hours=hours)
    moment = datetime.fromisoformat(slot).replace(tzinfo=UTC)
    assert briefing.cut_off(moment) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


# --- in the admin


def save_briefing(briefing: Briefing, *breaks: tuple[str, str, str]) -> Any:
    client = staff_client("Editors")
    address = f"/admin/briefings/briefing/{briefing.pk}/change/"
    form = read_form(client.get(address), "briefing_form")
    form |= {"breaks-TOTAL_FORMS": str(len(breaks)), "accent": briefing.accent}
    for index, (first, last, words) in enumerate(breaks):
        form |= {
            f"breaks-{index}-first_day": first,
            f"breaks-{index}-last_day": last,
            f"breaks-{index}-words": words,
            f"breaks-{index}-briefing": str(briefing.pk),
        }
    return client.post(address, form)


@pytest.mark.django_db
def test_an_editor_enters_breaks_on_the_page_of_the_briefing() -> None:
    briefing = make_briefing()
    response = save_briefing(
        briefing,
        ("2027-04-01", "2027-04-13", "back on 14 April"),
        ("2026-12-20", "2027-01-06", ""),
    )
    assert response.status_code == 302
    assert [each.words for each in briefing.breaks.all()] == ["", "back on 14 April"]
    assert briefing.breaks.last().sentence == "Back on 14 April."  # type: ignore[union-attr]  # made above


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("breaks", "error"),
    [
        ([("2027-01-06", "2026-12-20", "")], "The last day is before the first day."),
        ([("2027-01-06", "2029-12-20", "")], "A break lasts at most 366 days."),
        ([("9999-01-06", "9999-12-31", "")], "Choose a date in 2199 or earlier."),
        (
            [("2026-12-20", "2027-01-06", ""), ("2027-01-06", "2027-01-08", "")],
            "overlaps the one from Sunday 20 December 2026 to Wednesday 6 January 2027",
        ),
    ],
)
def test_a_break_that_cannot_be_is_refused(breaks: list[tuple[str, str, str]], error: str) -> None:
    briefing = make_briefing()
    page = save_briefing(briefing, *breaks)
    assert page.status_code == 200
    assert error in page.content.decode()
    assert not briefing.breaks.exists()


@pytest.mark.django_db
def test_issues_that_were_planned_before_a_break_move_out_of_it_or_are_named() -> None:
    briefing = make_briefing()
    slots = [briefing.slot.nth(number, after=timezone.now()) for number in (1, 2, 3, 4)]
    written = make_issue(briefing=briefing, number=41, publish_at=slots[0])
    untouched = make_issue(briefing=briefing, number=42, title="", publish_at=slots[1])
    after = make_issue(briefing=briefing, number=43, title="", publish_at=slots[3])
    first, last = (f"{briefing.slot.day_of(slot)}" for slot in (slots[0], slots[2]))

    page = save_briefing(briefing, (first, last, "We rest."))

    words = " ".join(map(str, get_messages(page.wsgi_request)))
    assert "Issue 41 is planned in a break." in words
    assert "Issue 42 is planned for" in words
    for issue in (written, untouched, after):
        issue.refresh_from_db()
    assert written.publish_at == slots[0]
    assert untouched.publish_at == briefing.slot.nth(5, after=timezone.now())
    assert after.publish_at == slots[3]
    assert written.is_in_break
    assert "The send time is in a break" in str(
        [*check_issue(written, [], publish_at=written.publish_at)]
    )
    calendar = staff_client("Editors").get(reverse("admin:briefings_calendar")).content.decode()
    assert "Its send time is in a break" in calendar
