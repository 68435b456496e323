"""Readers are told when the next issue comes: on the page, in the feed and in the email."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from briefings.models import Briefing
from briefings.next_issue import next_issue_line
from subscribers.sending import dispatches
from tests.factories import make_briefing, make_issue, make_published_issue, make_scheduled_issue

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_is_the_day_of_the_next_slot() -> None:
    line = next_issue_line(make_briefing(), at=moment("2027-01-08T12:00"))
    assert line == "The next issue comes on Thursday 14 January."


def test_the_day_is_the_one_in_the_briefings_time_zone() -> None:
    """Thursday 07:00 in Auckland is Wednesday in UTC."""
    briefing = make_briefing(time_zone="Pacific/Auckland")
    line = next_issue_line(briefing, at=moment("2027-01-08T12:00"))
    assert line == "The next issue comes on Thursday 14 January."


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("back on 14 April", "Back on 14 April."),
        ("We are away. Back soon!", "We are away. Back soon!"),
        ("", "The next issue comes on Thursday 15 April."),
    ],
)
def test_during_a_break_it_is_the_line_of_the_break(words: str, expected: str) -> None:
    briefing = make_briefing()
    briefing.breaks.create(first_day=date(2027, 4, 1), last_day=date(2027, 4, 13), words=words)
    assert next_issue_line(briefing, at=moment("2027-03-26T12:00")) == expected
    before = next_issue_line(briefing, at=moment("2027-03-22T12:00"))
    after = next_issue_line(briefing, at=moment("2027-04-10T12:00"))
    assert before == "The next issue comes on Thursday 25 March."
    assert after == "The next issue comes on Thursday 15 April."


def test_an_issue_that_is_scheduled_for_another_day_is_the_next_one() -> None:
    briefing = make_briefing()
    make_scheduled_issue(briefing=briefing, publish_at=moment("2027-01-15T15:00"))
    make_scheduled_issue(briefing=briefing, publish_at=moment("2027-02-04T07:00"))
    make_issue(briefing=briefing, publish_at=moment("2027-01-12T07:00"))  # a draft says nothing
    line = next_issue_line(briefing, at=moment("2027-01-08T12:00"))
    assert line == "The next issue comes on Friday 15 January."


def test_after_an_issue_that_was_sent_a_day_early_the_next_comes_a_week_later() -> None:
    briefing = make_briefing()
    make_published_issue(briefing=briefing, at=moment("2027-01-13T12:00"))
    line = next_issue_line(briefing, at=moment("2027-01-13T13:00"))
    assert line == "The next issue comes on Thursday 21 January."


def test_a_retired_briefing_has_no_next_issue() -> None:
    assert next_issue_line(make_briefing(retired=True), at=timezone.now()) == ""


def test_the_page_and_the_feed_of_a_briefing_say_it(client: Client) -> None:
    briefing = make_briefing(strapline="Beds & wards")
    make_published_issue(briefing=briefing, at=timezone.now() - timedelta(weeks=1))
    line = next_issue_line(briefing, at=timezone.now())
    assert line.startswith("The next issue comes on ")
    assert line in client.get(briefing.get_absolute_url()).content.decode()
    feed = client.get(f"{briefing.get_absolute_url()}feed/").content.decode()
    assert f"<subtitle>Beds &amp; wards. {line}</subtitle>" in feed


def publish(briefing: Briefing, at: datetime) -> tuple[str, str]:
    """Publish an issue, and return the email that its dispatch keeps, as HTML and as text."""
    issue = make_scheduled_issue(briefing=briefing, publish_at=at)
    dispatch = dispatches.publish(issue, at=at + timedelta(minutes=1))
    return dispatch.html, " ".join(dispatch.text.split())


def test_the_foot_of_the_email_says_it_as_it_was_at_publishing() -> None:
    briefing = make_briefing()
    html, text = publish(briefing, moment("2027-03-18T07:00"))
    briefing.breaks.create(
        first_day=date(2027, 4, 1), last_day=date(2027, 4, 13), words="Back & well"
    )
    in_break, in_break_text = publish(briefing, moment("2027-03-25T07:00"))
    line = "The next issue comes on Thursday 25 March."
    assert line in html
    assert line in text
    assert "Back &amp; well." in in_break
    assert "Back & well." in in_break_text


def test_an_email_that_goes_out_late_or_early_names_the_slot_after_its_own() -> None:
    early, _ = publish(make_briefing(), moment("2027-01-13T12:00"))
    late, _ = publish(make_briefing(), moment("2027-01-15T09:00"))
    line = "The next issue comes on Thursday 21 January."
    assert line in early
    assert line in late
