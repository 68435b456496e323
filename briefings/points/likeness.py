"""How alike the pieces of a response are: in meaning, where an encoder has read them, and wording.

A vector of the encoder stands for what a text means, in 32-bit floats. Without NumPy or vectors,
only the wording is compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.points.character_runs import Wordings
from briefings.points.number_arrays import HAS_NUMPY, np
from briefings.points.repeats import join_repeats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Of what a reply means, this much more is what it replies to.
FROM_PARENT = 0.5
# What the wording counts beside the meaning: as much.
OF_WORDING = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceWords:
    """The words of a piece, who wrote them, and their vector if the encoder has read them."""

    text: str
    person: str
    parent: int | None = None  # the place of the piece that it replies to
    vector: bytes = b""


class Likeness:
    """The pieces of a response, repeats joined, and how alike they are.

    `before` is an earlier likeness of the same words and people, of which an encoder has read more
    since: what takes longest, to compare the wording, is not done again.
    """

    def __init__(self, pieces: Sequence[PieceWords], *, before: Likeness | None = None) -> None:
        if before is None:
            texts = [piece.text for piece in pieces]
            self.wordings = Wordings(texts)
            self.groups = join_repeats(self.wordings, texts, [piece.person for piece in pieces])
        else:
            self.wordings, self.groups = before.wordings, before.groups
        place_of = {place: number for number, group in enumerate(self.groups) for place in group}
        self.first = [group[0] for group in self.groups]
        parents = [pieces[place].parent for place in self.first]
        self.parents = [None if parent is None else place_of[parent] for parent in parents]
        self.unread = sum(not piece.vector for piece in pieces)
        self.knows_meaning = HAS_NUMPY and any(pieces[place].vector for place in self.first)
        self._worded: NDArray[np.float32] | None = before._worded if before else None
        self._last: tuple[tuple[str, bytes], NDArray[np.float32] | None] = (("", b""), None)
        if self.knows_meaning:
            self._compare([pieces[place] for place in self.first])

    def _compare(self, pieces: Sequence[PieceWords]) -> None:
        """Compute the likeness of each piece to each, from -1 to 1."""
        share = np.eye(len(pieces), dtype=np.float32)
        for place, parent in enumerate(self.parents):
            if parent is not None and parent != place:
                share[place, parent] = FROM_PARENT
        width = max(len(piece.vector) for piece in pieces)
        meant = np.array([_floats(piece.vector, width) for piece in pieces])
        meant = _unit(share @ meant)
        is_read = np.array([bool(piece.vector) for piece in pieces])
        self._centre = meant[is_read].mean(axis=0)
        self._meant = _unit((meant - self._centre) * is_read[:, None])
        if self._worded is None:
            self._worded = self.wordings.matrix(self.first)
        wording = share @ self._worded @ share.T
        self._length = np.sqrt(np.diag(wording).clip(1e-9))
        self._share = share
        wording /= self._length[:, None] * self._length
        self.matrix = _cosines(self._meant @ self._meant.T + OF_WORDING * wording)

    def row_of(self, sentence: str, vector: bytes) -> NDArray[np.float32]:
        """Return how like a sentence each piece is, in the terms of `matrix`.

        The last row is kept: after each answer to a point, its sentence is the same.
        """
        asked, row = self._last
        if row is None or asked != (sentence, vector):
            row = self._row_of(sentence, vector)
            self._last = ((sentence, vector), row)
        return row

    def _row_of(self, sentence: str, vector: bytes) -> NDArray[np.float32]:
        worded = self.wordings.likeness({}, (self.wordings.weigh(sentence), 1.0))
        wording = self._share @ np.array([worded[place] for place in self.first]) / self._length
        if len(vector) != 4 * self._meant.shape[1]:
            return np.asarray(math.sqrt(OF_WORDING / (1 + OF_WORDING)) * wording, dtype=np.float32)
        meant = _unit(_floats(vector, len(vector))[None] - self._centre)[0]
        whole = self._meant @ meant + OF_WORDING * wording
        return np.asarray(whole / (1 + OF_WORDING), dtype=np.float32)


def _floats(vector: bytes, width: int) -> NDArray[np.float32]:
    if len(vector) != width:
        return np.zeros(width // 4, dtype=np.float32)
    return np.frombuffer(vector, dtype=np.float32)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / length.clip(1e-9), dtype=np.float32)


def _cosines(products: NDArray[np.floating]) -> NDArray[np.float32]:
    length = np.sqrt(np.diag(products).clip(1e-9))
    return np.asarray(products / (length[:, None] * length), dtype=np.float32)
