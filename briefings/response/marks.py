"""Marks on responses: what is to be done with them in the week before the next issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings.alarms import FOLLOW_UP_ASKED, raise_alarm
from briefings.models import Comment, MarkKind, ResponseMark
from briefings.models.response_mark import MAX_MARK_NOTE_CHARS
from briefings.permissions import briefings_with_response, staff_of_response
from newsroom import audit_log
from newsroom.invisible_characters import has_visible, one_line
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User
    from django.db.models import QuerySet

    from newsroom.audit_log import Actor

# What the audit log says of each kind.
MARKED = {
    MarkKind.USE: "marked to use",
    MarkKind.ANSWER: "marked to answer",
    MarkKind.FOLLOW_UP: "marked to follow up",
}


class MarkRefused(Exception):
    """A mark cannot be kept; the message says why and what to do."""


def mark(
    comment: Comment,
    kind: MarkKind,
    *,
    by: Actor,
    at: datetime,
    note: str | None = None,
    was: str | None = None,
    assigned_to: int | None = None,
) -> ResponseMark:
    """Mark a response, or change its note and whose task it is. Raises MarkRefused.

    Only to follow a response up is somebody's task: they are emailed, unless they did it
    themselves. Without a note, or with the one that it `was`, the one that it has stays; another
    one never replaces what a colleague wrote meanwhile. A mark that was removed is put back as it
    was, with its note.
    """
    person = _assignee(comment, assigned_to) if kind == MarkKind.FOLLOW_UP else None
    with transaction.atomic():
        found, is_new = ResponseMark.objects.select_for_update().get_or_create(
            comment=comment, kind=kind, defaults={"by_id": _key(by), "at": at}
        )
        before = (found.note, found.assigned_to_id, found.removed_at)
        found.removed_at = None
        if note is not None and note != was:
            found.note = _merged(found.note, _checked(note), was=was)
        if person is not None or assigned_to == 0:
            found.assigned_to = person
        if not is_new and before == (found.note, found.assigned_to_id, None):
            return found
        found.save(update_fields=["note", "assigned_to", "removed_at"])
        audit_log.record(MARKED[kind], comment, by=by, assigned_to=found.assigned_to_id)
        if person is not None and found.assigned_to_id != before[1]:
            _tell(found, person, by=by)
    return found


def remove_mark(comment: Comment, kind: MarkKind, *, by: Actor, at: datetime) -> bool:
    """Remove a mark, and keep its note so that it can be put back; False if there is none."""
    with transaction.atomic():
        marks = comment.marks.standing().filter(kind=kind)
        removed = marks.exclude(note="").update(removed_at=at) or marks.delete()[0]
        if removed:
            audit_log.record("removed a mark of", comment, by=by, kind=kind)
    return bool(removed)


def finish(comment: Comment, kind: MarkKind, *, by: Actor, at: datetime) -> bool:
    """Note that what a mark asks for is done; False if it was, or there is no such mark."""
    with transaction.atomic():
        marks = comment.marks.standing().filter(kind=kind, done_at=None)
        done = bool(marks.update(done_at=at))
        if done:
            audit_log.record("finished a mark of", comment, by=by, kind=kind)
    return done


def reopen(comment: Comment, kind: MarkKind, *, by: Actor) -> bool:
    """Note that what a mark asks for is not done after all; False if it was not."""
    with transaction.atomic():
        marks = comment.marks.standing().filter(kind=kind, done_at__isnull=False)
        changed = marks.update(done_at=None)
        if changed:
            audit_log.record("reopened a mark of", comment, by=by, kind=kind)
    return bool(changed)


def open_follow_ups(user: Actor) -> QuerySet[ResponseMark]:
    """Return what somebody is to follow up, the longest-standing first.

    Only of briefings that they still write for, and of responses that are still there.
    """
    responses = Comment.objects.responses().filter(
        issue__briefing__in=briefings_with_response(user)
    )
    own = ResponseMark.objects.standing().filter(
        kind=MarkKind.FOLLOW_UP,
        assigned_to=user.pk if user else None,
        done_at=None,
        comment__in=responses,
    )
    return own.select_related("comment__issue__briefing", "comment__contributor", "by")


def address_of_piece(comment: Comment) -> str:
    """Return the path of the page that shows a response among the others."""
    page = reverse("admin:briefings_response", args=[comment.issue_id])
    return f"{page}?about={comment.issue.number}&piece={comment.pk}#piece-{comment.pk}"


def _assignee(comment: Comment, key: int | None) -> User | None:
    if not key:
        return None
    person = staff_of_response(comment.issue.briefing).filter(pk=key).first()
    if person is None:
        raise MarkRefused(
            "This person does not write for the briefing. Choose somebody from the list."
        )
    return person


def _checked(note: str) -> str:
    kept = one_line(note)
    if len(kept) > MAX_MARK_NOTE_CHARS:
        raise MarkRefused(
            f"A note has at most {MAX_MARK_NOTE_CHARS} characters. This has {len(kept)}."
        )
    return kept if has_visible(kept) else ""


def _merged(now: str, note: str, *, was: str | None) -> str:
    """Return the note to keep. Raises MarkRefused if a colleague has written another one."""
    if was is not None and now not in {"", was, note}:
        raise MarkRefused(
            f"Somebody else has changed the note to “{now}”. Yours was not saved: “{note}”. Reload"
            " the page to change theirs."
        )
    return note


def _tell(found: ResponseMark, person: User, *, by: Actor) -> None:
    comment = found.comment
    raise_alarm(
        FOLLOW_UP_ASKED,
        "follow_up",
        about=comment.issue.briefing,
        concerned=[person],
        by=by,
        context={
            "issue": comment.issue,
            "who": name_of(by),
            "note": found.note,
            "url": settings.SITE_URL + address_of_piece(comment),
        },
    )


def _key(by: Actor) -> int | None:
    return by.pk if by is not None else None
