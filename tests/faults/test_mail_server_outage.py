"""The mail server stops, and connections to it are cut at any moment.

`NEWSROOM_OUTAGE_SECONDS=600` with `-o faulthandler_timeout=1200` is the long form.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest

from tests.faults.hosts import CONNECTIONS, Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.faults.received_emails import check_count
from tests.servers.processes import wait_until
from tests.servers.smtp import SmtpServer
from tests.servers.smtp_proxy import Cut, CuttingProxy

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.takes(seconds=20),
]

READERS = 1_500
OUTAGE_SECONDS = float(os.environ.get("NEWSROOM_OUTAGE_SECONDS", "4"))


def test_cut_connections_and_a_mail_server_outage_double_nobody(
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    dice: random.Random,
    tell: Callable[[object], None],
) -> None:
    make_due_issue(readers=READERS)
    smtp_server.delay(0.02)
    with CuttingProxy(smtp_server.port, dice=dice, odds=0.02) as proxy:
        start_newsroom(EMAIL_URL=proxy.url)
        smtp_server.wait_for_count(READERS // 3, seconds=90)
        for _ in range(20):
            proxy.cut_one()
            time.sleep(0.1)
        assert not is_sent()
        smtp_server.kill()  # each connection of both hosts may have waited for a reply
        time.sleep(OUTAGE_SECONDS)
        smtp_server.start()
        wait_until(is_sent, seconds=120, what="the dispatch")
    tell({str(moment): number for moment, number in proxy.cuts.items()})
    at_the_end = proxy.cuts[Cut.BEFORE_DOT] + proxy.cuts[Cut.BEFORE_ANSWER]
    assert proxy.cuts[Cut.BEFORE_DOT]
    assert proxy.cuts[Cut.BEFORE_ANSWER]
    found = check_count(
        smtp_server,
        readers=READERS,
        unknown_at_most=proxy.cuts.total() + 2 * CONNECTIONS,
    )
    tell(found)
    # After the content a cut leaves the outcome unknown; before it, it does not.
    assert found.unknown >= at_the_end
    assert found.unknown_arrived >= proxy.cuts[Cut.BEFORE_ANSWER]
