"""Sending through a provider's own API, with django-anymail: one API call for each email.

One call for a batch could accept or lose hundreds of emails at once. With one call for each, at
most one email of a connection is in doubt, as with SMTP, and the same ledger counts both.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection

from subscribers.sending.issue_addresses import token_in
from subscribers.sending.transport_interface import (
    ConnectionLost,
    Permit,
    ServerRejectsUs,
    SmtpReply,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from email.message import EmailMessage

    from newsroom.mail_servers import MailServer
    from subscribers.sending.personalised_email import PersonalisedEmail

# Headers that the API has fields for; the provider writes them itself.
API_FIELDS = {"from", "to", "subject", "reply-to", "mime-version", "content-type", "date"}
ACCEPTED_STATUSES = {"sent", "queued"}
# Too Many Requests (RFC 6585, section 4) and Service Unavailable (RFC 9110, section 15.6.4).
TEMPORARY_CODES = {429, 503}
# Unauthorized, Payment Required, Forbidden.
ACCOUNT_CODES = {401, 402, 403}


class ProviderTransport:
    """One session with a provider; a thread of its own makes the calls, because they block."""

    eight_bit = True
    utf8_addresses = True

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="provider")

    @classmethod
    async def open(cls, server: MailServer) -> ProviderTransport:
        """Start a session. Raises ServerRejectsUs if the provider's settings are missing."""
        try:
            backend = get_connection(server.backend)
            backend.open()
        except (AnymailError, ImproperlyConfigured, ImportError) as failure:
            raise ServerRejectsUs(
                f"{server.name} cannot be used: {_one_line(failure)}"
            ) from failure
        return cls(backend)

    async def send(
        self,
        email: PersonalisedEmail,
        *,
        permit: Awaitable[Permit],
        following: PersonalisedEmail | None = None,
    ) -> SmtpReply | None:
        """Send one email if its permit says GO. Raises ConnectionLost and ServerRejectsUs."""
        if await permit is not Permit.GO:
            return None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._call, email)

    def _call(self, email: PersonalisedEmail) -> SmtpReply:
        message = to_django_message(email)
        try:
            self._backend.send_messages([message])
        except AnymailRecipientsRefused as refusal:
            return SmtpReply(code=550, text=_one_line(refusal))
        except AnymailAPIError as failure:
            return _reply_to_failure(failure)
        except AnymailError as failure:  # the message does not fit into this provider's API
            return SmtpReply(code=554, text=_one_line(failure))
        status = message.anymail_status  # type: ignore[attr-defined]  # Anymail sets it
        if status.status and status.status <= ACCEPTED_STATUSES:
            return SmtpReply(code=250, text=f"{status.message_id}")
        statuses = ", ".join(sorted(status.status or ()))
        return SmtpReply(code=550, text=f"the provider's status: {statuses}")

    async def close(self) -> None:
        """End the session."""
        self._backend.close()
        self._thread.shutdown(wait=False)


def _reply_to_failure(failure: AnymailAPIError) -> SmtpReply:
    """Return the SMTP reply that a failed call amounts to.

    Raises ConnectionLost if there was no clear answer, ServerRejectsUs if the account is refused.
    """
    code = failure.status_code
    reason = _one_line(failure)
    if isinstance(failure, requests.exceptions.ConnectTimeout) or _never_connected(failure):
        raise ConnectionLost(reason, maybe_accepted=False) from failure
    if code is None or (code >= 500 and code not in TEMPORARY_CODES) or code < 400:
        raise ConnectionLost(reason, maybe_accepted=True) from failure
    if code in TEMPORARY_CODES:
        return SmtpReply(code=451, text=reason)
    if code in ACCOUNT_CODES:
        raise ServerRejectsUs(f"The provider refused our account: {reason}") from failure
    return SmtpReply(code=550, text=reason)


def _never_connected(failure: BaseException) -> bool:
    """Whether no connection was made, so that nothing was sent."""
    cause = failure.__cause__
    reason = getattr(cause.args[0], "reason", None) if cause and cause.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError"}


def _one_line(failure: BaseException) -> str:
    return " ".join(str(failure).split())[:400]


def to_django_message(email: PersonalisedEmail) -> EmailMultiAlternatives:
    """Return the email as the fields that a provider's API takes."""
    raw = email.wire().replace(b"\r\n..", b"\r\n.")
    parsed: EmailMessage = message_from_bytes(raw, policy=policy.SMTP)
    text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
    headers = {name: str(value) for name, value in parsed.items() if name.lower() not in API_FIELDS}
    message = EmailMultiAlternatives(
        subject=str(parsed["Subject"]),
        body=str(text.get_content()) if text else "",
        from_email=str(parsed["From"]),
        to=[str(parsed["To"])],
        reply_to=[str(parsed["Reply-To"])] if parsed["Reply-To"] else None,
        headers=headers,
    )
    if html:
        message.attach_alternative(str(html.get_content()), "text/html")
    # The provider's bounce events return it, so that they find the delivery.
    message.metadata = {"delivery": token_in(email.mail_from)}  # type: ignore[attr-defined]  # Anymail reads it
    return message
