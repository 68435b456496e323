"""The draft of a briefing's next issue, made by itself when the last issue is published.

Publishing makes it. A scheduled task makes those that are missing; it may run twice, or in two
places at once.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from briefings.models import (
    Briefing,
    Issue,
    IssueState,
    RevisionStep,
    Section,
    SectionKind,
    WorkingCopy,
)
from newsroom import audit_log

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models.issue import IssueQuerySet
    from newsroom.audit_log import Actor

log = logging.getLogger(__name__)

MADE_BY_ITSELF = "made by itself"
MOVED = "moved out of a break"


def make_missing_drafts(*, at: datetime) -> list[Issue]:
    """Make the next draft of each briefing that needs one; one that fails stops no other."""
    last = Issue.objects.published().filter(briefing=OuterRef("pk")).values("pk")[:1]
    waiting = Briefing.objects.current().annotate(last=Subquery(last)).filter(last__isnull=False)
    made = [
        make_next_draft(briefing, at=at)
        for briefing in waiting.exclude(drafted_after=F("last")).order_by("pk")
    ]
    return [issue for issue in made if issue is not None]


def make_next_draft(briefing: Briefing, *, at: datetime) -> Issue | None:
    """Make the draft that follows the last published issue, once; None if there is nothing to make.

    If it fails, that is logged, and the scheduled task tries again: an issue is published even if
    its next draft cannot be made.
    """
    try:
        with transaction.atomic():
            return _make_next_draft(briefing.pk, at=at)
    except Exception:
        log.exception("the next draft of %s could not be made; we will try again", briefing)
        return None


def _make_next_draft(briefing_pk: int, *, at: datetime) -> Issue | None:
    last = Issue.objects.published().filter(briefing=briefing_pk).first()
    if last is None:
        return None
    last.lock()  # before the briefing, as everywhere
    briefing = Briefing.objects.select_for_update().get(pk=briefing_pk)
    newest = Issue.objects.published().filter(briefing=briefing).first()
    if briefing.retired or newest != last or briefing.drafted_after_id == last.pk:
        return None
    # Noted before looking for a later draft, so that one which somebody deletes is not made again.
    Briefing.objects.filter(pk=briefing.pk).update(drafted_after=last)
    later = Q(number__gt=last.number) | Q(publish_at__gt=last.publish_at)
    if briefing.issues.exclude(state=IssueState.PUBLISHED).filter(later).exists():
        return None
    issue = Issue.objects.create(
        briefing=briefing,
        number=briefing.next_number(),
        title="",
        author=briefing.lead,
        publish_at=briefing.next_free_slot(after=at),
        created_at=at,
    )
    Section.objects.bulk_create(
        Section(
            issue=issue,
            position=position,
            kind=section.kind,
            heading=section.heading,
            body=section.body,
            sisters=section.sisters,
            options=section.options if section.kind == SectionKind.QUESTION else [],
        )
        for position, section in enumerate(briefing.section_template(), start=1)
    )
    audit_log.record(MADE_BY_ITSELF, issue, by=None, after=last.number)
    issue.keep_revision(RevisionStep.CREATED, by=None)
    return issue


def move_out_of_breaks(briefing: Briefing, *, by: Actor, at: datetime) -> dict[Issue, datetime]:
    """Move drafts in which nobody has written from a break to the next free slot; return both."""
    moved = {}
    for issue in untouched_drafts(briefing):
        if issue.is_in_break:
            moved[issue] = issue.publish_at = briefing.next_free_slot(after=at)
            issue.save(update_fields=["publish_at", "updated_at"])
            audit_log.record(MOVED, issue, by=by)
    return moved


def untouched_drafts(briefing: Briefing) -> IssueQuerySet:
    """Return drafts that were made by themselves and in which nobody has written yet.

    A document that is imported becomes the first of them.
    """
    drafts = briefing.issues.filter(state=IssueState.DRAFT, title="", version=1)
    typed_in = WorkingCopy.objects.filter(is_settled=False, issue__isnull=False).values("issue")
    return drafts.exclude(pk__in=typed_in).order_by("number")
