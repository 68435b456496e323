"""Which way letters leave: by SMTP, by a provider's interface, or into the development inbox."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

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


class Transport(Protocol):
    """A way out for letters, one at a time."""

    @property
    def eight_bit(self) -> bool:
        """Whether bodies may leave as they are."""

    @property
    def utf8_addresses(self) -> bool:
        """Whether addresses beyond ASCII may be written to."""

    async def send(
        self,
        envelope: PersonalisedEmail,
        *,
        leave: Awaitable[Permit],
        following: PersonalisedEmail | None = None,
    ) -> SmtpReply | None:
        """Hand over one letter if it gets leave, and give back the server's last word."""

    async def close(self) -> None:
        """Part politely."""


class InboxTransport:
    """The development inbox, which accepts everything."""

    eight_bit = True
    utf8_addresses = True

    async def send(
        self,
        envelope: PersonalisedEmail,
        *,
        leave: Awaitable[Permit],
        following: PersonalisedEmail | None = None,
    ) -> SmtpReply | None:
        """Keep the letter as a file, with the dots that SMTP would have stuffed taken out again."""
        if await leave is not Permit.GO:
            return None
        message = envelope.wire().replace(b"\r\n..", b"\r\n.")
        await asyncio.to_thread(storage.store, message, to=envelope.recipient)
        return SmtpReply(code=250, text="kept in the inbox")

    async def close(self) -> None:
        """Nothing is open."""


async def open_transport(server: MailServer) -> Transport:
    """Open a way out. Raises ServerAway or ServerRejectsUs."""
    match server.kind:
        case MailServerKind.INBOX:
            return InboxTransport()
        case MailServerKind.ANYMAIL:
            return await ProviderTransport.open(server)
        case _:
            return await SmtpConnection.open(server, name=settings.SITE_HOST)
