"""What the desk proposes for a new issue: its number, its author, its hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.admin.time_fields import SHAPE
from briefings.models import Briefing, Contributor, Issue, IssueState

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A start for the next issue of one briefing."""

    briefing: Briefing
    number: int
    author: Contributor
    publish_at: datetime

    def as_json(self) -> dict[str, str | int]:
        """Say it to the page's script."""
        return {
            "briefing": str(self.briefing),
            "number": self.number,
            "author": self.author.pk,
            "goes_out": self.publish_at.astimezone(self.briefing.zone).strftime(SHAPE),
            "zone": self.briefing.time_zone,
            "slot": self.briefing.slot_words,
        }


def contributor_of(user: AbstractBaseUser | AnonymousUser) -> Contributor | None:
    """Who this account writes as, if it does."""
    return Contributor.objects.filter(account_id=user.pk).first() if user.pk else None


def free_slot(briefing: Briefing, *, after: datetime) -> datetime:
    """The first weekly slot after a moment that no scheduled issue of the briefing has yet."""
    last = (
        Issue.objects.filter(briefing=briefing, state=IssueState.SCHEDULED, publish_at__gt=after)
        .order_by("-publish_at")
        .values_list("publish_at", flat=True)
        .first()
    )
    return briefing.next_slot(after=last or after)


def suggest(
    briefing: Briefing, *, to: AbstractBaseUser | AnonymousUser, at: datetime
) -> Suggestion:
    """Propose the next number, the person at the desk (or the lead) and the next free slot."""
    return Suggestion(
        briefing=briefing,
        number=briefing.next_number(),
        author=contributor_of(to) or briefing.lead,
        publish_at=free_slot(briefing, after=at),
    )


def likely_briefing(user: AbstractBaseUser | AnonymousUser) -> Briefing | None:
    """The briefing that this person probably starts an issue of: one they lead, else the first."""
    current = Briefing.objects.current().select_related("lead")
    return current.filter(lead__account_id=user.pk or 0).first() or current.first()
