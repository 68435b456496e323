"""The moderators' queue: what waits, in an order that does not show only the worst."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from briefings.models import Comment, HoldKind, HoldReason
from briefings.permissions import MODERATE_COMMENT, briefings_for
from newsroom.rate_limits import recall, remember

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.contrib.auth.models import User

    from briefings.models.comment import CommentQuerySet
    from newsroom.audit_log import Actor

# For this long, what one moderator was given is given to no other, while there is something else.
CLAIMED_FOR = timedelta(seconds=60)
# How many comments that others have are passed over.
MOST_CLAIMED = 60


def waiting_for(user: Actor) -> CommentQuerySet:
    """Return the comments that wait in the briefings which this person moderates."""
    return Comment.objects.filter(
        issue__briefing__in=briefings_for(user, MODERATE_COMMENT)
    ).waiting()


def next_comments(
    waiting: CommentQuerySet, *, count: int, user: User, skip: Collection[int] = ()
) -> list[Comment]:
    """Return the next comments to decide about, in mixed order.

    There are two lines: comments that something holds (a link, a report and so on; a first comment
    alone is not one), and all others. In each line the oldest comes first; among the
    held ones, those that readers see already. The lines are mixed in proportion: if one comment in
    five is held, about every fifth that a moderator sees is, so that they see ordinary comments all
    along and the held ones do not pile up. The order depends on nothing but the comments: the same
    queue gives the same order.

    What another moderator was given within `CLAIMED_FOR` comes last.
    """
    rows = waiting.exclude(pk__in=list(skip))
    trouble = HoldReason.objects.filter(comment=OuterRef("pk")).exclude(kind=HoldKind.FIRST)
    held = rows.filter(Exists(trouble)).order_by("-needs_review", "confirmed_at", "pk")
    others = rows.filter(~Exists(trouble)).order_by("confirmed_at", "pk")
    most = count + MOST_CLAIMED
    keys = mixed(
        list(others.values_list("pk", flat=True)[:most]),
        list(held.values_list("pk", flat=True)[:most]),
        lengths=(others.count(), held.count()),
    )[:most]
    free, claimed = _free_and_claimed(keys, user, count)
    chosen = [*free, *claimed][:count]
    for pk in free:
        remember("moderated", str(pk), str(user.pk), window=CLAIMED_FOR)
    found = Comment.objects.in_bulk(chosen)
    return [found[pk] for pk in chosen if pk in found]


def mixed(
    others: Sequence[int], held: Sequence[int], *, lengths: tuple[int, int] | None = None
) -> list[int]:
    """Return two lines as one, each spread evenly over the whole.

    `lengths` are those of the whole lines, where only their beginnings are given.
    """
    whole_others, whole_held = lengths or (0, 0)
    # Somebody may have decided about the last one before it was counted.
    length_others, length_held = max(whole_others, len(others)), max(whole_held, len(held))
    places = [
        *(((place + 0.5) / length_others, 0, pk) for place, pk in enumerate(others)),
        *(((place + 0.5) / length_held, 1, pk) for place, pk in enumerate(held)),
    ]
    return [pk for _, _, pk in sorted(places)]


def _free_and_claimed(keys: list[int], user: User, count: int) -> tuple[list[int], list[int]]:
    """Return as many comments as are wanted, and those before them that another has."""
    free: list[int] = []
    claimed: list[int] = []
    for pk in keys:
        by = recall("moderated", str(pk))
        (claimed if by not in {"", str(user.pk)} else free).append(pk)
        if len(free) == count:
            break
    return free, claimed
