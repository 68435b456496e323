"""`manage.py import_issue FILE --briefing SLUG`: save a document as a draft issue."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from briefings.document_import import (
    MAX_BYTES,
    DocumentRefused,
    ImportedDocument,
    find_author,
    read_document,
    save_as_draft,
)
from briefings.local_time import format_local
from briefings.models import Briefing, Issue
from newsroom.staff_command import StaffCommand


class Command(StaffCommand):
    help = "Save a text, HTML, Markdown or Word (.docx) document as a draft issue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the document, or - to read standard input")
        parser.add_argument(
            "--briefing", required=True, metavar="SLUG", help="the briefing, as in its web address"
        )
        parser.add_argument(
            "--name",
            default="",
            help="the document's file name, if not FILE; its extension tells the format",
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        briefing = _find_briefing(options["briefing"])
        data = _read_file(options["file"])
        name = options["name"] or options["file"]
        try:
            document = read_document(data, name=name, briefing_title=briefing.title)
        except DocumentRefused as refusal:
            raise CommandError(str(refusal)) from None
        notice = find_author(document, briefing=briefing).notice
        issue = save_as_draft(document, briefing=briefing, at=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(issue, document), ensure_ascii=False))
            if notice:
                self.stderr.write(notice)
        else:
            self._report(issue, document, notice)

    def _report(self, issue: Issue, document: ImportedDocument, notice: str) -> None:
        address = reverse("admin:briefings_issue_change", args=[issue.pk])
        self.stdout.write(f"Saved {issue} as a draft: {settings.SITE_URL}{address}")
        self.stdout.write(f"Strapline: {document.strapline or 'none found'}")
        self.stdout.write(f"Author: {issue.author}")
        if issue.publish_at:
            self.stdout.write(f"Send time: {format_local(issue.publish_at, issue.briefing.zone)}")
        if notice:
            self.stdout.write(notice)
        for section in issue.sections.all():
            self.stdout.write(
                f"Section: {section.get_kind_display()} – {section.heading or '(no heading)'}"
            )
        if document.left_out:
            self.stdout.write("Left out:")
        for words in document.left_out:
            self.stdout.write(f"  {words}")


def _find_briefing(slug: str) -> Briefing:
    found = Briefing.objects.select_related("lead").filter(slug=slug).first()
    if found is None:
        slugs = ", ".join(Briefing.objects.values_list("slug", flat=True)[:20])
        raise CommandError(
            f"There is no briefing {slug!r}. "
            + (f"Choose one of: {slugs}." if slugs else "Create it in the admin first.")
        )
    return found


def _read_file(file: str) -> bytes:
    """Return at most one byte more than `read_document` accepts, so that it refuses the rest."""
    if file == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with Path(file).open("rb") as document:
            return document.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "this is not a valid file name"
        raise CommandError(f"Cannot read {file!r}: {reason}.") from None


def _as_json(issue: Issue, document: ImportedDocument) -> dict[str, Any]:
    """Return what `--json` prints, with the sections as they were stored."""
    return {
        "issue": issue.pk,
        "title": issue.title,
        "strapline": issue.strapline,
        "byline": document.byline,
        "sections": [
            {"kind": section.kind, "heading": section.heading, "html": section.body}
            for section in issue.sections.all()
        ],
        "left_out": list(document.left_out),
    }
