"""What a mail server can say to us, and the ledger to a courier."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpReply:
    """A server's last word on one letter (RFC 5321, section 4.2)."""

    code: int
    text: str

    @property
    def accepted(self) -> bool:
        """The server has taken responsibility for the letter."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """Not now, perhaps later."""
        return 400 <= self.code < 500

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:500]


class Permit(Enum):
    """Whether the next letter may go."""

    GO = "go"
    SKIP = "skip"  # this reader left; go on with the next
    STOP = "stop"  # the dispatch is not being sent any more
    FENCED = "fenced"  # the lease is no longer ours: not one letter more


class ConnectionLost(Exception):
    """The connection ended; `begun` tells whether the letter in hand may have been accepted."""

    def __init__(self, reason: str, *, begun: bool) -> None:
        super().__init__(reason)
        self.begun = begun


class ServerUnreachable(Exception):
    """No connection now; the server may be back soon."""


class ServerRejectsUs(Exception):
    """TLS, log-in or our own address is refused: a person must look before any letter goes."""


class MustPause(Exception):
    """Something is wrong with more than one letter: a person must look before any goes on."""
