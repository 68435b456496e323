"""The response to an issue as points are found in it: its pieces, repeats joined, and their words.

Comparing all pieces takes a second for 500 of them. It is done once for the same words, and kept
for a while where all processes find it. When the encoder has read more of them, only that is added.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache

from briefings.models import Comment, ResponseVector
from briefings.models.point import words_hash
from briefings.points.encoded_words import knows_language
from briefings.points.likeness import Likeness, PieceWords
from briefings.points.number_arrays import HAS_NUMPY
from briefings.points.people import person_of

if TYPE_CHECKING:
    from briefings.models import Issue

KEPT_SECONDS = 15 * 60
# The one that this process used last: an editor who answers needs it again within seconds.
_latest: dict[str, Likeness] = {}
# The same by its words alone: while the encoder reads them, only their vectors are new.
_latest_worded: dict[str, Likeness] = {}
# Raise it when what is kept changes its form.
_FORM = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedPiece:
    """What is read and counted once: a piece, with those that say the same."""

    comments: tuple[Comment, ...]

    @property
    def comment(self) -> Comment:
        """The first of them."""
        return self.comments[0]

    @property
    def words_hash(self) -> str:
        """What changes when any of their words does."""
        return words_hash("\n".join(comment.body for comment in self.comments))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseWords:
    """The pieces of a response, and how alike they are."""

    pieces: tuple[JoinedPiece, ...]
    likeness: Likeness
    is_encoded: bool  # whether an encoder reads responses in this language

    @property
    def place_of(self) -> dict[int, int]:
        """The place of the piece that each comment is part of, by the comment's key."""
        return {
            comment.pk: place
            for place, piece in enumerate(self.pieces)
            for comment in piece.comments
        }


def read_response(issue: Issue) -> ResponseWords:
    """Return what readers said about an issue, the oldest first."""
    comments = list(Comment.objects.responses().filter(issue=issue.pk).order_by("created_at", "pk"))
    is_encoded = HAS_NUMPY and knows_language(issue.briefing.language)
    likeness = _likeness_of(comments, is_encoded=is_encoded)
    return ResponseWords(
        pieces=tuple(
            JoinedPiece(comments=tuple(comments[place] for place in group))
            for group in likeness.groups
        ),
        likeness=likeness,
        is_encoded=is_encoded,
    )


def _likeness_of(comments: list[Comment], *, is_encoded: bool) -> Likeness:
    hashes = {comment.pk: words_hash(comment.body) for comment in comments}
    vectors: dict[int, bytes] = {}
    if is_encoded:
        found = ResponseVector.objects.filter(
            comment__in=hashes, encoder=settings.POINTS_MODEL_HASH
        )
        for pk, of_words, vector in found.values_list("comment", "words_hash", "vector"):
            if of_words == hashes[pk]:
                vectors[pk] = bytes(vector)
    place_of = {comment.pk: place for place, comment in enumerate(comments)}
    pieces = [
        PieceWords(
            text=comment.body,
            person=person_of(comment),
            parent=place_of.get(comment.parent_id or 0),
            vector=vectors.get(comment.pk, b""),
        )
        for comment in comments
    ]
    key, words_key = _key(pieces), _key([replace(piece, vector=b"") for piece in pieces])
    kept: Likeness | None = _latest.get(key) or cache.get(key)
    if kept is None:
        kept = Likeness(pieces, before=_latest_worded.get(words_key))
        cache.set(key, kept, KEPT_SECONDS)
    if key not in _latest:
        _latest.clear()
        _latest[key] = kept
        _latest_worded.clear()
        _latest_worded[words_key] = kept
    return kept


def _key(pieces: list[PieceWords]) -> str:
    """Return a name for exactly these words, vectors and people."""
    total = hashlib.sha256(f"{_FORM} {HAS_NUMPY}".encode())
    for piece in pieces:
        for part in (piece.text.encode(), piece.person.encode(), piece.vector):
            total.update(hashlib.sha256(part).digest())
        total.update(str(piece.parent).encode())
    return f"points-{total.hexdigest()}"
