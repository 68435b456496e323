"""Submit one message to the mail server, including to addresses that are not ASCII (RFC 6531)."""

from __future__ import annotations

import logging
from email import message_from_bytes, policy
from email.message import Message
from smtplib import SMTP, SMTP_SSL, SMTPException, SMTPNotSupportedError
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from redis.exceptions import RedisError

from newsroom.circuit_breaker import CircuitBreaker
from newsroom.mail_servers import MailServer, MailServerKind, TlsMode
from newsroom.site_address import site_host
from newsroom.smtp_login import LoginRefused, log_in, login_secret, offered_ways

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 5  # a page is waiting
_REMEMBER_SECONDS = 3600
_SKIP_SECONDS = 60.0
_breakers: dict[str, CircuitBreaker] = {}  # by the name of a server


class AddressNotSupported(Exception):
    """Our mail server does not support this address; the message tells staff why."""


class _Client(SMTP):
    """A client whose EHLO names our host; Django would name the computer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "local_hostname": site_host()})


class _TlsClient(SMTP_SSL):
    """The same with TLS from the start."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "local_hostname": site_host()})


class SmtpBackend(EmailBackend):
    """Django's SMTP backend for one of our mail servers, logged in as for issue emails."""

    def __init__(
        self,
        *,
        server: MailServer | None = None,
        timeout: float | None = None,
        fail_silently: bool = False,
    ) -> None:
        """Take the first mail server of `EMAIL_URL` if none is given."""
        self.server = server or settings.MAIL_SERVERS[0]
        super().__init__(
            host=self.server.host,
            port=self.server.port,
            # Django logs in only if there is a password, and in its own way.
            username="",
            password="",
            use_tls=self.server.tls is TlsMode.STARTTLS,
            use_ssl=self.server.tls is TlsMode.IMPLICIT,
            timeout=timeout or self.server.timeout,
            fail_silently=fail_silently,
        )

    @property
    def connection_class(self) -> type[SMTP]:
        """The client of `smtplib` that names our host in its EHLO, as issue emails do."""
        return _TlsClient if self.use_ssl else _Client

    def open(self) -> bool | None:
        """Connect and log in; False or None if that was not necessary or failed silently."""
        opened: bool | None = super().open()
        if opened and self.server.username:
            try:
                self._log_in(cast("SMTP", self.connection))
            except BaseException as failure:
                self.close()
                if isinstance(failure, SMTPException) and self.fail_silently:
                    return None
                raise
        return opened

    def _log_in(self, client: SMTP) -> None:
        client.ehlo_or_helo_if_needed()
        extensions = (client.ehlo_resp or b"").decode("latin-1").splitlines()[1:]
        try:
            lines = log_in(self.server, offered_ways(extensions), login_secret(self.server))
            line = next(lines)
            while True:
                code, reply = client.docmd(line)
                line = lines.send((code, reply.decode(errors="replace")))
        except StopIteration:
            return
        except LoginRefused as refusal:
            raise SMTPException(str(refusal)) from refusal


def submit(message: EmailMessage) -> None:
    """Send a message to its one address, with SMTPUTF8 if the local part is not ASCII.

    It goes through the first of our mail servers that can be reached; with SMTPUTF8 always through
    the first, which was asked for it. Raises AddressNotSupported if that does not offer SMTPUTF8,
    or what the backend raises.
    """
    [address] = message.to
    connection = get_connection()
    if address.isascii() or not isinstance(connection, EmailBackend):
        message.connection = _open_connection()
        try:
            message.send()
        finally:
            message.connection.close()
        return
    utf8_message = build_utf8_message(message)
    with connection:
        server = cast("SMTP", connection.connection)  # open inside the `with`
        try:
            server.send_message(utf8_message, to_addrs=[address])
        except SMTPNotSupportedError:
            raise AddressNotSupported(
                "the part before the @ is not ASCII, and our mail server does not offer SMTPUTF8"
            ) from None


def _open_connection() -> Any:
    """Return an open connection to the first mail server that can be reached.

    One that could not be reached is skipped for a while, if there are others. Raises what opening
    the last one raises.
    """
    servers = [server for server in settings.MAIL_SERVERS if not _breaker(server).is_open]
    *others, last = servers or settings.MAIL_SERVERS
    for server in others:
        try:
            return _open(server)
        except (OSError, SMTPException) as failure:
            _breaker(server).open()
            log.warning("%s cannot be used, so we try another: %s", server.name, failure)
    return _open(last)


def _open(server: MailServer) -> Any:
    if server == settings.MAIL_SERVERS[0]:
        connection = get_connection()  # settings.EMAIL_BACKEND
    elif server.kind is MailServerKind.SMTP:
        connection = get_connection(server.django_backend, server=server)
    else:
        connection = get_connection(server.django_backend)
    connection.open()
    return connection


def _breaker(server: MailServer) -> CircuitBreaker:
    return _breakers.setdefault(server.name, CircuitBreaker(seconds=_SKIP_SECONDS))


def can_deliver_to(address: str) -> bool:
    """Return whether our mail server supports this address.

    Every server supports an ASCII local part. For others the server is asked, at most once an hour;
    if it cannot be reached, the answer is True, because it may support the address once it can.
    """
    if address.rpartition("@")[0].isascii():
        return True
    connection = get_connection(timeout=_TIMEOUT_SECONDS)
    if not isinstance(connection, EmailBackend):
        return True
    key = f"smtputf8.{connection.host}.{connection.port}"
    try:
        supported = cache.get(key)
        if supported is None:
            supported = _offers_smtputf8(connection)
            cache.set(key, supported, timeout=_REMEMBER_SECONDS)
    except (RedisError, OSError, SMTPException) as failure:
        log.warning("could not ask the mail server whether it offers SMTPUTF8: %s", failure)
        return True
    return bool(supported)


def _offers_smtputf8(connection: EmailBackend) -> bool:
    with connection:
        server = cast("SMTP", connection.connection)
        server.ehlo_or_helo_if_needed()
        return server.has_extn("smtputf8")


def build_utf8_message(message: EmailMessage) -> Message:
    """Return the message with the address in its own script in the To header (RFC 6532).

    Django would write the local part as an encoded word, which is a different address, and would
    fail if that word is too long for a line.
    """
    addresses, message.to = message.to, []
    try:
        utf8_message = message_from_bytes(message.message().as_bytes(), policy=policy.SMTPUTF8)
    finally:
        message.to = addresses
    utf8_message["To"] = ", ".join(addresses)
    return utf8_message
