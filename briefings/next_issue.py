"""When readers get the next issue: the line on a briefing's page, in its feed and its emails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from briefings.models import IssueState
from briefings.slots import EARLY, WEEK

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Briefing, Issue


def next_issue_line(briefing: Briefing, *, at: datetime, following: datetime | None = None) -> str:
    """Return a sentence for readers, such as “The next issue comes on Thursday 14 January.”.

    During a break it is the break's own line, if it has one. `following` is the send time of the
    issue in whose email the sentence stands; otherwise it is that of the last published one. A
    retired briefing has no next issue.
    """
    if briefing.retired:
        return ""
    rows = briefing.issues.filter(
        state__in=[IssueState.SCHEDULED, IssueState.PUBLISHED], publish_at__gt=at - EARLY
    ).values_list("state", "publish_at")
    send_times = [(state, moment) for state, moment in rows if moment]
    before = [moment for state, moment in send_times if state == IssueState.PUBLISHED]
    last = following or max(before, default=None)
    after = max(at, last + EARLY) if last else at
    breaks = list(briefing.breaks.all())
    slot = briefing.slot.next(after=after, breaks=breaks)
    planned = [
        moment
        for state, moment in send_times
        if state == IssueState.SCHEDULED and (last or at) < moment < slot + WEEK - EARLY
    ]
    if planned:
        return _comes_on(min(planned), briefing)
    day = briefing.slot.day_of(briefing.slot.next(after=after))
    words = [each.sentence for each in breaks if each.overlaps(day, day) and each.sentence]
    return words[0] if words else _comes_on(slot, briefing)


def line_for_email(issue: Issue) -> str:
    """Return the sentence for the email of an issue; a dispatch keeps it as it is when published.

    An issue without a send time is taken to go out at the next slot.
    """
    briefing = issue.briefing
    send_time = issue.publish_at or issue.published_at or briefing.next_slot(after=timezone.now())
    return next_issue_line(briefing, at=issue.published_at or send_time, following=send_time)


def _comes_on(moment: datetime, briefing: Briefing) -> str:
    local = moment.astimezone(briefing.zone)
    day = date_format(local, "WEEKDAY_MONTH_DAY_FORMAT")
    return gettext("The next issue comes on %(day)s.") % {"day": day}
