"""What follows from saving an issue: a new version, an audit log entry, the end of an approval."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from briefings.models import Issue, IssueState, RevisionStep
from newsroom import audit_log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsroom.audit_log import Actor


class EditResult(Enum):
    """What an edit did to an issue besides changing it."""

    SAVED = "saved"
    CORRECTED = "corrected"  # a published one: the page changes, the email does not
    APPROVAL_VOID = "approval void"


def record_edit(
    issue: Issue,
    *,
    by: Actor,
    at: datetime,
    fields: Sequence[str],
    merges_other: bool,
    restores: bool = False,
) -> EditResult:
    """Record that an issue's content was saved; call it with the row locked, in the transaction.

    `fields` are the names of the changed fields; `merges_other` says that the words were
    merged with what somebody else had saved since they opened the issue, and `restores` that the
    words are those of an earlier revision.
    """
    if not issue.claim_edit(version=issue.version):
        raise RuntimeError("an issue was saved without the lock on its row")
    Issue.objects.filter(pk=issue.pk).update(updated_at=at)
    is_published = issue.state == IssueState.PUBLISHED
    verb, step = "edited", RevisionStep.SAVED
    if restores:
        verb, step = "restored", RevisionStep.RESTORED
    elif is_published:
        verb, step = "corrected", RevisionStep.CORRECTED
    elif merges_other:
        verb = "merged"
    audit_log.record(verb, issue, by=by, fields=list(fields))
    issue.keep_revision(step, by=by)
    if is_published:
        return EditResult.CORRECTED
    return EditResult.APPROVAL_VOID if issue.void_approval(by=by) else EditResult.SAVED
