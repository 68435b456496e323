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


def first_pieces(likeness: Likeness, *, without: Collection[int] = ()) -> list[int]:
    """Return the places of pieces to start from; those `without` make a point already."""
    places = [place for place in range(len(likeness.first)) if place not in without]
    if not likeness.knows_meaning:
        texts = likeness.wordings.lengths
        places = sorted(places, key=lambda place: -texts[likeness.first[place]])[:LONGEST]
    alike = {place: _likeness_to_all(likeness, place) for place in places}
    density = {place: _density(alike[place], place) for place in places}
    chosen: list[int] = []
    while len(chosen) < min(SHOWN, len(places)):
        left = [place for place in places if place not in chosen]
        nearest = {place: max((alike[one][place] for one in chosen), default=0.0) for place in left}
        chosen.append(max(left, key=lambda place: density[place] * (1 - max(nearest[place], 0))))
    return chosen


def _likeness_to_all(likeness: Likeness, place: int) -> Sequence[float]:
    if likeness.knows_meaning:
        return np.asarray(likeness.matrix[place]).tolist()  # type: ignore[no-any-return]
    like = likeness.wordings.likeness({likeness.first[place]: 1.0})
    return [like[first] for first in likeness.first]


def _density(alike: Sequence[float], place: int) -> float:
    """Return how like a piece its nearest neighbours are."""
    others = sorted((max(each, 0.0) for at, each in enumerate(alike) if at != place), reverse=True)
    nearest = others[:NEIGHBOURS]
    return sum(nearest) / len(nearest) if nearest else 0.0
