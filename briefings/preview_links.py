"""Secret links to a draft: made and withdrawn by staff, and what guests say by them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings import alarms
from briefings.models import GuestOpinion, PreviewLink
from briefings.models.preview_link import LINK_WORKS_FOR
from newsroom import audit_log
from newsroom.rate_limits import HOUR, count_within
from newsroom.tokens import is_row_token

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from briefings.models import Issue, Remark
    from briefings.remarks import Guest
    from newsroom.audit_log import Actor

# For how long a link may be made to work.
DURATIONS = (timedelta(days=2), LINK_WORKS_FOR, timedelta(days=14), timedelta(days=30))
# More than anybody needs; a page that lists a hundred secrets is of no use.
MAX_WORKING = 20
# Emails about what guests say by one link. Whoever has the link can say more: it is on the page.
HOURLY_ALARMS = 6


class LinkRefused(Exception):
    """The link cannot be made or withdrawn; the message says why."""


def make_link(
    issue: Issue, *, by: Actor, at: datetime, works_for: timedelta = LINK_WORKS_FOR
) -> PreviewLink:
    """Return a new link to the saved draft of an issue. Raises LinkRefused."""
    if issue.published_at is not None:
        raise LinkRefused("This issue is published. Everybody can read it on its own page.")
    if PreviewLink.objects.of(issue).working(at=at).count() >= MAX_WORKING:
        raise LinkRefused(f"This issue has {MAX_WORKING} links that work. Withdraw one first.")
    with transaction.atomic():
        link = PreviewLink.objects.create(
            issue=issue,
            made_by_id=by.pk if by is not None else None,
            made_at=at,
            ends_at=at + works_for,
        )
        audit_log.record(
            "made a preview link", issue, by=by, link=link.pk, until=link.ends_at.isoformat()
        )
    return link


def withdraw_link(link: PreviewLink, *, by: Actor, at: datetime) -> None:
    """Have a link work no longer, from this moment. Raises LinkRefused."""
    with transaction.atomic():
        working = PreviewLink.objects.filter(pk=link.pk).working(at=at)
        if not working.update(withdrawn_at=at):
            raise LinkRefused("This link had ended already. Nothing was changed.")
        audit_log.record("withdrew a preview link", link.issue, by=by, link=link.pk)


def find_link(token: str, *, at: datetime) -> PreviewLink | None:
    """Return the link with this token if it still works."""
    if not is_row_token(token):
        return None
    links = PreviewLink.objects.working(at=at).filter(token=token)
    return links.select_related("issue__briefing__lead", "issue__author").first()


def say_fine(issue: Issue, *, guest: Guest, version: int, at: datetime) -> GuestOpinion:
    """Record that the version that a guest read is fine by them.

    It approves nothing and changes no state.
    """
    with transaction.atomic():
        opinion = GuestOpinion.objects.create(
            issue=issue, link=guest.link, guest_name=guest.name, version=version, at=at
        )
        audit_log.record(
            "was fine by a guest",
            issue,
            by=None,
            guest=True,
            opinion=opinion.pk,
            version=version,
        )
    return opinion


def alarm_of_guest(
    issue: Issue, *, guest: Guest, remarks: Sequence[Remark], is_fine: bool, at: datetime
) -> None:
    """Email what a guest said with one form to those who work on the draft.

    Call it in the transaction that keeps the remarks.
    """
    count = count_within("guest-alarms", str(guest.link.pk), window=HOUR, at=at)
    if count > HOURLY_ALARMS:
        return
    path = reverse("admin:briefings_issue_change", args=[issue.pk])
    alarms.raise_alarm(
        alarms.GUEST_SPOKE,
        "guest_remarks",
        about=issue,
        concerned=[issue.author.account, issue.reviewer, guest.link.made_by],
        context={
            "issue": issue,
            "guest": guest.name,
            "remarks": remarks,
            "is_fine": is_fine,
            "is_last": count == HOURLY_ALARMS,
            "window": HOUR,
            "url": f"{settings.SITE_URL}{path}#remarks",
        },
    )
