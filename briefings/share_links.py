"""Plain links with which readers share an issue; they tell nobody before somebody follows them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from django.conf import settings

if TYPE_CHECKING:
    from briefings.models import Issue

# A line of an email has at most 998 bytes (RFC 5322), and no address may be broken. The link for an
# email has the headline twice, as percent-encoded bytes.
MAX_HEADLINE_BYTES = 330


def share_links(issue: Issue) -> dict[str, str]:
    """Return the links by target: the issue's page, and by email, on Bluesky and on LinkedIn."""
    page = settings.SITE_URL + issue.get_absolute_url()
    headline = _shortened(issue.title)
    email = urlencode({"subject": headline, "body": f"{headline}\n{page}\n"}, quote_via=quote)
    post = urlencode({"text": f"{headline} {page}"}, quote_via=quote)
    return {
        "page": page,
        "email": f"mailto:?{email}",
        "bluesky": f"https://bsky.app/intent/compose?{post}",
        "linkedin": f"https://www.linkedin.com/sharing/share-offsite/?{urlencode({'url': page})}",
    }


def _shortened(headline: str) -> str:
    """Return a headline that takes at most MAX_HEADLINE_BYTES in a link, cut between words."""
    if len(quote(headline)) <= MAX_HEADLINE_BYTES:
        return headline
    room = MAX_HEADLINE_BYTES - len(quote("…"))
    kept = ""
    for char in headline:
        room -= len(quote(char))
        if room < 0:
            break
        kept += char
    return f"{kept.rpartition(' ')[0] or kept}…"
