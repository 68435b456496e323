"""The wire of an SMTP connection: octets out, whole replies in."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

from subscribers.engine.answers import Answer, ConnectionLost

# A reply that goes on for longer is no reply; nothing a server sends may fill our memory.
MAX_REPLY_OCTETS = 64 * 1024


class ReplyReader(asyncio.Protocol):
    """Cuts what a server sends into replies (RFC 5321, section 4.2.1), handed out in order."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._rest = b""
        self._lines: list[str] = []
        self._replies: deque[Answer] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note where to write."""
        self.transport = cast("asyncio.Transport", transport)

    def secured(self, transport: asyncio.Transport) -> None:
        """Go on under TLS; whatever was received before counts no more."""
        self.transport = transport
        self._rest = b""
        self._lines = []
        self._replies.clear()

    def data_received(self, data: bytes) -> None:
        """Take what came; wake the reader when a reply is whole."""
        data = self._rest + data
        *lines, self._rest = data.split(b"\n")
        if len(self._rest) + sum(map(len, self._lines)) > MAX_REPLY_OCTETS:
            self._end("the server's reply has no end")
            return
        for raw in lines:
            line = raw.decode(errors="replace").rstrip("\r")
            self._lines.append(line[4:])
            if line[3:4] == "-":
                continue
            if not line[:3].isdecimal():
                self._end(f"the server does not speak SMTP: {line[:80]!r}")
                return
            self._replies.append(Answer(code=int(line[:3]), text="\n".join(self._lines)))
            self._lines = []
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let whoever waits know."""
        self._end(str(exc) if exc else "the server hung up")

    def _end(self, reason: str) -> None:
        self._ended = self._ended or reason
        if self.transport is not None:
            self.transport.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def reply(self, *, seconds: float) -> Answer:
        """Wait for the next reply. Raises ConnectionLost."""
        while not self._replies:
            if self._ended:
                raise ConnectionLost(self._ended, begun=False)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(seconds):
                    await self._waiter
            except TimeoutError as failure:
                raise ConnectionLost(f"no answer within {seconds:g} s", begun=False) from failure
        return self._replies.popleft()

    def write(self, octets: bytes) -> None:
        """Send octets, unless the connection has ended: then `reply` will say so."""
        if self.transport is not None and not self._ended:
            self.transport.write(octets)

    def abort(self) -> None:
        """Hang up at once."""
        self._end("we hung up")
