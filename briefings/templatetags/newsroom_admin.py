"""Filters and tags for the admin's templates."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import template
from django.utils import timezone

from briefings.admin.state_badges import comment_badge, issue_badge
from briefings.comment_submission import (
    DAY,
    HOUR,
    MAX_EMAILED_A_DAY,
    MAX_EMAILED_AN_HOUR,
    MAX_UNPROVED_AN_HOUR,
    REFUSALS_SHOWN,
    refused_emailed_comments,
)
from briefings.local_time import format_local
from briefings.models import QUESTIONS_CLOSE_BEFORE, Briefing
from briefings.moderation.comment_queue import waiting_for
from briefings.permissions import (
    ADD_BRIEFING,
    MODERATE_COMMENT,
    VIEW_BRIEFING,
    may_everywhere,
)
from briefings.quotations.quotable import WHY_NOT, Standing, standing_of
from briefings.response.marks import address_of_piece, open_follow_ups
from briefings.this_week import this_week
from newsroom.admin_site import MODEL_HEADINGS
from newsroom.duration_words import in_english
from newsroom.permissions import may

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from briefings.admin.remark_pages import RemarksOnPage
    from briefings.models import Comment, Remark, Section
    from newsroom.audit_log import Actor

register = template.Library()


@register.simple_tag
def usual_closing() -> str:
    """Return when a question closes for which nobody chose a time, in words."""
    return f"{in_english(QUESTIONS_CLOSE_BEFORE)} before the next send slot"


@register.filter
def our_heading(opts: Any) -> str:
    """Return the heading that a package's list has on the start page; empty for our own lists."""
    return MODEL_HEADINGS.get(opts.object_name, "")


@register.filter
def in_plain_words(contents: Any) -> Any:
    """Return what a field shows that cannot be changed, with words in place of Django's icons."""
    for icon, words in (("icon-yes.svg", "Yes"), ("icon-no.svg", "No"), ("icon-unknown.svg", "—")):
        if str(contents).startswith("<img ") and icon in str(contents):
            return words
    return contents


@register.filter
def sister_titles(section: Section) -> str:
    """Return the titles of the briefings whose latest issues a section lists."""
    return ", ".join(
        Briefing.objects.filter(pk__in=section.sisters).values_list("title", flat=True)
    )


register.filter("address_of_piece", address_of_piece)
register.filter("issue_badge", issue_badge)
register.filter("comment_badge", comment_badge)


@register.filter
def remarks_in(section: Section, remarks: RemarksOnPage) -> list[Remark]:
    """Return the remarks on a section that are not settled."""
    return remarks.on(section.pk)


@register.filter
def standing(comment: Comment) -> str:
    """Return whether a response may be quoted (briefings/quotations/quotable.py)."""
    return standing_of(comment).value


@register.filter
def why_not(standing: str) -> str:
    """Return why a response with this standing cannot be quoted."""
    return WHY_NOT.get(Standing(standing), "")


@register.filter
def in_zone(moment: datetime | None, zone: ZoneInfo) -> str:
    """Return a moment in a time zone, or an empty string for None."""
    return format_local(moment, zone) if moment else ""


def desk_of(user: Actor, *, at: datetime) -> dict[str, Any]:
    """Return what this person may see of the briefings and of the comments that wait."""
    may_see = may(user, VIEW_BRIEFING)
    may_moderate = may(user, MODERATE_COMMENT)
    return {
        "week": this_week(user, at=at) if may_see else None,
        "now": at,
        "follow_ups": list(open_follow_ups(user)) if may_see else [],
        "may_see": may_see,
        "may_add_briefing": may_everywhere(user, ADD_BRIEFING),
        "may_moderate": may_moderate,
        "waiting_comments": waiting_for(user).count() if may_moderate else 0,
        "refused_replies": refused_emailed_comments(at=at) if may_moderate else 0,
        "refusals_shown": REFUSALS_SHOWN,
        "day": DAY,
        "hour": HOUR,
        "max_emailed_a_day": MAX_EMAILED_A_DAY,
        "max_emailed_an_hour": MAX_EMAILED_AN_HOUR,
        "max_unproved_an_hour": MAX_UNPROVED_AN_HOUR,
    }


@register.inclusion_tag("admin/_desk.html", takes_context=True)
def desk(context: dict[str, Any]) -> dict[str, Any]:
    """Show briefings and waiting comments at the top of the admin's start page."""
    return desk_of(context["request"].user, at=timezone.now())
