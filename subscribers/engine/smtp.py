"""One SMTP connection, and exact knowledge of how far each letter got (RFC 5321).

The standard library's client cannot tell a connection that died before the final dot from one that
died after it; for the ledger that is the difference between 'try again' and 'unknown'.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from typing import Protocol

from newsroom.mail_server import MailServer, Tls
from subscribers.engine.answers import Answer, ConnectionLost, ServerAway, ServerRejectsUs

MAX_ANSWER_LINES = 100
# RFC 5321, section 4.5.3.2.6: after the final dot a client waits ten minutes.
FINAL_ANSWER_SECONDS = 600.0


class Transport(Protocol):
    """A way out for letters, one at a time."""

    @property
    def eight_bit(self) -> bool:
        """Whether bodies may leave as they are."""

    @property
    def utf8_addresses(self) -> bool:
        """Whether addresses beyond ASCII may be written to."""

    async def send(self, *, sender: str, recipient: str, wire: bytes, utf8: bool) -> Answer:
        """Hand over one dot-stuffed letter and give back the server's last word."""

    async def close(self) -> None:
        """Part politely."""


class SmtpConnection:
    """A connection that has been greeted, protected and logged in."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: MailServer
    ) -> None:
        self._reader, self._writer, self._server = reader, writer, server
        self._offers: dict[str, str] = {}

    @property
    def eight_bit(self) -> bool:
        """Whether the server takes bodies as they are (RFC 6152)."""
        return "8BITMIME" in self._offers

    @property
    def utf8_addresses(self) -> bool:
        """Whether the server takes addresses beyond ASCII (RFC 6531)."""
        return "SMTPUTF8" in self._offers

    @classmethod
    async def open(cls, server: MailServer, *, name: str) -> SmtpConnection:
        """Connect and log in; `name` is what we call ourselves.

        Raises ServerAway when it may work later, ServerRejectsUs when a person must look.
        """
        context = ssl.create_default_context() if server.tls is not Tls.NONE else None
        implicit = context if server.tls is Tls.IMPLICIT else None
        try:
            async with asyncio.timeout(server.timeout):
                reader, writer = await asyncio.open_connection(
                    server.host, server.port, ssl=implicit, limit=65_536
                )
        except ssl.SSLError as failure:
            raise ServerRejectsUs(f"TLS with {server.host} failed: {failure}") from failure
        except (OSError, TimeoutError) as failure:
            reason = str(failure) or type(failure).__name__
            raise ServerAway(f"{server.host}:{server.port} is away: {reason}") from failure
        connection = cls(reader, writer, server)
        try:
            await connection._begin(context, name)
        except ConnectionLost as lost:
            connection.abort()
            raise ServerAway(f"{server.host}:{server.port} hung up: {lost}") from lost
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _begin(self, context: ssl.SSLContext | None, name: str) -> None:
        greeting = await self._answer()
        if not greeting.accepted:
            raise ServerAway(f"{self._server.host} does not greet us: {greeting}")
        await self._hello(name)
        if context is not None and self._server.tls is Tls.STARTTLS:
            await self._protect(context)
            await self._hello(name)
        if self._server.username:
            await self._log_in()

    async def _hello(self, name: str) -> None:
        answer = await self._command(f"EHLO {name}")
        if not answer.accepted:
            raise ServerAway(f"{self._server.host} refuses EHLO: {answer}")
        words = (line.partition(" ") for line in answer.text.splitlines()[1:])
        self._offers = {keyword.upper(): rest for keyword, _, rest in words}

    async def _protect(self, context: ssl.SSLContext) -> None:
        answer = await self._command("STARTTLS")
        if not answer.accepted:
            raise ServerRejectsUs(f"{self._server.host} offers no TLS: {answer}")
        try:
            async with asyncio.timeout(self._server.timeout):
                await self._writer.start_tls(context, server_hostname=self._server.host)
        except (ssl.SSLError, OSError, TimeoutError) as failure:
            raise ServerRejectsUs(f"TLS with {self._server.host} failed: {failure}") from failure

    async def _log_in(self) -> None:
        if self._server.tls is Tls.NONE and self._server.host not in {"localhost", "127.0.0.1"}:
            raise ServerRejectsUs("a password is never sent without TLS: add ?tls=starttls")
        words = f"\0{self._server.username}\0{self._server.password}".encode()
        answer = await self._command(f"AUTH PLAIN {base64.b64encode(words).decode()}")
        if answer.temporary:
            raise ServerAway(f"{self._server.host} cannot log us in now: {answer}")
        if not answer.accepted:
            raise ServerRejectsUs(f"{self._server.host} refuses our name and password: {answer}")

    async def send(self, *, sender: str, recipient: str, wire: bytes, utf8: bool) -> Answer:
        """Hand over one letter. `wire` ends with CRLF and is dot-stuffed.

        Gives the answer to the recipient or to the letter. Raises ConnectionLost, whose `begun` is
        true once the final dot may have arrived, and ServerRejectsUs when it is our address that
        the server will not have.
        """
        extras = (" BODY=8BITMIME" if self.eight_bit else "") + (" SMTPUTF8" if utf8 else "")
        answer = await self._command(f"MAIL FROM:<{sender}>{extras}")
        if not answer.accepted:
            if answer.temporary:
                raise ConnectionLost(f"the server is busy: {answer}", begun=False)
            raise ServerRejectsUs(f"the server refuses {sender} as a sender: {answer}")
        answer = await self._command(f"RCPT TO:<{recipient}>")
        if not answer.accepted:
            return await self._give_up(answer)
        answer = await self._command("DATA")
        if answer.code != 354:
            return await self._give_up(answer)
        return await self._data(wire)

    async def _give_up(self, answer: Answer) -> Answer:
        """Clear the server's table after it refused a recipient or the data."""
        if answer.code == 421:
            raise ConnectionLost(str(answer), begun=False)
        await self._command("RSET")
        return answer

    async def _data(self, wire: bytes) -> Answer:
        try:
            async with asyncio.timeout(self._server.timeout):
                self._writer.write(wire)
                await self._writer.drain()
        except (OSError, TimeoutError) as failure:
            self.abort()
            raise ConnectionLost(str(failure) or "the server stalled", begun=False) from failure
        try:
            self._writer.write(b".\r\n")
            return await self._answer(seconds=FINAL_ANSWER_SECONDS)
        except (ConnectionLost, OSError) as failure:
            self.abort()
            raise ConnectionLost(str(failure), begun=True) from failure

    async def _command(self, line: str) -> Answer:
        try:
            self._writer.write(line.encode() + b"\r\n")
            async with asyncio.timeout(self._server.timeout):
                await self._writer.drain()
        except (OSError, TimeoutError) as failure:
            raise ConnectionLost(str(failure) or "the server stalled", begun=False) from failure
        return await self._answer()

    async def _answer(self, *, seconds: float | None = None) -> Answer:
        """Read one answer, of several lines if it has them."""
        lines: list[str] = []
        try:
            async with asyncio.timeout(seconds or self._server.timeout):
                for _ in range(MAX_ANSWER_LINES):
                    raw = await self._reader.readline()
                    if not raw.endswith(b"\n"):
                        raise ConnectionLost("the server hung up", begun=False)
                    line = raw.decode(errors="replace").rstrip("\r\n")
                    lines.append(line[4:])
                    if line[3:4] != "-":
                        return Answer(code=int(line[:3]), text="\n".join(lines))
        except (OSError, TimeoutError) as failure:
            raise ConnectionLost(str(failure) or "no answer in time", begun=False) from failure
        except ValueError:
            raise ConnectionLost("an answer that is none", begun=False) from None
        raise ConnectionLost("an answer without end", begun=False)

    async def close(self) -> None:
        """Say QUIT; whatever comes back, the connection is over."""
        try:
            await self._command("QUIT")
        except ConnectionLost:
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Hang up at once."""
        self._writer.transport.abort()
