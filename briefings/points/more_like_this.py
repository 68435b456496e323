"""In which order an editor is shown pieces of which each may make a point: the likeliest first.

The order starts from the point's sentence and learns from each yes and no. How it was chosen, and
how much of a response it saves reading, is in docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from briefings.points.likeness import FROM_PARENT, Likeness
from briefings.points.number_arrays import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Kernel ridge regression with a Gaussian kernel. Of labelled sets, settings near these all need
# about as much reading (0.29 to 0.31), so no digit of them matters (docs/performance.md).
SPREAD = 0.5
RIDGE = 8.0
SENTENCE_COUNTS = 4.0
YES_COUNTS = 1.5
# By wording alone: what the mean of the yes and of the no counts beside the sentence.
YES_BY_WORDING = 2.0
NO_BY_WORDING = 0.7
# A piece that makes another point seldom makes this one, too: it comes later.
MAKES_ANOTHER = 2.0


def scores(
    likeness: Likeness,
    sentence: str,
    vector: bytes = b"",
    *,
    yes: Collection[int] = (),
    no: Collection[int] = (),
    elsewhere: Collection[int] = (),
) -> list[float]:
    """Return how likely each piece makes a point, in units of their standard deviation.

    `yes` and `no` are the pieces that an editor has checked, `elsewhere` those that make another
    point. `vector` is what the encoder made of the sentence, if it has read it. A point that was
    opened from a piece may have no sentence yet.
    """
    if likeness.knows_meaning:
        row = likeness.row_of(sentence, vector) if sentence else None
        found = _by_meaning(likeness, row, [*yes], [*no]).tolist()
    else:
        found = _by_wording(likeness, sentence, yes, no)
    rest = [each for place, each in enumerate(found) if place not in {*yes, *no}]
    mean = sum(rest) / len(rest) if rest else 0.0
    spread = (sum((each - mean) ** 2 for each in rest) / len(rest)) ** 0.5 if rest else 0.0
    found = [(each - mean) / (spread or 1.0) for each in found]
    for place in elsewhere:
        found[place] -= MAKES_ANOTHER
    return found


def in_order(found: Sequence[float], *, without: Collection[int] = ()) -> list[int]:
    """Return the places of pieces by their scores, the highest first."""
    left = set(range(len(found))).difference(without)
    return sorted(left, key=lambda place: (-found[place], place))


def _by_meaning(
    likeness: Likeness, row: NDArray[np.float32] | None, yes: list[int], no: list[int]
) -> NDArray[np.float64]:
    """Return the scores; `row` is how like the sentence each piece is, if there is a sentence."""
    checked = [*yes, *no]
    to_each = _near(likeness.matrix[:, checked])
    among = to_each[checked]
    answers = [*[1.0] * len(yes), *[-1.0] * len(no)]
    counts = [*[YES_COUNTS] * len(yes), *[1.0] * len(no)]
    if row is not None:
        own = _near(row)
        among = np.block([[np.ones((1, 1)), own[None, checked]], [own[checked, None], among]])
        to_each = np.column_stack([own, to_each])
        answers, counts = [1.0, *answers], [SENTENCE_COUNTS, *counts]
    if not answers:
        return np.zeros(len(likeness.matrix))
    solved = np.linalg.solve(among + RIDGE * np.diag(1 / np.array(counts)), np.array(answers))
    return np.asarray(to_each @ solved)


def _near(cosines: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the kernel: 1 for the same, about 0 for what has nothing in common."""
    unrelated = np.exp(-1 / SPREAD)
    return np.asarray(
        (np.exp((cosines.astype(np.float64) - 1) / SPREAD) - unrelated) / (1 - unrelated)
    )


def _by_wording(
    likeness: Likeness, sentence: str, yes: Collection[int], no: Collection[int]
) -> list[float]:
    first, wordings = likeness.first, likeness.wordings
    mix = {first[place]: YES_BY_WORDING / len(yes) for place in yes}
    mix |= {first[place]: -NO_BY_WORDING / len(no) for place in no}
    like = wordings.likeness(mix, (wordings.weigh(sentence), 1.0))
    own = [like[place] for place in first]
    return [
        score if parent is None else (score + FROM_PARENT * own[parent]) / (1 + FROM_PARENT)
        for score, parent in zip(own, likeness.parents, strict=True)
    ]
