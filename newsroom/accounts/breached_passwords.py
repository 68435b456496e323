"""Passwords that were stolen elsewhere, looked up in a file that an operator provides.

The file has passwords, or SHA-1 hashes of them in order, as Have I Been Pwned offers them: one on
each line, with a count after a colon or without. A file of hashes may have any size: it is searched
where it is, from its middle. A list of passwords is read once.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

_HASH = re.compile(rb"[0-9A-Fa-f]{40}(?::\d+)?\s*")
MAX_LIST_BYTES = 50 * 1024 * 1024


def parse_breached_file(name: str) -> Path | None:
    """Return the file that a variable names, or None without a name. Raises ValueError."""
    if not name:
        return None
    path = Path(name)
    try:
        with path.open("rb") as file:
            first = file.readline(1000)
        size = path.stat().st_size
    except OSError as reason:
        raise ValueError(f"cannot read {name} ({reason.strerror})") from None
    if not first.strip():
        raise ValueError(f"{name} has no password on its first line")
    if not _HASH.fullmatch(first) and size > MAX_LIST_BYTES:
        raise ValueError(
            f"{name} is larger than {MAX_LIST_BYTES // 1024 // 1024} MB: use a file of SHA-1 hashes"
            " in order"
        )
    return path


def is_breached(password: str, file: Path) -> bool:
    """Whether a password is in the file."""
    with file.open("rb") as opened:
        has_hashes = _HASH.fullmatch(opened.readline(1000))
    if has_hashes:
        return _has_hash(hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest(), file)
    return password.casefold() in _passwords(file)


@lru_cache(maxsize=1)
def _passwords(file: Path) -> frozenset[str]:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return frozenset(line.strip().casefold() for line in lines)


def _has_hash(wanted: str, file: Path) -> bool:
    """Search lines that are in order, by halves."""
    key = wanted.upper().encode()
    with file.open("rb") as opened:
        low, high = 0, file.stat().st_size
        while low < high:
            middle = (low + high) // 2
            opened.seek(middle)
            if middle:
                opened.seek(middle - 1)
                opened.readline()  # to the start of a line
            line = opened.readline()
            found = line[:40].upper()
            if not line or found > key:
                high = middle
            elif found == key:
                return True
            else:
                low = max(opened.tell(), middle + 1)
    return False
