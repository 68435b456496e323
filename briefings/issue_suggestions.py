"""Suggestions for a new issue: its briefing, number, author and send time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.models import Briefing, Contributor, TemplateSection
from briefings.models.section_template import default_template
from briefings.permissions import ADD_ISSUE, briefings_for

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSuggestion:
    """What the next issue of a briefing probably starts with."""

    briefing: Briefing
    number: int
    author: Contributor
    publish_at: datetime


def suggest_issue(briefing: Briefing, *, user: Actor, at: datetime) -> IssueSuggestion:
    """Return the next number, this person (or else the lead) as author, and the next free slot."""
    return IssueSuggestion(
        briefing=briefing,
        number=briefing.next_number(),
        author=Contributor.objects.of_account(user) or briefing.lead,
        publish_at=briefing.next_free_slot(after=at),
    )


def likely_briefing(user: Actor) -> Briefing | None:
    """Return the briefing that this person probably starts an issue of: their own, or the first."""
    current = briefings_for(user, ADD_ISSUE).current().select_related("lead")
    account = user.pk if user else None
    return current.filter(lead__account_id=account or 0).first() or current.first()


def briefing_to_start_with(key: int, *, user: Actor) -> Briefing | None:
    """Return the briefing with this key if the person may start issues of it, or the likely one."""
    requested = briefings_for(user, ADD_ISSUE).filter(pk=key)
    return requested.first() or likely_briefing(user)


def starting_sections(briefing: Briefing | None) -> list[TemplateSection]:
    """Return the sections with which a new issue of a briefing starts."""
    return briefing.section_template() if briefing else default_template()
