"""Which issue brought a new reader: a copy was forwarded, and its foot leads here.

The link names the issue and nobody: not whose copy it was. It is the same in every copy. On a page
of one briefing a number is enough; the page on which several can be ticked, to which a reader may
go on from there, is told `the-ward-round/57`.
"""

from __future__ import annotations

import re

from briefings.models import Briefing, Issue

_WRITTEN = re.compile(r"(?:(?P<slug>[a-zA-Z0-9_-]{1,60})/)?(?P<number>[0-9]{1,9})")


def find_referral(written: str, *, briefing: Briefing | None) -> Issue | None:
    """Give the published issue of this name; None for whatever else an address may say."""
    named = referral_name(written, briefing=briefing)
    slug, _, number = named.partition("/")
    if not named:
        return None
    issues = Issue.objects.published().filter(briefing__slug=slug, number=int(number))
    return issues.only("pk", "number").first()


def referral_name(written: str, *, briefing: Briefing | None) -> str:
    """Name an issue, that need not be one, as `the-ward-round/57`; empty for anything else."""
    found = _WRITTEN.fullmatch(written)
    slug = (found["slug"] or (briefing.slug if briefing else "")) if found else ""
    return f"{slug}/{int(found['number'])}" if found and slug else ""
