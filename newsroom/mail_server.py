"""Where letters leave: `EMAIL_URL` read into one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit


class Tls(StrEnum):
    """How a connection to an SMTP server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "ssl"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """An SMTP server, or (`inbox`) the development page that shows what would have been sent."""

    kind: str
    host: str = ""
    port: int = 0
    username: str = ""
    password: str = ""
    tls: Tls = Tls.NONE
    timeout: float = 30.0


DEFAULT_PORTS = {"smtp": 25, "smtps": 465}


def parse_mail_server(url: str) -> MailServer:
    """Read `smtp://user:pass@host:587/?tls=starttls`, `smtps://…` or `inbox:`.

    Raises ValueError with a sentence that names the wrong part.
    """
    parts = urlsplit(url)
    if parts.scheme == "inbox":
        return MailServer(kind="inbox")
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(
            f"the scheme '{parts.scheme}' is not known; use smtp://, smtps:// or inbox:"
        )
    if not parts.hostname:
        raise ValueError("it names no host; write smtp://user:password@host:587/?tls=starttls")
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    default_tls = Tls.IMPLICIT if parts.scheme == "smtps" else Tls.NONE
    try:
        tls = Tls(options.pop("tls", default_tls))
        timeout = float(options.pop("timeout", "30"))
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError as reason:
        raise ValueError(
            f"{reason}; tls is none, starttls or ssl, port and timeout are numbers"
        ) from None
    if options:
        raise ValueError(f"the option '{next(iter(options))}' is not known; tls and timeout are")
    return MailServer(
        kind="smtp",
        host=parts.hostname,
        port=port,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
        timeout=timeout,
    )
