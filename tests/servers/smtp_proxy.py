"""A proxy in front of a mail server that can cut connections at any moment."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections import Counter
from enum import StrEnum
from types import TracebackType
from typing import Self

from tests.servers.processes import free_port

END_OF_MESSAGE = b"\r\n.\r\n"
HANG_UP_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: reset instead of a polite end


class Cut(StrEnum):
    """The moments at which a connection is cut."""

    ANY = "at any moment"
    BEFORE_DOT = "before the final dot arrived"
    BEFORE_ANSWER = "between the final dot and its answer"


class Wire:
    """One connection through the proxy: two sockets, cut together."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.ends = (client, server)
        self.awaits_answer = False  # the next answer is not to get through

    def cut(self) -> None:
        for end in self.ends:
            plug: socket.socket = end.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HANG_UP_AT_ONCE)
            end.transport.abort()


class CuttingProxy:
    """Stands before the server on `behind`, on a thread of its own, and counts what it cuts.

    `odds` is how likely each email's end is cut, one half before the dot and one half after it.
    """

    def __init__(self, behind: int, *, dice: random.Random, odds: float = 0.0) -> None:
        self.port, self.behind, self.odds = free_port(), behind, odds
        self.cuts: Counter[Cut] = Counter()
        self._random = dice
        self._wires: set[Wire] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        """What EMAIL_URL takes."""
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._join, "127.0.0.1", self.port)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut_one(self) -> None:
        """Cut a connection that is open now, whatever it is at."""
        self._loop.call_soon_threadsafe(self._cut_any)

    def _cut_any(self) -> None:
        live = [wire for wire in self._wires if not wire.awaits_answer]
        if live:
            self._cut(self._random.choice(live), Cut.ANY)

    def _cut(self, wire: Wire, moment: Cut) -> None:
        self.cuts[moment] += 1
        self._wires.discard(wire)
        wire.cut()

    async def _join(self, up: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            down, server = await asyncio.open_connection("127.0.0.1", self.behind)
        except OSError:
            client.close()
            return
        wire = Wire(client, server)
        self._wires.add(wire)
        carrying = {
            asyncio.ensure_future(self._carry_up(wire, up, server)),
            asyncio.ensure_future(self._carry_down(wire, down, client)),
        }
        try:
            await asyncio.wait(carrying, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._wires.discard(wire)
            for task in carrying:
                task.cancel()
            await asyncio.gather(*carrying, return_exceptions=True)
            for end in wire.ends:
                end.close()

    async def _carry_up(
        self, wire: Wire, up: asyncio.StreamReader, server: asyncio.StreamWriter
    ) -> None:
        """Carry what the client sends; the end of an email is where it may be cut."""
        before = b""
        while chunk := await up.read(1 << 16):
            if END_OF_MESSAGE in before + chunk and self._random.random() < self.odds:
                if self._random.random() < 0.5:
                    self._cut(wire, Cut.BEFORE_DOT)
                    return
                wire.awaits_answer = True
            before = (before + chunk)[-4:]
            server.write(chunk)
            await server.drain()

    async def _carry_down(
        self, wire: Wire, down: asyncio.StreamReader, client: asyncio.StreamWriter
    ) -> None:
        """Carry what the server answers, until an answer is not to get through."""
        while chunk := await down.read(1 << 16):
            if wire.awaits_answer:
                self._cut(wire, Cut.BEFORE_ANSWER)
                return
            client.write(chunk)
            await client.drain()

    async def _end(self) -> None:
        self._server.close()
        for wire in list(self._wires):
            wire.cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)  # each ends with its sockets
