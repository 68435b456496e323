"""Checks of a question to readers: what it asks, what there is to choose, and when it closes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from briefings.local_time import format_local
from briefings.models import QUESTIONS_CLOSE_BEFORE
from briefings.preflight.findings import Finding, Level, Place, has_words
from briefings.preflight.prose_checks import check_line
from newsroom.duration_words import in_english

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from briefings.models import Section

# Readers who open an email the next morning can still answer.
SHORT = timedelta(hours=24)


def check_question(section: Section, place: Place, *, language: str) -> Iterator[Finding]:
    """Yield what is wrong with a question."""
    if not has_words(section.heading):
        yield Finding(
            code="no-question",
            level=Level.BLOCKS,
            place=place,
            sentence=f"{place.where} asks nothing: its heading is the question.",
            fix="Write it, or remove the section.",
        )
    if len(section.options) == 1:
        yield Finding(
            code="one-option",
            level=Level.BLOCKS,
            place=place,
            sentence=f"{place.where} has one option only, so there is nothing to choose.",
            fix="Add another, or remove it: readers then answer in their own words.",
        )
    for option in section.options:
        yield from check_line(option, place, language=language)


def check_closing(
    section: Section, place: Place, *, publish_at: datetime | None
) -> Iterator[Finding]:
    """Yield what is wrong with the time at which a question closes, given when it is asked.

    That is when the issue appeared, or else its send time: but not before now, however late it is.
    """
    if not section.asks or section.closes_at is None:
        return
    appeared, now = section.issue.published_at, timezone.now()
    goes_out = appeared or max(publish_at or now, now)
    when = format_local(section.closes_at, section.issue.briefing.zone)
    if section.closes_at <= goes_out:
        yield Finding(
            code="closes-before-send-time",
            level=Level.BLOCKS,
            place=place,
            sentence=(
                f"{place.where} closes before the issue {'went' if appeared else 'goes'} out,"
                f" on {when}."
            ),
            fix=(
                "Choose a later time, or leave it empty:"
                f" {in_english(QUESTIONS_CLOSE_BEFORE)} before the next send slot."
            ),
        )
    elif not appeared and section.closes_at < goes_out + SHORT:
        yield Finding(
            code="closes-soon",
            level=Level.WARNS,
            place=place,
            sentence=(
                f"{place.where} closes within {in_english(SHORT)} after the issue goes out,"
                f" on {when}."
            ),
            fix="Choose a later time, unless it is urgent.",
            about=section.closes_at.isoformat(),
        )
