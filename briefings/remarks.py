"""Remarks on a draft: left by whoever reads it, answered and settled by staff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext

from briefings.models import Issue, PreviewLink, Remark, RemarkAnswer, RemarkState
from briefings.models.remark import MAX_REMARK_CHARS
from newsroom import audit_log
from newsroom.invisible_characters import has_visible, remove_invisible
from newsroom.reader_language import grouped

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.audit_log import Actor


class RemarkRefused(Exception):
    """The remark cannot be kept, or not be changed; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody without an account who came by a preview link."""

    name: str
    link: PreviewLink


def leave_remark(
    issue: Issue,
    *,
    words: str,
    section: int | None,
    by: Actor,
    at: datetime,
    guest: Guest | None = None,
) -> Remark:
    """Leave a remark on a section, by its key, or on the whole issue. Raises RemarkRefused."""
    words = checked_words(words)
    about = issue.sections.filter(pk=section).first() if section else None
    with transaction.atomic():
        remark = Remark.objects.create(
            issue=issue,
            section=about,
            section_key=about.pk if about else None,
            section_heading=(about.heading or about.get_kind_display()) if about else "",
            words=words,
            by_id=by.pk if by is not None else None,
            guest_name=guest.name if guest else "",
            link=guest.link if guest else None,
            at=at,
        )
        audit_log.record("left a remark", issue, by=by, remark=remark.pk, guest=guest is not None)
    return remark


def checked_words(words: str) -> str:
    """Return the words of a remark or an answer as they are kept. Raises RemarkRefused."""
    kept = remove_invisible(words.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not has_visible(kept):
        raise RemarkRefused(gettext("Write something first."))
    if len(kept) > MAX_REMARK_CHARS:
        raise RemarkRefused(
            gettext(
                "This has %(count)s characters. The limit is %(limit)s. Shorten it, or make it two"
                " remarks."
            )
            % {"count": grouped(len(kept)), "limit": grouped(MAX_REMARK_CHARS)}
        )
    return kept


def answer_remark(remark: Remark, *, words: str, by: Actor, at: datetime) -> RemarkAnswer:
    """Answer a remark that is not settled. Raises RemarkRefused."""
    words = checked_words(words)
    with transaction.atomic():
        _move(remark, {RemarkState.OPEN, RemarkState.ANSWERED}, RemarkState.ANSWERED)
        answer = RemarkAnswer.objects.create(
            remark=remark, words=words, by_id=by.pk if by is not None else None, at=at
        )
        audit_log.record("answered a remark", remark.issue, by=by, remark=remark.pk)
    return answer


def settle_remark(remark: Remark, *, by: Actor) -> None:
    """Close a remark: nothing is left to do about it. Raises RemarkRefused."""
    with transaction.atomic():
        _move(remark, {RemarkState.OPEN, RemarkState.ANSWERED}, RemarkState.SETTLED)
        audit_log.record("settled a remark", remark.issue, by=by, remark=remark.pk)


def reopen_remark(remark: Remark, *, by: Actor) -> None:
    """Open a settled or answered remark again. Raises RemarkRefused."""
    with transaction.atomic():
        _move(remark, {RemarkState.SETTLED, RemarkState.ANSWERED}, RemarkState.OPEN)
        audit_log.record("reopened a remark", remark.issue, by=by, remark=remark.pk)


def _move(remark: Remark, sources: set[RemarkState], target: RemarkState) -> None:
    """Change the state in one guarded UPDATE: if two people do it at once, one of them wins."""
    movable = Remark.objects.filter(pk=remark.pk, state__in=sources)
    if not movable.update(state=target):
        raise RemarkRefused("Somebody else has changed this remark meanwhile. Nothing was changed.")
    remark.refresh_from_db(fields=["state"])
