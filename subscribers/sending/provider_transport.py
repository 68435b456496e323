"""Letters by a provider's own interface, through django-anymail: one call of it is one letter.

A batch call would take or lose hundreds at once; here at most one letter a connection is in doubt,
as with SMTP, and the same ledger counts both.
"""

from __future__ import annotations

import asyncio
import email
from concurrent.futures import ThreadPoolExecutor
from email import policy
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

# These the provider's interface has fields for; it writes them itself.
FIELDS = {"from", "to", "subject", "reply-to", "mime-version", "content-type", "date"}
TAKEN = {"sent", "queued"}
# Too many requests (RFC 6585, section 4), and away for a while (RFC 9110, section 15.6.4).
NOT_NOW = {429, 503}
NOT_US = {401, 402, 403}


class ProviderTransport:
    """One session with a provider; its calls block, so a thread of its own makes them."""

    eight_bit = True
    utf8_addresses = True

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="provider")

    @classmethod
    async def open(cls, server: MailServer) -> ProviderTransport:
        """Begin a session. Raises ServerRejectsUs where the provider's settings are missing."""
        try:
            backend = get_connection(server.backend)
            backend.open()
        except (AnymailError, ImproperlyConfigured, ImportError) as failure:
            raise ServerRejectsUs(f"{server.name} cannot be used: {_line(failure)}") from failure
        return cls(backend)

    async def send(
        self,
        envelope: PersonalisedEmail,
        *,
        leave: Awaitable[Permit],
        following: PersonalisedEmail | None = None,
    ) -> SmtpReply | None:
        """Hand over one letter if it gets leave. Raises ConnectionLost and ServerRejectsUs."""
        if await leave is not Permit.GO:
            return None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._post, envelope)

    def _post(self, envelope: PersonalisedEmail) -> SmtpReply:
        message = write_message(envelope)
        try:
            self._backend.send_messages([message])
        except AnymailRecipientsRefused as refusal:
            return SmtpReply(code=550, text=_line(refusal))
        except AnymailAPIError as failure:
            return _answer_to(failure)
        except AnymailError as failure:  # it could not even be written down for them
            return SmtpReply(code=554, text=_line(failure))
        status = message.anymail_status  # type: ignore[attr-defined]  # Anymail sets it
        if status.status and status.status <= TAKEN:
            return SmtpReply(code=250, text=f"{status.message_id}")
        return SmtpReply(
            code=550, text=f"the provider says: {', '.join(sorted(status.status or ()))}"
        )

    async def close(self) -> None:
        """End the session."""
        self._backend.close()
        self._thread.shutdown(wait=False)


def _answer_to(failure: AnymailAPIError) -> SmtpReply:
    """Tell a refusal from a call of unknown fate. Raises ConnectionLost and ServerRejectsUs."""
    code = failure.status_code
    words = _line(failure)
    if isinstance(failure, requests.exceptions.ConnectTimeout) or _never_connected(failure):
        raise ConnectionLost(words, begun=False) from failure
    if code is None or (code >= 500 and code not in NOT_NOW) or code < 400:
        raise ConnectionLost(words, begun=True) from failure
    if code in NOT_NOW:
        return SmtpReply(code=451, text=words)
    if code in NOT_US:
        raise ServerRejectsUs(f"the provider refuses us: {words}") from failure
    return SmtpReply(code=550, text=words)


def _never_connected(failure: BaseException) -> bool:
    """Whether no connection came about: then nothing was handed over."""
    cause = failure.__cause__
    reason = getattr(cause.args[0], "reason", None) if cause and cause.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError"}


def _line(failure: BaseException) -> str:
    return " ".join(str(failure).split())[:400]


def write_message(envelope: PersonalisedEmail) -> EmailMultiAlternatives:
    """Turn a letter's octets back into fields, which is what a provider's interface takes."""
    octets = envelope.wire().replace(b"\r\n..", b"\r\n.")
    letter: EmailMessage = email.message_from_bytes(octets, policy=policy.SMTP)
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    message = EmailMultiAlternatives(
        subject=str(letter["Subject"]),
        body=str(text.get_content()) if text else "",
        from_email=str(letter["From"]),
        to=[str(letter["To"])],
        reply_to=[str(letter["Reply-To"])] if letter["Reply-To"] else None,
        headers={name: str(value) for name, value in letter.items() if name.lower() not in FIELDS},
    )
    if html:
        message.attach_alternative(str(html.get_content()), "text/html")
    # The provider's reports give it back, so that they find the delivery.
    token = token_in(envelope.sender)
    message.metadata = {"delivery": token}  # type: ignore[attr-defined]  # Anymail reads it
    return message
