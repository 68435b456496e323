"""Dispatches to our own receivers: a fast one, a slow one, and one for a large list."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from bench.installation import CONNECTIONS, Installation
from bench.receivers import CountingReceiver
from bench.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One dispatch; `connections` are those of each of two worker processes."""

    name: str
    emails: int
    connections: int = CONNECTIONS
    delay: float = 0.0  # seconds that the receiver takes for an email
    receivers: int = 1


def scenarios(*, emails: int, readers: int) -> tuple[Scenario, ...]:
    """Return the dispatches to measure besides the rounds, the largest last."""
    return (
        Scenario(name="fast receiver", emails=emails),
        Scenario(name="10,000 readers", emails=min(10_000, readers)),
        # Several leases for each connection; otherwise the last ones would take most of the time.
        Scenario(
            name="200 ms an email",
            emails=emails * 2 // 3,
            connections=200,
            delay=0.2,
            receivers=2,
        ),
        Scenario(name=f"{readers:,} readers", emails=readers),
    )


def run_scenario(installation: Installation, scenario: Scenario) -> Run:
    """Run one dispatch and return what it cost."""
    with ExitStack() as ending:
        receiver = CountingReceiver(
            installation.folder,
            readers=scenario.emails,
            delay=scenario.delay,
            processes=scenario.receivers,
        )
        ending.callback(receiver.stop)
        run = installation.dispatch(scenario.emails, to=receiver, connections=scenario.connections)
    print(
        f"{scenario.name}: {run.emails_per_s:,.0f} emails/s,"
        f" {run.cpu_per_1000:.2f} CPU s per 1,000, {run.peak_mb:.0f} MB",
        flush=True,
    )
    return run
