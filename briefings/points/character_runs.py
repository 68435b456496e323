"""How alike texts are in their wording: by the runs of 3 to 5 characters that they share.

A run that few of the texts have says more than one that most have (TF-IDF). Spelling and endings
matter little, so "fined", "fines" and "a fine" are alike. What a text means is not known here.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter, defaultdict
from itertools import pairwise
from operator import mul
from typing import TYPE_CHECKING, TypeAlias

from briefings.points.number_arrays import np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

RUN_LENGTHS = (3, 4, 5)
# Of a run that more of the texts share than this, only texts that follow each other are compared.
SHARED_BY_MOST = 40
# A matrix takes in this number of runs at a time: 500 texts need 8 MB for them.
AT_ONCE = 4096
# So much of a likeness shows in these runs before we compute the whole of it.
WORTH_COMPARING = 0.1

# The numbers of a text's runs, in step with their weights; together a vector of length 1.
Weighted: TypeAlias = "tuple[array[int], array[float]]"


def runs_of(text: str) -> Counter[str]:
    """Return how often each run of characters is in a text; case and punctuation do not count."""
    plain = " ".join(["", *re.findall(r"\w+", text.casefold()), ""])
    return Counter(
        plain[start : start + length]
        for length in RUN_LENGTHS
        for start in range(len(plain) - length + 1)
    )


class Wordings:
    """Texts as vectors of their runs. The likeness of two is from 0 to 1."""

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [runs_of(text) for text in texts]
        shared_by = Counter(run for runs in counted for run in runs)
        self._number = {run: number for number, run in enumerate(shared_by)}
        self._rarity = array("f", [math.log(1 + len(texts) / n) for n in shared_by.values()])
        self._rarest = math.log(1 + len(texts))
        self._texts = [self._weigh(runs) for runs in counted]

    @property
    def lengths(self) -> list[int]:
        """How many different runs each text has."""
        return [len(numbers) for numbers, _ in self._texts]

    def weigh(self, text: str) -> Weighted:
        """Return another text as a vector of the same runs."""
        return self._weigh(runs_of(text))

    def likeness(self, mix: Mapping[int, float], *others: tuple[Weighted, float]) -> list[float]:
        """Return how like each text is to a mix of some of them, each by its place and weight.

        `others` are vectors of other texts with their weights.
        """
        wanted = [0.0] * len(self._number)
        weighted = [(self._texts[place], factor) for place, factor in mix.items()]
        for (numbers, weights), factor in (*weighted, *others):
            for number, weight in zip(numbers, weights, strict=True):
                wanted[number] += factor * weight
        return [
            sum(map(mul, weights, map(wanted.__getitem__, numbers)))
            for numbers, weights in self._texts
        ]

    def matrix(self, places: Sequence[int]) -> NDArray[np.float32]:
        """Return how like each other these texts are, all at once; this needs NumPy."""
        found = np.zeros((len(places), len(places)), dtype=np.float32)
        if not places:
            return found
        texts = [self._texts[place] for place in places]
        rows = np.repeat(np.arange(len(places)), [len(numbers) for numbers, _ in texts])
        runs = np.concatenate([np.asarray(numbers, dtype=np.int64) for numbers, _ in texts])
        weights = np.concatenate([np.asarray(each, dtype=np.float32) for _, each in texts])
        _, columns, shared_by = np.unique(runs, return_inverse=True, return_counts=True)
        # A run that only one of them has makes it alike to none.
        is_shared = shared_by > 1
        number = np.cumsum(is_shared) - 1
        kept = is_shared[columns]
        rows, columns, weights = rows[kept], number[columns[kept]], weights[kept]
        for start in range(0, int(is_shared.sum()), AT_ONCE):
            here = (columns >= start) & (columns < start + AT_ONCE)
            part = np.zeros((len(places), AT_ONCE), dtype=np.float32)
            part[rows[here], columns[here] - start] = weights[here]
            found += part @ part.T
        np.fill_diagonal(found, 1.0)
        return found

    def pairs(self, *, at_least: float) -> Iterator[tuple[int, int, float]]:
        """Yield the places of two texts, and their likeness, for all that are alike enough."""
        dense = [dict(zip(numbers, weights, strict=True)) for numbers, weights in self._texts]
        for one, other in self._worth_comparing():
            likeness = _product(dense[one], dense[other])
            if likeness >= at_least:
                yield one, other, likeness

    def between(self, one: int, other: int) -> float:
        """Return how alike two texts are, by their places."""
        first, second = (dict(zip(*self._texts[place], strict=True)) for place in (one, other))
        return _product(first, second)

    def _weigh(self, runs: Counter[str]) -> Weighted:
        length = 0.0
        numbers, weights = array("I"), array("f")
        for run, times in runs.items():
            number = self._number.get(run)
            rarity = self._rarest if number is None else self._rarity[number]
            weight = (1 + math.log(times)) * rarity
            length += weight * weight
            if number is not None:
                numbers.append(number)
                weights.append(weight)
        scale = 1 / math.sqrt(length) if length else 0.0
        return numbers, array("f", [weight * scale for weight in weights])

    def _worth_comparing(self) -> Iterator[tuple[int, int]]:
        """Yield pairs that share enough: most pairs share only common runs.

        Of a run that many share, such as those of a text that a hundred people copied, only
        neighbours are compared: they lead from one copy to the next.
        """
        having: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for place, (numbers, weights) in enumerate(self._texts):
            for number, weight in zip(numbers, weights, strict=True):
                having[number].append((place, weight))
        shared: defaultdict[tuple[int, int], float] = defaultdict(float)
        for texts in having.values():
            if len(texts) <= SHARED_BY_MOST:
                for later, (other, second) in enumerate(texts):
                    for one, first in texts[:later]:
                        shared[one, other] += first * second
            else:
                for (one, first), (other, second) in pairwise(texts):
                    shared[one, other] += first * second
        return (pair for pair, likeness in shared.items() if likeness >= WORTH_COMPARING)


def _product(one: dict[int, float], other: dict[int, float]) -> float:
    fewer, more = sorted((one, other), key=len)
    return sum(weight * more[number] for number, weight in fewer.items() if number in more)
