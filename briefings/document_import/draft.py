"""An imported document to a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.text import slugify

from briefings.document_import.documents import ImportedDocument
from briefings.document_import.lines import split_names
from briefings.models import Briefing, Contributor, Issue, Section
from newsroom import audit_log

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Whom the draft is credited to, and what an editor should know about it (empty: nothing)."""

    contributor: Contributor
    notice: str


def find_author(document: ImportedDocument, *, briefing: Briefing) -> Author:
    """Find the byline among the contributors; nobody is invented, the lead stands in."""
    names = [document.byline, *split_names(document.byline)]
    for name in filter(None, dict.fromkeys(names)):
        found = Contributor.objects.filter(name__iexact=name).order_by("pk")
        contributor = found.filter(pk=briefing.lead_id).first() or found.first()
        if contributor is not None:
            only = "" if name == document.byline else _only(contributor, document)
            return Author(contributor=contributor, notice=only)
    lead = briefing.lead
    if document.byline:
        notice = f"No contributor is called “{document.byline}”; {lead}, the lead, is entered."
    else:
        notice = f"The document names no author; {lead}, the lead, is entered."
    return Author(contributor=lead, notice=notice)


def _only(contributor: Contributor, document: ImportedDocument) -> str:
    return f"An issue has one author; of “{document.byline}”, {contributor} is entered."


def save_as_draft(document: ImportedDocument, *, briefing: Briefing, by: Actor = None) -> Issue:
    """Make the briefing's next issue of a document, whole or not at all.

    Raises ValidationError where a title or strapline, changed since reading, does not fit.
    """
    with transaction.atomic():
        # Two imports at once take their numbers one after the other.
        locked = Briefing.objects.select_for_update().get(pk=briefing.pk)
        issue = Issue(
            briefing=locked,
            number=locked.next_number(),
            title=document.title,
            slug=slugify(document.title)[:80].strip("-"),
            strapline=document.strapline,
            author=find_author(document, briefing=locked).contributor,
        )
        issue.full_clean()
        issue.save()
        Section.objects.bulk_create(
            Section(
                issue=issue,
                position=position,
                kind=section.kind,
                heading=section.heading,
                body=section.html,
            )
            for position, section in enumerate(document.sections)
        )
        audit_log.record("imported", issue, by=by, left_out=len(document.left_out))
    return issue
