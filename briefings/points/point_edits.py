"""Points are opened, renamed, ordered, merged, split and removed.

Each of these locks the issue, so that the points of one response change one after the other. What
moves or removes answers locks the points, too, so that no answer is lost that is given meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Max

from briefings.models import Issue, Point, PointCheck, PointVector
from briefings.points.point_checks import PointAnswer, answer, staff_or_none
from newsroom import audit_log
from newsroom.wake_ups import wake

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from briefings.points.response_words import JoinedPiece
    from newsroom.audit_log import Actor

ENCODE = "briefings.points.tasks.encode"


class PointRefused(Exception):
    """A point was not changed; the message says why, to an editor."""


def open_point(
    issue: Issue,
    sentence: str,
    *,
    by: Actor,
    at: datetime,
    piece: JoinedPiece | None = None,
) -> Point:
    """Open a point about an issue's response, the last in order; `piece` makes it if given.

    Opened from a piece, it needs no sentence yet.
    """
    with transaction.atomic():
        _lock(issue)
        last = Point.objects.filter(issue=issue).aggregate(last=Max("position"))["last"]
        point = Point.objects.create(
            issue=issue,
            sentence=sentence,
            position=0 if last is None else last + 1,
            by=staff_or_none(by),
            at=at,
        )
        if piece:
            _answer_yes(point, piece, by=by, at=at)
        audit_log.record("opened", point, by=by, issue=issue.pk)
        transaction.on_commit(_wake_encoder)
    return point


def rename(point: Point, sentence: str, *, was: str, by: Actor) -> None:
    """Change the sentence of a point. Raises PointRefused if it is no longer what it `was`."""
    with transaction.atomic():
        _lock(point.issue)
        named = Point.objects.filter(pk=point.pk, sentence=was)
        if not named.update(sentence=sentence):
            raise PointRefused("Somebody else has renamed or removed this point meanwhile.")
        PointVector.objects.filter(point=point).delete()
        audit_log.record("renamed", point, by=by, issue=point.issue_id)
        transaction.on_commit(_wake_encoder)


def move(point: Point, *, up: bool) -> None:
    """Move a point one place up or down among those of its response."""
    with transaction.atomic():
        _lock(point.issue)
        order = list(Point.objects.about(point.issue).values_list("pk", flat=True))
        if point.pk not in order:
            return
        place = order.index(point.pk)
        other = place - 1 if up else place + 1
        if 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
        for position, pk in enumerate(order):
            Point.objects.filter(pk=pk).exclude(position=position).update(position=position)


def merge(point: Point, into: Point, *, by: Actor) -> None:
    """Put a point into another one, whose sentence stays; what made either makes it.

    What did not make one of them is asked about again, unless it did not make the other, either:
    the point is wider than both were. Raises PointRefused.
    """
    with transaction.atomic():
        _lock_points(point, into, issue=into.issue)
        checks = PointCheck.objects.select_for_update()
        theirs = {check.comment_id: check for check in checks.filter(point=into)}
        for check in checks.filter(point=point):
            other = theirs.pop(check.comment_id, None)
            if check.makes_it and (other is None or not other.makes_it):
                if other:
                    other.delete()
                PointCheck.objects.filter(pk=check.pk).update(point=into)
        for other in theirs.values():
            if not other.makes_it:
                other.delete()
        audit_log.record("merged into another", point, by=by, issue=into.issue_id, into=into.pk)
        point.delete()


def split(
    point: Point, pieces: Collection[JoinedPiece], sentence: str, *, by: Actor, at: datetime
) -> Point:
    """Open another point with some pieces of this one, which they make no longer.

    What did not make this point does not make the narrower one, either. Raises PointRefused.
    """
    with transaction.atomic():
        [point] = _lock_points(point, issue=point.issue)
        new = open_point(point.issue, sentence, by=by, at=at)
        moved = [comment.pk for piece in pieces for comment in piece.comments]
        own = PointCheck.objects.select_for_update().filter(point=point)
        chosen = own.filter(comment__in=moved, makes_it=True)
        if not chosen.exists():
            raise PointRefused("Choose the pieces that make the new point.")
        stays = [(check.comment_id, check.words_hash) for check in chosen]
        refused = own.filter(makes_it=False).values_list("comment", "words_hash")
        PointCheck.objects.bulk_create(
            PointCheck(
                point=new, comment_id=pk, makes_it=False, words_hash=of_words, by=new.by, at=at
            )
            for pk, of_words in refused
        )
        chosen.update(point=new)
        PointCheck.objects.bulk_create(
            PointCheck(
                point=point, comment_id=pk, makes_it=False, words_hash=of_words, by=new.by, at=at
            )
            for pk, of_words in stays
        )
        Point.objects.filter(issue=point.issue_id, position__gt=point.position).exclude(
            pk=new.pk
        ).update(position=F("position") + 1)
        Point.objects.filter(pk=new.pk).update(position=point.position + 1)
        audit_log.record("split", point, by=by, issue=point.issue_id, into=new.pk)
    return new


def remove(point: Point, *, by: Actor) -> None:
    """Remove a point with its answers; the responses stay. Raises PointRefused."""
    with transaction.atomic():
        _lock_points(point, issue=point.issue)
        audit_log.record("removed", point, by=by, issue=point.issue_id)
        point.delete()


def _answer_yes(point: Point, piece: JoinedPiece, *, by: Actor, at: datetime) -> None:
    answer(
        point,
        piece,
        says=PointAnswer.YES,
        seen=PointAnswer.OPEN,
        read=piece.words_hash,
        by=by,
        at=at,
    )


def _lock(issue: Issue) -> None:
    list(Issue.objects.select_for_update().filter(pk=issue.pk).values_list("pk"))


def _lock_points(*points: Point, issue: Issue) -> list[Point]:
    """Lock an issue and points of its response, and read these again. Raises PointRefused."""
    _lock(issue)
    keys = [point.pk for point in points]
    rows = Point.objects.select_for_update().filter(pk__in=keys, issue=issue)
    found = rows.order_by("pk").in_bulk()
    if len(found) < len(points):
        raise PointRefused("Somebody else has merged or removed this point meanwhile.")
    return [found[key] for key in keys]


def _wake_encoder() -> None:
    wake(ENCODE)
