"""Combining requests of many connections: what arrives while one batch is done is the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Request = TypeVar("Request")
Reply = TypeVar("Reply")

# A batch waits for one turn, and for another as long as several requests arrived in the last one,
# until it is full. A busy process thus writes fewer and larger records, which saves a fifth of the
# CPU of it and PostgreSQL together. If few requests arrive, none waits longer than one turn.
MAX_TURNS = 6
SEVERAL = 3
FULL = 32
# While less than one requester in FEW waits, the others wait for a slow mail server, and no turn
# brings much: the batch is answered at once. Until half of them wait, a batch is small, or those
# that were answered together would come back together, each behind all the others.
FEW = 4
SMALL = 12


class Batcher(Generic[Request, Reply]):
    """Collects requests in turns of `seconds`, then has one function answer them, in their order.

    There is one batch at a time. What the function raises is raised for every request of the batch.
    """

    def __init__(
        self,
        answer: Callable[[list[Request]], Awaitable[Sequence[Reply]]],
        *,
        seconds: float,
        requesters: Callable[[], int] | None = None,
    ) -> None:
        """`requesters` tells how many submit requests, each one at a time.

        Where they are known, a batch waits for no turn if all of them wait, or only a few.
        """
        self._answer, self._seconds, self._requesters = answer, seconds, requesters
        self._waiting: list[tuple[Request, asyncio.Future[Reply]]] = []
        self._task: asyncio.Task[None] | None = None

    def submit(self, request: Request) -> asyncio.Future[Reply]:
        """Add a request to the next batch, and return the future of its reply."""
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Reply] = loop.create_future()
        self._waiting.append((request, reply))
        if self._task is None:
            self._task = loop.create_task(self._run())
        return reply

    async def drain(self) -> None:
        """Wait until every request has its reply."""
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        """Answer batch after batch until no request is left."""
        while self._waiting:
            await self._collect()
            batch = self._next_batch()
            try:
                replies = await self._answer([request for request, _ in batch])
            except Exception as failure:  # noqa: BLE001  (it is raised for those who wait)
                for _, future in batch:
                    if not future.cancelled():
                        future.set_exception(failure)
                continue
            for (_, future), reply in zip(batch, replies, strict=True):
                if not future.cancelled():
                    future.set_result(reply)
        self._task = None

    async def _collect(self) -> None:
        """Wait for more requests, as long as several arrive in a turn."""
        for _ in range(MAX_TURNS):
            before = len(self._waiting)
            if before >= FULL or self._all_or_few_wait():
                return
            await asyncio.sleep(self._seconds)
            if len(self._waiting) - before < SEVERAL:
                return

    def _all_or_few_wait(self) -> bool:
        if self._requesters is None:
            return False
        waiting, requesters = len(self._waiting), self._requesters()
        return waiting >= requesters or waiting * FEW < requesters

    def _next_batch(self) -> list[tuple[Request, asyncio.Future[Reply]]]:
        """Take a batch out of what waits."""
        size = len(self._waiting)
        if self._requesters is not None and size * 2 < self._requesters():
            size = SMALL
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        return batch
