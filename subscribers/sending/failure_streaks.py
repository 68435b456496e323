"""Failures in a row: they show that more than single addresses are the problem."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.conf import settings

from subscribers.sending.connection_limits import most_connections

if TYPE_CHECKING:
    from subscribers.sending.transport_interface import SmtpReply

# We back off from a domain after this many temporary refusals with no acceptance between.
TEMPORARY_IN_A_ROW = 3
# Connections lost with an email of unknown outcome. A server that restarts cuts all at once.
UNKNOWN_IN_A_ROW = 10


class TooManyFailures(Exception):
    """More than single emails fail: the dispatch must be paused until a person has looked."""


class FailureStreaks:
    """The failures in a row of one server with one dispatch, over all connections of a process."""

    def __init__(self) -> None:
        self._refused = self._unknown = 0
        self._temporary: defaultdict[str, int] = defaultdict(int)

    @property
    def has_temporary_refusals(self) -> bool:
        """Whether any domain refused temporarily since it last accepted."""
        return bool(self._temporary)

    def note_accepted(self) -> None:
        """Note that the server accepted an email."""
        self._refused = self._unknown = 0

    def note_domain_accepted(self, domain: str) -> None:
        """Note that a domain accepted an email."""
        self._temporary.pop(domain, None)

    def note_refused(self, reply: SmtpReply) -> None:
        """Note a permanent refusal. Raises TooManyFailures after `SEND_PAUSE_AFTER` in a row."""
        self._refused += 1
        if 0 < settings.SEND_PAUSE_AFTER <= self._refused:
            number, self._refused = self._refused, 0
            raise TooManyFailures(
                f"The mail server refused {number} emails in a row. Its last reply: {reply}"
            )

    def note_temporary_refusal(self, domain: str, reply: SmtpReply) -> bool:
        """Note a temporary refusal, and return whether to back off from this domain."""
        self._temporary[domain] += 1
        # RFC 3463, section 3.8: 4.7.x is policy, which is how large receivers slow senders down.
        if (
            reply.code == 421
            or "4.7." in reply.text
            or self._temporary[domain] >= TEMPORARY_IN_A_ROW
        ):
            self._temporary.pop(domain)
            return True
        return False

    def note_unknown(self, reason: str) -> None:
        """Note an email of unknown outcome. Raises TooManyFailures after too many in a row."""
        self._unknown += 1
        if self._unknown >= max(UNKNOWN_IN_A_ROW, 2 * most_connections()):
            number, self._unknown = self._unknown, 0
            raise TooManyFailures(
                f"{number} connections in a row were lost while an email was being sent."
                f" The last reason: {reason}"
            )


_streaks: dict[tuple[int, str], FailureStreaks] = {}


def streaks_of(dispatch_id: int, server: str) -> FailureStreaks:
    """Return this process's streaks for a dispatch and server, kept from one send run to the next.

    Those of other dispatches are forgotten.
    """
    for key in [key for key in _streaks if key[0] != dispatch_id]:
        del _streaks[key]
    return _streaks.setdefault((dispatch_id, server), FailureStreaks())
