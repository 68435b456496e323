"""Where letters leave: `EMAIL_URL` read into frozen values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
OPTIONS = "tls, timeout, weight and per_day are"
_ANYMAIL = re.compile(r"anymail\.backends\.\w+\.EmailBackend")


class TlsMode(StrEnum):
    """How a connection to an SMTP server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "ssl"


class MailServerKind(StrEnum):
    """How letters are handed over."""

    SMTP = "smtp"
    ANYMAIL = "anymail"  # a provider's own interface, through django-anymail
    INBOX = "inbox"  # the development page that shows what would have been sent


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """One way out for letters; `weight` is its share of them, `per_day` its limit (0: none)."""

    kind: MailServerKind
    host: str = ""
    port: int = 0
    username: str = ""
    password: str = ""
    tls: TlsMode = TlsMode.NONE
    timeout: float = 30.0
    weight: int = 1
    per_day: int = 0
    backend: str = ""

    @property
    def name(self) -> str:
        """What staff and the daily counts call it."""
        return self.backend or (f"{self.host}:{self.port}" if self.host else "inbox")


def parse_mail_servers(urls: str) -> tuple[MailServer, ...]:
    """Read one server, or several with spaces between them.

    Raises ValueError with a sentence that names the wrong part.
    """
    servers = tuple(parse_mail_server(url) for url in urls.split()) or (parse_mail_server(""),)
    names = [server.name for server in servers]
    if len(set(names)) < len(names):
        raise ValueError("it names the same server twice; give one a larger weight instead")
    if len(servers) > 1 and any(server.kind is MailServerKind.INBOX for server in servers):
        raise ValueError("inbox: stands alone")
    return servers


def parse_mail_server(url: str) -> MailServer:
    """Read `smtp://user:pass@host:587/?tls=starttls`, `smtps://…`, an Anymail backend or `inbox:`.

    Options beside `tls`: `timeout` in seconds, `weight` (a share, from 1) and `per_day` (letters).
    Raises ValueError with a sentence that names the wrong part.
    """
    parts = urlsplit(url)
    if parts.scheme == "inbox":
        return MailServer(kind=MailServerKind.INBOX)
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if _ANYMAIL.fullmatch(parts.path) and not parts.scheme:
        server = MailServer(kind=MailServerKind.ANYMAIL, backend=parts.path)
    elif parts.scheme in DEFAULT_PORTS:
        if not parts.hostname:
            raise ValueError("it names no host; write smtp://user:password@host:587/?tls=starttls")
        default_tls = TlsMode.IMPLICIT if parts.scheme == "smtps" else TlsMode.NONE
        try:
            server = MailServer(
                kind=MailServerKind.SMTP,
                host=parts.hostname,
                port=parts.port or DEFAULT_PORTS[parts.scheme],
                username=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
                tls=TlsMode(options.pop("tls", default_tls)),
                timeout=float(options.pop("timeout", "30")),
            )
        except ValueError as reason:
            raise ValueError(
                f"{reason}; tls is none, starttls or ssl, port and timeout are numbers"
            ) from None
    else:
        raise ValueError(
            f"the scheme '{parts.scheme}' is not known; use smtp://, smtps://,"
            " anymail.backends.<provider>.EmailBackend or inbox:"
        )
    server = _with_share(server, options)
    if options:
        raise ValueError(f"the option '{next(iter(options))}' is not known; {OPTIONS}")
    return server


def _with_share(server: MailServer, options: dict[str, str]) -> MailServer:
    """Take a server's share and daily limit out of its options."""
    try:
        weight, per_day = int(options.pop("weight", "1")), int(options.pop("per_day", "0"))
    except ValueError as reason:
        raise ValueError(f"{reason}; weight and per_day are whole numbers") from None
    if weight < 1 or per_day < 0:
        raise ValueError("weight is at least 1, per_day at least 0")
    return replace(server, weight=weight, per_day=per_day)
