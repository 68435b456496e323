"""Opening the transport that a mail server's settings ask for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from newsroom.inbox import storage
from newsroom.mail_servers import MailServerKind
from newsroom.site_address import site_host
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
            return await SmtpConnection.open(server, name=site_host())


def store_in_inbox(email: PersonalisedEmail) -> None:
    """Write an email to the development inbox, without SMTP's dot-stuffing."""
    storage.store(email.wire().replace(b"\r\n..", b"\r\n."), to=email.rcpt_to)


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
        """Store the email as a file."""
        if await permit is not Permit.GO:
            return None
        await asyncio.to_thread(store_in_inbox, email)
        return SmtpReply(code=250, text="stored in the inbox")

    async def close(self) -> None:
        """Do nothing: no connection is open."""
