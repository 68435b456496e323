"""An editor's answers to whether pieces make a point, and what they add up to.

An answer is about words: when a response is edited, its check no longer holds, and it is asked
about again. Answers to one point wait for each other, and each names what its editor had seen, so
that nobody overwrites somebody else's answer without knowing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import models, transaction

from briefings.models import Comment, Point, PointCheck
from briefings.models.point import words_hash
from briefings.points.likely_number import likely_more
from briefings.points.people import person_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.contrib.auth.models import User

    from briefings.points.response_words import JoinedPiece, ResponseWords
    from newsroom.audit_log import Actor


class PointAnswer(models.TextChoices):
    """What an editor says of a piece; open is none."""

    YES = "yes", "Yes"
    NO = "no", "No"
    OPEN = "open", "Not answered"


class AnswerRefused(Exception):
    """An answer was not stored; the message says why, to an editor."""


@dataclass(slots=True, kw_only=True)
class PointTally:
    """What has been answered to one point: places of pieces, in the order of the answers."""

    yes: list[int] = field(default_factory=list)
    no: list[int] = field(default_factory=list)
    answers: list[bool] = field(default_factory=list)
    # Pieces whose words were changed after they were checked.
    edited: set[int] = field(default_factory=set)
    people: int = 0
    likely: int | None = None

    @property
    def checked(self) -> int:
        """How many pieces were answered."""
        return len(self.yes) + len(self.no)


def tallies(points: Sequence[Point], words: ResponseWords) -> dict[int, PointTally]:
    """Return what has been answered to each of these points of a response, by the point's key."""
    place_of = words.place_of
    checks: defaultdict[int, list[PointCheck]] = defaultdict(list)
    for check in PointCheck.objects.filter(point__in=points).order_by("at", "pk"):
        if check.comment_id in place_of:
            checks[check.point_id].append(check)
    by_key = {comment.pk: comment for piece in words.pieces for comment in piece.comments}
    return {point.pk: _tally(checks[point.pk], by_key, place_of, words) for point in points}


def _tally(
    checks: Sequence[PointCheck],
    by_key: dict[int, Comment],
    place_of: dict[int, int],
    words: ResponseWords,
) -> PointTally:
    tally = PointTally()
    answers: dict[int, bool] = {}
    who: defaultdict[int, set[str]] = defaultdict(set)
    for check in checks:
        comment, place = by_key[check.comment_id], place_of[check.comment_id]
        if check.words_hash != words_hash(comment.body):
            tally.edited.add(place)
            continue
        answers[place] = answers.get(place, False) or check.makes_it
        if check.makes_it:
            who[place].add(person_of(comment))
    tally.edited -= answers.keys()
    tally.yes = [place for place, makes_it in answers.items() if makes_it]
    tally.no = [place for place, makes_it in answers.items() if not makes_it]
    tally.answers = [*answers.values()]
    tally.people = _number_of_people(who.values())
    tally.likely = likely_more(tally.answers, unchecked=len(words.pieces) - len(answers))
    return tally


def _number_of_people(who: Iterable[set[str]]) -> int:
    """Return how many people wrote pieces: each piece counts once, and each person once."""
    apart: list[set[str]] = []
    for people in who:
        same = [others for others in apart if others & people]
        apart = [others for others in apart if not others & people]
        apart.append(people.union(*same))
    return len(apart)


def answer(
    point: Point,
    piece: JoinedPiece,
    *,
    says: PointAnswer,
    seen: PointAnswer,
    read: str,
    by: Actor,
    at: datetime,
) -> None:
    """Store whether a piece makes a point. Raises AnswerRefused.

    `seen` is the answer that whoever says this saw, and `read` the hash of the words that they
    read.
    """
    with transaction.atomic():
        if not Point.objects.select_for_update().filter(pk=point.pk).exists():
            raise AnswerRefused("Somebody else has removed this point.")
        if read != piece.words_hash:
            raise AnswerRefused("This was edited while you read it. Here it is as it is now.")
        found = PointCheck.objects.filter(point=point, comment__in=piece.comments)
        known = _current(found.select_related("by"), piece)
        if known not in {says, seen}:
            [last] = found.order_by("-at", "-pk")[:1] or [None]
            name = (last.who if last else "") or "Somebody else"
            raise AnswerRefused(
                f"{name} has answered “{known.label}” meanwhile. Answer again to change that."
                if known != PointAnswer.OPEN
                else "Somebody else has taken the answer back meanwhile."
            )
        if says == PointAnswer.OPEN:
            found.delete()
            return
        for comment in piece.comments:
            PointCheck.objects.update_or_create(
                point=point,
                comment=comment,
                defaults={
                    "makes_it": says == PointAnswer.YES,
                    "words_hash": words_hash(comment.body),
                    "by": staff_or_none(by),
                    "at": at,
                },
            )


def staff_or_none(actor: Actor) -> User | None:
    """Return a member of staff as rows name them; None for the system itself."""
    return actor if actor is not None and not actor.is_anonymous else None


def _current(found: Iterable[PointCheck], piece: JoinedPiece) -> PointAnswer:
    """Return the answer that holds for the words as they are now."""
    hashes = {comment.pk: words_hash(comment.body) for comment in piece.comments}
    held = [check.makes_it for check in found if hashes[check.comment_id] == check.words_hash]
    if not held:
        return PointAnswer.OPEN
    return PointAnswer.YES if any(held) else PointAnswer.NO
