"""Restore an earlier revision of an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from briefings.issue_edits import ONLY_CORRECTED, EditResult, record_edit
from briefings.models import Contributor, IssueState, Section
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Revision
    from newsroom.audit_log import Actor


def restore(revision: Revision, *, by: Actor, at: datetime) -> EditResult:
    """Make the words of a revision the issue's words again, as a new revision.

    It counts as an edit, so an approval is no longer valid. Raises TransitionRefused if the issue
    is published.
    """
    content = revision.content
    with transaction.atomic():
        issue = revision.issue
        issue.lock()
        if issue.state == IssueState.PUBLISHED:
            raise TransitionRefused(ONLY_CORRECTED)
        issue.title, issue.strapline = content["title"], content["strapline"]
        issue.subject, issue.preheader = content.get("subject", ""), content.get("preheader", "")
        author = Contributor.objects.filter(pk=content["author"]).first()
        issue.author = author or issue.author
        head = ["title", "strapline", "subject", "preheader", "author"]
        issue.save(update_fields=[*head, "updated_at"])
        existing = {section.pk: section for section in issue.sections.all()}
        kept = []
        for position, words in enumerate(content["sections"], start=1):
            section = existing.get(words["id"]) or Section(issue=issue)
            section.position, section.kind = position, words["kind"]
            section.heading, section.body = words["heading"], words["body"]
            section.sisters = words.get("sisters", [])
            section.save()
            kept.append(section.pk)
        issue.sections.exclude(pk__in=kept).delete()
        return record_edit(
            issue,
            by=by,
            at=at,
            fields=[*head, "sections"],
            merges_other=False,
            restores=True,
        )
