"""Cut-offs: when a briefing's cut-off passes without an approved issue, people are emailed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from briefings import alarms
from briefings.models import Briefing, Issue, IssueState
from briefings.models.issue import APPROVED_STATES
from briefings.permissions import APPROVE_ISSUE, staff_who_may
from briefings.slots import EARLY, WEEK

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models.issue import IssueQuerySet

log = logging.getLogger(__name__)


def alarm_of_passed_cut_offs(*, at: datetime) -> None:
    """Raise the alarm for each briefing whose next issue should be approved by now, once a slot.

    Not for a briefing that never had an issue. One that fails stops no other.
    """
    running = Briefing.objects.current().filter(issues__isnull=False).distinct()
    for briefing in running.prefetch_related("breaks").select_related("lead__account"):
        try:
            with transaction.atomic():
                _alarm_late_issue(briefing, briefing.slot.nth(-1, after=at), at=at)
                _alarm(briefing, briefing.next_slot(after=at), at=at)
        except Exception:
            log.exception("no alarm about the cut-off of %s; we will try again", briefing)


def issues_of_slot(briefing: Briefing, slot: datetime) -> IssueQuerySet:
    """Return the issues that go out at a slot, up to `EARLY` before it or late."""
    return briefing.issues.filter(publish_at__gte=slot - EARLY, publish_at__lt=slot + WEEK - EARLY)


def _alarm_late_issue(briefing: Briefing, slot: datetime, *, at: datetime) -> None:
    """Raise the alarm for an issue that is still to go out in the place of a slot that passed."""
    if issues_of_slot(briefing, slot).planned().filter(publish_at__gt=at).exists():
        _alarm(briefing, slot, at=at)


def _alarm(briefing: Briefing, slot: datetime, *, at: datetime) -> None:
    """Raise the alarm about a slot if its cut-off has passed: that of its issue, if it has one."""
    planned = issues_of_slot(briefing, slot)
    ready = Q(state__in=[*APPROVED_STATES, IssueState.PUBLISHED])
    undated = briefing.issues.filter(state__in=APPROVED_STATES, publish_at__isnull=True)
    if planned.filter(ready).exists() or undated.exists():
        return
    issue = planned.select_related("author__account", "briefing").order_by("publish_at").first()
    send_time = issue.publish_at if issue and issue.publish_at else slot
    cut_off = briefing.cut_off(send_time)
    if at < cut_off or not alarms.is_first(
        alarms.CUT_OFF_PASSED, f"{briefing.pk} {slot.isoformat()}"
    ):
        return
    writers = alarms.writers_of(issue) if issue else [briefing.lead.account]
    alarms.raise_alarm(
        alarms.CUT_OFF_PASSED,
        "cut_off_passed",
        about=issue or briefing,
        concerned=[*writers, *staff_who_may(APPROVE_ISSUE, briefing)],
        context={
            "briefing": briefing,
            "issue": issue,
            "slot": send_time.astimezone(briefing.zone),
            "cut_off": cut_off.astimezone(briefing.zone),
            "url": settings.SITE_URL + _page(briefing, issue),
        },
    )


def _page(briefing: Briefing, issue: Issue | None) -> str:
    """Return the path of the issue's page, or of the page to start one."""
    if issue:
        return reverse("admin:briefings_issue_change", args=[issue.pk])
    return f"{reverse('admin:briefings_issue_add')}?briefing={briefing.pk}"
