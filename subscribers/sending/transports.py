"""Opening the transport that a mail server's settings ask for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from django.conf import settings

from newsroom.inbox import storage
from newsroom.mail_servers import MailServerKind
from subscribers.sending.provider_transport import ProviderTransport
from subscribers.sending.smtp_connection import SmtpConnection
from subscribers.sending.transport_interface import Permit, SmtpReply

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from newsroom.mail_servers import MailServer
    from subscribers.sending.personalised_email import PersonalisedEmail
    from subscribers.sending.transport_interface import Transport


async def open_transport(server: MailServer) -> Transport:
    """Return an open transport. Raises ServerUnreachable or ServerRejectsUs."""
    match server.kind:
        case MailServerKind.INBOX:
            return InboxTransport()
        case MailServerKind.ANYMAIL:
            return await ProviderTransport.open(server)
        case _:
            return await SmtpConnection.open(server, name=settings.SITE_HOST)


class InboxTransport:
    """The development inbox, which accepts everything."""

    eight_bit = True
    utf8_addresses = True

    async def send(
        self,
        email: PersonalisedEmail,
        *,
        permit: Awaitable[Permit],
        following: PersonalisedEmail | None = None,
    ) -> SmtpReply | None:
        """Store the email as a file, without SMTP's dot-stuffing."""
        if await permit is not Permit.GO:
            return None
        message = email.wire().replace(b"\r\n..", b"\r\n.")
        await asyncio.to_thread(storage.store, message, to=email.rcpt_to)
        return SmtpReply(code=250, text="stored in the inbox")

    async def close(self) -> None:
        """Do nothing: no connection is open."""
