"""What the desk's templates ask for that no view of ours gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import template
from django.db.models.functions import Coalesce
from django.utils import timezone

from briefings.admin.state_badges import comment_badge, issue_badge
from briefings.admin.time_fields import on_clock
from briefings.models import Briefing, Comment, Issue, IssueState
from briefings.permissions import ADD_ISSUE, MODERATE_COMMENT, may_view_issues
from newsroom.permissions import may

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsroom.audit_log import Actor

register = template.Library()

register.filter("issue_badge", issue_badge)
register.filter("comment_badge", comment_badge)


@register.filter
def on_the_clock_of(moment: datetime | None, zone: ZoneInfo) -> str:
    """Write a moment on a clock; nothing for no moment."""
    return on_clock(moment, zone) if moment else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A briefing's week: its next slot and the issues on their way."""

    briefing: Briefing
    slot: str
    issues: list[Issue]


def week_of(user: Actor, *, at: datetime) -> dict[str, Any]:
    """What this person should know on sitting down: each briefing's week, the comments waiting."""
    may_see = may_view_issues(user)
    may_moderate = may(user, MODERATE_COMMENT)
    return {
        "rows": _rows(at) if may_see else [],
        "may_see": may_see,
        "may_add": may(user, ADD_ISSUE),
        "may_moderate": may_moderate,
        "waiting": Comment.objects.waiting().count() if may_moderate else 0,
    }


def _rows(at: datetime) -> list[Row]:
    on_the_way: dict[int, list[Issue]] = {}
    unpublished = Issue.objects.exclude(state=IssueState.PUBLISHED).select_related("author")
    for issue in unpublished.order_by(Coalesce("publish_at", "created_at"), "number"):
        on_the_way.setdefault(issue.briefing_id, []).append(issue)
    rows = []
    for briefing in Briefing.objects.current():
        issues = on_the_way.get(briefing.pk, [])
        for issue in issues:
            issue.briefing = briefing
        slot = briefing.next_slot(after=at)
        rows.append(
            (slot, Row(briefing=briefing, slot=on_clock(slot, briefing.zone), issues=issues))
        )
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


@register.inclusion_tag("admin/_this_week.html", takes_context=True)
def this_week(context: dict[str, Any]) -> dict[str, Any]:
    """Show the week at the top of the desk."""
    return week_of(context["request"].user, at=timezone.now())
