"""Lists in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """Return “a”, “a and b” or “a, b and c”; '' for no words."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
