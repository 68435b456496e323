"""Two worker processes, a real broker, a real mail server, and every email is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.hosts import Newsroom
from tests.faults.issues import is_sent, make_due_issue
from tests.faults.received_emails import check_count
from tests.servers.processes import wait_until
from tests.servers.smtp import SmtpServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.takes(seconds=19),
]

READERS = 3_000


def test_two_workers_send_an_issue_to_3000_readers_once_each(
    smtp_server: SmtpServer,
    start_newsroom: Callable[..., Newsroom],
    tell: Callable[[object], None],
) -> None:
    briefing = make_due_issue(readers=READERS)
    start_newsroom(EMAIL_URL=smtp_server.url)
    wait_until(is_sent, seconds=150, what="the dispatch")
    tell(check_count(smtp_server, readers=READERS, unknown_at_most=0))
    tokens = dict(briefing.subscriptions.values_list("subscriber__address", "token"))
    message_ids = set()
    for email in smtp_server.emails():
        message = email.message
        assert not message.defects
        [address] = email.recipients
        assert message["To"].addresses[0].addr_spec == address
        assert tokens[address] in message["List-Unsubscribe"]
        assert tokens[address] in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
        message_ids.add(message["Message-ID"])
    assert len(message_ids) == READERS
