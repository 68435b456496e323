"""A mailbox looked into: each message is recorded first, and removed or marked after that."""

from __future__ import annotations

import imaplib
import logging
import poplib
import ssl
from collections.abc import Callable

from newsroom.mail_servers import TlsMode
from newsroom.report_mailbox import Mailbox

log = logging.getLogger(__name__)

AT_A_TIME = 200
MAX_OCTETS = 20 * 1024 * 1024
# Whoever answers with longer lines than a letter may have is no mail server of ours.
poplib._MAXLINE = 100_000  # type: ignore[attr-defined]  # as Python's own documentation suggests


class MailboxAway(Exception):
    """The mailbox cannot be looked into now; the message says why, for the log."""


def collect(mailbox: Mailbox, take: Callable[[bytes], None]) -> int:
    """Give each new message to `take`, then remove or mark it; give back how many were taken.

    What `take` raises leaves the message where it is, for the next round. Raises MailboxAway.
    """
    try:
        return _collect_imap(mailbox, take) if mailbox.protocol == "imap" else _pop(mailbox, take)
    except (OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto, ssl.SSLError) as failure:
        raise MailboxAway(f"{mailbox.host}: {type(failure).__name__} {failure}") from failure


def _try(take: Callable[[bytes], None], message: bytes) -> bool:
    try:
        take(message)
    except Exception:
        log.exception("a message could not be recorded; it stays in the mailbox")
        return False
    return True


def _collect_imap(mailbox: Mailbox, take: Callable[[bytes], None]) -> int:
    with _open_imap(mailbox) as server:
        server.login(mailbox.username, mailbox.password)
        folder = mailbox.folder.replace("\\", "\\\\").replace('"', '\\"')
        answer, told = server.select(f'"{folder}"')
        if answer != "OK":
            raise MailboxAway(f"{mailbox.host}: no folder {mailbox.folder}: {told[0]!r}")
        _, found = server.uid("search", "UNSEEN" if mailbox.keeps else "UNDELETED")
        taken = 0
        for uid in (found[0] or b"").split()[:AT_A_TIME]:
            name = uid.decode("ascii")
            message = _fetch(server, name)
            if message is None or not _try(take, message):
                continue
            server.uid("store", name, "+FLAGS", r"(\Seen)" if mailbox.keeps else r"(\Deleted)")
            if not mailbox.keeps:
                server.expunge()
            taken += 1
        return taken


def _open_imap(mailbox: Mailbox) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if mailbox.tls == TlsMode.IMPLICIT:
        return imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, timeout=mailbox.timeout, ssl_context=context
        )
    server = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=mailbox.timeout)
    if mailbox.tls == TlsMode.STARTTLS:
        server.starttls(context)
    return server


def _fetch(server: imaplib.IMAP4, uid: str) -> bytes | None:
    """Read a message without marking it; of one too large, the beginning."""
    _, parts = server.uid("fetch", uid, f"(BODY.PEEK[]<0.{MAX_OCTETS}>)")
    return next((part[1] for part in parts if isinstance(part, tuple)), None)


def _pop(mailbox: Mailbox, take: Callable[[bytes], None]) -> int:
    context = ssl.create_default_context()
    server: poplib.POP3
    if mailbox.tls == TlsMode.IMPLICIT:
        server = poplib.POP3_SSL(
            mailbox.host, mailbox.port, timeout=mailbox.timeout, context=context
        )
    else:
        server = poplib.POP3(mailbox.host, mailbox.port, timeout=mailbox.timeout)
    try:
        if mailbox.tls == TlsMode.STARTTLS:
            server.stls(context)
        server.user(mailbox.username)
        server.pass_(mailbox.password)
        taken = 0
        for number in range(1, min(server.stat()[0], AT_A_TIME) + 1):
            _, lines, _ = server.retr(number)
            if _try(take, b"\r\n".join(lines) + b"\r\n"):
                server.dele(number)
                taken += 1
    except BaseException:
        server.close()  # without QUIT nothing is removed (RFC 1939, section 6)
        raise
    server.quit()
    return taken
