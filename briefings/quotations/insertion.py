"""Putting words that a reader said into a draft, as a quotation in its feedback section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from briefings.issue_edits import EditResult, record_edit
from briefings.models import Comment, Quotation, Section, SectionKind
from briefings.models.comment import lock_responses
from briefings.permissions import may_edit_issue
from briefings.quotations.excerpts import check_excerpt, with_ends_marked
from briefings.quotations.quotable import WHY_NOT, Standing, standing_of
from briefings.quotations.quoted_blocks import QuotedBlock, attribution_of, write_block
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Issue
    from newsroom.audit_log import Actor


# Some quotations wait in the draft, for the reader's answer or a moderator: preflight stops the
# issue until then.
MAY_BE_ADDED = frozenset({Standing.QUOTABLE, Standing.ASKED, Standing.PENDING})


def quotable_block(comment: Comment, words: str, *, language: str) -> QuotedBlock:
    """Return the block that quotes words of a response; without words, all of it.

    “…” is added where they begin or end within a sentence. Raises TransitionRefused, with what is
    wrong, if they were not said or may not be quoted.
    """
    standing = standing_of(comment)
    if standing not in MAY_BE_ADDED:
        raise TransitionRefused(f"This cannot be quoted. {WHY_NOT[standing]}")
    excerpt = with_ends_marked(words.strip() or comment.body, comment.body)
    if problem := check_excerpt(excerpt, comment.body).problem:
        raise TransitionRefused(problem)
    lines = [" ".join(line.split()) for line in excerpt.splitlines()]
    return QuotedBlock(
        response=comment.pk,
        excerpt="\n".join(filter(None, lines)),
        attribution=attribution_of(comment, language=language),
    )


def see_again(issue: Issue, comment: Comment, *, at: datetime, excerpt: str = "") -> None:
    """Note that somebody read a response and chose the words that an issue quotes already.

    An edit by its reader before that does not stop the issue any more.
    """
    rows = Quotation.objects.filter(issue=issue.pk, response=comment.pk, is_in_issue=True)
    (rows.filter(excerpt=excerpt) if excerpt else rows).filter(at__lt=at).update(at=at)


def quote_in(
    issue: Issue, comment: Comment, words: str, *, by: Actor, at: datetime
) -> tuple[Section, EditResult]:
    """Add a quotation at the end of a draft's first feedback section, or of a new one.

    It is an edit like any other: pages that have the issue open merge it. Raises TransitionRefused.
    """
    with transaction.atomic():
        issue.lock()
        if not may_edit_issue(by, issue):
            raise TransitionRefused("You cannot change this issue now. Nothing was added.")
        # A reader who is erased at this moment comes before, or waits and finds the words.
        if not lock_responses([comment.pk]):
            raise TransitionRefused(f"This cannot be quoted. {WHY_NOT[Standing.ERASED]}")
        comment = Comment.objects.select_related("contributor").get(pk=comment.pk)
        block = quotable_block(comment, words, language=issue.briefing.language)
        section = (
            issue.sections.filter(kind=SectionKind.FEEDBACK).order_by("position", "pk").first()
        )
        if section is None:
            last: int | None = issue.sections.aggregate(last=Max("position"))["last"]
            section = Section(
                issue=issue,
                kind=SectionKind.FEEDBACK,
                position=0 if last is None else last + 1,
            )
        section.body = f"{section.body}{write_block(block)}"
        section.save()
        see_again(issue, comment, at=at)
        result = record_edit(issue, by=by, at=at, fields=["sections"], merges_other=False)
    return section, result
