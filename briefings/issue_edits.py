"""What follows from saving an issue: a new version, an audit log entry, the end of an approval.

A published issue changes in one way only, as a correction: with a note for readers, or without one
where only typing errors are fixed.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from briefings.approval_loss import void_approval
from briefings.clippings import tick_off
from briefings.models import Correction, Issue, IssueState, RevisionStep
from briefings.models.issue_text import keep_search_text
from briefings.preflight import added_blocks
from briefings.published_words import is_published
from briefings.quotations.rows import keep_quotations
from briefings.small_fixes import NotSmall, check_small
from briefings.unsaved_issue import with_words_of
from newsroom import audit_log
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from briefings.models import Revision
    from newsroom.audit_log import Actor


ONLY_CORRECTED = (
    "This issue is published. It is changed by a correction only: open it, and choose “Correct”."
)


class CorrectionRefused(TransitionRefused):
    """A correction that readers may not get as it is; the message says why, to an editor."""


class NoteNeeded(CorrectionRefused):
    """A correction that needs a note for readers."""


class EditResult(Enum):
    """What an edit did to an issue besides changing it."""

    SAVED = "saved"
    CORRECTED = "corrected"  # a published one, with a note: the page changes, the email does not
    FIXED = "fixed"  # a published one, without a note
    APPROVAL_VOID = "approval void"


def record_edit(
    issue: Issue,
    *,
    by: Actor,
    at: datetime,
    fields: Sequence[str],
    merges_other: bool,
    restores: bool = False,
    note: str | None = None,
) -> EditResult:
    """Record that an issue's content was saved; call it with the row locked, in the transaction.

    `fields` are the names of the changed fields; `merges_other` says that the words were
    merged with what somebody else had saved since they opened the issue, and `restores` that the
    words are those of an earlier revision. `note` makes it a correction: the note for readers, or
    an empty text to fix typing errors without one. Raises TransitionRefused if a published issue is
    not corrected, NoteNeeded if the fix is too large to go without a note, and CorrectionRefused
    if it adds what would have kept the issue from being published; the caller then rolls the
    transaction back.
    """
    if issue.state == IssueState.PUBLISHED:
        if note is None:
            raise TransitionRefused(ONLY_CORRECTED)
        return _record_correction(issue, note=note, by=by, at=at, fields=fields)
    _claim(issue, at=at)
    tick_off(issue)
    keep_quotations(issue)
    verb, step = "edited", RevisionStep.SAVED
    if restores:
        verb, step = "restored", RevisionStep.RESTORED
    elif merges_other:
        verb = "merged"
    audit_log.record(verb, issue, by=by, fields=list(fields))
    issue.keep_revision(step, by=by)
    return EditResult.APPROVAL_VOID if void_approval(issue, by=by) else EditResult.SAVED


def _claim(issue: Issue, *, at: datetime) -> None:
    if not issue.claim_edit(version=issue.version):
        raise RuntimeError("an issue was saved without the lock on its row")
    Issue.objects.filter(pk=issue.pk).update(updated_at=at)


def _record_correction(
    issue: Issue, *, note: str, by: Actor, at: datetime, fields: Sequence[str]
) -> EditResult:
    note = " ".join(note.split())
    known = issue.revisions.exclude(correction__note="").first()
    before = issue.revisions.first()
    _claim(issue, at=at)
    tick_off(issue)
    keep_quotations(issue)
    revision = issue.keep_revision(RevisionStep.CORRECTED, by=by)
    if not note:
        try:
            check_small(
                known.content if known else {},
                revision.content,
                is_known=lambda word: is_published(word, besides=issue),
            )
        except NotSmall as reason:
            raise NoteNeeded(
                "This needs a note for readers, because it changes more than typing errors."
                f" {reason}"
            ) from None
    if before:
        _refuse_added_blocks(issue, before=before)
    keep_search_text(issue)
    Correction.objects.create(issue=issue, revision=revision, note=note, by=revision.by, at=at)
    detail = {"note": note} if note else {}
    verb = "corrected" if note else "fixed without a note"
    audit_log.record(verb, issue, by=by, fields=list(fields), **detail)
    return EditResult.CORRECTED if note else EditResult.FIXED


def _refuse_added_blocks(issue: Issue, *, before: Revision) -> None:
    """Raise CorrectionRefused for what preflight blocks and did not block before."""
    now = Issue.objects.for_page().get(pk=issue.pk)
    if added := added_blocks(now, before=with_words_of(now, before)):
        raise CorrectionRefused(f"This cannot go to readers yet. {' '.join(map(str, added))}")
