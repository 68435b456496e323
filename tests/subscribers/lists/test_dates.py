"""Dates are read in the usual formats, and never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.lists.dates import (
    DayOrder,
    InvalidDate,
    detect_day_order,
    looks_like_a_date,
    parse_date,
)
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
        # Times, zones and the ends of days
        ("2023-03-09T14:05", "2023-03-09T14:05:00+00:00"),
        ("2023-03-09 14:05:06 UTC", "2023-03-09T14:05:06+00:00"),
        ("2023-03-09 14:05:06 +0100 CET", "2023-03-09T13:05:06+00:00"),
        ("2023-03-09 14:05:06.654321+01", "2023-03-09T13:05:06.654321+00:00"),
        ("2023-03-09 02:05 PM", "2023-03-09T14:05:00+00:00"),
        ("2023-03-09 14:05 EST", "2023-03-09T19:05:00+00:00"),
        ("2023-03-09 24:00:00", "2023-03-10T00:00:00+00:00"),
        ("2023/03/09 12:05:06 AM GMT+1", "2023-03-08T23:05:06+00:00"),  # Google Forms
        ("2023/03/09 2:05:06 p.m. GMT-3:30", "2023-03-09T17:35:06+00:00"),
        ("2023-03-09 14.05", "2023-03-09T14:05:00+00:00"),
        ("2023-03-09 14.05.06", "2023-03-09T14:05:06+00:00"),
        ("2023-03-09T14:05:06Z[UTC]", "2023-03-09T14:05:06+00:00"),
        ("2023-03-09T14:05:06+01:00[Europe/Berlin]", "2023-03-09T13:05:06+00:00"),
        ("2023-03-09T14:05:06Z[Etc/UTC]", "2023-03-09T14:05:06+00:00"),
        ("2023-068", "2023-03-09T00:00:00+00:00"),
        ("2024-366T14:05Z", "2024-12-31T14:05:00+00:00"),
        # In front of the hour, and Google Forms in Chinese, Japanese and Korean
        ("2023/03/09 下午 2:05:06 [GMT+8]", "2023-03-09T06:05:06+00:00"),
        ("2023/3/9 下午2:05", "2023-03-09T14:05:00+00:00"),
        ("2023/3/9 上午12:05", "2023-03-09T00:05:00+00:00"),
        ("2023年3月9日 下午2时5分6秒", "2023-03-09T14:05:06+00:00"),
        ("2023年3月9日 14時05分", "2023-03-09T14:05:00+00:00"),
        ("2023/03/09 午後 2:05:06 GMT+9", "2023-03-09T05:05:06+00:00"),
        ("2023. 3. 9 오후 2:05:06", "2023-03-09T14:05:06+00:00"),
        # Figures with the year last, or of other countries
        ("19.3.2023 14.05", "2023-03-19T14:05:00+00:00"),
        ("19/3/23", "2023-03-19T00:00:00+00:00"),
        ("3/19/23 14:05", "2023-03-19T14:05:00+00:00"),
        ("19.03.23", "2023-03-19T00:00:00+00:00"),
        ("19.3.2023, 14:05 Uhr", "2023-03-19T14:05:00+00:00"),
        ("4/4/2023", "2023-04-04T00:00:00+00:00"),
        ("19.03.98", "1998-03-19T00:00:00+00:00"),
        ("2023年3月9日", "2023-03-09T00:00:00+00:00"),
        ("2023. 3. 9.", "2023-03-09T00:00:00+00:00"),
        # Numbers
        ("44994", "2023-03-09T00:00:00+00:00"),
        ("44994.75", "2023-03-09T18:00:00+00:00"),
        ("44994,5869444444", "2023-03-09T14:05:12+00:00"),
        ("1678370706", "2023-03-09T14:05:06+00:00"),
        ("1678370706000", "2023-03-09T14:05:06+00:00"),
        ("20230309", "2023-03-09T00:00:00+00:00"),
        ("20230309140506", "2023-03-09T14:05:06+00:00"),
        ("20230309T140506Z", "2023-03-09T14:05:06+00:00"),
        ("2023-W10-4", "2023-03-09T00:00:00+00:00"),
        # Months in words
        ("Mar 9, 2023", "2023-03-09T00:00:00+00:00"),
        ("March 9th, 2023 at 2:05 PM", "2023-03-09T14:05:00+00:00"),
        ("9 March 2023", "2023-03-09T00:00:00+00:00"),
        ("09-Mar-2023", "2023-03-09T00:00:00+00:00"),
        ("09-Mar-23", "2023-03-09T00:00:00+00:00"),
        ("24-Feb-23", "2023-02-24T00:00:00+00:00"),
        ("Thu, 09 Mar 2023 14:05:06 -0500", "2023-03-09T19:05:06+00:00"),  # RFC 5322
        ("Thursday, 09-Mar-23 14:05:06 GMT", "2023-03-09T14:05:06+00:00"),
        ("Thu Mar  9 14:05:06 CET 2023", "2023-03-09T13:05:06+00:00"),
        (
            "Thu Mar 09 2023 14:05:06 GMT+0100 (Central European Standard Time)",
            "2023-03-09T13:05:06+00:00",
        ),
        ("9. März 2023", "2023-03-09T00:00:00+00:00"),
        ("Donnerstag, 9. März 2023 um 14:05 Uhr", "2023-03-09T14:05:00+00:00"),
        ("1er août 2023", "2023-08-01T00:00:00+00:00"),
        ("9 de marzo de 2023", "2023-03-09T00:00:00+00:00"),
        ("9 maggio 2023 14:05", "2023-05-09T14:05:00+00:00"),
    ],
)
def test_dates_are_read_in_the_usual_shapes(text: str, moment: str) -> None:
    assert parse_date(text, order=None, now=NOW).isoformat() == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        # “at” in front of the time, which dateutil takes for “am”
        ("12 avril 2023 à 16:45", "2023-04-12T16:45"),
        ("12 avril 2023 à 16h45", "2023-04-12T16:45"),
        ("miércoles, 12 de abril de 2023 a las 16:45", "2023-04-12T16:45"),
        ("12 de abril de 2023, a la 1:05", "2023-04-12T01:05"),
        ("12 de abril de 2023 às 04:45", "2023-04-12T04:45"),
        ("12 april 2023 om 16:45", "2023-04-12T16:45"),
        ("12 aprile 2023 alle ore 16:45", "2023-04-12T16:45"),
        # Short weekdays
        *((f"{day} 12 avr. 2023", "2023-04-12T00:00") for day in ("mer.", "mer", "Mer.,")),
        *((f"{day} 7 mars 2023", "2023-03-07T00:00") for day in ("mar.", "mar")),
        *((f"{day} 12. April 2023", "2023-04-12T00:00") for day in ("Mi.,", "Mi", "Mit.")),
        *((f"{day} 12 april 2023", "2023-04-12T00:00") for day in ("wo", "wo.", "woe")),
        *((f"{day} 12 abr 2023", "2023-04-12T00:00") for day in ("mié,", "mié.", "quarta-feira,")),
        *((f"{day} 12 apr 2023", "2023-04-12T00:00") for day in ("mer", "gio,")),
        ("mar 7 2023", "2023-03-07T00:00"),
        ("Mi., 12.4.2023 16:45", "2023-04-12T16:45"),
        ("mercredi 12/04/2023", "2023-04-12T00:00"),
        ("Wed 2023-04-12", "2023-04-12T00:00"),
        # The half of the day behind the time
        *((f"2023/04/12 4:45:10 {pm} GMT+9", "2023-04-12T07:45:10") for pm in ("午後", "오후")),
        ("2023/04/12 12:05:10 午前 GMT+9", "2023-04-11T15:05:10"),
        ("2023/04/12 4:45:10 下午 GMT+8", "2023-04-12T08:45:10"),
        ("12/4/2023 4:45 μ.μ.", "2023-04-12T16:45"),
        ("20230412T16:45:00", "2023-04-12T16:45"),
        ("20230412T16:45+02:00", "2023-04-12T14:45"),
    ],
)
def test_dates_of_other_languages_are_read(text: str, moment: str) -> None:
    found = parse_date(text, order=DayOrder.DAY_FIRST, now=NOW)
    assert found == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "01/02/2024", "1/2/24", "2024-02-30", "2024-05-01T99:00"),
        *("0000-00-00", "1970-01-01", "99999-01-01", "٢٠٢٤-٠٥-٠١"),
        *("2024-05-01 10:00:00 +99:99", "2024-05-01 10:00 XYZ", "2024-05-01 25:00"),
        *("24-05-01", "May 2024", "1 May", "10:00 May 1", "May", "31 June 2023", "2024", "12", "7"),
        *("123456", "20241399", "99999999999999999999", "0", "1", "45413.5.6", "2024-W60-1"),
        *("2023-366", "2024-000", "2024-121-3", "2024-05-01T10:00[Europe/Berlin]", "下午 3:15"),
        *("2024/05/01 下午 15:15", "2024-05-01 10.00:00", "2024-05-01T10:00Z[5]"),
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


@given(
    text=st.text(max_size=30)
    | st.text(st.sampled_from("0123456789-/.:+ TZAPM,()may"), max_size=30)
    | st.lists(
        st.sampled_from(
            ("May", "Mai", "am", "at", "GMT", "+02", "10:00", "31", "1", "24", ",", "(")
        ),
        max_size=8,
    ).map(" ".join)
)
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
        (["lun. 01/05/2023", "mer. 31/05/2023"], DayOrder.DAY_FIRST),
        (["01/05/2024", "31/05/2024"], DayOrder.DAY_FIRST),
        (["01/05/2024", "05/31/2024"], DayOrder.MONTH_FIRST),
        (["01/05/2024"], DayOrder.AMBIGUOUS),
        (["01/05/24 10:00", "31/05/24"], DayOrder.DAY_FIRST),
        (["1/5/24", "5/31/24"], DayOrder.MONTH_FIRST),
        (["31/05/2024", "05/31/2024"], None),
        (["31/05/2024", "05/31/2024", "05/05/2024"], None),
        (["31/05/2024", "05/31/2024", "04/05/2024"], DayOrder.AMBIGUOUS),
    ],
)
def test_a_column_shows_whether_the_day_comes_first(
    dates: list[str], order: DayOrder | None
) -> None:
    assert detect_day_order(dates) == order


@pytest.mark.parametrize(
    ("text", "is_date"),
    [
        *(("1970-01-01", True), ("2999-01-01", True), ("1/2/2024", True), ("May 1, 2024", True)),
        *(("", False), ("York", False), ("12", False), ("May", False), ("x" * 200 + "1", False)),
    ],
)
def test_a_date_is_recognised_whatever_its_order_and_age(text: str, *, is_date: bool) -> None:
    assert looks_like_a_date(text) is is_date
