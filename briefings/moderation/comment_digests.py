"""Emails about the comments that wait, to moderators and authors, in the rhythm each chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from briefings.models import Comment, CommentDigest, Contributor, DigestRhythm
from briefings.models.comment import is_from
from briefings.permissions import MODERATE_COMMENT, briefings_for, comments_for, staff_who_may
from newsroom.email_addresses import address_key
from newsroom.emails import queue_email
from newsroom.models import OutgoingEmail
from newsroom.permissions import may

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from briefings.models import Issue
    from briefings.models.comment import CommentQuerySet

EMAIL = "comments_waiting"
MORNING = time(8)
MOST_ISSUES = 12  # in one email; it says how many more comments there are


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLine:
    """An issue with the comments that wait on it."""

    issue: Issue
    count: int
    words: str  # of the one that has waited longest


def send_comment_digests(*, at: datetime) -> int:
    """Email those who are due, and for whom something waits; return the number of emails."""
    return sum(_look(user, at=at) for user in _readers())


def choose_rhythm(user: User, rhythm: DigestRhythm) -> None:
    """Keep how often a person wants the digest; if never, also take back one that is not sent yet.

    Call it in a transaction: a worker that is about to queue one waits, and then does not.
    """
    CommentDigest.objects.update_or_create(user=user, defaults={"rhythm": rhythm})
    if rhythm == DigestRhythm.OFF:
        OutgoingEmail.objects.filter(name=EMAIL, to=user.email).delete()


def comments_waiting_for(user: User) -> CommentQuerySet:
    """Return what waits in the briefings that a person moderates and on their own issues.

    What they wrote themselves is not among it.
    """
    moderated = Q(issue__briefing__in=briefings_for(user, MODERATE_COMMENT))
    theirs = comments_for(user).waiting().filter(moderated | Q(issue__author__account=user))
    own = Q(contributor__account=user)
    if user.email:
        own |= is_from(user.email) | Q(commenter__address_key=address_key(user.email))
    return theirs.exclude(pk__in=Comment.objects.filter(own).values("pk"))


def last_turn(rhythm: DigestRhythm, *, at: datetime) -> datetime:
    """Return when it was last time for an email: an hour, a morning or a Monday morning."""
    local = at.astimezone(timezone.get_default_timezone())
    if rhythm == DigestRhythm.HOURLY:
        return at.replace(minute=0, second=0, microsecond=0)
    morning = datetime.combine(local.date(), MORNING, tzinfo=local.tzinfo)
    if morning > local:
        morning -= timedelta(days=1)
    if rhythm == DigestRhythm.WEEKLY:
        morning -= timedelta(days=morning.weekday())
    return morning


def _readers() -> list[User]:
    """Return the staff whom comments may concern: moderators, and authors with an account."""
    authors = Contributor.objects.filter(account__isnull=False).values("account")
    staff = get_user_model().objects.filter(is_staff=True, is_active=True).exclude(email="")
    moderators = staff_who_may(MODERATE_COMMENT).values("pk")
    return list(staff.filter(Q(pk__in=moderators) | Q(pk__in=authors)).order_by("pk"))


def _look(user: User, *, at: datetime) -> bool:
    """Email a person if it is their turn; whether an email was queued.

    For somebody new the first turn is the next one.
    """
    digest, is_new = CommentDigest.objects.get_or_create(user=user, defaults={"looked_at": at})
    rhythm = DigestRhythm(digest.rhythm)
    turn = last_turn(rhythm, at=at)
    if is_new or rhythm == DigestRhythm.OFF or digest.looked_at >= turn:
        return False
    with transaction.atomic():
        unchanged = CommentDigest.objects.filter(
            pk=digest.pk, looked_at=digest.looked_at, rhythm=rhythm
        )
        if not unchanged.update(looked_at=at):
            return False  # another worker did, or they have chosen another rhythm
        waiting = comments_waiting_for(user)
        new = waiting.filter(confirmed_at__gt=digest.looked_at).count()
        if rhythm == DigestRhythm.HOURLY and not new:
            return False
        total = waiting.count()
        if not total:
            return False
        lines = _lines(waiting)
        moderates = may(user, MODERATE_COMMENT)
        page = "briefings_moderation" if moderates else "briefings_comment_changelist"
        queue_email(
            EMAIL,
            to=user.email,
            context={
                "lines": lines,
                "total": total,
                "new": new,
                "left": total - sum(line.count for line in lines),
                "moderates": moderates,
                "url": settings.SITE_URL + reverse(f"admin:{page}"),
                "alarms_url": settings.SITE_URL + reverse("admin:briefings_my_alarms"),
            },
        )
    return True


def _lines(waiting: CommentQuerySet) -> list[IssueLine]:
    """Return the issues with comments that wait, the one with the longest wait first."""
    counts: dict[int, int] = {}
    first: dict[int, int] = {}
    for pk, issue in waiting.values_list("pk", "issue"):
        counts[issue] = counts.get(issue, 0) + 1
        first.setdefault(issue, pk)
    chosen = list(first.values())[:MOST_ISSUES]
    rows = Comment.objects.select_related("issue__briefing").in_bulk(chosen)
    found = [rows[pk] for pk in chosen if pk in rows]
    return [IssueLine(issue=row.issue, count=counts[row.issue_id], words=row.body) for row in found]
