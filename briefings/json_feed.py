"""A feed in JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/), with what its Atom has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse
from django.templatetags.static import static
from django.utils.http import http_date

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.feed_entries import Feed, FeedEntry

CONTENT_TYPE = "application/feed+json"


def json_feed(feed: Feed) -> HttpResponse:
    """Return a feed as JSON."""
    content = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.json,
        **({"description": feed.subtitle} if feed.subtitle else {}),
        "icon": settings.SITE_URL + static("icons/apple-touch-icon.png"),
        "language": feed.language,
        "items": [_item(entry, feed) for entry in feed.entries],
    }
    return HttpResponse(
        json.dumps(content, ensure_ascii=False),
        content_type=CONTENT_TYPE,
        headers={"Last-Modified": http_date(feed.updated.timestamp())},
    )


def _item(entry: FeedEntry, feed: Feed) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": entry.page,
        "title": entry.title,
        "content_html": entry.html,
        **({"summary": entry.summary} if entry.summary else {}),
        "date_published": _moment(entry.published),
        "date_modified": _moment(entry.updated),
        **({"language": entry.language} if entry.language != feed.language else {}),
        "authors": [{"name": entry.author, "url": entry.author_page}],
        "tags": list(entry.subjects),
    }


def _moment(moment: datetime) -> str:
    """Return a moment as RFC 3339 has it."""
    return moment.isoformat(timespec="seconds")
