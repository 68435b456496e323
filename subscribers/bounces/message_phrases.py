"""The phrases of message_phrases.toml, compiled."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_PHRASES: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


def alternatives(name: str) -> str:
    """Return the phrases of one list as alternatives of a regular expression."""
    return "|".join(_PHRASES[name])


def phrases(name: str, *, before: str = "", after: str = "") -> re.Pattern[str]:
    """Return a pattern that matches any phrase of one list, between `before` and `after`."""
    return re.compile(f"(?i)(?:{before})(?:{alternatives(name)}){after}")
