"""Pieces that say the same twice: near-duplicates, and what one person repeats.

They are joined before anybody reads them, so that each is read once and counted once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.points.character_runs import Wordings

# Measured on six labelled sets: copies of a text reach 0.5 and more, two different texts up to 0.2.
NEARLY_THE_SAME = 0.35
# One person who sends two texts that are so alike says the same again.
REPEATED_BY_ONE = 0.25
# Short texts, such as “Well said!”, are often the same and meant of different things.
LEAST_WORDS = 4


def join_repeats(
    wordings: Wordings, texts: Sequence[str], people: Sequence[str]
) -> list[list[int]]:
    """Return the places of the texts, those that say the same together, in their order.

    `people` are those who wrote them, each by a key.
    """
    group = list(range(len(texts)))

    def first_of(place: int) -> int:
        while group[place] != place:
            group[place] = group[group[place]]
            place = group[place]
        return place

    for one, other, likeness in wordings.pairs(at_least=REPEATED_BY_ONE):
        is_short = min(len(texts[one].split()), len(texts[other].split())) < LEAST_WORDS
        is_copy = likeness >= NEARLY_THE_SAME and not is_short
        if is_copy or people[one] == people[other]:
            earlier, later = sorted((first_of(one), first_of(other)))
            group[later] = earlier
    joined: dict[int, list[int]] = {}
    for place in range(len(texts)):
        joined.setdefault(first_of(place), []).append(place)
    return list(joined.values())
