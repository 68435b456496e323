"""The letter of the benchmarks: an issue that comes to 46 KB as it leaves, and its readers."""

from __future__ import annotations

import time

from django.db import connection
from django.utils import timezone

from briefings.models import Briefing, Contributor, Issue, Section, SectionKind

PARAGRAPH = (
    "<p>On paper the county has more beds than it can staff. Each is paid for twice: once by the "
    "trust that keeps the lights on, and again by the commissioner that buys the same care next "
    "door. Finance directors describe the arrangement as a holding pattern.</p>"
)


def make_issue(*, readers: int) -> Issue:
    """Make a scheduled issue of a new briefing with so many active subscribers."""
    mark = time.time_ns()
    lead, _ = Contributor.objects.get_or_create(
        slug="bench", defaults={"name": "Rosa Meyer", "contact": "rosa@news.example.com"}
    )
    briefing = Briefing.objects.create(title=f"Bench {mark}", slug=f"bench-{mark}", lead=lead)
    subscribe(briefing, readers)
    issue = Issue.objects.create(briefing=briefing, number=1, title="Who pays?", author=lead)
    # Each paragraph stands in the letter twice: as HTML with its styles, and as plain text.
    Section.objects.create(
        issue=issue, kind=SectionKind.FEATURE, heading="The beds", body=PARAGRAPH * 46
    )
    issue.submit(by=None)
    issue.approve(by=None)
    issue.schedule(publish_at=timezone.now(), by=None)
    return issue


def subscribe(briefing: Briefing, readers: int) -> None:
    """Make readers in two statements: what is measured is sending, not signing up."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO subscribers_subscriber (address, address_hash, name, token, created_at)
            SELECT 'reader' || n || '@example.com', md5('a' || n) || md5('b' || n), 'Reader ' || n,
                   left(md5('t' || n), 22), now()
            FROM generate_series(1, %s) AS n ON CONFLICT (address_hash) DO NOTHING
            """,
            [readers],
        )
        cursor.execute(
            """
            INSERT INTO subscribers_subscription
                (subscriber_id, briefing_id, state, token, joined_at)
            SELECT id, %s, 'active', left(md5(id || 'x' || %s), 22), now()
            FROM subscribers_subscriber ORDER BY id LIMIT %s
            """,
            [briefing.pk, briefing.pk, readers],
        )
        cursor.execute("ANALYZE")
