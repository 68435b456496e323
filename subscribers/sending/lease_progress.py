"""How far a lease has come, and what its next record must say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from subscribers.sending.leases import Closing
from subscribers.sending.progress_records import Entry, Outcome

if TYPE_CHECKING:
    import asyncio

    from subscribers.sending.leases import Leased
    from subscribers.sending.ledger_writer import Clerk
    from subscribers.sending.smtp_replies import Verdict


class LeaseRun:
    """One lease being worked, letter by letter."""

    def __init__(self, leased: Leased, clerk: Clerk) -> None:
        self.lease, self.readers = leased.lease, leased.readers
        self._clerk = clerk
        self._begun = 0
        self.settled = 0
        self.handed = 0  # letters that were given to a transport
        self._outcomes: list[Outcome] = []

    def begin(self, subscriber: int) -> asyncio.Future[Verdict]:
        """Record that the next letter is about to leave; the future is its leave."""
        self._begun += 1
        return self._clerk.record(self._entry(subscriber))

    def step_back(self) -> None:
        """Forget the begin: the letter was certainly not handed over."""
        self._begun = self.settled

    def settle(self, outcome: Outcome | None) -> None:
        """Note the answer to the letter that was begun, for the next record.

        Its begin was recorded, and with it what had been noted before.
        """
        self.settled = self._begun
        self._outcomes = [] if outcome is None else [outcome]

    async def close(self) -> None:
        """Give the lease back with its last record; nothing happens when it is no longer ours."""
        order = [reader.subscriber for reader in self.readers]
        await self._clerk.close_lease(Closing(last=self._entry(None), order=order))

    def _entry(self, subscriber: int | None) -> Entry:
        return Entry(
            lease=self.lease,
            begun=self._begun,
            settled=self.settled,
            subscriber=subscriber,
            outcomes=tuple(self._outcomes),
        )
