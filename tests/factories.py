"""Create rows for tests. The functions are keyword-only: a test names only what it depends on."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone

from briefings.issue_edits import record_edit
from briefings.models import (
    Briefing,
    Comment,
    CommentState,
    Contributor,
    Correction,
    Issue,
    Section,
    SectionKind,
)
from subscribers.models import Dispatch, Subscriber, Subscription
from subscribers.models.address_hash import hash_address

_numbers = count(1)


def make_contributor(*, name: str = "Rosa Meyer", **fields: Any) -> Contributor:
    fields.setdefault("slug", f"contributor-{next(_numbers)}")
    fields.setdefault("contact", "rosa@news.example.com")
    return Contributor.objects.create(name=name, **fields)


def make_briefing(*, title: str = "", **fields: Any) -> Briefing:
    number = next(_numbers)
    fields.setdefault("slug", f"briefing-{number}")
    fields.setdefault("strapline", "What is changing inside hospitals, every Thursday")
    if "lead" not in fields:
        fields["lead"] = make_contributor()
    return Briefing.objects.create(title=title or f"Briefing {number}", **fields)


def make_issue(
    *,
    briefing: Briefing | None = None,
    title: str = "Who pays for the empty beds?",
    sections: list[tuple[SectionKind, str, str]] | None = None,
    **fields: Any,
) -> Issue:
    """Create a draft with a feature and a round-up, or with the given (kind, heading, HTML)."""
    briefing = briefing or make_briefing()
    fields.setdefault("number", briefing.next_number())
    fields.setdefault("author", briefing.lead)
    fields.setdefault("strapline", "Three trusts closed wards they say were never commissioned.")
    issue = Issue.objects.create(briefing=briefing, title=title, **fields)
    if sections is None:
        sections = [
            (SectionKind.FEATURE, "Closed, but still counted", "<p>The county has 214 beds.</p>"),
            (
                SectionKind.ROUNDUP,
                "The week in hospitals",
                "<ul><li>A tender was scrapped</li></ul>",
            ),
        ]
    for position, (kind, heading, body) in enumerate(sections):
        Section.objects.create(
            issue=issue, position=position, kind=kind, heading=heading, body=body
        )
    return issue


def make_scheduled_issue(*, publish_at: datetime | None = None, **fields: Any) -> Issue:
    """Create a scheduled issue; without `publish_at` it has been due for a minute."""
    issue = make_issue(**fields)
    issue.submit(by=None)
    issue.approve(by=None)
    publish_at = publish_at or timezone.now() - timedelta(minutes=1)
    issue.schedule(publish_at=publish_at, by=None, at=publish_at)
    return issue


def make_published_issue(*, at: datetime | None = None, **fields: Any) -> Issue:
    """Create a published issue without a dispatch."""
    if at is not None:
        fields.setdefault("publish_at", at)
    issue = make_scheduled_issue(**fields)
    issue.publish(at=at or timezone.now())
    return issue


def make_reader(*, of: Briefing, email: str = "", name: str = "", **fields: Any) -> Subscription:
    """Create a confirmed subscriber of a briefing."""
    email = email or f"reader{next(_numbers)}@example.com"
    subscriber, _ = Subscriber.objects.get_or_create(
        address_hash=hash_address(email), defaults={"address": email, "name": name}
    )
    return Subscription.objects.create(subscriber=subscriber, briefing=of, **fields)


def make_dispatch(*, issue: Issue | None = None, **fields: Any) -> Dispatch:
    """Publish a due issue as a worker does."""
    from subscribers.sending import dispatches

    issue = issue or make_scheduled_issue(**fields)
    return dispatches.publish(issue, at=timezone.now())


def make_correction(
    issue: Issue, *, note: str = "There are 241 beds.", at: datetime | None = None
) -> Correction:
    """Correct a published issue by adding a paragraph, as the page for it does."""
    with transaction.atomic():
        section = issue.sections.all()[0]
        section.body += "<p>The county has 241 beds.</p>"
        section.save()
        issue.lock()
        at = at or timezone.now()
        record_edit(issue, by=None, at=at, fields=[], merges_other=False, note=note)
    return issue.corrections.latest("pk")


def make_comment(
    *, on: Issue, body: str = "The write-off helps the accounts.", **fields: Any
) -> Comment:
    """Create an approved comment, unless another state is given."""
    fields.setdefault("state", CommentState.APPROVED)
    fields.setdefault("confirmed_at", timezone.now())
    return Comment.objects.create(issue=on, body=body, **fields)
