"""The mailbox that receives bounce reports and replies: `REPORTS_URL`, parsed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from newsroom.mail_servers import TlsMode, parse_connection, refuse_unknown_options

DEFAULT_PORTS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}
OPTIONS = ("tls", "timeout", "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox to read."""

    protocol: str  # imap or pop3
    host: str
    port: int
    username: str
    password: str
    folder: str = "INBOX"
    tls: TlsMode = TlsMode.IMPLICIT
    timeout: float = 30.0  # seconds
    keep_messages: bool = False  # messages are marked as read instead of deleted


def parse_mailbox(url: str) -> Mailbox:
    """Parse `imaps://user:pass@host/INBOX`, `imap://…?tls=starttls` or `pop3s://user:pass@host`.

    Raises ValueError, which names the part that is wrong.
    """
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(
            f"the scheme '{parts.scheme}' is unknown; use imaps://, imap://, pop3s:// or pop3://"
        )
    if not (parts.hostname and parts.username and parts.password):
        raise ValueError(
            "write imaps://user:password@host/INBOX, with special characters in user and password"
            " percent-encoded"
        )
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    protocol = parts.scheme.removesuffix("s")
    connection = parse_connection(
        parts,
        options,
        default_port=DEFAULT_PORTS[parts.scheme],
        default_tls=TlsMode.IMPLICIT if parts.scheme.endswith("s") else TlsMode.NONE,
    )
    after = options.pop("after", "remove")
    if after not in {"remove", "mark"} or (after == "mark" and protocol == "pop3"):
        raise ValueError("after must be remove or, for IMAP only, mark")
    refuse_unknown_options(options, OPTIONS)
    return Mailbox(
        protocol=protocol,
        host=parts.hostname,
        port=connection.port,
        username=unquote(parts.username),
        password=unquote(parts.password),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        tls=connection.tls,
        timeout=connection.timeout,
        keep_messages=after == "mark",
    )
