"""The wire of an SMTP connection: octets out, whole replies in."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

from subscribers.sending.transport_interface import ConnectionLost, SmtpReply

# A reply that goes on for longer is no reply; nothing a server sends may fill our memory.
MAX_REPLY_OCTETS = 64 * 1024
BUFFER_OCTETS = 4096


class ReplyReader(asyncio.BufferedProtocol):
    """Cuts what a server sends into replies (RFC 5321, section 4.2.1), handed out in order.

    It reads into a buffer of its own: the usual one of 256 KB was made anew for every few octets.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._buffer = memoryview(bytearray(BUFFER_OCTETS))
        self._rest = b""
        self._lines: list[bytes] = []
        self._replies: deque[tuple[int, list[bytes]]] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._patience = 0.0
        self._wait_ends = 0.0
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

    def get_buffer(self, sizehint: int) -> memoryview:
        """Give the loop room to read into."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what came; wake the reader when as many replies as it wants are whole."""
        data = self._rest + self._buffer[:nbytes]
        *lines, self._rest = data.split(b"\n")
        if len(self._rest) + sum(map(len, self._lines)) > MAX_REPLY_OCTETS:
            self._end("the server's reply has no end")
            return
        for line in lines:
            self._lines.append(line[4:])
            if line[3:4] == b"-":
                continue
            if not line[:3].isdigit():
                shown = line[:80].decode(errors="replace")
                self._end(f"the server does not speak SMTP: {shown!r}")
                return
            self._replies.append((int(line[:3]), self._lines))
            self._lines = []
        if len(self._replies) >= self._wanted:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let whoever waits know."""
        self._end(str(exc) if exc else "the server hung up")

    def _end(self, reason: str) -> None:
        self._ended = self._ended or reason
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self.transport is not None:
            self.transport.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def replies(self, number: int, *, seconds: float) -> list[SmtpReply]:
        """Wait for the next replies, so long for all of them. Raises ConnectionLost."""
        while len(self._replies) < number:
            if self._ended:
                raise ConnectionLost(self._farewell(), begun=False)
            self._wanted = number
            self._waiter = self._loop.create_future()
            self._set_alarm(seconds)
            await self._waiter
            self._waiter = None
        return [_answer(*self._replies.popleft()) for _ in range(number)]

    def _farewell(self) -> str:
        """Say why it ended: a server often tells before it hangs up (RFC 5321, section 3.8)."""
        words = [_answer(*reply) for reply in self._replies]
        last = next((answer for answer in words if answer.code >= 400), None)
        return f"{self._ended} after {last}" if last else self._ended

    def _set_alarm(self, seconds: float) -> None:
        """Note when waiting ends; one timer serves the connection's whole life."""
        self._patience, self._wait_ends = seconds, self._loop.time() + seconds
        if self._alarm is None or self._alarm.when() > self._wait_ends:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(self._wait_ends, self._ring)

    def _ring(self) -> None:
        """Give up on a server that has been silent for too long, or look again later."""
        self._alarm = None
        if self._waiter is None:
            return
        if self._loop.time() < self._wait_ends:
            self._alarm = self._loop.call_at(self._wait_ends, self._ring)
        else:
            self._end(f"no answer within {self._patience:g} s")

    def write(self, octets: bytes) -> None:
        """Send octets, unless the connection has ended: then `replies` will say so."""
        if self.transport is not None and not self._ended:
            self.transport.write(octets)

    def abort(self) -> None:
        """Hang up at once."""
        self._end("we hung up")


PLAIN_YES = SmtpReply(code=250, text="")
GO_AHEAD = SmtpReply(code=354, text="")


def _answer(code: int, lines: list[bytes]) -> SmtpReply:
    """Read a reply's words where anybody will ask for them."""
    if code == 250 and len(lines) == 1:
        return PLAIN_YES
    if code == 354:
        return GO_AHEAD
    words = "\n".join(line.decode(errors="replace").rstrip("\r") for line in lines)
    return SmtpReply(code=code, text=words)
