"""Autosave: keep what a person types on the server until they save it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from briefings.models import Issue, WorkingCopy
from briefings.quotations.erased_words import without_erased

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from newsroom.audit_log import Actor

# A page names its copies itself: letters and digits only, since they also stand in a cookie.
TOKEN = re.compile(r"[a-z0-9]{8,40}")
# Of words that a page took over from another one, it also says how far: `token:sequence`.
_NAMED = re.compile(r"([a-z0-9]{8,40})(?::([0-9]{1,18}))?")
# More pages than anybody restores words from, one after the other.
MAX_TAKEN_OVER = 100
# Copies of one person that are kept. The oldest go first; more pages than anybody has open.
MAX_COPIES = 200
# Sequence numbers are milliseconds since 1970 and a little more; no page gets this far.
LAST_SEQUENCE = 2**62


class Kept(StrEnum):
    """What became of words that a page sent."""

    KEPT = "kept"
    OLDER = "older"  # newer words of the same page are here already
    SETTLED = "settled"  # the words of this page were saved or discarded


class Autosave(NamedTuple):
    """The answer to a page: what became of its words, and the newest sequence number here."""

    result: Kept
    sequence: int


@transaction.atomic
def keep_words(
    *, user: User, token: str, sequence: int, issue: Issue | None, content: dict[str, Any]
) -> Autosave:
    """Store what a page holds, unless newer words of that page are stored already."""
    language = issue.briefing.language if issue else ""
    content = without_erased(content, language=language)
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
    """Forget the words of these pages, and those that they took over: saved or discarded.

    Each is a token, or `token:sequence` to spare words that are newer than that.
    """
    if user is None or user.pk is None:
        return
    mine = WorkingCopy.objects.filter(user=user.pk)
    done = {"is_settled": True, "content": {}, "updated_at": timezone.now()}
    waiting, settled = _read_named(tokens), set[str]()
    while waiting:
        # Saved before its first autosave arrived: that one must not come back either.
        WorkingCopy.objects.bulk_create(
            [WorkingCopy(user_id=user.pk, token=token, sequence=0, **done) for token in waiting],
            ignore_conflicts=True,
        )
        taken_over: list[str] = []
        for token, sequence in waiting.items():
            copies = mine.filter(token=token, sequence__lte=sequence)
            for content in copies.values_list("content", flat=True):
                taken_over += content.get("taken_over", ())
            copies.update(**done)
        settled |= waiting.keys()
        named = _read_named(taken_over)
        waiting = {token: upto for token, upto in named.items() if token not in settled}


def settled_tokens(*, user: User, tokens: Iterable[str]) -> dict[str, int]:
    """Return which of these pages are settled, each with its last sequence number."""
    valid = [token for token in tokens if TOKEN.fullmatch(token)]
    known = WorkingCopy.objects.filter(user=user, is_settled=True, token__in=valid)
    return dict(known.values_list("token", "sequence"))


def newest_copy(user: User, issue: Issue | None) -> WorkingCopy | None:
    """Return this person's newest unsaved words of an issue, or of a new one.

    Not those that another page took over, unless they were changed after that.
    """
    unsaved = WorkingCopy.objects.filter(user=user, issue=issue, is_settled=False)
    copies = unsaved.order_by("-updated_at", "-pk")
    rows = list(copies.values_list("pk", "token", "sequence", "content__taken_over"))
    contained = _read_named(named for *_, taken_over in rows for named in taken_over or ())
    free = [pk for pk, token, sequence, _ in rows if sequence > contained.get(token, -1)]
    return copies.get(pk=free[0]) if free else None


def _read_named(tokens: Iterable[str]) -> dict[str, int]:
    """Return the valid ones of these tokens, each with the last sequence number that is meant."""
    found: dict[str, int] = {}
    for token in tokens:
        if match := _NAMED.fullmatch(token):
            sequence = int(match[2] or LAST_SEQUENCE)
            found[match[1]] = max(sequence, found.get(match[1], 0))
    return found


def _delete_oldest(user: User) -> None:
    newest = WorkingCopy.objects.filter(user=user).order_by("-updated_at", "-pk")
    kept = newest.values_list("pk", flat=True)[:MAX_COPIES]
    if newest.count() > MAX_COPIES:
        WorkingCopy.objects.filter(user=user).exclude(pk__in=list(kept)).delete()
