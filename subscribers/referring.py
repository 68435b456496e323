"""Which issue brought a new reader: a copy was forwarded, and its foot leads here.

The link names the issue and nobody: not whose copy it was. It is the same in every copy.
"""

from __future__ import annotations

from briefings.models import Briefing, Issue


def find_referral(written: str, *, briefing: Briefing | None) -> Issue | None:
    """Give the published issue of this number; None for whatever else an address may say."""
    if briefing is None or not (written.isascii() and written.isdigit()) or len(written) > 9:
        return None
    issues = Issue.objects.published().filter(briefing=briefing, number=int(written))
    return issues.only("pk", "number").first()
