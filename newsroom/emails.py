"""Transactional emails, such as confirmations: rendered, queued in the database, sent by a worker.

An email is queued in the transaction of the change that causes it, so the one exists exactly when
the other does. A worker is woken when the transaction commits; if that wake-up is lost, beat
finds the email. If a worker dies after the mail server accepted an email and before its row is
deleted, the email is sent twice: for a confirmation that is better than not at all. Issues are not
sent this way; they have a ledger of deliveries.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.charset import QP, Charset
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.dispatch import Signal
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from newsroom import worker_stop
from newsroom.email_headers import header_field
from newsroom.email_styles import inline_styles
from newsroom.models import EmailKey, OutgoingEmail
from newsroom.reader_language import STAFF_LANGUAGE, in_language
from newsroom.site_address import ascii_address, site_host
from newsroom.smtp_submission import AddressNotSupported, submit
from newsroom.wake_ups import wake

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

# Sent after a batch of emails was tried, with `failure`: why the mail server took none of them, or
# None if it took one.
batch_tried = Signal()

# A worker that takes an email sends it within this time, or another may take it.
LEASE = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=3)
# The same form again within this time is a double click.
DOUBLE_CLICK = timedelta(seconds=15)
MAX_RETRY_INTERVAL = timedelta(minutes=45)
BATCH_SIZE = 500
# Django would write 8-bit text without announcing it (RFC 6152); a strict server refuses that.
_QUOTED_PRINTABLE = Charset("utf-8")
_QUOTED_PRINTABLE.body_encoding = QP


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """What makes an email the same as an earlier one, and for how long it is not queued again."""

    key: str
    within: timedelta
    at: datetime


class AlreadyQueued(Exception):
    """The same email was queued a moment ago, so that this one was not."""


def take_key(name: str, once: Once) -> None:
    """Take the key of an email, or of several that are queued together. Raises AlreadyQueued.

    Until the transaction ends, others who want the same key wait. It is not a column of the queue:
    a worker may have sent the email, and deleted its row, before the form arrives again.
    """
    key = salted_hmac("newsroom.emails", f"{name}\n{once.key}", algorithm="sha256").hexdigest()
    until = once.at + once.within
    _, is_new = EmailKey.objects.get_or_create(key=key, defaults={"until": until})
    if not is_new and not EmailKey.objects.filter(key=key, until__lte=once.at).update(until=until):
        raise AlreadyQueued


def queue_email(
    name: str,
    *,
    to: str,
    context: dict[str, Any],
    language: str = STAFF_LANGUAGE,
    headers: dict[str, str] | None = None,
    not_before: datetime | None = None,
    once: Once | None = None,
) -> OutgoingEmail:
    """Render the email in templates/email/<name>/ and queue it for one address.

    The folder holds subject.txt, body.txt and optionally body.html. An email to a reader names its
    language. The email is sent after the transaction commits, or at `not_before` if that is later.

    A form that anybody can send twice, such as by a double click, says with `once` which email is
    the same. Raises AlreadyQueued, and does nothing, if it was queued within that time. Call it in
    the transaction of what the form changes: of two forms at once, the second waits for the first.
    """
    if once:
        take_key(name, once)
    context = {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "postal_address": settings.POSTAL_ADDRESS,
        **context,
    }
    with in_language(language):
        subject = " ".join(render_to_string(f"email/{name}/subject.txt", context).split())
        text = render_to_string(f"email/{name}/body.txt", context).strip() + "\n"
        html = _render_html(name, {**context, "subject": subject})
    return queue_rendered_email(
        name,
        to=to,
        subject=subject,
        text=text,
        html=html,
        headers={"Auto-Submitted": "auto-generated", **(headers or {})},
        not_before=not_before,
    )


def queue_email_in_constant_time(
    name: str,
    *,
    to: str,
    context: dict[str, Any],
    language: str = STAFF_LANGUAGE,
    headers: dict[str, str] | None = None,
    not_before: datetime | None = None,
    allowed: bool = True,
    once: Once | None = None,
) -> None:
    """Queue an email to an address that a visitor entered; a suppressed address gets nothing.

    The email is queued, and deleted again before anybody sees it unless it may be sent. The
    response then takes as long for an unknown or suppressed address as for any other, so its
    timing does not reveal which addresses we know. Call it inside a transaction, after
    `form_guard.check_form`. Raises AlreadyQueued like `queue_email`, for any address alike.
    """
    must_not_write = is_suppressed(to)
    email = queue_email(
        name,
        to=to,
        context=context,
        language=language,
        headers=headers,
        not_before=not_before,
        once=once,
    )
    if must_not_write or not allowed:
        email.delete()


def is_suppressed(address: str) -> bool:
    """Whether we must never write to an address, as `settings.SUPPRESSION_CHECK` says."""
    return bool(import_string(settings.SUPPRESSION_CHECK)(address))


def queue_rendered_email(
    name: str,
    *,
    to: str,
    subject: str,
    text: str,
    html: str,
    headers: dict[str, str],
    not_before: datetime | None = None,
    once: Once | None = None,
) -> OutgoingEmail:
    """Queue an email that has been rendered already; it is sent after the transaction commits.

    Raises AlreadyQueued like `queue_email`.
    """
    if once:
        take_key(name, once)
    email = OutgoingEmail.objects.create(
        name=name,
        to=to,
        subject=subject,
        text=text,
        html=html,
        headers=headers,
        not_before=not_before or timezone.now(),
    )
    transaction.on_commit(_wake)
    return email


def _render_html(name: str, context: dict[str, Any]) -> str:
    template = f"email/{name}/body.html"
    try:
        html = render_to_string(template, context)
    except TemplateDoesNotExist as missing:
        if str(missing) != template:
            raise
        return ""
    return inline_styles(html)


def _wake() -> None:
    wake("newsroom.tasks.send_emails")


def send_due_emails(
    *, at: datetime | None = None, before_each: Callable[[], None] = lambda: None
) -> int:
    """Send the emails that are due at this time (by default now) and return how many were sent.

    `before_each` is called before each email; it may hold the ones that are left.
    """
    at = at or timezone.now()
    sent, failure = 0, None
    for email in OutgoingEmail.objects.due(at=at)[:BATCH_SIZE]:
        before_each()
        if worker_stop.is_requested():
            break
        try:
            sent += _send(email, at=at)
        except Exception as error:  # noqa: BLE001  (each transport raises its own)
            if not _retry_later_or_give_up(email, error, at=at):
                failure = error
    if sent or failure:
        batch_tried.send(send_due_emails, failure=None if sent else failure)
    return sent


def _send(email: OutgoingEmail, *, at: datetime) -> bool:
    """Lease one email, send it and delete its row. Only one worker gets the lease.

    Raises what the transport raises.
    """
    lease = OutgoingEmail.objects.filter(pk=email.pk, not_before=email.not_before, held=False)
    if not lease.update(not_before=at + LEASE, attempts=email.attempts + 1):
        return False
    submit(_build_message(email))
    OutgoingEmail.objects.filter(pk=email.pk).delete()
    return True


class TransactionalMessage(EmailMultiAlternatives):
    """A message whose headers are written as those of issue emails: Django folds few of them."""

    encoding = _QUOTED_PRINTABLE

    def message(self, **options: Any) -> Any:
        """Return the MIME message with its headers encoded and folded."""
        message = super().message(**options)
        values = {
            "Subject": self.subject,
            "From": self.from_email,
            "To": ", ".join(self.to),
            **self.extra_headers,
        }
        for name, value in values.items():
            if name in message:
                written = header_field(name, str(value)).decode().replace("\r\n", "\n")
                message.replace_header(name, written.partition(":")[2].removeprefix(" "))
        return message


def _build_message(email: OutgoingEmail) -> TransactionalMessage:
    message = TransactionalMessage(
        subject=email.subject,
        body=email.text,
        from_email=ascii_address(settings.DEFAULT_FROM_EMAIL),
        to=[email.to],
        headers={**email.headers, "Message-ID": _message_id(email)},
    )
    if email.html:
        message.attach_alternative(email.html, "text/html")
    return message


def _message_id(email: OutgoingEmail) -> str:
    """Return the Message-ID: under the site's host, not this machine's, and the same in a retry."""
    return f"<{email.name}.{email.pk}.{email.created_at:%Y%m%d%H%M%S%f}@{site_host()}>"


def _retry_later_or_give_up(email: OutgoingEmail, failure: Exception, *, at: datetime) -> bool:
    """Postpone an email or delete it; True if only this email is to blame, not the server."""
    is_its_own_fault = _is_permanent(failure)
    if is_its_own_fault or at - email.created_at > GIVE_UP_AFTER:
        log.warning("gave up on email %s: %s", email, failure)
        OutgoingEmail.objects.filter(pk=email.pk).delete()
        return is_its_own_fault
    interval = min(timedelta(minutes=2**email.attempts), MAX_RETRY_INTERVAL)
    log.warning("email %s is tried again in %s: %s", email, interval, failure)
    OutgoingEmail.objects.filter(pk=email.pk).update(
        not_before=at + interval, last_error=str(failure)[:500]
    )
    return False


def _is_permanent(failure: Exception) -> bool:
    """Whether the server will never accept this email: a 5xx reply, or an unsupported address."""
    if isinstance(failure, AddressNotSupported):
        return True
    if isinstance(failure, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in failure.recipients.values())
    return isinstance(failure, SMTPDataError) and failure.smtp_code >= 500
