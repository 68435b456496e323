"""Leave a warning of preflight as it is, with a reason, by a person who may approve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from briefings.models import FindingOverride
from briefings.permissions import may_approve
from briefings.preflight import check_issue
from newsroom import audit_log
from newsroom.invisible_characters import storable
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User

    from briefings.models import Issue, Section
    from briefings.preflight import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A warning with the override that somebody gave it."""

    finding: Finding
    override: FindingOverride


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """The findings about an issue: what blocks it, what is open, and what was overridden."""

    blocking: list[Finding]
    warnings: list[Finding]
    answered: list[Answered]

    @property
    def is_clear(self) -> bool:
        """Whether nothing is left to look at."""
        return not (self.blocking or self.warnings)


def run_preflight(
    issue: Issue, sections: list[Section] | None = None, *, publish_at: datetime | None
) -> Preflight:
    """Check an issue with this send time, and sort the findings by what was decided about them."""
    if sections is None:
        sections = list(issue.sections.all())
    found = check_issue(issue, sections, publish_at=publish_at)
    given = {
        override.fingerprint: override for override in issue.finding_overrides.select_related("by")
    }
    warnings = [finding for finding in found if not finding.blocks]
    return Preflight(
        blocking=[finding for finding in found if finding.blocks],
        warnings=[finding for finding in warnings if finding.fingerprint not in given],
        answered=[
            Answered(finding=finding, override=given[finding.fingerprint])
            for finding in warnings
            if finding.fingerprint in given
        ],
    )


def find_finding(issue: Issue, fingerprint: str) -> Finding | None:
    """Return the finding with this fingerprint, if preflight still finds it."""
    found = check_issue(issue, list(issue.sections.all()), publish_at=issue.publish_at)
    return next((finding for finding in found if finding.fingerprint == fingerprint), None)


def override(issue: Issue, fingerprint: str, *, reason: str, by: User) -> FindingOverride:
    """Leave a warning as it is. Raises TransitionRefused with the reason why it cannot be."""
    reason = " ".join(storable(reason).split())
    if not may_approve(by, issue):
        raise TransitionRefused("Only people who may approve the issue can override a warning.")
    if not reason:
        raise TransitionRefused("Write why the warning does not apply.")
    longest = FindingOverride._meta.get_field("reason").max_length or 0
    if len(reason) > longest:
        raise TransitionRefused(f"The reason can have up to {longest} characters.")
    with transaction.atomic():
        issue.lock()
        finding = find_finding(issue, fingerprint)
        if finding is None:
            raise TransitionRefused("This finding is gone: the words it was about have changed.")
        if finding.blocks:
            raise TransitionRefused("This finding blocks the issue, and nobody can override it.")
        made, is_new = FindingOverride.objects.get_or_create(
            issue=issue,
            fingerprint=fingerprint,
            defaults={
                "code": finding.code,
                "sentence": finding.sentence,
                "reason": reason,
                "by": by,
                "at": timezone.now(),
            },
        )
        if is_new:
            audit_log.record(
                "overrode a warning",
                issue,
                by=by,
                code=finding.code,
                finding=finding.sentence,
                reason=reason,
            )
    return made


def withdraw_override(issue: Issue, fingerprint: str, *, by: User) -> None:
    """Show a warning again. Raises TransitionRefused without the right to override it."""
    if not may_approve(by, issue):
        raise TransitionRefused("Only people who may approve the issue can do this.")
    with transaction.atomic():
        found = issue.finding_overrides.filter(fingerprint=fingerprint).first()
        if found is None:
            return
        audit_log.record(
            "withdrew an override", issue, by=by, code=found.code, finding=found.sentence
        )
        found.delete()
