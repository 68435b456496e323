"""A quotation that is taken back while its issue is being sent: who comes next does not get it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from newsroom.mail_servers import parse_mail_servers
from subscribers.models import Dispatch
from subscribers.sending import send_run
from subscribers.sending.connection_worker import ConnectionWorker, ReservedLease
from subscribers.sending.frozen_words import FrozenWords
from subscribers.sending.send_run import send_ready
from tests.servers.smtp import ReceivedEmail, SmtpServer
from tests.subscribers.sending.sending_setup import counts, make_sending

# The ledger writer is a thread with its own database connection: it sees committed rows only.
pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = "The county has 214 beds.", "Withdrawn at the wish of whoever said it."


@pytest.fixture(autouse=True)
def _by_smtp(settings: Any, smtp_server: SmtpServer) -> None:
    settings.MAIL_SERVERS = parse_mail_servers(smtp_server.url)
    settings.SEND_CONNECTIONS = 1


def change_words() -> None:
    dispatch = Dispatch.objects.get()
    assert OLD in dispatch.html
    assert OLD in dispatch.text
    html, text = dispatch.html.replace(OLD, NEW), dispatch.text.replace(OLD, NEW)
    Dispatch.objects.update(html=html, text=text)


def words_of(email: ReceivedEmail) -> list[str]:
    """Return the words of an email as HTML and as text."""
    parts = (email.message.get_body((kind,)) for kind in ("html", "plain"))
    return [part.get_content() for part in parts if part is not None]


def test_emails_of_leases_taken_after_a_change_have_the_new_words(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch = make_sending(readers=12)
    monkeypatch.setattr(send_run, "LOOK_SECONDS", 0.02)
    take = ConnectionWorker._take
    leases: list[set[str]] = []

    async def take_and_change(worker: ConnectionWorker) -> ReservedLease | None:
        """After the first lease, change the words, and wait until that is noticed."""
        if len(leases) == 1:
            before = worker._shared.prepared
            await worker._writer.call(change_words)
            for _ in range(1500):
                if worker._shared.prepared is not before:
                    break
                await asyncio.sleep(0.01)
        taken = await take(worker)
        if taken is not None:
            leases.append({recipient.address for recipient in taken.lease.recipients})
        return taken

    monkeypatch.setattr(ConnectionWorker, "_take", take_and_change)
    assert send_ready(dispatch) == 12
    assert len(leases) > 1
    first = [email for email in smtp_server.emails() if email.recipients[0] in leases[0]]
    later = [email for email in smtp_server.emails() if email.recipients[0] not in leases[0]]
    assert any(OLD in words for email in first for words in words_of(email))
    for email in later:
        for words in words_of(email):
            assert OLD not in words
            assert NEW in words
    assert set(smtp_server.received().values()) == {1}
    assert counts() == {"sent": 12}
    assert len({email.message["Message-ID"] for email in smtp_server.emails()}) == 12


def test_the_database_and_we_mean_the_same_words_by_a_hash() -> None:
    dispatch = make_sending(readers=1)
    Dispatch.objects.update(html=dispatch.html + "<p>Zoë’s 🚲 — “naïve”</p>")
    assert FrozenWords(Dispatch.objects.get()).if_changed() is None
    changed = FrozenWords(dispatch).if_changed()
    assert changed is not None
    assert changed.if_changed() is None
