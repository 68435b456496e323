"""Dispatches to receivers of our own: one that takes all it gets, two that think, a large list."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from bench.arena import CONNECTIONS, Arena
from bench.receivers import CountingReceiver
from bench.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One dispatch; `connections` are those of each of two worker processes."""

    name: str
    letters: int
    connections: int = CONNECTIONS
    delay: float = 0.0  # seconds that the receiver takes for a letter
    receivers: int = 1


def limits(*, letters: int, readers: int) -> tuple[Limit, ...]:
    """What is measured besides the rounds, the largest last."""
    return (
        Limit(name="fast receiver", letters=letters),
        Limit(name="10,000 readers", letters=min(10_000, readers)),
        # Several leases for each connection, or the last ones would be most of the time.
        Limit(
            name="50 ms a letter",
            letters=letters * 2 // 3,
            connections=50,
            delay=0.05,
            receivers=2,
        ),
        Limit(
            name="200 ms a letter",
            letters=letters * 2 // 3,
            connections=200,
            delay=0.2,
            receivers=2,
        ),
        Limit(name=f"{readers:,} readers", letters=readers),
    )


def run_limit(arena: Arena, limit: Limit) -> Run:
    """Send, and say what it took."""
    with ExitStack() as ending:
        receiver = CountingReceiver(
            arena.folder, readers=limit.letters, delay=limit.delay, processes=limit.receivers
        )
        ending.callback(receiver.stop)
        run = arena.dispatch(limit.letters, to=receiver, connections=limit.connections)
    print(
        f"{limit.name}: {run.letters_per_s:,.0f} letters/s, {run.cpu_per_1000:.2f} CPU s per 1,000,"
        f" {run.peak_mb:.0f} MB",
        flush=True,
    )
    return run
