"""A single letter's last step: to the mail server, also where its address is not ASCII."""

from __future__ import annotations

import logging
from email import message_from_bytes, policy
from email.message import Message
from smtplib import SMTP, SMTPException, SMTPNotSupportedError
from typing import cast

from django.core.cache import cache
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_PATIENCE = 5  # seconds, for a page that waits


class AddressNotSupported(Exception):
    """Our mail server cannot write to this address; the message says why, to staff."""


def submit(message: EmailMessage) -> None:
    """Send a message to its one address, by SMTPUTF8 (RFC 6531) where the local part needs it.

    Raises NoWayThere when the server does not offer that, else whatever the backend raises.
    """
    [address] = message.to
    connection = get_connection()
    if address.isascii() or not isinstance(connection, EmailBackend):
        message.send()
        return
    wide = build_utf8_message(message)
    with connection:
        server = cast("SMTP", connection.connection)  # it is open here
        try:
            server.send_message(wide, to_addrs=[address])
        except SMTPNotSupportedError:
            raise AddressNotSupported(
                "the part before the @ is not ASCII, and our mail server does not offer SMTPUTF8"
            ) from None


def can_deliver_to(address: str) -> bool:
    """Whether our mail server takes letters to an address of this script; asked once an hour.

    An ASCII local part can always be written to. A server that cannot be asked now may be able to
    when the letter leaves, so it is believed.
    """
    if address.rpartition("@")[0].isascii():
        return True
    connection = get_connection(timeout=_PATIENCE)
    if not isinstance(connection, EmailBackend):
        return True
    key = f"smtputf8.{connection.host}.{connection.port}"
    try:
        known = cache.get(key)
        if known is None:
            known = _offers_smtputf8(connection)
            cache.set(key, known, timeout=3600)
    except (RedisError, OSError, SMTPException) as failure:
        log.warning("the mail server could not be asked for SMTPUTF8: %s", failure)
        return True
    return bool(known)


def _offers_smtputf8(connection: EmailBackend) -> bool:
    with connection:
        server = cast("SMTP", connection.connection)
        server.ehlo_or_helo_if_needed()
        return server.has_extn("smtputf8")


def build_utf8_message(message: EmailMessage) -> Message:
    """Build a message whose To line has its address in its own script (RFC 6532).

    Django would write the local part as an encoded word, which is somebody else's address, and
    would fail where that word is too long for a line.
    """
    addresses, message.to = message.to, []
    try:
        wide = message_from_bytes(message.message().as_bytes(), policy=policy.SMTPUTF8)
    finally:
        message.to = addresses
    wide["To"] = ", ".join(addresses)
    return wide
