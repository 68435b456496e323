"""Requests of many connections, done together: whoever comes late is in the next batch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Request = TypeVar("Request")
Reply = TypeVar("Reply")

# While several requests come in a turn, the next turn is waited for too: up to so many turns, or
# until so many requests are together. A busy process so writes fewer and larger records (a fifth
# less CPU of it and PostgreSQL together); where few come, nobody waits for longer than one turn.
TURNS = 6
SEVERAL = 2
ENOUGH = 32


class Batcher(Generic[Request, Reply]):
    """Collects requests in turns of `seconds`, then has one act answer them all, in their order.

    What the act raises reaches everybody who asked. One batch at a time.
    """

    def __init__(
        self, act: Callable[[list[Request]], Awaitable[Sequence[Reply]]], *, seconds: float
    ) -> None:
        self._act, self._seconds = act, seconds
        self._asked: list[tuple[Request, asyncio.Future[Reply]]] = []
        self._working: asyncio.Task[None] | None = None

    def ask(self, request: Request) -> asyncio.Future[Reply]:
        """Put a request into the next batch."""
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Reply] = loop.create_future()
        self._asked.append((request, reply))
        if self._working is None:
            self._working = loop.create_task(self._work())
        return reply

    async def finish(self) -> None:
        """Wait until everybody has a reply."""
        if self._working is not None:
            await self._working

    async def _gather(self) -> None:
        """Wait for others, as long as others come."""
        for _ in range(TURNS):
            before = len(self._asked)
            await asyncio.sleep(self._seconds)
            if len(self._asked) - before < SEVERAL or len(self._asked) >= ENOUGH:
                return

    async def _work(self) -> None:
        """Go on until nobody asked while a batch was under way."""
        while self._asked:
            await self._gather()
            asked, self._asked = self._asked, []
            try:
                replies = await self._act([request for request, _ in asked])
            except Exception as failure:  # noqa: BLE001  (it belongs to those who asked)
                for _, waiting in asked:
                    if not waiting.cancelled():
                        waiting.set_exception(failure)
                continue
            for (_, waiting), reply in zip(asked, replies, strict=True):
                if not waiting.cancelled():
                    waiting.set_result(reply)
        self._working = None
