"""Outgoing mail servers: `EMAIL_URL`, parsed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
OPTIONS = ("tls", "timeout", "weight", "per_day", "token_command")
_ANYMAIL = re.compile(r"anymail\.backends\.\w+\.EmailBackend")


class TlsMode(StrEnum):
    """How a connection to a mail server is encrypted; the values stand in URLs."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "ssl"


class MailServerKind(StrEnum):
    """How emails are handed over."""

    SMTP = "smtp"
    ANYMAIL = "anymail"  # a provider's own API, through django-anymail
    INBOX = "inbox"  # the development page that shows what would have been sent


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A server or provider that takes our emails."""

    kind: MailServerKind
    host: str = ""
    port: int = 0
    username: str = ""
    password: str = ""
    token_command: str = ""  # prints a token to log in with (XOAUTH2), instead of a password
    tls: TlsMode = TlsMode.NONE
    timeout: float = 30.0  # seconds
    weight: int = 1  # its share of the emails, relative to the other servers
    per_day: int = 0  # its daily limit; 0 for none
    backend: str = ""

    @property
    def name(self) -> str:
        """The name that staff and the daily counts use."""
        return self.backend or (f"{self.host}:{self.port}" if self.host else "inbox")

    @property
    def django_backend(self) -> str:
        """Django's email backend for transactional emails through this server."""
        return {
            MailServerKind.SMTP: "newsroom.smtp_submission.SmtpBackend",
            MailServerKind.ANYMAIL: self.backend,
            MailServerKind.INBOX: "newsroom.inbox.backend.InboxBackend",
        }[self.kind]


class Connection(NamedTuple):
    """How to connect to a server: what the URLs of mail servers and mailboxes have in common."""

    port: int
    tls: TlsMode
    timeout: float  # seconds


def parse_connection(
    url: SplitResult, options: dict[str, str], *, default_port: int, default_tls: TlsMode
) -> Connection:
    """Return port, encryption and timeout; takes `tls` and `timeout` out of the options.

    Raises ValueError, which says what each of them must be.
    """
    try:
        return Connection(
            port=url.port or default_port,
            tls=TlsMode(options.pop("tls", default_tls)),
            timeout=float(options.pop("timeout", "30")),
        )
    except ValueError as reason:
        modes = ", ".join(TlsMode)
        raise ValueError(
            f"{reason}; tls must be one of {modes}; port and timeout must be numbers"
        ) from None


def refuse_unknown_options(options: dict[str, str], known: Collection[str]) -> None:
    """Raise ValueError if any option is left over."""
    if options:
        unknown = next(iter(options))
        raise ValueError(f"the option '{unknown}' is unknown; the options are {', '.join(known)}")


def parse_mail_servers(urls: str) -> tuple[MailServer, ...]:
    """Parse one server URL, or several separated by spaces.

    Raises ValueError, which names the part that is wrong.
    """
    servers = tuple(parse_mail_server(url) for url in urls.split()) or (parse_mail_server(""),)
    names = [server.name for server in servers]
    if len(set(names)) < len(names):
        raise ValueError("it names the same server twice; give that server a larger weight instead")
    if len(servers) > 1 and any(server.kind is MailServerKind.INBOX for server in servers):
        raise ValueError("inbox: cannot be used with other servers")
    return servers


def parse_mail_server(url: str) -> MailServer:
    """Parse `smtp://user:pass@host:587/?tls=starttls`, `smtps://…`, an Anymail backend or `inbox:`.

    Options: `tls`, `timeout` in seconds, `weight` (a share, 1 or more), `per_day` (emails) and
    `token_command` (a command that prints a token to log in with).
    Raises ValueError, which names the part that is wrong.
    """
    parts = urlsplit(url)
    if parts.scheme == "inbox":
        return MailServer(kind=MailServerKind.INBOX)
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if _ANYMAIL.fullmatch(parts.path) and not parts.scheme:
        server = MailServer(kind=MailServerKind.ANYMAIL, backend=parts.path)
    elif parts.scheme in DEFAULT_PORTS:
        if not parts.hostname:
            raise ValueError("it has no host; write smtp://user:password@host:587/?tls=starttls")
        connection = parse_connection(
            parts,
            options,
            default_port=DEFAULT_PORTS[parts.scheme],
            default_tls=TlsMode.IMPLICIT if parts.scheme == "smtps" else TlsMode.NONE,
        )
        server = MailServer(
            kind=MailServerKind.SMTP,
            host=parts.hostname,
            port=connection.port,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            token_command=_token_command(parts, options),
            tls=connection.tls,
            timeout=connection.timeout,
        )
    else:
        raise ValueError(
            f"the scheme '{parts.scheme}' is unknown; use smtp://, smtps://,"
            " anymail.backends.<provider>.EmailBackend or inbox:"
        )
    server = _with_weight_and_limit(server, options)
    refuse_unknown_options(options, OPTIONS)
    return server


def _token_command(url: SplitResult, options: dict[str, str]) -> str:
    """Return the command that prints a token, which is taken out of the options."""
    command = options.pop("token_command", "")
    try:
        words = shlex.split(command)
    except ValueError as reason:
        raise ValueError(f"token_command is not a command line: {reason}") from None
    if words and (url.password or not url.username):
        raise ValueError("with token_command, write a user name and no password: smtp://user@host")
    return command


def _with_weight_and_limit(server: MailServer, options: dict[str, str]) -> MailServer:
    """Return the server with its weight and daily limit, which are taken out of the options."""
    try:
        weight, per_day = int(options.pop("weight", "1")), int(options.pop("per_day", "0"))
    except ValueError as reason:
        raise ValueError(f"{reason}; weight and per_day must be whole numbers") from None
    if weight < 1 or per_day < 0:
        raise ValueError("weight must be at least 1, per_day at least 0")
    return replace(server, weight=weight, per_day=per_day)
