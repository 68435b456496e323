"""A line to PostgreSQL that an event loop can wait for, for the one statement that is always hot.

A thread that asked for the loop cost twice the CPU of the statement itself.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg2
from django.db import connection
from psycopg2 import extensions

if TYPE_CHECKING:
    from collections.abc import Sequence


class AsyncConnection:
    """A psycopg2 connection in its asynchronous mode: one statement at a time, each its own."""

    def __init__(self) -> None:
        parameters = connection.get_connection_params()
        for ours in ("cursor_factory", "context", "prepare_threshold"):
            parameters.pop(ours, None)
        self._connection = psycopg2.connect(**parameters, async_=True)
        self._waiter: asyncio.Future[None] | None = None
        self._is_watched = False

    @classmethod
    async def open(cls, *, prepare: str, seconds: float) -> AsyncConnection:
        """Connect, and have a statement planned once. Raises psycopg2.Error or TimeoutError."""
        line = cls()
        try:
            async with asyncio.timeout(seconds):
                await line._settled()
                await line._run(prepare, ())
        except BaseException:
            line.close()
            raise
        return line

    async def ask(
        self, statement: str, values: Sequence[Any], *, seconds: float
    ) -> list[tuple[Any, ...]]:
        """Run one statement and give back its rows. Raises psycopg2.Error or TimeoutError."""
        async with asyncio.timeout(seconds):
            cursor = await self._run(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    async def _run(self, statement: str, values: Sequence[Any]) -> Any:
        cursor = self._connection.cursor()
        cursor.execute(statement, values or None)
        await self._settled()
        return cursor

    async def _settled(self) -> None:
        """Wait until the server has answered."""
        loop = asyncio.get_running_loop()
        while (state := self._connection.poll()) != extensions.POLL_OK:
            self._waiter = loop.create_future()
            if state == extensions.POLL_WRITE:
                loop.add_writer(self._connection.fileno(), self._wake)
                await self._waiter
                loop.remove_writer(self._connection.fileno())
                continue
            if not self._is_watched:
                loop.add_reader(self._connection.fileno(), self._wake)
                self._is_watched = True
            await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        elif self._is_watched:  # nobody waits: what comes now is the connection's end
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._is_watched = False

    def close(self) -> None:
        """Hang up."""
        if self._is_watched:
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._is_watched = False
        self._connection.close()
