"""Parse `REPORTS_URL`: the mailbox in which bounces, complaints and replies arrive."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from newsroom.mail_servers import TlsMode

DEFAULT_PORTS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox to fetch messages from.

    `protocol` is imap or pop3, `timeout` in seconds. With `keep_messages` a message is marked as
    read after it was processed, otherwise it is removed.
    """

    protocol: str
    host: str
    port: int
    username: str
    password: str
    folder: str = "INBOX"
    tls: TlsMode = TlsMode.IMPLICIT
    timeout: float = 30.0
    keep_messages: bool = False


def parse_mailbox(url: str) -> Mailbox:
    """Return the mailbox of a URL such as `imaps://user:pass@host/INBOX` or `pop3s://…`.

    Raises ValueError; its message names the part that is wrong.
    """
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(
            f"the scheme '{parts.scheme}' is not known; use imaps://, imap://, pop3s:// or pop3://"
        )
    if not (parts.hostname and parts.username and parts.password):
        raise ValueError(
            "write imaps://user:password@host/INBOX, with special characters in the user name and "
            "password percent-encoded"
        )
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    protocol = parts.scheme.removesuffix("s")
    try:
        tls = TlsMode(
            options.pop("tls", TlsMode.IMPLICIT if parts.scheme.endswith("s") else TlsMode.NONE)
        )
        timeout = float(options.pop("timeout", "30"))
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError as error:
        raise ValueError(
            f"{error}; tls can be none, starttls or ssl; port and timeout must be numbers"
        ) from None
    after = options.pop("after", "remove")
    if after not in {"remove", "mark"} or (after == "mark" and protocol == "pop3"):
        raise ValueError("after can be remove or, with IMAP only, mark")
    if options:
        raise ValueError(
            f"the option '{next(iter(options))}' is not known; use tls, timeout or after"
        )
    return Mailbox(
        protocol=protocol,
        host=parts.hostname,
        port=port,
        username=unquote(parts.username),
        password=unquote(parts.password),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        tls=tls,
        timeout=timeout,
        keep_messages=after == "mark",
    )
