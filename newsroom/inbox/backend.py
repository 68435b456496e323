"""The email backend that stores messages in the development inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.mail.backends.base import BaseEmailBackend

from newsroom.inbox.storage import store
from newsroom.smtp_submission import build_utf8_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.mail import EmailMessage


class InboxBackend(BaseEmailBackend):
    """Store each message in the inbox folder, once for each recipient."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            for recipient in message.recipients():
                store(_message_bytes(message), to=recipient)
        return len(email_messages)


def _message_bytes(message: EmailMessage) -> bytes:
    if all(address.isascii() for address in message.to):
        return message.message().as_bytes()
    return build_utf8_message(message).as_bytes()
