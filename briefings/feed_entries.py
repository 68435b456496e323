"""What a feed says, in whatever format: the newest issues or corrections, with their text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import gettext

from briefings.models import Briefing, Correction, Issue
from briefings.rendering.page_html import page_sections
from newsroom.reader_language import current_language_tag, in_language, text_language
from newsroom.site_address import site_host

ENTRIES = 20
# The date of a feed that has no entries yet.
BEFORE_THE_FIRST_ISSUE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """An issue or a correction in a feed."""

    id: str
    language: str
    title: str
    page: str  # as all addresses here, with the site's
    author: str
    author_page: str
    published: datetime
    updated: datetime
    subjects: tuple[str, ...]
    summary: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed and its entries, the newest first. `atom` and `json` are where its two formats are."""

    id: str
    title: str
    subtitle: str
    language: str
    page: str
    atom: str
    json: str
    entries: tuple[FeedEntry, ...]

    @property
    def updated(self) -> datetime:
        """When an entry changed last; nothing else changes a feed's date."""
        return max((entry.updated for entry in self.entries), default=BEFORE_THE_FIRST_ISSUE)


FeedFormat = Callable[[Feed], HttpResponse]


def issue_feed(
    issues: Any,
    *,
    tag: str,
    title: str,
    page: str,
    paths: tuple[str, str],
    subtitle: str = "",
    briefing: Briefing | None = None,
) -> Feed:
    """Return a feed of published issues, given as a query with the newest first.

    `paths` are those of its Atom and its JSON format. Only with a `briefing` is it in one language.
    """
    latest = issues.for_page().prefetch_related("sections", "corrections")[:ENTRIES]
    entries = tuple(_of_issue(issue) for issue in latest)
    return _feed(
        entries,
        tag=tag,
        title=title,
        page=page,
        paths=paths,
        subtitle=subtitle,
        language=_language(briefing),
    )


def correction_feed(
    briefing: Briefing,
    corrections: Iterable[Correction],
    *,
    title: str,
    page: str,
    paths: tuple[str, str],
) -> Feed:
    """Return a feed of a briefing's corrections, given the newest first."""
    tag = f"corrections-{briefing.pk}"
    entries = tuple(_of_correction(one, briefing) for one in islice(corrections, ENTRIES))
    language = _language(briefing)
    return _feed(entries, tag=tag, title=title, page=page, paths=paths, language=language)


def _feed(
    entries: tuple[FeedEntry, ...],
    *,
    tag: str,
    title: str,
    page: str,
    paths: tuple[str, str],
    language: str,
    subtitle: str = "",
) -> Feed:
    atom, json = paths
    return Feed(
        id=_tag(BEFORE_THE_FIRST_ISSUE, tag),
        title=title,
        subtitle=subtitle,
        language=language,
        page=settings.SITE_URL + page,
        atom=settings.SITE_URL + atom,
        json=settings.SITE_URL + json,
        entries=entries,
    )


def _language(briefing: Briefing | None) -> str:
    """Return the language that a feed says it is in."""
    return text_language(briefing.language) if briefing else current_language_tag()


def _of_issue(issue: Issue) -> FeedEntry:
    page = settings.SITE_URL + issue.get_absolute_url()
    published = issue.published_at or issue.created_at
    with in_language(issue.briefing.language):
        html = render_to_string(
            "briefings/_feed_entry.html",
            {
                "issue": issue,
                "sections": page_sections(issue, base=page),
                "corrections": _noted(issue),
            },
        )
    return FeedEntry(
        id=_tag(issue.created_at, f"issue-{issue.pk}"),
        language=text_language(issue.briefing.language),
        title=issue.title,
        page=page,
        author=issue.author.name,
        author_page=settings.SITE_URL + issue.author.get_absolute_url(),
        published=published,
        updated=max(published, issue.updated_at),
        subjects=(issue.briefing.title, *(topic.name for topic in issue.topic_list)),
        summary=issue.strapline,
        html=html,
    )


def _of_correction(correction: Correction, briefing: Briefing) -> FeedEntry:
    issue = correction.issue
    issue.briefing = briefing
    return FeedEntry(
        id=_tag(correction.at, f"correction-{correction.pk}"),
        language=text_language(briefing.language),
        title=gettext("Correction: %(title)s") % {"title": issue.title},
        page=f"{settings.SITE_URL}{issue.get_absolute_url()}#corrections",
        author=issue.author.name,
        author_page=settings.SITE_URL + issue.author.get_absolute_url(),
        published=correction.at,
        updated=correction.at,
        subjects=(briefing.title,),
        summary="",
        html=f"<p>{escape(correction.note)}</p>",
    )


def _noted(issue: Issue) -> list[Correction]:
    """Return the corrections that readers see, fetched already."""
    corrections = [correction for correction in issue.corrections.all() if correction.note]
    for correction in corrections:
        correction.issue = issue
    return corrections


def _tag(day: datetime, name: str) -> str:
    """Return an id that stays the same when addresses change (RFC 4151)."""
    return f"tag:{site_host()},{day:%Y-%m-%d}:{name}"
