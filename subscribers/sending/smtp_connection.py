"""One SMTP connection that knows exactly how far each email got (RFC 5321).

The standard library's client cannot tell a connection that died before the final dot from one that
died after it. For the ledger, that is the difference between 'retry' and 'unknown'. This client
also sends the next email's envelope together with the final dot (RFC 2920, section 3.1), so that
an email costs one round trip.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, cast

from newsroom.connection_errors import failure_reason
from newsroom.mail_servers import MailServer, TlsMode
from newsroom.smtp_login import LoginRefused, log_in, login_secret, offered_ways
from subscribers.sending.smtp_protocol import ReplyReader
from subscribers.sending.transport_interface import (
    ConnectionLost,
    GreetingRejected,
    NotSmtp,
    Permit,
    ServerBusy,
    ServerRejectsUs,
    ServerUnreachable,
    SmtpReply,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from subscribers.sending.personalised_email import PersonalisedEmail

# RFC 5321, section 4.5.3.2.6: after the final dot a client waits ten minutes.
FINAL_REPLY_SECONDS = 600.0

# The name does not exist, as opposed to a name server that cannot answer now (EAI_AGAIN).
NO_SUCH_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


def _names_no_host(failure: BaseException) -> bool:
    """Whether a host name can never be found: it does not exist, or could be nobody's name."""
    if isinstance(failure, socket.gaierror):
        return failure.errno in NO_SUCH_HOST
    return isinstance(failure, UnicodeError)


def _tls_failure(host: str, failure: ssl.SSLError) -> Exception:
    """Return what failed: a cut connection may work later, a wrong certificate needs a person."""
    is_cut = isinstance(failure, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    kind = ServerUnreachable if is_cut else ServerRejectsUs
    return kind(f"TLS with {host} failed: {failure}")


class SmtpConnection:
    """A transport: a connection that is greeted, encrypted and logged in as its server asks."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._reader = ReplyReader()
        # What the server offers: 8-bit bodies (RFC 6152), addresses beyond ASCII (RFC 6531), and
        # several commands at once (RFC 2920).
        self.eight_bit = self.utf8_addresses = self._pipelines = False
        self._ways_to_log_in: list[str] = []
        # The email whose envelope was sent together with the one before it.
        self._announced: PersonalisedEmail | None = None

    @classmethod
    async def open(cls, server: MailServer, *, name: str) -> SmtpConnection:
        """Connect and log in; `name` is the host name in our EHLO.

        Raises ServerUnreachable if it may work later, ServerRejectsUs if a person has to act.
        """
        connection = cls(server)
        context = ssl.create_default_context() if server.tls is not TlsMode.NONE else None
        try:
            await connection._connect(context if server.tls is TlsMode.IMPLICIT else None)
            await connection._start_session(context, name)
        except NotSmtp as reply:
            connection.abort()
            raise ServerRejectsUs(f"{server.name} is not a mail server: {reply}") from reply
        except ConnectionLost as lost:
            connection.abort()
            raise ServerUnreachable(f"{server.name}: {lost}") from lost
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
                    lambda: self._reader, server.host, server.port, ssl=context
                )
        except ssl.SSLError as failure:
            raise _tls_failure(server.host, failure) from failure
        except (OSError, TimeoutError, UnicodeError) as failure:
            reason = failure_reason(failure)
            if _names_no_host(failure):
                raise ServerRejectsUs(
                    f"There is no host named {server.host}: {reason}. Correct EMAIL_URL."
                ) from failure
            raise ServerUnreachable(f"{server.name} is unreachable: {reason}") from failure

    async def _start_session(self, context: ssl.SSLContext | None, name: str) -> None:
        greeting = await self._reply()
        if not (greeting.accepted or greeting.temporary):
            raise GreetingRejected(f"{self._server.name} did not accept us: {greeting}")
        self._require(greeting, f"{self._server.name} did not accept us")
        await self._hello(name)
        if context is not None and self._server.tls is TlsMode.STARTTLS:
            await self._start_tls(context)
            await self._hello(name)
        if self._server.username:
            await self._log_in()

    @staticmethod
    def _require(reply: SmtpReply, problem: str) -> None:
        """Raise ServerBusy if a reply refuses for now, ServerRejectsUs if for good."""
        if reply.accepted:
            return
        kind = ServerBusy if reply.temporary else ServerRejectsUs
        raise kind(f"{problem}: {reply}")

    async def _hello(self, name: str) -> None:
        reply = await self._command(f"EHLO {name}")
        self._require(reply, f"{self._server.name} refused EHLO")
        lines = reply.text.splitlines()[1:]
        offers = {line.partition(" ")[0].upper() for line in lines}
        self._ways_to_log_in = offered_ways(lines)
        self.eight_bit = "8BITMIME" in offers
        self.utf8_addresses = "SMTPUTF8" in offers
        self._pipelines = "PIPELINING" in offers

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        reply = await self._command("STARTTLS")
        self._require(reply, f"{self._server.host} offers no TLS")
        loop = asyncio.get_running_loop()
        host = self._server.host
        try:
            async with asyncio.timeout(self._server.timeout):
                secured = await loop.start_tls(
                    cast("asyncio.Transport", self._reader.transport),
                    self._reader,
                    context,
                    server_hostname=host,
                )
        except ssl.SSLError as failure:
            raise _tls_failure(host, failure) from failure
        except (OSError, TimeoutError) as failure:
            reason = failure_reason(failure)
            raise ServerUnreachable(f"TLS with {host} failed: {reason}") from failure
        # Whatever came before the handshake was not protected by it.
        self._reader.switch_to_tls(cast("asyncio.Transport", secured))

    async def _log_in(self) -> None:
        try:
            secret = await asyncio.to_thread(login_secret, self._server)
            lines = log_in(self._server, self._ways_to_log_in, secret)
            line = next(lines)
            while True:
                reply = await self._command(line)
                line = lines.send((reply.code, reply.text))
        except StopIteration:
            return
        except LoginRefused as refusal:
            kind = ServerBusy if refusal.temporary else ServerRejectsUs
            raise kind(str(refusal)) from refusal

    async def send(
        self,
        email: PersonalisedEmail,
        *,
        permit: Awaitable[Permit],
        following: PersonalisedEmail | None = None,
    ) -> SmtpReply | None:
        """Send one email: its envelope at once, its content when `permit` says GO.

        The envelope of `following` is sent together with the final dot. Returns None without a GO;
        then the connection is closed. Raises ConnectionLost, and ServerRejectsUs if the server
        refuses our sender address.
        """
        if self._announced is not email:
            self._reader.write(self._envelope_commands(email))
        self._announced = None
        refusal = await self._envelope_refusal(email)
        if await permit is not Permit.GO:
            self.abort()
            return None
        if refusal is not None:
            return refusal
        return await self._send_content(email, following)

    async def _send_content(
        self, email: PersonalisedEmail, following: PersonalisedEmail | None
    ) -> SmtpReply:
        """Send content and final dot, and with them the next envelope if the server allows it."""
        after = b".\r\n"
        if following is not None and self._pipelines:
            after += self._envelope_commands(following)
            self._announced = following
        try:
            self._reader.write(email.wire(after))
            return await self._reply(seconds=FINAL_REPLY_SECONDS)
        except ConnectionLost as lost:
            self.abort()
            raise ConnectionLost(str(lost), maybe_accepted=True) from lost

    def _envelope_commands(self, email: PersonalisedEmail) -> bytes:
        """Return MAIL FROM, or all three commands if the server allows pipelining (RFC 2920)."""
        body = " BODY=8BITMIME" if self.eight_bit else ""
        utf8 = " SMTPUTF8" if email.utf8 else ""
        first = f"MAIL FROM:<{email.mail_from}>{body}{utf8}\r\n"
        if not self._pipelines:
            return first.encode()
        return f"{first}RCPT TO:<{email.rcpt_to}>\r\nDATA\r\n".encode()

    async def _envelope_refusal(self, email: PersonalisedEmail) -> SmtpReply | None:
        """Read the replies to an envelope: None if the server waits for the content."""
        if self._pipelines:
            sender, recipient, data = await self._reader.replies(3, seconds=self._server.timeout)
        else:
            sender = await self._reply()
            recipient = data = sender
            if sender.accepted:
                recipient = data = await self._command(f"RCPT TO:<{email.rcpt_to}>")
            if recipient.accepted:
                data = await self._command("DATA")
        if sender.accepted and recipient.accepted and data.code == 354:
            return None
        return await self._reset(sender, recipient, data)

    async def _reset(self, sender: SmtpReply, recipient: SmtpReply, data: SmtpReply) -> SmtpReply:
        """Make the server ready for the next envelope, and return the reply that refused this."""
        refusal = next(
            reply for reply in (sender, recipient, data) if not reply.accepted and reply.code != 354
        )
        if refusal.code == 421:
            raise ConnectionLost(f"the server is closing: {refusal}", maybe_accepted=False)
        if data.code == 354:  # it accepted no recipient, but waits for a final dot
            self._reader.write(b".\r\n")
            await self._reply()
        await self._command("RSET")
        if refusal is sender:
            if refusal.temporary:
                raise ConnectionLost(f"the server is busy: {refusal}", maybe_accepted=False)
            raise ServerRejectsUs(f"The mail server refused our sender address: {refusal}")
        return refusal

    async def _command(self, line: str) -> SmtpReply:
        self._reader.write(line.encode() + b"\r\n")
        return await self._reply()

    async def _reply(self, *, seconds: float | None = None) -> SmtpReply:
        [reply] = await self._reader.replies(1, seconds=seconds or self._server.timeout)
        return reply

    async def close(self) -> None:
        """Send QUIT and close the connection, whatever the server replies."""
        if self._announced is None:
            with contextlib.suppress(ConnectionLost):
                await self._command("QUIT")
        self.abort()

    def abort(self) -> None:
        """Close the connection at once."""
        self._reader.abort()
