"""Checks of when an issue goes out, beside the other issues of its briefing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from briefings.local_time import format_local
from briefings.models import Issue, IssueState
from briefings.preflight.findings import NUMBER, SEND_TIME, Finding, Level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

# Issues in the wrong order that a page names; an imported archive may have hundreds.
MAX_OUT_OF_ORDER = 3
# Two issues of a briefing that go out within this time are in one slot.
ONE_SLOT = timedelta(hours=1)
# A send time this close is the present moment.
NOW = timedelta(minutes=1)


def check_send_time(issue: Issue, publish_at: datetime | None) -> Iterator[Finding]:
    """Yield what is wrong with the time at which an issue is to go out."""
    if publish_at is None:
        yield Finding(
            code="no-send-time",
            level=Level.WARNS,
            place=SEND_TIME,
            sentence="There is no send time.",
            fix="Choose one before you schedule the issue.",
        )
        return
    yield from _check_hour(issue, publish_at)
    yield from _check_order(issue, publish_at)


def _check_hour(issue: Issue, publish_at: datetime) -> Iterator[Finding]:
    late = timezone.now() - publish_at
    if abs(late) < NOW:
        return  # whoever sends it at once means now
    if late > NOW and issue.state != IssueState.SCHEDULED:
        yield Finding(
            code="send-time-passed",
            level=Level.WARNS,
            place=SEND_TIME,
            sentence="The send time has passed.",
            fix="Choose a later one.",
            about=publish_at.isoformat(),
        )
    elif rest := issue.briefing.break_on(publish_at):
        yield Finding(
            code="send-time-in-break",
            level=Level.WARNS,
            place=SEND_TIME,
            sentence=f"The send time is in a break, {rest}.",
            fix="Choose a time after it, or shorten the break.",
            about=publish_at.isoformat(),
        )
    elif not issue.briefing.slot.is_at(publish_at):
        yield Finding(
            code="unusual-send-time",
            level=Level.WARNS,
            place=SEND_TIME,
            sentence=f"The send time is not the usual one, {issue.briefing.slot.words}.",
            fix="Check that you mean it.",
            about=publish_at.isoformat(),
        )


def _same_hour(issue: Issue, other: Issue, publish_at: datetime) -> Finding:
    """Say that another issue of the briefing goes out within the same hour, or just went out."""
    other_time = other.published_at or other.publish_at or publish_at  # one of them is set
    when = format_local(other_time, issue.briefing.zone)
    if other.state == IssueState.PUBLISHED:
        sentence, fix = f"Issue {other.number} went out at {when}.", "Choose a later time."
    else:
        is_same = _to_the_minute(other_time) == _to_the_minute(publish_at)
        same = "the same" if is_same else "almost the same"
        sentence = f"Issue {other.number} has {same} send time, {when}."
        fix = "Choose another time for one of them."
    return Finding(
        code="same-send-time",
        level=Level.BLOCKS,
        place=SEND_TIME,
        sentence=sentence,
        fix=fix,
    )


def _check_order(issue: Issue, publish_at: datetime) -> Iterator[Finding]:
    others = Issue.objects.filter(briefing=issue.briefing_id).exclude(pk=issue.pk)
    timed = others.annotate(goes_out=Coalesce("published_at", "publish_at"))
    close = timed.filter(goes_out__gt=publish_at - ONE_SLOT, goes_out__lt=publish_at + ONE_SLOT)
    for other in close.order_by("number"):
        yield _same_hour(issue, other, publish_at)
    out_of_order = timed.filter(
        Q(number__gt=issue.number, goes_out__lt=publish_at)
        | Q(number__lt=issue.number, goes_out__gt=publish_at)
    )
    for other in out_of_order.order_by("number")[:MAX_OUT_OF_ORDER]:
        is_later = other.number > issue.number
        yield Finding(
            code="numbers-out-of-order",
            level=Level.WARNS,
            place=NUMBER,
            sentence=f"The numbers are out of order: issue {other.number}"
            f" {'went' if other.state == IssueState.PUBLISHED else 'goes'} out"
            f" {'before' if is_later else 'after'} this one.",
            fix="Change the number or the send time of one of them.",
            about=f"{issue.number} {other.number} {publish_at.isoformat()}",
        )


def _to_the_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
