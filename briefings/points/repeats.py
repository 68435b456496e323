"""Pieces that say the same twice: near-duplicates, and what one person repeats.

They are joined before anybody reads them, so that each is read once and counted once.
"""

from __future__ import annotations

from collections import defaultdict
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

    `people` are those who wrote them, each by a key. Each says the same as the first of its group:
    texts that share a sentence with the next one only are not joined to a chain.
    """
    earlier_ones: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    for one, other, likeness in wordings.pairs(at_least=REPEATED_BY_ONE):
        earlier, later = sorted((one, other))
        earlier_ones[later].append((likeness, earlier))

    def says_the_same(one: int, other: int, likeness: float) -> bool:
        is_short = min(len(texts[one].split()), len(texts[other].split())) < LEAST_WORDS
        is_copy = likeness >= NEARLY_THE_SAME and not is_short
        return is_copy or (likeness >= REPEATED_BY_ONE and people[one] == people[other])

    group = list(range(len(texts)))  # of each text, the first of those that say the same
    for later, found in sorted(earlier_ones.items()):
        for likeness, earlier in sorted(found, key=lambda each: (-each[0], each[1])):
            first = group[earlier]
            to_first = likeness if first == earlier else wordings.between(first, later)
            if says_the_same(earlier, later, likeness) and says_the_same(first, later, to_first):
                group[later] = first
                break
    joined: defaultdict[int, list[int]] = defaultdict(list)
    for place, first in enumerate(group):
        joined[first].append(place)
    return list(joined.values())
