"""Telling readers by email that an issue quotes them: once each, when it is out.

A task asks the table. Each quotation ends as told, or with the reason why not (`NotTold`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings.models import Comment, Commenter, Issue, IssueState, Quotation
from briefings.models.quotation import NotTold
from briefings.quotations.quotable import Standing, standing_of
from newsroom.email_addresses import address_key
from newsroom.emails import is_suppressed, queue_email
from newsroom.tokens import sign_id, verify_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_PURPOSE = "quoted in issues"


def tell_quoted_readers(*, at: datetime) -> int:
    """Email the readers whom published issues quote and who were not told yet; count the emails."""
    waiting = Quotation.objects.filter(
        told_at=None, not_told="", issue__state=IssueState.PUBLISHED
    ).order_by()
    sent = 0
    for pk in sorted({*waiting.values_list("issue", flat=True)}):
        with transaction.atomic():
            issue = Issue.objects.select_related("briefing").get(pk=pk)
            rows = waiting.filter(issue=pk).order_by("position", "pk")
            found = list(rows.select_for_update(of=("self",), skip_locked=True))
            for group in _by_reader(found):
                sent += _tell(issue, group, at=at)
    return sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What became of telling the readers whom an issue quotes, in numbers of quotations."""

    quoted: int
    told: int
    waiting: int
    not_told: tuple[tuple[str, int], ...]  # with the reason in words


def telling_of(issue: Issue) -> Telling | None:
    """Return whether the readers whom a published issue quotes were told, if it quotes any."""
    rows = list(issue.quotations.all())
    if not rows or issue.state != IssueState.PUBLISHED:
        return None
    reasons = Counter(row.get_not_told_display() for row in rows if row.not_told)
    told = sum(row.told_at is not None for row in rows)
    return Telling(
        quoted=len(rows),
        told=told,
        waiting=len(rows) - told - reasons.total(),
        not_told=tuple(sorted(reasons.items())),
    )


def stop_link(comment: Comment) -> str:
    """Return the link that ends all emails about being quoted; it works without signing in."""
    token = sign_id(_PURPOSE, comment.pk)
    return settings.SITE_URL + reverse("briefings:stop_quoted_emails", args=[token])


def comment_of_stop_link(token: str) -> Comment | None:
    """Return the quoted comment of whose writer a link ends the emails."""
    pk = verify_id(_PURPOSE, token)
    found = Comment.objects.filter(pk=pk).exclude(email="") if pk is not None else None
    return found.select_related("issue__briefing", "commenter").first() if found else None


def stop_quoted_emails(comment: Comment) -> None:
    """End the emails about being quoted to whoever wrote a comment: the link came to them."""
    commenter = comment.commenter or Commenter.objects.confirmed(comment.email)
    Commenter.objects.filter(pk=commenter.pk).update(told_when_quoted=False)


def _by_reader(rows: Iterable[Quotation]) -> list[list[tuple[Quotation, Comment | None]]]:
    """Return quotations with their responses, those of one reader together."""
    rows = list(rows)
    comments = Comment.objects.select_related("contributor", "issue__briefing").prefetch_related(
        "quote_consents"
    )
    by_key = comments.in_bulk([row.comment_id for row in rows if row.comment_id])
    groups: dict[object, list[tuple[Quotation, Comment | None]]] = {}
    for row in rows:
        comment = by_key.get(row.comment_id or 0)
        reader: object = address_key(comment.email) if comment and comment.email else row.pk
        groups.setdefault(reader, []).append((row, comment))
    return list(groups.values())


def _tell(issue: Issue, group: list[tuple[Quotation, Comment | None]], *, at: datetime) -> bool:
    """Queue one reader's email, or note why not; return whether it was queued."""
    printed: list[tuple[Quotation, Comment]] = []
    for row, comment in group:
        is_printed = row.is_in_issue and row.removed_at is None
        # Who edits a printed comment sends it to a moderator again; they are told nevertheless.
        agreed = standing_of(comment) in {Standing.QUOTABLE, Standing.PENDING}
        if comment is None or not is_printed or not agreed:
            _note([row], NotTold.GONE)
        else:
            printed.append((row, comment))
    if not printed:
        return False
    rows, comment = [row for row, _ in printed], printed[0][1]
    if reason := _why_not(comment):
        _note(rows, reason)
        return False
    untold = Quotation.objects.filter(pk__in=[row.pk for row in rows], told_at=None)
    if not untold.update(told_at=at):
        return False
    link = stop_link(comment)
    queue_email(
        "quoted",
        to=comment.email,
        context={
            "issue": issue,
            "briefing": issue.briefing,
            "quotations": rows,
            "stop_link": link,
            "mine": settings.SITE_URL + reverse("briefings:my_comments"),
        },
        language=issue.briefing.language,
        headers={
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    return True


def _why_not(comment: Comment) -> NotTold | None:
    if not comment.email:
        return NotTold.NO_ADDRESS
    commenter = Commenter.objects.at_address(comment.email).first()
    if commenter is not None and not commenter.told_when_quoted:
        return NotTold.NOT_WANTED
    return NotTold.SUPPRESSED if is_suppressed(comment.email) else None


def _note(rows: list[Quotation], reason: NotTold) -> None:
    Quotation.objects.filter(pk__in=[row.pk for row in rows]).update(not_told=reason)
