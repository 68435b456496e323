"""The transactional emails that were sent during a test, and the links in them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from newsroom import emails

_LINK = re.compile(r"https?://[^\s\"'<>]+")


def emails_sent() -> list[EmailMultiAlternatives]:
    """Send the queued emails and return all that have been sent so far."""
    emails.send_due_emails()
    return [email for email in mail.outbox if isinstance(email, EmailMultiAlternatives)]


def emails_sent_to(address: str) -> list[EmailMultiAlternatives]:
    return [email for email in emails_sent() if email.to == [address]]


def html_part(email: EmailMultiAlternatives) -> str:
    return "".join(str(part[0]) for part in email.alternatives)


def links_in(email: EmailMultiAlternatives) -> list[str]:
    """Return the path of each link to our site in all parts and headers, in order, each once."""
    text = "\n".join([str(email.body), html_part(email), *email.extra_headers.values()])
    found = _LINK.findall(text)
    ours = [urlsplit(link) for link in found if link.startswith(settings.SITE_URL)]
    return list(
        dict.fromkeys(link.path + (f"?{link.query}" if link.query else "") for link in ours)
    )


def link_to(page: str, email: EmailMultiAlternatives) -> str:
    """Return the one link in an email that leads to a page such as `confirm`."""
    [link] = [link for link in links_in(email) if link.startswith(f"/{page}/")]
    return link
