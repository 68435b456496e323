"""How far apart two spellings are, and how far apart those of one word may be."""

from __future__ import annotations

LONG_WORD_CHARS = 6


def mistakes_allowed(*spellings: str) -> int:
    """Return how many characters of a word may be wrong: two in a long word, one in a short one."""
    return 2 if min(map(len, spellings)) >= LONG_WORD_CHARS else 1


def word_distance(one: str, other: str) -> int:
    """Return how many characters are missing, extra, wrong or swapped with the one beside them."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, right in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            is_swapped = i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right
            row.append(min(cost, last[j - 2] + 1) if is_swapped else cost)
    return row[-1]
