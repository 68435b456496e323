"""Letters kept as files in a folder, the newest first."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import uuid4

from django.conf import settings


def deliver(message: bytes, *, to: str) -> Path:
    """Keep a letter as an .eml file; the envelope's recipient stands in an X-Envelope-To line."""
    folder = Path(settings.INBOX_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{uuid4().hex[:8]}.eml"
    unfinished = folder / f".{name}"
    unfinished.write_bytes(f"X-Envelope-To: {to}\r\n".encode() + message)
    target = folder / name
    os.replace(unfinished, target)
    return target
