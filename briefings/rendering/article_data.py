"""An issue as structured data (schema.org, JSON-LD): search engines and archives read it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from newsroom.reader_language import text_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from briefings.models import Correction, Issue
    from briefings.rendering.sharing_picture import SharingPicture

# So that no word of an issue can end the script element that holds it.
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def article_data(
    issue: Issue, corrections: Sequence[Correction], *, picture: SharingPicture
) -> SafeString:
    """Return an issue as JSON-LD for a script element, with its corrections, newest first.

    `corrections` are all of them, also those without a note, which count for the date of the
    latest change only.
    """
    page = settings.SITE_URL + issue.get_absolute_url()
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": issue.title,
        "url": page,
        "mainEntityOfPage": page,
        "isAccessibleForFree": True,
        "articleSection": issue.briefing.title,
        "author": {
            "@type": "Person",
            "name": issue.author.name,
            "url": settings.SITE_URL + issue.author.get_absolute_url(),
        },
        "publisher": {
            "@type": "Organization",
            "name": settings.SITE_NAME,
            "url": f"{settings.SITE_URL}/",
            "logo": settings.SITE_URL + static("icons/apple-touch-icon.png"),
        },
        "isPartOf": {
            "@type": "Periodical",
            "name": issue.briefing.title,
            "url": settings.SITE_URL + issue.briefing.get_absolute_url(),
        },
    }
    if issue.strapline:
        data["description"] = issue.strapline
    if issue.briefing.language:
        data["inLanguage"] = text_language(issue.briefing.language)
    if topics := [topic.name for topic in issue.topic_list]:
        data["keywords"] = topics
    if issue.published_at:
        data["image"] = [settings.SITE_URL + picture.address]
        data["datePublished"] = _iso(issue.dateline)
        data["dateModified"] = _iso(last_changed(issue, corrections))
    if comments := [_correction(correction) for correction in corrections if correction.note]:
        data["correction"] = comments
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPES))  # escaped above


def last_changed(issue: Issue, corrections: Iterable[Correction]) -> datetime:
    """Return when the words of a published issue changed last, in its briefing's time zone."""
    moments = [correction.at.astimezone(issue.briefing.zone) for correction in corrections]
    return max([issue.dateline, *moments])


def _correction(correction: Correction) -> dict[str, str]:
    return {
        "@type": "CorrectionComment",
        "text": correction.note,
        "datePublished": _iso(correction.local_at),
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
