"""The single letters that left during a test, and the links in them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from newsroom import emails

_LINK = re.compile(r"https?://[^\s\"'<>]+")


def emails_sent() -> list[EmailMultiAlternatives]:
    """Send what waits and give every letter that has left so far."""
    emails.send_due_emails()
    return [letter for letter in mail.outbox if isinstance(letter, EmailMultiAlternatives)]


def emails_sent_to(address: str) -> list[EmailMultiAlternatives]:
    return [letter for letter in emails_sent() if letter.to == [address]]


def html_part(letter: EmailMultiAlternatives) -> str:
    return "".join(str(part[0]) for part in letter.alternatives)


def links_in(letter: EmailMultiAlternatives) -> list[str]:
    """Give the path of each link in all parts and headers, in their order, each once."""
    text = "\n".join([str(letter.body), html_part(letter), *letter.extra_headers.values()])
    found = _LINK.findall(text)
    ours = [urlsplit(link) for link in found if link.startswith(settings.SITE_URL)]
    return list(
        dict.fromkeys(link.path + (f"?{link.query}" if link.query else "") for link in ours)
    )


def link_to(page: str, letter: EmailMultiAlternatives) -> str:
    """Give the one link of a letter that leads to a page such as `confirm`."""
    [link] = [link for link in links_in(letter) if link.startswith(f"/{page}/")]
    return link
