"""Links that staff email to a briefing's clippings address go into its tray.

Only from the address of a staff account, and only if our own mail server vouches for the author:
anybody could write another's address into From. Nothing is sent back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model

from briefings.clippings import briefing_of_token, keep_clipping, read_links
from briefings.models import Briefing
from briefings.permissions import briefings_with_tray
from newsroom.email_addresses import address_key
from subscribers.bounces.author_proof import passes_dmarc
from subscribers.bounces.reply_text import whole_texts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from email.message import Message

    from django.contrib.auth.models import User


def find_tray(tokens: Iterable[str]) -> Briefing | None:
    """Return the briefing to whose clippings address a message with these tokens was sent."""
    for token in tokens:
        pk = briefing_of_token(token.lower())
        if pk is not None:
            return Briefing.objects.filter(pk=pk).first()
    return None


def record_clippings(
    message: Message, briefing: Briefing, *, author: str, subject: str, at: datetime
) -> int:
    """Put the links of a message into a briefing's tray; return how many the message has.

    Zero also if its author may not. A link without words gets the subject as its title if it is the
    only one. Doing it again changes nothing.
    """
    person = _staff_with_address(author, briefing)
    if person is None or not passes_dmarc(message, author=author):
        return 0
    plain, html, signature = map(read_links, whole_texts(message))
    own = {link.url for link in signature} - {link.url for link in html}
    found = {link.url: link for link in plain}
    found |= {link.url: link for link in html if link.url not in found}
    links = [
        link
        for link in found.values()
        if link.url not in own and not _is_front_page_of(author, link.url)
    ]
    if len(links) == 1 and not links[0].title:
        links = [replace(links[0], title=subject)]
    for link in links:
        keep_clipping(briefing, link, by=person, at=at, may_revive=False)
    return len(links)


def _is_front_page_of(author: str, url: str) -> bool:
    """Whether an address is the start page of the author's own organisation: from a signature."""
    parts = urlsplit(url)
    domain = (parts.hostname or "").removeprefix("www.")
    is_own = domain == author.rpartition("@")[2].lower().removeprefix("www.")
    return is_own and parts.path == "/" and not parts.query


def _staff_with_address(author: str, briefing: Briefing) -> User | None:
    """Return an active member of staff with this address who may use the briefing's tray."""
    active = get_user_model().objects.filter(is_active=True, is_staff=True).exclude(email="")
    for person in active.order_by("pk"):
        is_author = address_key(person.email) == address_key(author)
        if is_author and briefings_with_tray(person).filter(pk=briefing.pk).exists():
            return person
    return None
