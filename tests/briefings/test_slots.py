"""The weekly slot is right in the briefing's own time, across both clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.slots import Weekday, next_slot

LONDON = ZoneInfo("Europe/London")
ZONES = ["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]


@pytest.mark.parametrize(
    ("after", "slot"),
    [
        # Thursday 07:00 in winter is 07:00 UTC, in summer 06:00 UTC.
        ("2026-03-25T12:00+00:00", "2026-03-26T07:00+00:00"),
        ("2026-03-26T07:00+00:00", "2026-04-02T06:00+00:00"),
        ("2026-10-22T06:00+00:00", "2026-10-29T07:00+00:00"),
    ],
)
def test_seven_o_clock_stays_seven_o_clock(after: str, slot: str) -> None:
    found = next_slot(Weekday.THURSDAY, time(7), LONDON, after=datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(slot)


def test_an_hour_that_spring_skips_comes_as_the_clock_then_stands() -> None:
    found = next_slot(Weekday.SUNDAY, time(1, 30), LONDON, after=datetime(2026, 3, 28, tzinfo=UTC))
    assert found == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_an_hour_that_autumn_repeats_comes_once() -> None:
    first = next_slot(Weekday.SUNDAY, time(1, 30), LONDON, after=datetime(2026, 10, 24, tzinfo=UTC))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_slot(Weekday.SUNDAY, time(1, 30), LONDON, after=first) - first > timedelta(days=6)


@given(
    weekday=st.sampled_from(Weekday),
    hour=st.times().map(lambda hour: hour.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    after=st.integers(1_577_836_800, 2_051_222_400).map(lambda s: datetime.fromtimestamp(s, UTC)),
)
def test_the_next_slot_is_later_and_within_eight_days(
    weekday: Weekday, hour: time, zone: ZoneInfo, after: datetime
) -> None:
    slot = next_slot(weekday, hour, zone, after=after)
    assert after < slot <= after + timedelta(days=8)
    local = slot.astimezone(zone)
    assert abs((local.hour * 60 + local.minute) - (hour.hour * 60 + hour.minute)) in range(61)
