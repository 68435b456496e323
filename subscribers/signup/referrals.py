"""Which issue led somebody to the sign-up form, for example because a friend forwarded it.

The link in every email names the issue and nothing else, so it does not tell whose email was
forwarded. On the page of one briefing the issue's number is enough; on the page that offers all
briefings a referral is written as `the-ward-round/57`.
"""

from __future__ import annotations

import re

from briefings.models import Briefing, Issue

_REFERRAL = re.compile(r"(?:(?P<slug>[a-zA-Z0-9_-]{1,60})/)?(?P<number>[0-9]{1,9})")


def find_referral(text: str, *, briefing: Briefing | None) -> Issue | None:
    """Return the published issue that a referral names; None for any other text."""
    referral = normalise_referral(text, briefing=briefing)
    if not referral:
        return None
    slug, _, number = referral.partition("/")
    issues = Issue.objects.published().filter(briefing__slug=slug, number=int(number))
    return issues.only("pk", "number").first()


def normalise_referral(text: str, *, briefing: Briefing | None) -> str:
    """Return a referral as `the-ward-round/57`, whether or not the issue exists; else empty."""
    found = _REFERRAL.fullmatch(text)
    slug = (found["slug"] or (briefing.slug if briefing else "")) if found else ""
    return f"{slug}/{int(found['number'])}" if found and slug else ""


def describe_referral(issue: Issue | None, *, to: Briefing) -> str:
    """Return which issue led somebody to subscribe, with its briefing if that is another one."""
    if issue is None:
        return ""
    of = "" if issue.briefing_id == to.pk else f" of {issue.briefing.title}"
    return f"Referred by issue {issue.number}{of}: {issue.title}"
