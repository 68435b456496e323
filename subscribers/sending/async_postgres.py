"""A PostgreSQL connection that an event loop can wait for, for the one statement that is hot.

Running it in a thread that the loop waits for used twice the CPU of the statement itself.
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
    """A psycopg2 connection in asynchronous mode; each statement is a transaction of its own.

    It runs one statement at a time.
    """

    def __init__(self) -> None:
        parameters = connection.get_connection_params()
        for name in ("cursor_factory", "context", "prepare_threshold"):
            parameters.pop(name, None)  # these are for Django's own connection
        self._connection = psycopg2.connect(**parameters, async_=True)
        self._waiter: asyncio.Future[None] | None = None
        self._has_reader = False

    @classmethod
    async def open(cls, *, prepare: str, seconds: float) -> AsyncConnection:
        """Connect and run a PREPARE statement. Raises psycopg2.Error or TimeoutError."""
        opened = cls()
        try:
            async with asyncio.timeout(seconds):
                await opened._wait()
                await opened._run(prepare, ())
        except BaseException:
            opened.close()
            raise
        return opened

    async def fetch(
        self, statement: str, values: Sequence[Any], *, seconds: float
    ) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows. Raises psycopg2.Error or TimeoutError."""
        async with asyncio.timeout(seconds):
            cursor = await self._run(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    async def _run(self, statement: str, values: Sequence[Any]) -> Any:
        cursor = self._connection.cursor()
        cursor.execute(statement, values or None)
        await self._wait()
        return cursor

    async def _wait(self) -> None:
        """Wait until the connection is ready: connected, or the statement is done."""
        loop = asyncio.get_running_loop()
        while (state := self._connection.poll()) != extensions.POLL_OK:
            self._waiter = loop.create_future()
            if state == extensions.POLL_WRITE:
                loop.add_writer(self._connection.fileno(), self._wake)
                await self._waiter
                loop.remove_writer(self._connection.fileno())
                continue
            if not self._has_reader:
                loop.add_reader(self._connection.fileno(), self._wake)
                self._has_reader = True
            await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        elif self._has_reader:  # nobody waits, so this is the end of the connection
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._has_reader = False

    def close(self) -> None:
        """Close the connection."""
        if self._has_reader:
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._has_reader = False
        self._connection.close()
