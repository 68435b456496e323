"""One SMTP connection, and exact knowledge of how far each letter got (RFC 5321).

The standard library's client cannot tell a connection that died before the final dot from one that
died after it; for the ledger that is the difference between 'try again' and 'unknown'. This one
also sends the next letter's envelope together with the final dot (RFC 2920, section 3.1), so that a
letter costs one round trip.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from base64 import b64encode
from typing import TYPE_CHECKING, cast

from newsroom.mail_servers import MailServer, TlsMode
from subscribers.sending.smtp_protocol import ReplyReader
from subscribers.sending.transport_interface import (
    ConnectionLost,
    Permit,
    ServerRejectsUs,
    ServerUnreachable,
    SmtpReply,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from subscribers.sending.personalised_email import PersonalisedEmail

# RFC 5321, section 4.5.3.2.6: after the final dot a client waits ten minutes.
FINAL_ANSWER_SECONDS = 600.0


class SmtpConnection:
    """A connection that has been greeted, protected and logged in."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._wire = ReplyReader()
        # Whether the server takes bodies as they are (RFC 6152), addresses beyond ASCII (RFC
        # 6531), and commands before it answered the last (RFC 2920).
        self.eight_bit = self.utf8_addresses = self._pipelines = False
        self._announced: PersonalisedEmail | None = None

    @classmethod
    async def open(cls, server: MailServer, *, name: str) -> SmtpConnection:
        """Connect and log in; `name` is what we call ourselves.

        Raises ServerAway when it may work later, ServerRejectsUs when a person must look.
        """
        connection = cls(server)
        context = ssl.create_default_context() if server.tls is not TlsMode.NONE else None
        try:
            await connection._connect(context if server.tls is TlsMode.IMPLICIT else None)
            await connection._begin(context, name)
        except ConnectionLost as lost:
            connection.abort()
            raise ServerUnreachable(f"{server.host}:{server.port} hung up: {lost}") from lost
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _connect(self, context: ssl.SSLContext | None) -> None:
        server = self._server
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(server.timeout):
                await loop.create_connection(
                    lambda: self._wire, server.host, server.port, ssl=context
                )
        except ssl.SSLError as failure:
            raise ServerRejectsUs(f"TLS with {server.host} failed: {failure}") from failure
        except (OSError, TimeoutError) as failure:
            reason = str(failure) or type(failure).__name__
            raise ServerUnreachable(f"{server.host}:{server.port} is away: {reason}") from failure

    async def _begin(self, context: ssl.SSLContext | None, name: str) -> None:
        greeting = await self._reply()
        if not greeting.accepted:
            raise ServerUnreachable(f"{self._server.host} does not greet us: {greeting}")
        await self._hello(name)
        if context is not None and self._server.tls is TlsMode.STARTTLS:
            await self._protect(context)
            await self._hello(name)
        if self._server.username:
            await self._log_in()

    async def _hello(self, name: str) -> None:
        answer = await self._command(f"EHLO {name}")
        if not answer.accepted:
            raise ServerUnreachable(f"{self._server.host} refuses EHLO: {answer}")
        offers = {line.partition(" ")[0].upper() for line in answer.text.splitlines()[1:]}
        self.eight_bit = "8BITMIME" in offers
        self.utf8_addresses = "SMTPUTF8" in offers
        self._pipelines = "PIPELINING" in offers

    async def _protect(self, context: ssl.SSLContext) -> None:
        answer = await self._command("STARTTLS")
        if not answer.accepted:
            raise ServerRejectsUs(f"{self._server.host} offers no TLS: {answer}")
        loop = asyncio.get_running_loop()
        host = self._server.host
        try:
            async with asyncio.timeout(self._server.timeout):
                secured = await loop.start_tls(
                    cast("asyncio.Transport", self._wire.transport),
                    self._wire,
                    context,
                    server_hostname=host,
                )
        except (OSError, TimeoutError) as failure:  # ssl.SSLError is an OSError
            raise ServerRejectsUs(f"TLS with {host} failed: {failure}") from failure
        # Whatever came before the handshake was not protected by it.
        self._wire.secured(cast("asyncio.Transport", secured))

    async def _log_in(self) -> None:
        if self._server.tls is TlsMode.NONE and self._server.host not in {"localhost", "127.0.0.1"}:
            raise ServerRejectsUs("a password is never sent without TLS: add ?tls=starttls")
        words = f"\0{self._server.username}\0{self._server.password}".encode()
        answer = await self._command(f"AUTH PLAIN {b64encode(words).decode()}")
        if answer.temporary:
            raise ServerUnreachable(f"{self._server.host} cannot log us in now: {answer}")
        if not answer.accepted:
            raise ServerRejectsUs(f"{self._server.host} refuses our name and password: {answer}")

    async def send(
        self,
        envelope: PersonalisedEmail,
        *,
        leave: Awaitable[Permit],
        following: PersonalisedEmail | None = None,
    ) -> SmtpReply | None:
        """Hand over one letter; its words go when `leave` says GO, else None is returned.

        `following` is the next letter, whose envelope travels with this one's dot; after a None
        the connection is over. Raises ConnectionLost, whose `begun` is true once the words may
        have arrived, and ServerRejectsUs when it is our own address that the server will not have.
        """
        if self._announced is not envelope:
            self._wire.write(self._lines(envelope))
        self._announced = None
        refusal = await self._envelope_answer(envelope)
        if await leave is not Permit.GO:
            self.abort()
            return None
        if refusal is not None:
            return refusal
        return await self._finish(envelope, following)

    async def _finish(
        self, envelope: PersonalisedEmail, following: PersonalisedEmail | None
    ) -> SmtpReply:
        """Send words and dot, and with them the next envelope where the server allows that."""
        after = b".\r\n"
        if following is not None and self._pipelines:
            after += self._lines(following)
            self._announced = following
        try:
            self._wire.write(envelope.wire(after))
            return await self._reply(seconds=FINAL_ANSWER_SECONDS)
        except ConnectionLost as lost:
            self.abort()
            raise ConnectionLost(str(lost), begun=True) from lost

    def _lines(self, envelope: PersonalisedEmail) -> bytes:
        """Write an envelope's commands: in one go where the server allows that (RFC 2920)."""
        body = " BODY=8BITMIME" if self.eight_bit else ""
        utf8 = " SMTPUTF8" if envelope.utf8 else ""
        first = f"MAIL FROM:<{envelope.sender}>{body}{utf8}\r\n"
        if not self._pipelines:
            return first.encode()
        return f"{first}RCPT TO:<{envelope.recipient}>\r\nDATA\r\n".encode()

    async def _envelope_answer(self, envelope: PersonalisedEmail) -> SmtpReply | None:
        """Read the answers to an envelope; None when the server waits for the letter."""
        if self._pipelines:
            sender, recipient, data = await self._wire.replies(3, seconds=self._server.timeout)
        else:
            sender = await self._reply()
            recipient = data = sender
            if sender.accepted:
                recipient = data = await self._command(f"RCPT TO:<{envelope.recipient}>")
            if recipient.accepted:
                data = await self._command("DATA")
        if sender.accepted and recipient.accepted and data.code == 354:
            return None
        return await self._clear(sender, recipient, data)

    async def _clear(self, sender: SmtpReply, recipient: SmtpReply, data: SmtpReply) -> SmtpReply:
        """Bring the server back to where a new letter can begin, and name what refused this one."""
        refusal = next(a for a in (sender, recipient, data) if not a.accepted and a.code != 354)
        if refusal.code == 421:
            raise ConnectionLost(f"the server closes: {refusal}", begun=False)
        if data.code == 354:  # nobody is to receive it, but the server wants its dot
            self._wire.write(b".\r\n")
            await self._reply()
        await self._command("RSET")
        if refusal is sender:
            if refusal.temporary:
                raise ConnectionLost(f"the server is busy: {refusal}", begun=False)
            raise ServerRejectsUs(f"the server refuses us as a sender: {refusal}")
        return refusal

    async def _command(self, line: str) -> SmtpReply:
        self._wire.write(line.encode() + b"\r\n")
        return await self._reply()

    async def _reply(self, *, seconds: float | None = None) -> SmtpReply:
        [answer] = await self._wire.replies(1, seconds=seconds or self._server.timeout)
        return answer

    async def close(self) -> None:
        """Say QUIT; whatever comes back, the connection is over."""
        if self._announced is None:
            with contextlib.suppress(ConnectionLost):
                await self._command("QUIT")
        self.abort()

    def abort(self) -> None:
        """Hang up at once."""
        self._wire.abort()
