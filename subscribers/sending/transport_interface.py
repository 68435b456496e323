"""What sending expects of a transport: its methods, its replies and errors, and the permit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from subscribers.sending.personalised_email import PersonalisedEmail


class Permit(Enum):
    """Whether the next email of a lease may be sent: the ledger's answer to a progress record."""

    GO = "go"
    SKIP = "skip"  # this subscriber has unsubscribed or is suppressed; continue with the next
    STOP = "stop"  # the dispatch is not being sent any more
    FENCED = "fenced"  # the lease is no longer ours: send nothing more


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpReply:
    """A server's final reply to one email (RFC 5321, section 4.2)."""

    code: int
    text: str

    @property
    def accepted(self) -> bool:
        """Whether the server has taken responsibility for the email."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """Whether the server refuses now but may accept later."""
        return 400 <= self.code < 500

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:500]


class ConnectionLost(Exception):
    """The connection ended; `maybe_accepted` tells whether the server may have taken the email."""

    def __init__(self, reason: str, *, maybe_accepted: bool) -> None:
        super().__init__(reason)
        self.maybe_accepted = maybe_accepted


class NotSmtp(ConnectionLost):
    """The connection ended because what replies there is not an SMTP server."""


class ServerUnreachable(Exception):
    """No connection could be opened, or the server takes nothing now; it may work later."""


class ServerBusy(ServerUnreachable):
    """The server answers, but takes nothing more now: perhaps we have too many connections."""


class ServerRejectsUs(Exception):
    """The server refuses us, TLS, our password or our sender address: a person has to act."""


class GreetingRejected(ServerRejectsUs):
    """The server refused this connection when it was opened; it may take another one."""


class Transport(Protocol):
    """A connection that sends one email at a time."""

    @property
    def eight_bit(self) -> bool:
        """Whether bodies may be sent as 8-bit text."""

    @property
    def utf8_addresses(self) -> bool:
        """Whether it takes addresses with a local part beyond ASCII."""

    async def send(
        self,
        email: PersonalisedEmail,
        *,
        permit: Awaitable[Permit],
        following: PersonalisedEmail | None = None,
    ) -> SmtpReply | None:
        """Send one email once its permit says GO, and return the server's reply.

        Returns None for any other permit. `following` is the email after this one, if a transport
        can use it to save time. Raises ConnectionLost and ServerRejectsUs.
        """

    async def close(self) -> None:
        """Close the connection in the protocol's own way."""
