"""Load the sample briefings, each by the steps that editors and readers would take."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import count
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from briefings.models import (
    Briefing,
    Comment,
    Commenter,
    CommentState,
    Contributor,
    Issue,
    IssueState,
    QuoteChoice,
    RevisionStep,
    Section,
    SectionKind,
    Topic,
)
from briefings.quotations.consent_requests import ask_to_quote
from briefings.quote_wording import record_choice
from briefings.sample_data.answers_to_samples import load_answers
from briefings.sample_data.files import sample_briefings, sample_contributors, sample_topics
from briefings.sample_data.response_to_samples import (
    keep_rows,
    load_marks_and_points,
    load_messages,
    note_that_readers_were_told,
    quote_responses,
)
from briefings.sample_data.sample_pictures import add_portrait, store_figures
from briefings.sample_data.staff import make_staff
from briefings.slots import Weekday
from newsroom import audit_log
from newsroom.reader_language import in_language

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from briefings.sample_data.files import SampleBriefing, SampleComment, SampleIssue


@transaction.atomic
def load_samples(*, at: datetime) -> int:
    """Load the sample newsroom as it would look at this moment; return the number of new issues.

    Briefings and contributors that exist already, by their slugs, stay as they are.
    """
    staff = make_staff()
    authors = _load_contributors(staff)
    topics = _load_topics()
    new = [
        (sample, briefing)
        for sample in sample_briefings()
        if (briefing := _load_briefing(sample, authors)) is not None
    ]
    for sample, briefing in new:
        with in_language(briefing.language):  # in which its readers were asked about being quoted
            said: dict[str, int] = {}
            for issue in sample.issues:
                loaded = _load_issue(briefing, issue, authors, staff, said=said, now=at)
                loaded.topics.set(topics[slug] for slug in issue.topics)
    return sum(len(sample.issues) for sample, _ in new)


def _load_contributors(staff: dict[str, User]) -> dict[str, Contributor]:
    authors = {}
    for sample in sample_contributors():
        account = staff.get(sample.account)
        if account is not None and Contributor.objects.filter(account=account).exists():
            account = None  # somebody gave it to another contributor
        authors[sample.slug], is_new = Contributor.objects.get_or_create(
            slug=sample.slug,
            defaults={
                "name": sample.name,
                "job_title": sample.job_title,
                "contact": sample.contact,
                "bio": sample.bio,
                "sign_off": sample.sign_off,
                "account": account,
            },
        )
        if is_new:
            add_portrait(authors[sample.slug])
    return authors


def _load_topics() -> dict[str, Topic]:
    """Return the topics of the samples; of one that exists already, nothing is changed."""
    topics = {}
    for sample in sample_topics():
        known = Topic.objects.filter(Q(slug=sample.slug) | Q(name=sample.name)).first()
        topics[sample.slug] = known or Topic.objects.create(
            slug=sample.slug, name=sample.name, description=sample.description
        )
    return topics


def _load_briefing(sample: SampleBriefing, authors: dict[str, Contributor]) -> Briefing | None:
    """Return a new briefing, still without its issues; None if there is one already."""
    if Briefing.objects.filter(slug=sample.slug).exists():
        return None
    return Briefing.objects.create(
        slug=sample.slug,
        title=sample.title,
        strapline=sample.strapline,
        description=sample.description,
        lead=authors[sample.lead],
        slot_weekday=Weekday[sample.weekday.upper()],
        slot_time=time.fromisoformat(sample.hour),
        accent=sample.accent,
        language=sample.language,
    )


def _load_issue(
    briefing: Briefing,
    sample: SampleIssue,
    authors: dict[str, Contributor],
    staff: dict[str, User],
    *,
    said: dict[str, int],
    now: datetime,
) -> Issue:
    """Load an issue with its response; `said` are those to earlier ones, by their keys."""
    send_time = briefing.slot.nth(sample.slot, after=now)
    issue = Issue.objects.create(
        briefing=briefing,
        number=sample.number,
        title=sample.title,
        slug=slugify(sample.title)[:80],
        strapline=sample.strapline,
        author=authors[sample.author] if sample.author else briefing.lead,
        publish_at=send_time,
        created_at=min(send_time - timedelta(days=4), now),
    )
    others = list(Briefing.objects.current().exclude(pk=briefing.pk).values_list("pk", flat=True))
    for position, section in enumerate(sample.sections, start=1):
        Section.objects.create(
            issue=issue,
            position=position,
            kind=section.kind,
            heading=section.heading,
            body=quote_responses(store_figures(section.html), said, language=briefing.language),
            sisters=others if section.kind == SectionKind.SISTERS else [],
            options=section.options,
            closes_at=issue.questions_close_at if section.kind == SectionKind.QUESTION else None,
        )
    keep_rows(issue, now=now)
    audit_log.record("created", issue, by=staff["reporter"])
    issue.keep_revision(RevisionStep.CREATED, by=staff["reporter"])
    _take_steps(issue, sample.state, send_time, staff)
    if issue.state == IssueState.PUBLISHED:
        # Feeds and caches use this: an old issue did not change today.
        Issue.objects.filter(pk=issue.pk).update(updated_at=send_time)
        note_that_readers_were_told(issue)
        said |= _load_comments(issue, sample, authors, staff["editor"], now)
        said |= load_answers(issue, sample, now=now)
        said |= load_messages(issue, sample.messages, now=now)
        load_marks_and_points(issue, sample, said, staff, now=now)
    return issue


def _take_steps(
    issue: Issue, target: IssueState, send_time: datetime, staff: dict[str, User]
) -> None:
    """Take an issue through its steps up to a state, without a dispatch: it has no subscribers."""
    editor = staff["editor"]
    if target == IssueState.DRAFT:
        return
    issue.submit(by=staff["reporter"])
    if target == IssueState.IN_REVIEW:
        return
    issue.approve(by=editor)
    if target == IssueState.APPROVED:
        return
    issue.schedule(publish_at=send_time, by=staff["publisher"], at=issue.created_at)
    if target == IssueState.PUBLISHED:
        issue.publish(at=send_time)


def _load_comments(
    issue: Issue,
    sample: SampleIssue,
    authors: dict[str, Contributor],
    editor: User,
    now: datetime,
) -> dict[str, int]:
    """Load the comments on an issue; return them by their keys."""
    published = issue.published_at or now
    last = max((comment.hours for comment in _all(sample.comments)), default=0) + 1
    # Shorter than an hour for a recent issue, so that none of its comments is in the future.
    pace = min(timedelta(hours=1), (now - published) / last)
    numbers = count(1)
    said = {}

    def add(sample: SampleComment, parent: Comment | None) -> None:
        at = published + sample.hours * pace
        quoting = QuoteChoice.NAMED if sample.name else QuoteChoice.ANONYMOUS
        if sample.quoting:
            quoting = QuoteChoice(sample.quoting)
        writer = slugify(sample.name) or sample.writer
        writer = writer or f"commenter-{next(numbers)}-on-{issue.briefing.slug}-{issue.number}"
        comment = Comment.objects.create(
            issue=issue,
            section=issue.sections.filter(heading=sample.about).first() if sample.about else None,
            section_heading=sample.about,
            passage=sample.words,
            parent=parent,
            contributor=authors[sample.author] if sample.author else None,
            name=sample.name,
            email="" if sample.author else f"{writer}@example.com",
            channel=sample.channel,
            body=sample.body,
            quoting=QuoteChoice.NO if sample.author else quoting,
            created_at=at,
        )
        if not sample.author:
            record_choice(comment, quoting, at=at, source=issue.get_absolute_url(), ip=None)
        _decide(comment, sample, editor, at, minute=pace / 60)
        if sample.is_asked:
            ask_to_quote(comment, by=editor, at=now)
        if sample.key:
            said[sample.key] = comment.pk
        for reply in sample.replies:
            add(reply, comment)

    for comment in sample.comments:
        add(comment, None)
    return said


def _decide(
    comment: Comment, sample: SampleComment, editor: User, at: datetime, *, minute: timedelta
) -> None:
    if sample.state == CommentState.UNCONFIRMED:
        return
    comment.confirm(at=at + minute)
    if comment.email:
        comment.commenter = Commenter.objects.confirmed(comment.email)
        comment.save(update_fields=["commenter"])
    if sample.state == CommentState.APPROVED:
        comment.approve(by=editor, at=at + 9 * minute)
    elif sample.state == CommentState.REJECTED:
        comment.reject(by=editor, at=at + 9 * minute)
    if sample.featured:
        comment.feature(by=editor, at=at + 10 * minute)


def _all(comments: list[SampleComment]) -> list[SampleComment]:
    return [each for one in comments for each in (one, *_all(one.replies))]
