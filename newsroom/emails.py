"""Single letters: from a folder under templates/email/ to a row that waits, to the mail server.

A letter is written in the transaction of the act that calls for it, so it exists exactly when the
act does. A worker is woken when the transaction commits; the beat finds what a lost wake-up left.
A crash between the server's yes and the row's removal sends a second copy: for a confirmation that
is better than none. Issues do not travel this way; they have a ledger.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from email.charset import QP, Charset
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils import timezone

from newsroom.email_addresses import to_ascii_domain
from newsroom.models import OutgoingEmail
from newsroom.smtp_submission import AddressNotSupported, submit
from newsroom.wake_ups import wake

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=3)
# Django would write 8-bit text without announcing it (RFC 6152); a strict server refuses that.
_QUOTED_PRINTABLE = Charset("utf-8")
_QUOTED_PRINTABLE.body_encoding = QP
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def queue_email(
    name: str, *, to: str, context: dict[str, Any], headers: dict[str, str] | None = None
) -> OutgoingEmail:
    """Write the letter in templates/email/<name>/ to one address and let it leave on commit.

    The folder holds subject.txt, body.txt and, if the letter has one, body.html.
    """
    words = {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "postal_address": settings.POSTAL_ADDRESS,
        **context,
    }
    subject = " ".join(render_to_string(f"email/{name}/subject.txt", words).split())
    return queue_rendered_email(
        name,
        to=to,
        subject=subject,
        text=render_to_string(f"email/{name}/body.txt", words).strip() + "\n",
        html=_render_html(name, {**words, "subject": subject}),
        headers={"Auto-Submitted": "auto-generated", **(headers or {})},
    )


def queue_email_in_constant_time(
    name: str,
    *,
    to: str,
    context: dict[str, Any],
    headers: dict[str, str] | None = None,
    allowed: bool,
) -> None:
    """Queue an email, and delete it again before anybody sees it unless it is allowed.

    The response then takes as long for an unknown or suppressed address as for any other, so its
    timing does not reveal which addresses we know. Call it inside a transaction.
    """
    email = queue_email(name, to=to, context=context, headers=headers)
    if not allowed:
        email.delete()


def queue_rendered_email(
    name: str, *, to: str, subject: str, text: str, html: str, headers: dict[str, str]
) -> OutgoingEmail:
    """Let a letter that is written already leave on commit."""
    letter = OutgoingEmail.objects.create(
        name=name, to=to, subject=subject, text=text, html=html, headers=headers
    )
    transaction.on_commit(_wake)
    return letter


def _render_html(name: str, words: dict[str, Any]) -> str:
    try:
        html = render_to_string(f"email/{name}/body.html", words)
    except TemplateDoesNotExist as missing:
        if str(missing) != f"email/{name}/body.html":
            raise
        return ""
    return _inliner.inline(html)


def _wake() -> None:
    wake("newsroom.tasks.send_emails")


def send_due(*, at: datetime) -> int:
    """Send the letters that wait; give back how many left."""
    left = 0
    for letter in OutgoingEmail.objects.due(at=at)[:500]:
        left += _send(letter, at=at)
    return left


def _send(letter: OutgoingEmail, *, at: datetime) -> bool:
    """Claim one letter, send it, remove its row; of two workers one gets it."""
    mine = OutgoingEmail.objects.filter(pk=letter.pk, not_before=letter.not_before)
    if not mine.update(not_before=at + CLAIM, attempts=letter.attempts + 1):
        return False
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[letter.to],
        headers={**letter.headers, "Message-ID": _message_id(letter)},
    )
    message.encoding = _QUOTED_PRINTABLE
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    try:
        submit(message)
    except Exception as failure:  # noqa: BLE001  (each transport raises its own)
        _defer(letter, failure, at=at)
        return False
    OutgoingEmail.objects.filter(pk=letter.pk).delete()
    return True


def _message_id(letter: OutgoingEmail) -> str:
    """Name a letter under our own host, not the machine's; a second copy bears the same name."""
    try:
        host = to_ascii_domain(settings.SITE_HOST)
    except ValueError:  # a bare name or number, in development
        host = settings.SITE_HOST
    return f"<{letter.name}.{letter.pk}.{letter.created_at:%Y%m%d%H%M%S%f}@{host}>"


def _is_final(failure: Exception) -> bool:
    """Whether the server will never take this letter (a class 5 answer, or no way to write it)."""
    if isinstance(failure, AddressNotSupported):
        return True
    if isinstance(failure, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in failure.recipients.values())
    return isinstance(failure, SMTPDataError) and failure.smtp_code >= 500


def _defer(letter: OutgoingEmail, failure: Exception, *, at: datetime) -> None:
    if _is_final(failure) or at - letter.created_at > GIVE_UP_AFTER:
        log.warning("letter %s is given up: %s", letter, failure)
        OutgoingEmail.objects.filter(pk=letter.pk).delete()
        return
    wait = min(timedelta(minutes=2**letter.attempts), timedelta(hours=6))
    log.warning("letter %s waits %s: %s", letter, wait, failure)
    OutgoingEmail.objects.filter(pk=letter.pk).update(
        not_before=at + wait, last_error=str(failure)[:500]
    )


def send_due_emails() -> int:
    """Send what waits at this moment (for tasks and commands)."""
    return send_due(at=timezone.now())
