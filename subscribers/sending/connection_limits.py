"""How many connections a mail server gets: `SEND_CONNECTIONS`, or fewer if it takes no more.

A server that takes no more connections says so with a temporary reply. This does not
count as an outage, nor against any subscriber: we continue with those that we have, and try more
after a while.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsroom.mail_servers import MailServer

# With SEND_CONNECTIONS=0, a process opens this many at most, and no fewer than the second number
# unless the server refuses them.
MOST_CONNECTIONS, FEWEST_TRIED = 100, 24
# Connections are opened in steps, so that a server that takes no more refuses a few at most.
STEP = 8
# After this long we try more connections than a server took.
FORGET_AFTER_SECONDS = 60.0

# What Postfix, Exim, Sendmail, Exchange and Office 365 reply, whatever the code: "too many
# connections from 192.0.2.1", "sender thread limit exceeded", "the maximum number of concurrent
# connections has exceeded a limit".
_ABOUT_CONNECTIONS = re.compile(
    r"too many (\w+ )*(connection|session)s"
    r"|(connection|session|thread)s?( \w+)* (limit|exceed)"
    r"|(limit|number) (of|on)( \w+)* (connection|session)s",
    re.IGNORECASE,
)


def is_about_connections(reply: str) -> bool:
    """Whether a server's temporary reply is about the number of our connections."""
    return bool(_ABOUT_CONNECTIONS.search(reply))


class _Limit(NamedTuple):
    connections: int
    until: float  # by time.monotonic()


_limits: dict[str, _Limit] = {}  # by the name of the server


def most_connections() -> int:
    """Return how many connections a worker process opens at most."""
    return settings.SEND_CONNECTIONS or MOST_CONNECTIONS


def wanted(servers: Sequence[MailServer], *, emails: int) -> Counter[MailServer]:
    """Return how many connections to open to each server, with this many new emails to send."""
    if settings.SEND_CONNECTIONS:
        return Counter(share_out(settings.SEND_CONNECTIONS, servers))
    useful = max(FEWEST_TRIED, min(MOST_CONNECTIONS, emails // STEP))
    return Counter(dict.fromkeys(servers, useful))


def share_out(connections: int, servers: Sequence[MailServer]) -> list[MailServer]:
    """Return the server of each connection: by weight, and each server at least once."""
    shared = list(servers)
    while len(shared) < connections:
        shared.append(min(servers, key=lambda server: shared.count(server) / server.weight))
    return shared


def taken_by(server: MailServer) -> int | None:
    """Return how many connections a server took when it last refused one; None for no limit."""
    limit = _limits.get(server.name)
    return limit.connections if limit and time.monotonic() < limit.until else None


def note_full(server: MailServer, *, connected: int) -> None:
    """Note that a server takes no more connections than the `connected` ones that we have.

    One of them is given up, so that transactional emails get through as well.
    """
    known = taken_by(server)
    if known is None or connected < known:
        _limits[server.name] = _Limit(
            max(1, connected - 1), time.monotonic() + FORGET_AFTER_SECONDS
        )


def forget() -> None:
    """Forget what servers took."""
    _limits.clear()
