"""Django's way into the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.mail.backends.base import BaseEmailBackend

from newsroom.inbox.storage import deliver
from newsroom.smtp_submission import write_wide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.mail import EmailMessage


class InboxBackend(BaseEmailBackend):
    """Keep each message in the inbox folder, once for each recipient."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            for recipient in message.recipients():
                deliver(_write(message), to=recipient)
        return len(email_messages)


def _write(message: EmailMessage) -> bytes:
    if all(address.isascii() for address in message.to):
        return message.message().as_bytes()
    return write_wide(message).as_bytes()
