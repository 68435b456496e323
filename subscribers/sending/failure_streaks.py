"""What a server says in a row: the same trouble again and again is no reader's fault."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.conf import settings

from subscribers.sending.transport_interface import MustPause

if TYPE_CHECKING:
    from subscribers.sending.transport_interface import SmtpReply

# So many 'not now' for one place, with none accepted between, and it gets a rest.
BUSY_IN_A_ROW = 3
# Lost connections with a letter in hand; a server that restarts cuts all of a process's at once.
DOUBTS_IN_A_ROW = 10


class FailureStreaks:
    """One server's answers to one dispatch, over all connections of this process."""

    def __init__(self) -> None:
        self._refused = self._doubtful = 0
        self._busy: defaultdict[str, int] = defaultdict(int)

    @property
    def has_busy_places(self) -> bool:
        """Whether any place said 'not now' since its last yes."""
        return bool(self._busy)

    def accepted(self) -> None:
        """Note a yes."""
        self._refused = self._doubtful = 0

    def recovered(self, place: str) -> None:
        """Note a yes from this place."""
        self._busy.pop(place, None)

    def refused(self, answer: SmtpReply) -> None:
        """Note a no. Raises MustPause when it is one too many."""
        self._refused += 1
        if 0 < settings.SEND_PAUSE_AFTER <= self._refused:
            number, self._refused = self._refused, 0
            raise MustPause(f"{number} letters in a row were refused; the last: {answer}")

    def busy(self, place: str, answer: SmtpReply) -> bool:
        """Note a 'not now'; True when this place should rest."""
        self._busy[place] += 1
        # RFC 3463, section 3.8: 4.7.x is policy, which is how large receivers slow senders down.
        if answer.code == 421 or "4.7." in answer.text or self._busy[place] >= BUSY_IN_A_ROW:
            self._busy.pop(place)
            return True
        return False

    def doubtful(self, reason: str) -> None:
        """Note a letter of unknown fate. Raises MustPause when it is one too many."""
        self._doubtful += 1
        if self._doubtful >= max(DOUBTS_IN_A_ROW, 2 * settings.SEND_CONNECTIONS):
            number, self._doubtful = self._doubtful, 0
            raise MustPause(
                f"{number} connections in a row ended with a letter in hand; the last: {reason}"
            )


_known: dict[tuple[int, str], FailureStreaks] = {}


def streaks_of(dispatch_id: int, server: str) -> FailureStreaks:
    """Give this process's streaks, which last from one stretch to the next."""
    for key in [key for key in _known if key[0] != dispatch_id]:
        del _known[key]
    return _known.setdefault((dispatch_id, server), FailureStreaks())
