"""The issue that the benchmarks send, whose email has 46 KB, and its readers."""

from __future__ import annotations

import re
import time
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from bench.run import EMAIL_BYTES
from briefings.models import Briefing, Contributor, Issue, Section, SectionKind
from briefings.rendering.issue_email import EmailLinks, render_issue_email
from subscribers.models import Dispatch

# With the line end that the admin's editor adds to each paragraph.
PARAGRAPH = (Path(__file__).parent / "paragraph.html").read_text()
PARAGRAPHS = 55
# Headers, boundaries and what else surrounds the two bodies on the wire.
REST_BYTES = 1_000


def make_issue(*, readers: int) -> Issue:
    """Create a scheduled issue of a new briefing with that many active subscribers."""
    briefing = make_briefing()
    subscribe(briefing, readers)
    return next_issue(briefing)


def make_briefing() -> Briefing:
    """Create a briefing without subscribers."""
    suffix = time.time_ns()
    lead, _ = Contributor.objects.get_or_create(
        slug="bench", defaults={"name": "Rosa Meyer", "contact": "rosa@news.example.com"}
    )
    return Briefing.objects.create(title=f"Bench {suffix}", slug=f"bench-{suffix}", lead=lead)


def next_issue(briefing: Briefing) -> Issue:
    """Create one more scheduled issue of a briefing, for the readers that it has."""
    number = briefing.issues.count() + 1
    issue = Issue.objects.create(
        briefing=briefing, number=number, title="Who pays?", author=briefing.lead
    )
    # The email contains each paragraph twice: as HTML with its styles, and as plain text.
    Section.objects.create(
        issue=issue, kind=SectionKind.FEATURE, heading="The beds", body=PARAGRAPH * PARAGRAPHS
    )
    issue.submit(by=None)
    issue.approve(by=None)
    now = timezone.now()
    issue.schedule(publish_at=now, by=None, at=now)
    return issue


def check_size(dispatch: Dispatch) -> None:
    """Raise ValueError unless the email has the size that all figures are about."""
    bodies = (dispatch.html + dispatch.text).replace("\n", "\r\n")
    size = len(bodies.encode()) + REST_BYTES
    if abs(size - EMAIL_BYTES) > EMAIL_BYTES // 50:
        raise ValueError(f"the email has {size} bytes; change PARAGRAPHS")


def site_links() -> EmailLinks:
    """Return links for a sender that adds none of a reader's own."""
    site = settings.SITE_URL
    return EmailLinks(unsubscribe=site, preferences=site, view=site, subscribe=site)


def body_of(issue: Issue) -> str:
    """Return the email's HTML between its body tags, with inline styles and links to the site."""
    found = re.search(
        r"<body[^>]*>(.*)</body>", render_issue_email(issue, links=site_links()).html, re.DOTALL
    )
    assert found is not None
    return found[1]


def subscribe(briefing: Briefing, readers: int) -> None:
    """Create readers in two statements: we measure sending, not signing up."""
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
