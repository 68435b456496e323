"""The issue whose response belongs to a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.models import Issue, IssueState

if TYPE_CHECKING:
    from briefings.models.issue import IssueQuerySet


def earlier_issues(draft: Issue) -> IssueQuerySet:
    """Return the published issues of a draft's briefing, the latest first.

    For an issue that is published itself, those that appeared before it.
    """
    found = Issue.objects.published().filter(briefing=draft.briefing_id).exclude(pk=draft.pk)
    if draft.state == IssueState.PUBLISHED and draft.published_at:
        found = found.filter(published_at__lte=draft.published_at)
    return found


def previous_issue(draft: Issue, *, about: int = 0) -> Issue | None:
    """Return the last issue of a draft's briefing that appeared before it, breaks or not.

    `about` is the number of another published issue of the briefing, if one is chosen; this may be
    the issue itself once it is published. None if there is no such issue.
    """
    if about:
        published = Issue.objects.published().filter(briefing=draft.briefing_id)
        return published.filter(number=about).first()
    return earlier_issues(draft).first()
