"""Dates are read in the usual formats, and never guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.lists.dates import DayOrder, InvalidDate, detect_day_order, parse_date
from tests.subscribers.lists.list_files import NOW


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01", "2024-05-01T00:00:00+00:00"),
        ("2024-05-01 10:00:00", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T10:00:00.000Z", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00+00:00"),
        ("2024-05-01 10:00:00.123456789 +0000 UTC", "2024-05-01T10:00:00.123456+00:00"),
        ("2024/5/1 9:05", "2024-05-01T09:05:00+00:00"),
        ("31/05/2024", "2024-05-31T00:00:00+00:00"),
        ("05/31/2024 1:30 PM", "2024-05-31T13:30:00+00:00"),
        ("1.2.2024", "2024-02-01T00:00:00+00:00"),
    ],
)
def test_dates_are_read_in_the_usual_shapes(text: str, moment: str) -> None:
    assert parse_date(text, order=None, now=NOW).isoformat() == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "45413", "01/02/2024", "1/2/24", "2024-02-30", "2024-05-01T99:00"),
        *("0000-00-00", "1970-01-01", "2024-W01-1", "99999-01-01", "٢٠٢٤-٠٥-٠١"),
        "2024-05-01 10:00:00 +99:99",
    ],
)
def test_dates_that_are_ambiguous_or_impossible_are_not_guessed(text: str) -> None:
    with pytest.raises(InvalidDate):
        parse_date(text, order=None, now=NOW)


def test_no_consent_was_given_in_the_future() -> None:
    at = NOW + timedelta(seconds=1)
    with pytest.raises(InvalidDate, match="future"):
        parse_date(at.isoformat(), order=None, now=NOW)
    assert parse_date(NOW.isoformat(), order=None, now=NOW) == NOW


@given(text=st.text(max_size=30))
def test_any_text_is_a_date_or_an_invalid_date(text: str) -> None:
    for order in (None, *DayOrder):
        try:
            assert parse_date(text, order=order, now=NOW) <= NOW
        except InvalidDate as unclear:
            assert unclear.reason  # noqa: PT017


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["2024-05-01", ""], None),
        (["1.5.2024"], None),
        (["01/05/2024", "31/05/2024"], DayOrder.DAY_FIRST),
        (["01/05/2024", "05/31/2024"], DayOrder.MONTH_FIRST),
        (["01/05/2024"], DayOrder.AMBIGUOUS),
        (["31/05/2024", "05/31/2024"], DayOrder.AMBIGUOUS),
    ],
)
def test_a_column_shows_whether_the_day_comes_first(
    dates: list[str], order: DayOrder | None
) -> None:
    assert detect_day_order(dates) == order
