"""How many more pieces are likely to make a point, as the last answers went."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LATEST = 8
# With fewer answers it is too early to say.
AT_LEAST = 5
# Likely pieces come first, so those further down make the point more seldom than the latest did.
# Fitted on labelled sets, one left out at a time (docs/performance.md).
FURTHER_DOWN = 0.33


def likely_more(answers: Sequence[bool], *, unchecked: int) -> int | None:
    """Return how many of the unchecked pieces likely make the point.

    None if it is too early to say, or if none is left.

    `answers` are those of an editor in their order: whether each piece made the point.
    """
    if not unchecked or len(answers) < AT_LEAST:
        return None
    latest = answers[-LATEST:]
    return round(FURTHER_DOWN * sum(latest) / len(latest) * unchecked)
