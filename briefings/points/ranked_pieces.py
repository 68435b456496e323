"""What the page of a point shows: what was answered, and the other pieces, the likeliest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import prefetch_related_objects

from briefings.models import CommentState, Point, PointVector
from briefings.models.point import words_hash
from briefings.points.encoded_words import knows_language
from briefings.points.first_pieces import first_pieces
from briefings.points.more_like_this import in_order, scores
from briefings.points.number_arrays import HAS_NUMPY
from briefings.points.point_checks import PointAnswer, PointTally, tallies
from briefings.points.response_words import read_response

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from briefings.models import Comment, Issue
    from briefings.points.response_words import JoinedPiece, ResponseWords

# How many pieces the page brings at once: after each answer they are ranked again.
SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPiece:
    """A piece on the page of a point."""

    piece: JoinedPiece
    answer: PointAnswer = PointAnswer.OPEN
    was_edited: bool = False  # after somebody had checked it

    @property
    def comment(self) -> Comment:
        """The first of those that say the same."""
        return self.piece.comment

    @property
    def others(self) -> tuple[Comment, ...]:
        """The rest of them."""
        return self.piece.comments[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLine:
    """A point in a list, with what has been checked."""

    point: Point
    tally: PointTally
    # A point without a name is told by the first piece that makes it.
    example: Comment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsOfResponse:
    """The points of one response, what they were found in, and how it is compared."""

    words: ResponseWords
    lines: list[PointLine]

    @property
    def by_meaning(self) -> bool:
        """Whether pieces are compared by what they mean, and not by their wording only."""
        return self.words.likeness.knows_meaning

    @property
    def unread(self) -> int:
        """How many pieces an encoder has yet to read; 0 if none will."""
        return self.words.likeness.unread if self.words.is_encoded else 0

    def line_of(self, point: Point) -> PointLine:
        """Return the line of a point."""
        return next(line for line in self.lines if line.point.pk == point.pk)


def points_of(about: Issue, words: ResponseWords | None = None) -> PointsOfResponse:
    """Return the points of the response to an issue, in the editors' order.

    `words` is the response, if it was read just before.
    """
    words = words or read_response(about)
    opened = list(Point.objects.about(about).select_related("by"))
    found = tallies(opened, words)
    lines = [
        PointLine(
            point=point,
            tally=found[point.pk],
            example=_example(found[point.pk], words),
        )
        for point in opened
    ]
    return PointsOfResponse(words=words, lines=lines)


def list_points(about: Issue) -> list[PointLine]:
    """Return the points of the response to an issue, in the editors' order, and no more.

    Without any, nothing is compared: that takes a second for 500 pieces.
    """
    return points_of(about).lines if Point.objects.about(about).exists() else []


def next_pieces(
    point: Point, points: PointsOfResponse, *, first: int = 0, count: int = SHOWN
) -> list[RankedPiece]:
    """Return the pieces to check next for a point.

    `first` is the key of a comment whose piece comes before all others if it is not answered.
    """
    words, tally = points.words, points.line_of(point).tally
    elsewhere = {
        place for line in points.lines if line.point.pk != point.pk for place in line.tally.yes
    }
    answered = {*tally.yes, *tally.no}
    order = in_order(
        scores(
            words.likeness,
            point.sentence,
            _vector_of(point),
            yes=tally.yes,
            no=tally.no,
            elsewhere=elsewhere,
        ),
        without=answered,
    )
    wanted = words.place_of.get(first)
    if wanted is not None and wanted not in answered:
        order = [wanted, *(place for place in order if place != wanted)]
    return _shown(order[:count], words, edited=tally.edited)


def answered_pieces(
    points: PointsOfResponse, point: Point, *, says: PointAnswer
) -> list[RankedPiece]:
    """Return the pieces that got this answer, the latest first."""
    tally = points.line_of(point).tally
    places = tally.yes if says == PointAnswer.YES else tally.no
    return _shown(places[::-1], points.words, answer=says)


def pieces_to_start_from(points: PointsOfResponse) -> list[RankedPiece]:
    """Return a few pieces that make no point yet, from which one may be opened.

    Not what waits for a moderator, who may find that it is spam.
    """
    words = points.words
    made = {place for line in points.lines for place in line.tally.yes}
    waiting = {
        place
        for place, piece in enumerate(words.pieces)
        if piece.comment.state == CommentState.PENDING
    }
    return _shown(first_pieces(words.likeness, made=made, without=waiting), words)


def _shown(
    places: Sequence[int],
    words: ResponseWords,
    *,
    answer: PointAnswer = PointAnswer.OPEN,
    edited: Collection[int] = (),
) -> list[RankedPiece]:
    pieces = [words.pieces[place] for place in places]
    prefetch_related_objects([piece.comment for piece in pieces], "parent__contributor", "section")
    return [
        RankedPiece(piece=words.pieces[place], answer=answer, was_edited=place in edited)
        for place in places
    ]


def _example(tally: PointTally, words: ResponseWords) -> Comment | None:
    return words.pieces[tally.yes[0]].comment if tally.yes else None


def _vector_of(point: Point) -> bytes:
    """Return what the encoder made of a point's sentence; empty if it has not read it."""
    language = point.issue.briefing.language
    if not HAS_NUMPY or not point.sentence or not knows_language(language):
        return b""
    made = PointVector.objects.filter(
        point=point, encoder=settings.POINTS_MODEL_HASH, words_hash=words_hash(point.sentence)
    )
    return bytes(made.values_list("vector", flat=True).first() or b"")
