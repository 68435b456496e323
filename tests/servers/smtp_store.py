"""The emails that the server received, on disk."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path


class Store:
    """Accepted emails: their bytes in one file, an index line for each in another."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self.emails = os.open(folder / "emails.bin", flags)
        self.index = os.open(folder / "emails.jsonl", flags)
        self.violations = os.open(folder / "violations.jsonl", flags)
        self.end = os.fstat(self.emails).st_size

    def keep(self, content: bytes, *, sender: str, recipients: list[str], connection: int) -> None:
        """Write the email, then its index line: if a test sees the line, the email is complete."""
        os.write(self.emails, content)
        entry = {
            "sender": sender,
            "recipients": recipients,
            "connection": connection,
            "at": time.time(),
            "start": self.end,
            "size": len(content),
        }
        self.end += len(content)
        os.write(self.index, json.dumps(entry).encode() + b"\n")

    def note(self, violation: str) -> None:
        os.write(self.violations, json.dumps(violation).encode() + b"\n")
