"""Where to start: a few pieces that differ most from each other and have many like them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.points.number_arrays import np

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from briefings.points.likeness import Likeness

SHOWN = 5
NEIGHBOURS = 5
# By wording alone, only the longest are compared: each takes time, and short ones say little.
LONGEST = 30
# What is so alike is not offered twice. Of 20 pieces from labelled sets, 1.7 of the five that are
# offered make the same point then, on average, and 2.1 without a limit.
ALIKE_IN_MEANING = 0.05
ALIKE_IN_WORDING = 0.1


def first_pieces(
    likeness: Likeness, *, made: Collection[int] = (), without: Collection[int] = ()
) -> list[int]:
    """Return the places of pieces to start from: fewer where the others are like those.

    Pieces that have `made` a point are not offered, nor those that are like them: its own page
    offers these. Those `without` count for nothing.
    """
    places = [place for place in range(len(likeness.first)) if place not in {*made, *without}]
    if not likeness.knows_meaning:
        texts = likeness.wordings.lengths
        places = sorted(places, key=lambda place: -texts[likeness.first[place]])[:LONGEST]
    alike = {place: _likeness_to_all(likeness, place) for place in places}
    limit = ALIKE_IN_MEANING if likeness.knows_meaning else ALIKE_IN_WORDING
    density = {place: _density(alike[place], place, places) for place in places}
    chosen: list[int] = []
    while len(chosen) < SHOWN:
        known = [*made, *chosen]
        nearest = {
            place: max((alike[place][one] for one in known), default=0.0)
            for place in places
            if place not in chosen
        }
        left = [place for place in nearest if nearest[place] < limit]
        if not left:
            break
        chosen.append(max(left, key=lambda place: density[place] * (1 - max(nearest[place], 0))))
    return chosen


def _likeness_to_all(likeness: Likeness, place: int) -> Sequence[float]:
    if likeness.knows_meaning:
        return np.asarray(likeness.matrix[place]).tolist()  # type: ignore[no-any-return]
    like = likeness.wordings.likeness({likeness.first[place]: 1.0})
    return [like[first] for first in likeness.first]


def _density(alike: Sequence[float], place: int, places: Collection[int]) -> float:
    """Return how like a piece its nearest neighbours among some are."""
    others = sorted((max(alike[at], 0.0) for at in places if at != place), reverse=True)
    nearest = others[:NEIGHBOURS]
    return sum(nearest) / len(nearest) if nearest else 0.0
