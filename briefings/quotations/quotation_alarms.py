"""The alarm that a quotation in an approved issue cannot go out as it stands, while there is time.

A task asks the tables, so it does not matter what happened: a reader withdrew the comment or the
consent, changed their words or their name, or a moderator rejected the comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from briefings.alarms import QUOTATION_LOST, is_first, raise_alarm, writers_of
from briefings.approval_loss import responsible_for
from briefings.models import Comment, Issue, IssueState, Quotation
from briefings.models.issue import APPROVED_STATES
from briefings.permissions import APPROVE_ISSUE, staff_who_may
from briefings.preflight.quoted_block_checks import check_quoted_blocks
from briefings.preflight.section_checks import parse_sections
from newsroom import audit_log

if TYPE_CHECKING:
    from briefings.preflight.findings import Finding


def alarm_of_lost_quotations() -> int:
    """Raise the alarm about quotations that would stop approved issues, once; count the issues."""
    quoting = Quotation.objects.filter(issue=OuterRef("pk"), is_in_issue=True)
    issues = Issue.objects.filter(Exists(quoting), state__in=APPROVED_STATES).for_page()
    return sum(_alarm(issue) for issue in issues)


def _alarm(issue: Issue) -> bool:
    with transaction.atomic():
        found = check_quoted_blocks(parse_sections(list(issue.sections.all())), issue=issue)
        new = [finding for finding in found if is_first(QUOTATION_LOST, _event(finding, issue))]
        if not new:
            return False
        for key in sorted({int(finding.about) for finding in new}):
            audit_log.record("found a lost quotation", issue, by=None, response=key)
        slot = issue.publish_at if issue.state == IssueState.SCHEDULED else None
        approvers = staff_who_may(APPROVE_ISSUE, issue.briefing)
        raise_alarm(
            QUOTATION_LOST,
            "quotation_lost",
            about=issue,
            concerned=[responsible_for(issue), *writers_of(issue), *approvers],
            context={
                "issue": issue,
                "slot": slot.astimezone(issue.briefing.zone) if slot else None,
                "findings": [str(finding) for finding in new],
                "url": settings.SITE_URL + reverse("admin:briefings_issue_change", args=[issue.pk]),
            },
        )
    return True


def _event(finding: Finding, issue: Issue) -> str:
    """Return what happened: if a reader agrees again and takes that back, it is another event."""
    comment = Comment.objects.filter(pk=finding.about).first()
    last = comment and comment.quote_consents.last()
    moments = [last.at] if last else []
    if comment:
        moments += filter(None, (comment.withdrawn_at, comment.edited_at, comment.decided_at))
    when = max(moments).isoformat() if moments else ""
    return f"{issue.pk} {finding.about} {finding.code} {when}"
