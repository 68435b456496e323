"""Sample briefings into the tables, each row by the step that an editor or a reader would take."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.text import slugify

from briefings.models import (
    Briefing,
    Comment,
    CommentState,
    Contributor,
    Issue,
    IssueState,
    Section,
)
from briefings.sample_data.files import sample_briefings, sample_contributors
from briefings.sample_data.staff import make_staff
from briefings.slots import Weekday

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from briefings.sample_data.files import SampleBriefing, SampleComment, SampleIssue

WEEK = timedelta(weeks=1)


@transaction.atomic
def plant(*, at: datetime) -> int:
    """Make the sample newsroom as it would look at this moment; give back how many issues came new.

    What is there already, by slug and number, stays as it is.
    """
    staff = make_staff()
    authors = _plant_contributors(staff)
    return sum(_plant_briefing(sample, authors, staff, at) for sample in sample_briefings())


def _plant_contributors(staff: dict[str, User]) -> dict[str, Contributor]:
    authors = {}
    for sample in sample_contributors():
        account = staff.get(sample.account)
        if account is not None and Contributor.objects.filter(account=account).exists():
            account = None  # somebody has given it to another author since
        authors[sample.slug], _ = Contributor.objects.get_or_create(
            slug=sample.slug,
            defaults={
                "name": sample.name,
                "job_title": sample.job_title,
                "contact": sample.contact,
                "bio": sample.bio,
                "account": account,
            },
        )
    return authors


def _plant_briefing(
    sample: SampleBriefing,
    authors: dict[str, Contributor],
    staff: dict[str, User],
    now: datetime,
) -> int:
    if Briefing.objects.filter(slug=sample.slug).exists():
        return 0
    briefing = Briefing.objects.create(
        slug=sample.slug,
        title=sample.title,
        strapline=sample.strapline,
        description=sample.description,
        lead=authors[sample.lead],
        slot_weekday=Weekday[sample.weekday.upper()],
        slot_time=time.fromisoformat(sample.hour),
        accent=sample.accent,
    )
    for issue in sample.issues:
        _plant_issue(briefing, issue, authors, staff, now)
    return len(sample.issues)


def _plant_issue(
    briefing: Briefing,
    sample: SampleIssue,
    authors: dict[str, Contributor],
    staff: dict[str, User],
    now: datetime,
) -> None:
    hour = slot(briefing, sample.slot, now=now)
    issue = Issue.objects.create(
        briefing=briefing,
        number=sample.number,
        title=sample.title,
        slug=slugify(sample.title)[:80],
        strapline=sample.strapline,
        author=authors[sample.author] if sample.author else briefing.lead,
        publish_at=hour,
        created_at=min(hour - timedelta(days=4), now),
    )
    for position, section in enumerate(sample.sections, start=1):
        Section.objects.create(
            issue=issue,
            position=position,
            kind=section.kind,
            heading=section.heading,
            body=section.html,
        )
    _walk(issue, sample.state, hour, staff)
    if issue.state == IssueState.PUBLISHED:
        # Feeds and caches go by this: an old issue did not change today.
        Issue.objects.filter(pk=issue.pk).update(updated_at=hour)
        _plant_comments(issue, sample, authors, staff["editor"], now)


def slot(briefing: Briefing, number: int, *, now: datetime) -> datetime:
    """The weekly slot that is so many away: -1 the latest that has passed, 1 the next to come."""
    # Weeks are counted on the briefing's own clock, whose days are not all of 24 hours.
    first = briefing.next_slot(after=now)
    weeks = number if number < 0 else number - 1
    local = first.astimezone(briefing.zone).replace(tzinfo=None) + weeks * WEEK
    return local.replace(tzinfo=briefing.zone).astimezone(UTC)


def _walk(issue: Issue, target: IssueState, hour: datetime, staff: dict[str, User]) -> None:
    """Take the steps of an issue's life until the wanted state.

    No dispatch is made: these issues went out before there was anybody to send them to.
    """
    editor = staff["editor"]
    if target == IssueState.DRAFT:
        return
    issue.submit(by=staff["reporter"])
    if target == IssueState.IN_REVIEW:
        return
    issue.approve(by=editor)
    if target == IssueState.APPROVED:
        return
    issue.schedule(publish_at=hour, by=editor)
    if target == IssueState.PUBLISHED:
        issue.publish(at=hour)


def _plant_comments(
    issue: Issue,
    sample: SampleIssue,
    authors: dict[str, Contributor],
    editor: User,
    now: datetime,
) -> None:
    published = issue.published_at or now
    last = max((comment.hours for comment in _all(sample.comments)), default=0) + 1
    # Of an issue that came out an hour ago nobody can have said anything a day later.
    pace = min(timedelta(hours=1), (now - published) / last)

    def add(said: SampleComment, parent: Comment | None) -> None:
        at = published + said.hours * pace
        comment = Comment.objects.create(
            issue=issue,
            section=issue.sections.filter(heading=said.about).first() if said.about else None,
            parent=parent,
            contributor=authors[said.author] if said.author else None,
            name=said.name,
            email=f"{slugify(said.name) or 'a-reader'}@example.com" if not said.author else "",
            body=said.body,
            created_at=at,
        )
        _decide(comment, said, editor, at, minute=pace / 60)
        for reply in said.replies:
            add(reply, comment)

    for said in sample.comments:
        add(said, None)


def _decide(
    comment: Comment, said: SampleComment, editor: User, at: datetime, *, minute: timedelta
) -> None:
    if said.state == CommentState.UNCONFIRMED:
        return
    comment.confirm(at=at + minute)
    if said.state == CommentState.APPROVED:
        comment.approve(by=editor, at=at + 9 * minute)
    elif said.state == CommentState.REJECTED:
        comment.reject(by=editor, at=at + 9 * minute)
    if said.featured:
        comment.feature(by=editor, at=at + 10 * minute)


def _all(comments: list[SampleComment]) -> list[SampleComment]:
    return [each for said in comments for each in (said, *_all(said.replies))]
