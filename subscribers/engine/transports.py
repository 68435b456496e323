"""Which way letters leave: by SMTP, or into the development inbox."""

from __future__ import annotations

import asyncio

from django.conf import settings

from newsroom.inbox.folder import deliver
from subscribers.engine.answers import Answer
from subscribers.engine.smtp import SmtpConnection, Transport


class InboxTransport:
    """The development inbox, which accepts everything."""

    eight_bit = True
    utf8_addresses = True

    async def send(self, *, sender: str, recipient: str, wire: bytes, utf8: bool) -> Answer:
        """Keep the letter as a file, with the dots that SMTP would have stuffed taken out again."""
        message = wire.replace(b"\r\n..", b"\r\n.")
        await asyncio.to_thread(deliver, message, to=recipient)
        return Answer(code=250, text="kept in the inbox")

    async def close(self) -> None:
        """Nothing is open."""


async def open_transport() -> Transport:
    """Open the way that EMAIL_URL names."""
    if settings.MAIL_SERVER.kind == "inbox":
        return InboxTransport()
    return await SmtpConnection.open(settings.MAIL_SERVER, name=settings.SITE_HOST)
