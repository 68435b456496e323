"""How many wrong passwords and codes somebody may enter: three limits, each on its own.

By account and network, which stops a guesser in one place; by network alone, which stops one who
tries many names; and by account alone, over a longer time, which stops one with many networks.
A network is what one visitor has: an IPv4 address, or the /64 of an IPv6 one.

The last two would let a stranger lock out the owner of an account, or a colleague everybody in an
office. So they leave alone who has logged in to this account from this network before: there, the
first limit applies.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsroom.accounts.models import LogInAttempt
from newsroom.client_address import network_of
from newsroom.rate_limits import count_within, counted_within, forget_counts, uncount

# Longer ones than Django's field for a name are cut: no account has such a name.
MAX_NAME = 150
# Nobody's password is longer, and a longer text would cost time to compare.
MAX_PASSWORD = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many failures within which time are one too many."""

    name: str
    failures: int
    window: timedelta


BY_ACCOUNT_AND_NETWORK = Limit(
    name="log-in-account-network", failures=8, window=timedelta(minutes=30)
)
BY_NETWORK = Limit(name="log-in-network", failures=10, window=timedelta(minutes=30))
BY_ACCOUNT = Limit(name="log-in-account", failures=20, window=timedelta(hours=24))

# A password costs a processor a third of a second. A process compares this many at once, so that
# threads are left for pages, and the next one waits this long for its turn.
COMPARED_AT_ONCE = 2
WAIT_SECONDS = 5.0
_turns = threading.BoundedSemaphore(COMPARED_AT_ONCE)


class TooManyAttempts(Exception):
    """Nothing was compared; `wait` says in which time there were too many attempts."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"too many attempts within {wait}")
        self.wait = wait


class TooBusy(Exception):
    """So many people log in at once that nothing was compared. It can be tried again at once."""


def folded(username: str) -> str:
    """Return a name for counting, in which capitals and look-alike forms are equal."""
    return unicodedata.normalize("NFKC", username[:MAX_NAME]).casefold()


class Attempt:
    """An attempt, counted as a failure before its outcome is known: several at once count too.

    Raises TooManyAttempts.
    """

    def __init__(self, username: str, *, ip: str | None, at: datetime) -> None:
        self.at = at
        name, network = folded(username), network_of(ip)
        self._subjects = {BY_ACCOUNT_AND_NETWORK: f"{name} {network}"}
        if not knows_network(username, network, at=at):
            self._subjects |= {BY_NETWORK: network, BY_ACCOUNT: name}
        for limit, subject in self._subjects.items():
            if counted_within(limit.name, subject, window=limit.window, at=at) >= limit.failures:
                raise TooManyAttempts(limit.window)
        self._counts = {
            limit: count_within(limit.name, subject, window=limit.window, at=at)
            for limit, subject in self._subjects.items()
        }
        if wait := self._wait(beyond=0):
            raise TooManyAttempts(wait)

    def _wait(self, *, beyond: int) -> timedelta | None:
        """Return the longest window in which there are more failures than allowed, less a few."""
        full = [limit for limit, count in self._counts.items() if count > limit.failures - beyond]
        return max((limit.window for limit in full), default=None)

    def wait_after_failure(self) -> timedelta | None:
        """Return for how long the next attempt would be refused, now that this one failed."""
        return self._wait(beyond=1)

    def take_back(self) -> None:
        """Count it as no failure: nothing was entered, or what was entered was right so far."""
        for limit, subject in self._subjects.items():
            uncount(limit.name, subject, window=limit.window, at=self.at)

    def succeed(self) -> None:
        """Count it as no failure, and forget those of this account here before.

        Those of the network stay: whoever has an account could otherwise guess others from there.
        """
        self.take_back()
        limit = BY_ACCOUNT_AND_NETWORK
        forget_counts(limit.name, self._subjects[limit], window=limit.window, at=self.at)


def knows_network(username: str, network: str, *, at: datetime) -> bool:
    """Whether somebody has logged in with this name from this network lately."""
    return (
        LogInAttempt.objects.succeeded()
        .remembered(at=at)
        .filter(account__username=username[:MAX_NAME], network=network)
        .exists()
    )


def let_in_again(username: str, *, networks: set[str], at: datetime) -> None:
    """Forget the failures of an account, and those of networks that it was tried from."""
    name = folded(username)
    forgotten = [(BY_ACCOUNT, name)]
    for network in networks:
        forgotten += [(BY_ACCOUNT_AND_NETWORK, f"{name} {network}"), (BY_NETWORK, network)]
    for limit, subject in forgotten:
        forget_counts(limit.name, subject, window=limit.window, at=at)


@contextmanager
def turn_to_compare() -> Iterator[None]:
    """Wait for a turn to compare a password. Raises TooBusy."""
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise TooBusy
    try:
        yield
    finally:
        _turns.release()
