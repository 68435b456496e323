"""A briefing's list as email clients know it: the List-* headers (RFC 2919, RFC 2369, RFC 8058)."""

from __future__ import annotations

import re
from email.utils import quote

from django.conf import settings
from django.urls import reverse

from briefings.models import Briefing
from newsroom.email_headers import encode_words
from newsroom.site_address import site_host
from subscribers.models import Subscriber, Subscription

MAX_LIST_ID_BYTES = 255  # RFC 2919, section 2
_ALL_BRIEFINGS = "all.briefings"  # a slug has no dot, so no briefing can have this id
_SPECIALS = re.compile(r'[()<>@,:;.\\"\[\]]')


def list_id(briefing: Briefing) -> str:
    """Return a briefing's List-Id: `The Ward Round <ward-round.news.example.com>`, in any script.

    The part in angle brackets does not change while slug and host stay the same. A title that would
    make the encoded header too long is left out.
    """
    return _list_id(briefing.title, briefing.slug)


def transactional_list_headers(subscriptions: list[Subscription]) -> dict[str, str]:
    """Return the list headers of a transactional email about subscriptions of one subscriber.

    An email about one briefing belongs to its list, with one-click unsubscribe. An email about
    several belongs to the site's own list, and its unsubscribe link leads to the preferences page.
    """
    headers = {"List-Id": transactional_list_id([sub.briefing for sub in subscriptions])}
    match subscriptions:
        case [one]:
            headers["List-Unsubscribe"] = f"<{unsubscribe_url(one)}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        case [first, *_]:
            headers["List-Unsubscribe"] = f"<{preferences_url(first.subscriber)}>"
    return headers


def transactional_list_id(briefings: list[Briefing]) -> str:
    """Return the List-Id of a transactional email; for several briefings, the site's."""
    if len(briefings) == 1:
        return list_id(briefings[0])
    return _list_id(settings.SITE_NAME, _ALL_BRIEFINGS)


def unsubscribe_url(subscription: Subscription) -> str:
    """Return the page that ends this subscription and no other."""
    return settings.SITE_URL + reverse("subscribers:unsubscribe", args=[subscription.token])


def preferences_url(subscriber: Subscriber) -> str:
    """Return the page on which any of a subscriber's subscriptions can be ended."""
    return settings.SITE_URL + reverse("subscribers:preferences", args=[subscriber.token])


def _list_id(title: str, label: str) -> str:
    identifier = f"<{label}.{site_host()}>"
    title = " ".join(title.split())
    encoded = encode_words(title, used=len("List-Id: "))
    if not title or len(encoded) + len(identifier) + 3 > MAX_LIST_ID_BYTES:
        return identifier
    phrase = f'"{quote(title)}"' if _SPECIALS.search(title) else title
    return f"{phrase} {identifier}"
