"""Comments say when they were written as people do, and no stored page says so for too long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from django.template.response import TemplateResponse
from django.test import RequestFactory
from django.utils import translation

from briefings.days_ago import days_ago, next_day
from briefings.views import issue_detail
from tests.factories import make_briefing, make_comment, make_published_issue

LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
NOON = datetime(2026, 10, 25, 12, tzinfo=UTC)  # of a day with 25 hours in London


@pytest.mark.parametrize(
    ("hours", "london", "tokyo"),
    [
        (1, 0, 0),
        (12, 0, 0),
        (14, 1, 0),
        (22, 1, 1),
        (6 * 24, 6, 6),
        (7 * 24, None, None),
        (-1, 0, 0),  # by a clock that runs ahead
        (-24, None, None),
    ],
)
def test_the_days_are_those_of_the_briefings_zone(
    hours: int, london: int | None, tokyo: int | None
) -> None:
    moment = NOON - timedelta(hours=hours)
    assert days_ago(moment, zone=LONDON, at=NOON) == london
    assert days_ago(moment, zone=TOKYO, at=NOON) == tokyo


def test_the_words_change_at_midnight_while_any_day_is_told_in_words() -> None:
    old = NOON - timedelta(days=30)
    assert next_day([], zone=LONDON, at=NOON) is None
    assert next_day([old], zone=LONDON, at=NOON) is None
    assert next_day([old, NOON], zone=LONDON, at=NOON) == datetime(2026, 10, 26, tzinfo=UTC)
    assert next_day([NOON], zone=TOKYO, at=NOON) == datetime(2026, 10, 25, 15, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ("today at 08:00", "yesterday at 23:30", "4 days ago", ">18 October 2026<")),
        ("de", ("heute um 08:00 Uhr", "gestern um 23:30 Uhr", "vor 4 Tagen", ">18. Oktober 2026<")),
    ],
)
def test_a_page_tells_days_in_words_beside_the_exact_time_and_is_not_stored_past_midnight(
    monkeypatch: pytest.MonkeyPatch, language: str, expected: tuple[str, ...]
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)
    briefing = make_briefing(language=language)
    issue = make_published_issue(briefing=briefing, at=NOON - timedelta(days=9))
    make_comment(on=issue, created_at=datetime(2026, 10, 18, 8, tzinfo=UTC))
    thread = make_comment(on=issue, created_at=datetime(2026, 10, 21, 7, tzinfo=UTC))
    make_comment(on=issue, parent=thread, created_at=datetime(2026, 10, 24, 22, 30, tzinfo=UTC))
    make_comment(on=issue, parent=thread, created_at=datetime(2026, 10, 25, 8, tzinfo=UTC))

    with translation.override("en-gb"):  # the view chooses the briefing's
        request = RequestFactory().get(issue.get_absolute_url())
        response = cast("TemplateResponse", issue_detail(request, briefing.slug, issue.number))
        html = response.render().content.decode()

    for words in expected:
        assert words in html
    assert 'datetime="2026-10-24T23:30:00+0100" title="24' in html
    assert parsedate_to_datetime(response.headers["Expires"]) == datetime(2026, 10, 26, tzinfo=UTC)
