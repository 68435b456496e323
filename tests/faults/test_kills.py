"""Hosts and beat are killed at random moments during a dispatch, and every email is counted.

`NEWSROOM_KILLS=200` is the long form (CONTRIBUTING.md); `NEWSROOM_SEED` repeats a run as far as the
machine's own timing allows.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.faults.hosts import CONNECTIONS, Host, Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.faults.received_emails import check_count
from tests.servers.processes import wait_until
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_rules import Stage

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.takes(seconds=32),
]

KILLS = int(os.environ.get("NEWSROOM_KILLS", "10"))
EMAILS_BETWEEN = 100  # at most, from one kill to the next
READERS = 800 + 160 * KILLS


def kill_child(host: Host) -> None:
    """Kill the process that sends, as the kernel does when memory runs out; its parent lives."""
    for pid in host.worker.child_pids():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def orphan_child(host: Host) -> None:
    """Kill only the parent: the process that sends may continue beside its successor."""
    host.worker.popen.kill()
    host.worker.wait()
    host.worker = host.start()


def test_kills_at_random_moments_double_nobody_and_leave_nobody_out(
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    dice: random.Random,
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    # Envelope and final dot of an email take time, so that kills hit every part of it.
    smtp_server.delay(0.02, at=Stage.MAIL)
    smtp_server.delay(0.02)
    newsroom = start_newsroom(EMAIL_URL=smtp_server.url)
    kills: Counter[str] = Counter()
    smtp_server.wait_for_count(1, seconds=60)
    while kills.total() < KILLS:
        smtp_server.wait_for_count(len(smtp_server) + dice.randint(1, EMAILS_BETWEEN), seconds=60)
        time.sleep(dice.uniform(0, 0.2))
        host = dice.choice(newsroom.hosts)
        kill = dice.choices(["host", "child", "parent", "beat"], weights=[5, 2, 1, 2])[0]
        match kill:
            case "host":
                host.kill()
            case "child":
                kill_child(host)
            case "parent":
                orphan_child(host)
            case _:
                newsroom.kill_beat()
        kills[kill] += 1
    assert not is_sent()  # so every kill was during the dispatch
    wait_until(is_sent, seconds=120 + READERS / 50, what="the dispatch")
    connections = (KILLS - kills["beat"]) * CONNECTIONS
    tell(f"kills {dict(kills)}, that is at most {connections} connections")
    tell(check_count(smtp_server, readers=READERS, unknown_at_most=connections))
