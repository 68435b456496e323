"""Letters kept as files in a folder, the newest first."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.parser import BytesParser
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings

from newsroom.email_addresses import address_key

if TYPE_CHECKING:
    from collections.abc import Collection
    from email.message import EmailMessage

KEY = r"[0-9]{20}-[0-9a-f]{8}"
_FILE = re.compile(rf"({KEY})\.eml")
_FIRST_LINE = "X-Envelope-To: "
_parser = BytesParser(policy=policy.default)


def deliver(message: bytes, *, to: str) -> Path:
    """Keep a letter as an .eml file; the envelope's recipient stands in an X-Envelope-To line."""
    folder = Path(settings.INBOX_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{uuid4().hex[:8]}.eml"
    unfinished = folder / f".{name}"
    unfinished.write_bytes(f"{_FIRST_LINE}{to}\r\n".encode() + message)
    return unfinished.replace(folder / name)


class Letter:
    """A letter in the folder; its file is read when something in it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def key(self) -> str:
        return self.path.stem

    @property
    def at(self) -> datetime:
        """When it was delivered."""
        return datetime.fromtimestamp(int(self.key[:20]) / 1e9, tz=UTC)

    @cached_property
    def to(self) -> str:
        """The envelope's recipient."""
        line = ""
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            line = file.readline(2000).decode(errors="replace")
        return line.removeprefix(_FIRST_LINE).strip()

    @cached_property
    def source(self) -> bytes:
        """The letter as it was handed over, without our own first line; empty when it is gone."""
        with suppress(FileNotFoundError):  # the inbox is being emptied
            return self.path.read_bytes().partition(b"\n")[2]
        return b""

    @cached_property
    def _message(self) -> EmailMessage:
        return _parser.parsebytes(self.source)

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Every header in its order, decoded."""
        head = _parser.parsebytes(self.source, headersonly=True)  # a list shows fifty of them
        return [(name, _decoded(value)) for name, value in head.raw_items()]

    @property
    def sender(self) -> str:
        return self._header("from")

    @property
    def subject(self) -> str:
        return self._header("subject")

    @property
    def html(self) -> str:
        """The HTML part; empty when there is none."""
        return self._part("html")

    @property
    def text(self) -> str:
        """The plain text part; empty when there is none."""
        return self._part("plain")

    def _header(self, wanted: str) -> str:
        return next((value for name, value in self.headers if name.lower() == wanted), "")

    def _part(self, kind: str) -> str:
        part = self._message.get_body(preferencelist=(kind,))
        if part is None:
            return ""
        try:
            return str(part.get_content())
        except (LookupError, ValueError, MessageError):  # a character set that nobody knows
            return bytes(part.get_payload(decode=True) or b"").decode(errors="replace")


def _decoded(value: str) -> str:
    """Unfold a header and decode its encoded words and raw UTF-8."""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", value).strip()
    readable = unfolded.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    with suppress(LookupError, ValueError, MessageError):
        return str(make_header(decode_header(readable)))
    return readable


def letters(*, to: str = "") -> list[Letter]:
    """Letters whose recipient's address contains `to`, the newest first."""
    folder = Path(settings.INBOX_DIR)
    names = sorted((name for name in _names(folder) if _FILE.fullmatch(name)), reverse=True)
    found = [Letter(folder / name) for name in names]
    wanted = to.strip().casefold()
    return [letter for letter in found if wanted in letter.to.casefold()] if wanted else found


def letter(key: str) -> Letter | None:
    """Find the letter with this key; None when there is none, whatever the key is made of."""
    path = Path(settings.INBOX_DIR) / f"{key}.eml"
    if not _FILE.fullmatch(path.name) or path.parent != Path(settings.INBOX_DIR):
        return None
    return Letter(path) if path.is_file() else None


def empty() -> int:
    """Throw every letter away; give back how many there were."""
    thrown = 0
    for found in letters():
        with suppress(FileNotFoundError):  # somebody else emptied it at the same moment
            found.path.unlink()
            thrown += 1
    return thrown


def forget(addresses: Collection[str]) -> int:
    """Throw away the letters to these addresses, in any spelling; give back how many there were."""
    keys = {address_key(address) for address in addresses}
    thrown = 0
    for found in letters():
        if address_key(found.to) in keys:
            with suppress(FileNotFoundError):
                found.path.unlink()
                thrown += 1
    return thrown


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  (names are all that is wanted of thousands)
    except FileNotFoundError:
        return []
