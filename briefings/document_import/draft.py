"""Save an imported document as a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.text import slugify

from briefings.document_import.imported_document import ImportedDocument
from briefings.document_import.short_lines import split_names
from briefings.models import Briefing, Contributor, Issue, Section
from newsroom import audit_log

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The author of a draft; `notice` tells an editor about a doubtful choice, or is empty."""

    contributor: Contributor
    notice: str


def find_author(document: ImportedDocument, *, briefing: Briefing) -> Author:
    """Return the contributor whom the byline names, else the briefing's lead contributor."""
    names = [document.byline, *split_names(document.byline)]
    for name in filter(None, dict.fromkeys(names)):
        found = Contributor.objects.filter(name__iexact=name).order_by("pk")
        contributor = found.filter(pk=briefing.lead_id).first() or found.first()
        if contributor is not None:
            notice = (
                ""
                if name == document.byline
                else f"An issue has one author. From the byline “{document.byline}”, we chose"
                f" {contributor}."
            )
            return Author(contributor=contributor, notice=notice)
    lead = briefing.lead
    if document.byline:
        notice = (
            f"No contributor is called “{document.byline}”, so the author is the lead contributor,"
            f" {lead}."
        )
    else:
        notice = f"The document names no author, so the author is the lead contributor, {lead}."
    return Author(contributor=lead, notice=notice)


def save_as_draft(document: ImportedDocument, *, briefing: Briefing, by: Actor = None) -> Issue:
    """Save a document as the briefing's next issue, whole or not at all.

    Raises ValidationError if the title or strapline is too long.
    """
    with transaction.atomic():
        # So that two imports at the same time get different numbers.
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
