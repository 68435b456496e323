"""The tables of words, compiled: words.toml says what diagnostics mean, phrases.toml who speaks."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from subscribers.bounces.report import Reason

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Words for a reason; what is not `strong` gives way to a plain enhanced code."""

    reason: Reason
    words: re.Pattern[str]
    strong: bool


def _read_table() -> tuple[Row, ...]:
    rows = tomllib.loads((_HERE / "words.toml").read_text())["row"]
    return tuple(
        Row(
            reason=Reason(row["reason"]),
            words=re.compile("|".join(row["words"])),
            strong=row.get("strong", True),
        )
        for row in rows
    )


TABLE = _read_table()
_PHRASES: dict[str, list[str]] = tomllib.loads((_HERE / "phrases.toml").read_text())


def alternatives(name: str) -> str:
    """Give one set of phrases as a pattern's alternatives."""
    return "|".join(_PHRASES[name])


def phrases(name: str, *, before: str = "", after: str = "") -> re.Pattern[str]:
    """Compile one set of phrases, with what must stand before and after any of them."""
    return re.compile(f"(?i)(?:{before})(?:{alternatives(name)}){after}")
