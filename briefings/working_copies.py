"""Autosave: keep what a person types on the server until they save it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import timezone

from briefings.models import Issue, WorkingCopy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from newsroom.audit_log import Actor

# A page names its copies itself: letters and digits only, since they also stand in a cookie.
TOKEN = re.compile(r"[a-z0-9]{8,40}")
# Copies of one person that are kept. The oldest go first; more pages than anybody has open.
MAX_COPIES = 200


class Kept(StrEnum):
    """What became of words that a page sent."""

    KEPT = "kept"
    OLDER = "older"  # newer words of the same page are here already
    SETTLED = "settled"  # the words of this page were saved or discarded


class Autosave(NamedTuple):
    """The answer to a page: what became of its words, and the newest sequence number here."""

    result: Kept
    sequence: int


def keep_words(
    *, user: User, token: str, sequence: int, issue: Issue | None, content: dict[str, Any]
) -> Autosave:
    """Store what a page holds, unless newer words of that page are stored already."""
    mine = WorkingCopy.objects.filter(user=user, token=token)
    fresh = {"issue": issue, "content": content, "updated_at": timezone.now()}
    newer = mine.filter(is_settled=False, sequence__lt=sequence)
    if newer.update(sequence=sequence, **fresh):
        return Autosave(Kept.KEPT, sequence)
    first = WorkingCopy(user=user, token=token, sequence=sequence, **fresh)
    WorkingCopy.objects.bulk_create([first], ignore_conflicts=True)
    # If two first requests come at once, the second to be written may be the newer one.
    newer.update(sequence=sequence, **fresh)
    stored = mine.values("sequence", "is_settled").get()
    if stored["is_settled"]:
        return Autosave(Kept.SETTLED, stored["sequence"])
    if stored["sequence"] > sequence:
        return Autosave(Kept.OLDER, stored["sequence"])
    _delete_oldest(user)
    return Autosave(Kept.KEPT, sequence)


def settle(*, user: Actor, tokens: Iterable[str]) -> None:
    """Forget the words of these pages: they are saved or discarded."""
    if user is None or user.pk is None:
        return
    tokens = [token for token in tokens if TOKEN.fullmatch(token)]
    done = {"is_settled": True, "content": {}, "updated_at": timezone.now()}
    # Saved before its first autosave arrived: that one must not come back either.
    WorkingCopy.objects.bulk_create(
        [WorkingCopy(user_id=user.pk, token=token, sequence=0, **done) for token in tokens],
        ignore_conflicts=True,
    )
    WorkingCopy.objects.filter(user=user.pk, token__in=tokens).update(**done)


def newest_copy(user: User, issue: Issue | None) -> WorkingCopy | None:
    """Return this person's newest unsaved words of an issue, or of a new one."""
    unsaved = WorkingCopy.objects.filter(user=user, issue=issue, is_settled=False)
    return unsaved.order_by("-updated_at", "-pk").first()


def _delete_oldest(user: User) -> None:
    newest = WorkingCopy.objects.filter(user=user).order_by("-updated_at", "-pk")
    kept = newest.values_list("pk", flat=True)[:MAX_COPIES]
    if newest.count() > MAX_COPIES:
        WorkingCopy.objects.filter(user=user).exclude(pk__in=list(kept)).delete()
