"""Send slots are right in the briefing's own time zone, across both clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.slots import Weekday, WeeklySlot

LONDON = ZoneInfo("Europe/London")
THURSDAY_AT_7 = WeeklySlot(weekday=Weekday.THURSDAY, time=time(7), zone=LONDON)
SUNDAY_AT_1_30 = WeeklySlot(weekday=Weekday.SUNDAY, time=time(1, 30), zone=LONDON)
ZONES = ["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        # Thursday 07:00 in winter is 07:00 UTC, in summer 06:00 UTC.
        ("2026-03-25T12:00+00:00", "2026-03-26T07:00+00:00"),
        ("2026-03-26T07:00+00:00", "2026-04-02T06:00+00:00"),
        ("2026-10-22T06:00+00:00", "2026-10-29T07:00+00:00"),
    ],
)
def test_seven_o_clock_stays_seven_o_clock(after: str, expected: str) -> None:
    found = THURSDAY_AT_7.next(after=datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, "2026-03-26T07:00+00:00"),
        (2, "2026-04-02T06:00+00:00"),
        (-1, "2026-03-19T07:00+00:00"),
        (-2, "2026-03-12T07:00+00:00"),
    ],
)
def test_slots_are_counted_from_a_moment(number: int, expected: str) -> None:
    found = THURSDAY_AT_7.nth(number, after=datetime(2026, 3, 25, 12, tzinfo=UTC))
    assert found == datetime.fromisoformat(expected)


def test_a_moment_is_compared_with_the_slot_to_the_minute() -> None:
    slot = datetime(2026, 4, 2, 6, tzinfo=UTC)
    assert THURSDAY_AT_7.is_at(slot + timedelta(seconds=59))
    assert not THURSDAY_AT_7.is_at(slot + timedelta(minutes=1))
    assert not THURSDAY_AT_7.is_at(slot + timedelta(days=1))


def test_a_slot_says_when_it_is() -> None:
    assert THURSDAY_AT_7.words == "every Thursday at 07:00"


def test_a_time_that_spring_skips_is_taken_after_the_change() -> None:
    found = SUNDAY_AT_1_30.next(after=datetime(2026, 3, 28, tzinfo=UTC))
    assert found == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_autumn_repeats_comes_once() -> None:
    first = SUNDAY_AT_1_30.next(after=datetime(2026, 10, 24, tzinfo=UTC))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert SUNDAY_AT_1_30.next(after=first) - first > timedelta(days=6)


@given(
    weekday=st.sampled_from(Weekday),
    hour=st.times().map(lambda hour: hour.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    after=st.integers(1_577_836_800, 2_051_222_400).map(lambda s: datetime.fromtimestamp(s, UTC)),
)
def test_the_next_slot_is_later_and_within_eight_days(
    weekday: Weekday, hour: time, zone: ZoneInfo, after: datetime
) -> None:
    slot = WeeklySlot(weekday=weekday, time=hour, zone=zone).next(after=after)
    assert after < slot <= after + timedelta(days=8)
    local = slot.astimezone(zone)
    assert abs((local.hour * 60 + local.minute) - (hour.hour * 60 + hour.minute)) in range(61)
