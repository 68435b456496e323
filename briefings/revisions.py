"""Restore an earlier revision of an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from briefings.issue_edits import ONLY_CORRECTED, EditResult, record_edit
from briefings.models import Contributor, IssueState, Remark, Section
from briefings.questions.question_words import read_closing
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import Issue, Revision
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
            section = existing.get(words["id"]) or _brought_back(issue, words["id"])
            is_back = section.pk not in existing
            section.position, section.kind = position, words["kind"]
            section.heading, section.body = words["heading"], words["body"]
            section.sisters = words.get("sisters", [])
            section.options = words.get("options", [])
            section.closes_at = read_closing(words.get("closes_at"), issue.briefing.zone)
            section.save()
            if is_back:
                _bring_remarks_back(section, key=words["id"])
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


def _brought_back(issue: Issue, key: int) -> Section:
    """Return a section that was removed, with its old key, so that comparisons know it again."""
    is_free = not Section.objects.filter(pk=key).exists()
    return Section(pk=key if is_free else None, issue=issue)


def _bring_remarks_back(section: Section, *, key: int) -> None:
    """Put the remarks that outlived a section at it again; `key` is the one that it had.

    Remarks that were lost before their section's key was kept know it by its heading only.
    """
    heading = section.heading or section.get_kind_display()
    of_section = Q(section_key=key) | Q(section_key=None, section_heading=heading)
    lost = Remark.objects.filter(of_section, issue=section.issue, section=None)
    lost.update(section=section, section_key=section.pk)
