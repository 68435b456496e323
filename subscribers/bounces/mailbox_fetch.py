"""Fetch messages from a mailbox by IMAP or POP3: process each first, then remove or mark it."""

from __future__ import annotations

import imaplib
import logging
import poplib
import ssl
from collections.abc import Callable

from newsroom.mail_servers import TlsMode
from newsroom.report_mailbox import Mailbox

log = logging.getLogger(__name__)

BATCH_SIZE = 200
MAX_BYTES = 20 * 1024 * 1024
# Python's default is 2,048 bytes, less than some messages have in a line.
poplib._MAXLINE = 100_000  # type: ignore[attr-defined]  # as Python's own documentation suggests


class MailboxUnreachable(Exception):
    """We cannot fetch the mailbox now; the message says why, for the log."""


def fetch_messages(mailbox: Mailbox, process: Callable[[bytes], None]) -> int:
    """Pass each new message to `process`, then remove or mark it; return how many there were.

    If `process` raises, the message stays in the mailbox for the next time. Raises
    MailboxUnreachable.
    """
    try:
        if mailbox.protocol == "imap":
            return _fetch_by_imap(mailbox, process)
        return _fetch_by_pop3(mailbox, process)
    except (OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto, ssl.SSLError) as failure:
        raise MailboxUnreachable(f"{mailbox.host}: {type(failure).__name__} {failure}") from failure


def _succeeds(process: Callable[[bytes], None], message: bytes) -> bool:
    try:
        process(message)
    except Exception:
        log.exception("could not process a message; it stays in the mailbox")
        return False
    return True


def _fetch_by_imap(mailbox: Mailbox, process: Callable[[bytes], None]) -> int:
    with _connect_imap(mailbox) as server:
        server.login(mailbox.username, mailbox.password)
        folder = mailbox.folder.replace("\\", "\\\\").replace('"', '\\"')
        status, response = server.select(f'"{folder}"')
        if status != "OK":
            raise MailboxUnreachable(
                f"{mailbox.host}: cannot open the folder {mailbox.folder}: {response[0]!r}"
            )
        _, found = server.uid("search", "UNSEEN" if mailbox.keep_messages else "UNDELETED")
        processed = 0
        for uid in (found[0] or b"").split()[:BATCH_SIZE]:
            name = uid.decode("ascii")
            message = _read_without_marking(server, name)
            if message is None or not _succeeds(process, message):
                continue
            server.uid(
                "store", name, "+FLAGS", r"(\Seen)" if mailbox.keep_messages else r"(\Deleted)"
            )
            if not mailbox.keep_messages:
                server.expunge()
            processed += 1
        return processed


def _connect_imap(mailbox: Mailbox) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if mailbox.tls == TlsMode.IMPLICIT:
        return imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, timeout=mailbox.timeout, ssl_context=context
        )
    server = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=mailbox.timeout)
    if mailbox.tls == TlsMode.STARTTLS:
        server.starttls(context)
    return server


def _read_without_marking(server: imaplib.IMAP4, uid: str) -> bytes | None:
    """Return a message, or the start of one that is too large, and leave it unseen."""
    _, parts = server.uid("fetch", uid, f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
    return next((part[1] for part in parts if isinstance(part, tuple)), None)


def _fetch_by_pop3(mailbox: Mailbox, process: Callable[[bytes], None]) -> int:
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
        processed = 0
        for number in range(1, min(server.stat()[0], BATCH_SIZE) + 1):
            _, lines, _ = server.retr(number)
            if _succeeds(process, b"\r\n".join(lines) + b"\r\n"):
                server.dele(number)
                processed += 1
    except BaseException:
        server.close()  # without QUIT the server removes nothing (RFC 1939, section 6)
        raise
    server.quit()
    return processed
