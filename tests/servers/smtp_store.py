"""What the receiver took in, on disk."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path


class Store:
    """Accepted letters: their octets in one file, an index line for each in another."""

    def __init__(self, folder: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self.letters = os.open(folder / "letters.bin", flags)
        self.index = os.open(folder / "letters.jsonl", flags)
        self.violations = os.open(folder / "violations.jsonl", flags)
        self.end = os.fstat(self.letters).st_size

    def keep(self, content: bytes, *, sender: str, recipients: list[str], connection: int) -> None:
        """Write the letter, then its line: who can read the line can read the letter."""
        os.write(self.letters, content)
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
