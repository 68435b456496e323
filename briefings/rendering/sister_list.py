"""The latest issues of sister titles, as the list of a section.

The list is written as a round-up, so that page, email and plain text show it as they show that: an
item is the headline as a link, and in italics whose issue it is, and of which day.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join

from briefings.models import Issue, SectionKind
from briefings.rendering.section_html import SENTENCE_ENDS
from newsroom.reader_language import text_language_attribute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from briefings.models import Section


def with_sister_titles(issue: Issue) -> list[Section]:
    """Return an issue's sections, each with what it shows as its body. Do not save them.

    Sister titles come below the text of their section, the latest first. One that is retired or
    has published nothing is left out, and so is a section with nothing in it but its heading.
    """
    sections = list(issue.sections.all())
    chosen = {key for section in sections if _lists(section) for key in section.sisters}
    latest = list(_latest_issues(chosen, besides=issue)) if chosen else []
    shown = []
    for section in sections:
        if not _lists(section):
            shown.append(section)
            continue
        listing = copy.copy(section)
        items = [one for one in latest if one.briefing_id in section.sisters]
        listing.body += _as_list(items) if items else ""
        if listing.body:
            shown.append(listing)
    return shown


def lists_an_issue(section: Section) -> bool:
    """Whether a section of sister titles has any issue to list."""
    return _latest_issues(section.sisters, besides=section.issue).exists()


def rendered_kind(kind: str) -> str:
    """Return the kind as which a section's body is rendered."""
    return SectionKind.ROUNDUP if kind == SectionKind.SISTERS else kind


def _lists(section: Section) -> bool:
    return section.kind == SectionKind.SISTERS


def _latest_issues(briefings: Iterable[int], *, besides: Issue) -> QuerySet[Issue]:
    """Return the latest published issue of each other title that is not retired, latest first."""
    latest = Issue.objects.newest_of_each(1).select_related("briefing")
    others = latest.exclude(briefing=besides.briefing_id)
    return others.filter(briefing__in=briefings, briefing__retired=False)


def _as_list(issues: Iterable[Issue]) -> str:
    items = format_html_join(
        "",
        '<li><strong><a href="{}"{}>{}</a>{}</strong> <em>{}, {}</em></li>',
        (
            (
                issue.get_absolute_url(),
                text_language_attribute(issue.briefing.language),
                issue.title,
                "" if issue.title.rstrip().endswith(SENTENCE_ENDS) else ".",
                issue.briefing.title,
                date_format(issue.dateline, "LONG_DATE_FORMAT"),
            )
            for issue in issues
        ),
    )
    return format_html("<ul>{}</ul>", items)
