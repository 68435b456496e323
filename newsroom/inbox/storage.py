"""The inbox folder: one .eml file for each email."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.parser import BytesParser
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings

from newsroom.email_addresses import address_key
from newsroom.email_headers import decode_words
from newsroom.text_encodings import decode_any

if TYPE_CHECKING:
    from collections.abc import Collection
    from email.message import EmailMessage

KEY = r"[0-9]{20}-[0-9a-f]{8}"
_FILE = re.compile(rf"({KEY})\.eml")
_ENVELOPE_HEADER = "X-Envelope-To: "
_parser = BytesParser(policy=policy.default)


def store(message: bytes, *, to: str) -> Path:
    """Write an email to an .eml file whose first line, X-Envelope-To, names the recipient."""
    folder = Path(settings.INBOX_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{uuid4().hex[:8]}.eml"
    # Written under another name first, so that nobody lists a file that is half written.
    temporary = folder / f".{name}"
    temporary.write_bytes(f"{_ENVELOPE_HEADER}{to}\r\n".encode() + message)
    return temporary.replace(folder / name)


class StoredEmail:
    """An email in the inbox folder. Its file is read only when one of its parts is needed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def key(self) -> str:
        return self.path.stem

    @property
    def at(self) -> datetime:
        """When the email was stored."""
        return datetime.fromtimestamp(int(self.key[:20]) / 1e9, tz=UTC)

    @cached_property
    def to(self) -> str:
        """The envelope recipient."""
        line = ""
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            line = file.readline(2000).decode(errors="replace")
        return line.removeprefix(_ENVELOPE_HEADER).strip()

    @cached_property
    def source(self) -> bytes:
        """The message as sent, without our X-Envelope-To line; empty if it has been deleted."""
        with suppress(FileNotFoundError):  # somebody is emptying the inbox
            return self.path.read_bytes().partition(b"\n")[2]
        return b""

    @cached_property
    def _message(self) -> EmailMessage:
        return _parser.parsebytes(self.source)

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Every header, decoded, in the order of the message."""
        # Headers only, because a list page shows fifty emails.
        message = _parser.parsebytes(self.source, headersonly=True)
        return [(name, decode_words(value)) for name, value in message.raw_items()]

    @property
    def sender(self) -> str:
        return self._header("from")

    @property
    def subject(self) -> str:
        return self._header("subject")

    @property
    def html(self) -> str:
        """The HTML part, or an empty string."""
        return self._part("html")

    @property
    def text(self) -> str:
        """The plain text part, or an empty string."""
        return self._part("plain")

    def _header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    def _part(self, subtype: str) -> str:
        part = self._message.get_body(preferencelist=(subtype,))
        if part is None:
            return ""
        try:
            return str(part.get_content())
        except (LookupError, ValueError, MessageError):  # an unknown character set
            return decode_any(bytes(part.get_payload(decode=True) or b""))


def stored_emails(*, to: str = "") -> list[StoredEmail]:
    """Return the emails whose recipient's address contains `to`, newest first."""
    folder = Path(settings.INBOX_DIR)
    names = sorted((name for name in _file_names(folder) if _FILE.fullmatch(name)), reverse=True)
    found = [StoredEmail(folder / name) for name in names]
    wanted = to.strip().casefold()
    return [email for email in found if wanted in email.to.casefold()] if wanted else found


def stored_email(key: str) -> StoredEmail | None:
    """Return the email with this key, or None. The key may be any string that a visitor sends."""
    path = Path(settings.INBOX_DIR) / f"{key}.eml"
    if not _FILE.fullmatch(path.name) or path.parent != Path(settings.INBOX_DIR):
        return None
    return StoredEmail(path) if path.is_file() else None


def delete_all() -> int:
    """Delete every email and return how many there were."""
    return sum(_delete(email) for email in stored_emails())


def delete_sent_to(addresses: Collection[str]) -> int:
    """Delete the emails sent to these addresses, however spelt, and return how many there were."""
    keys = {address_key(address) for address in addresses}
    return sum(_delete(email) for email in stored_emails() if address_key(email.to) in keys)


def _delete(email: StoredEmail) -> bool:
    try:
        email.path.unlink()
    except FileNotFoundError:  # somebody else deleted it at the same moment
        return False
    return True


def _file_names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  (only the names of thousands of files are needed)
    except FileNotFoundError:
        return []
