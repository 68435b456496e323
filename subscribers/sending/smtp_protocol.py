"""The bytes of an SMTP connection: data is written, complete replies are read."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

from subscribers.sending.transport_interface import ConnectionLost, NotSmtp, SmtpReply

# Nothing that a server sends may fill our memory: a longer reply ends the connection.
MAX_REPLY_BYTES = 64 * 1024
BUFFER_BYTES = 4096


class ReplyReader(asyncio.BufferedProtocol):
    """Splits what a server sends into replies (RFC 5321, section 4.2.1), returned in order.

    It reads into a small buffer of its own: by default the event loop allocates 256 KB for each
    read, even of a few bytes.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._partial_line = b""
        self._lines: list[bytes] = []  # of the reply that is not complete yet
        self._replies: deque[tuple[int, list[bytes]]] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = 0  # how many replies the waiter needs
        self._timer: asyncio.TimerHandle | None = None
        self._timeout = 0.0
        self._wait_ends = 0.0
        self._closed_because = ""
        self._speaks_smtp = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        self.transport = cast("asyncio.Transport", transport)

    def switch_to_tls(self, transport: asyncio.Transport) -> None:
        """Continue on an encrypted transport, and drop what was received before it."""
        self.transport = transport
        self._partial_line = b""
        self._lines = []
        self._replies.clear()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return the buffer that the event loop reads into."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Parse what was read, and wake the waiter once it has all the replies it needs."""
        data = self._partial_line + self._buffer[:nbytes]
        *lines, self._partial_line = data.split(b"\n")
        if len(self._partial_line) + sum(map(len, self._lines)) > MAX_REPLY_BYTES:
            self._end(f"the server's reply is longer than {MAX_REPLY_BYTES // 1024} KB")
            return
        for line in (*lines, self._partial_line):
            if not line[:3].isdigit() and (len(line) >= 3 or line is not self._partial_line):
                shown = line[:80].decode(errors="replace").strip()
                self._speaks_smtp = False
                self._end(f"the reply is not SMTP: {shown!r}")
                return
        for line in lines:
            self._lines.append(line[4:])
            if line[3:4] == b"-":
                continue
            self._replies.append((int(line[:3]), self._lines))
            self._lines = []
        if len(self._replies) >= self._wanted:
            self._wake_waiter()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake the waiter, as the connection has ended."""
        self._end(str(exc) if exc else "the server closed the connection")

    def _end(self, reason: str) -> None:
        self._closed_because = self._closed_because or reason
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.transport is not None:
            self.transport.abort()
        self._wake_waiter()

    def _wake_waiter(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def replies(self, number: int, *, seconds: float) -> list[SmtpReply]:
        """Return the next replies; all must arrive within `seconds`. Raises ConnectionLost."""
        while len(self._replies) < number:
            if self._closed_because:
                kind = ConnectionLost if self._speaks_smtp else NotSmtp
                raise kind(self._closing_reason(), maybe_accepted=False)
            self._wanted = number
            self._waiter = self._loop.create_future()
            self._set_timer(seconds)
            await self._waiter
            self._waiter = None
        return [_parse_reply(*self._replies.popleft()) for _ in range(number)]

    def _closing_reason(self) -> str:
        """Return why the connection ended, with the server's own last reply if it sent one.

        A server may announce that it closes the connection (RFC 5321, section 3.8).
        """
        unread = [_parse_reply(*reply) for reply in self._replies]
        last = next((reply for reply in unread if reply.code >= 400), None)
        return f"{self._closed_because} after {last}" if last else self._closed_because

    def _set_timer(self, seconds: float) -> None:
        """Set when waiting ends; one timer serves all waits of the connection."""
        self._timeout, self._wait_ends = seconds, self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._wait_ends:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._wait_ends, self._on_timer)

    def _on_timer(self) -> None:
        """End the connection if the wait is over, or check again when it will be."""
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._wait_ends:
            self._timer = self._loop.call_at(self._wait_ends, self._on_timer)
        else:
            self._end(f"no reply within {self._timeout:g} s")

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection has ended: then the next `replies` raises."""
        if self.transport is not None and not self._closed_because:
            self.transport.write(data)

    def abort(self) -> None:
        """Close the connection at once."""
        self._end("we closed the connection")


# The two replies of every accepted email, without their text: nobody reads it.
OK = SmtpReply(code=250, text="")
START_MAIL_INPUT = SmtpReply(code=354, text="")


def _parse_reply(code: int, lines: list[bytes]) -> SmtpReply:
    """Return a reply, with its text unless it is one of the two above."""
    if code == 250 and len(lines) == 1:
        return OK
    if code == 354:
        return START_MAIL_INPUT
    text = "\n".join(line.decode(errors="replace").rstrip("\r") for line in lines)
    return SmtpReply(code=code, text=text)
