"""A briefing's list as mail programs know it: the List-* headers (RFC 2919, RFC 2369, RFC 8058)."""

from __future__ import annotations

import re
from email.header import Header
from email.utils import quote

from django.conf import settings
from django.urls import reverse

from briefings.models import Briefing
from newsroom.email_addresses import to_ascii_domain
from subscribers.models import Subscriber, Subscription

MAX_LIST_ID = 255  # octets: RFC 2919, section 2
_ALL = "all.briefings"  # no slug has a dot, so no briefing can be named so
_SPECIALS = re.compile(r'[()<>@,:;.\\"\[\]]')


def list_id(briefing: Briefing) -> str:
    """Name a briefing's list: `The Ward Round <ward-round.news.example.com>`, in any script.

    It never changes while slug and host stay. A title that would make the header too long when
    encoded is left out.
    """
    return _list_id(briefing.title, briefing.slug)


def transactional_list_headers(subscriptions: list[Subscription]) -> dict[str, str]:
    """List headers for a single letter about these subscriptions, all of one subscriber.

    About one briefing, the letter belongs to its list and one press leaves it; about several, it
    belongs to the title's own list, and leaving is a choice to be made on the preferences page.
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
    """Write the List-Id of a single letter in ASCII; of one that concerns several, the title's."""
    named = list_id(briefings[0]) if len(briefings) == 1 else _list_id(settings.SITE_NAME, _ALL)
    if named.isascii():
        return named
    phrase, _, identifier = named.rpartition(" ")
    # Encoded words of at most 75 characters on one line: who writes the letter folds it.
    words = Header(_bare(phrase), "utf-8", header_name="List-Id").encode()
    return " ".join([*words.split(), identifier])


def unsubscribe_url(subscription: Subscription) -> str:
    """Where this subscription, and nothing else, can be ended."""
    return settings.SITE_URL + reverse("subscribers:unsubscribe", args=[subscription.token])


def preferences_url(subscriber: Subscriber) -> str:
    """Where whoever holds a letter can end any of its subscriptions."""
    return settings.SITE_URL + reverse("subscribers:preferences", args=[subscriber.token])


def _list_id(title: str, label: str) -> str:
    identifier = f"<{label}.{_host()}>"
    title = " ".join(title.split())
    encoded = title if title.isascii() else Header(title, "utf-8").encode()
    if not title or len(encoded) + len(identifier) + 3 > MAX_LIST_ID:
        return identifier
    phrase = f'"{quote(title)}"' if _SPECIALS.search(title) else title
    return f"{phrase} {identifier}"


def _bare(phrase: str) -> str:
    """Take the quotes off again: inside encoded words they would be part of the name."""
    if phrase.startswith('"'):
        return re.sub(r"\\(.)", r"\1", phrase[1:-1])
    return phrase


def _host() -> str:
    try:
        return to_ascii_domain(settings.SITE_HOST)
    except ValueError:  # a bare name or number, in development
        return settings.SITE_HOST
