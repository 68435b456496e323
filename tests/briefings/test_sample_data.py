"""The sample briefings: what they show; they are loaded once and emailed to nobody."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from briefings.models import (
    Answer,
    Briefing,
    Comment,
    CommentChannel,
    CommentState,
    Contributor,
    Issue,
    IssueState,
    MarkKind,
    Picture,
    PointCheck,
    Quotation,
    QuoteConsent,
    ResponseMark,
    RevisionStep,
    Section,
    SectionKind,
    Topic,
)
from briefings.permissions import may_edit_issue
from briefings.picture_files import media_name
from briefings.points.ranked_pieces import points_of
from briefings.preflight.quoted_block_checks import check_quoted_blocks
from briefings.preflight.section_checks import parse_sections
from briefings.questions.closing_emails import send_closing_emails
from briefings.questions.poll import poll_of
from briefings.quotations.chain import with_responding_to
from briefings.quotations.excerpts import ELLIPSIS
from briefings.quotations.quoted_emails import tell_quoted_readers
from briefings.sample_data.loader import load_samples
from newsroom.inbox.storage import stored_emails
from newsroom.models import AuditLogEntry, OutgoingEmail
from subscribers.management.commands.seed_demo_readers import seed, send_latest_issues
from subscribers.models import (
    ConsentRecord,
    DeliveryState,
    Dispatch,
    DispatchState,
    Subscriber,
    Subscription,
)
from subscribers.sending import dispatches
from tests.english_words import english_in_text

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _without_pictures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the drawings, whose smaller copies take longer than everything else together."""
    if "media" not in request.fixturenames:
        monkeypatch.setattr("briefings.sample_data.loader.add_portrait", lambda person: None)
        monkeypatch.setattr("briefings.sample_data.loader.store_figures", lambda html: html)


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_samples_show_every_state_a_thread_and_a_queue() -> None:
    load_samples(at=NOON)

    questions = Section.objects.filter(kind=SectionKind.QUESTION)
    asked = questions.filter(issue__in=Issue.objects.published())
    assert any(question.takes_answers(at=NOON) for question in asked)
    for briefing in Briefing.objects.all():
        states = set(briefing.issues.values_list("state", flat=True))
        assert {"published", "scheduled", "approved", "draft"} <= states
        published = briefing.issues.published()
        assert len(published) >= 4
        assert {kind for issue in published for kind in kinds(issue)} == set(SectionKind)
        comments = Comment.objects.filter(issue__briefing=briefing)
        assert comments.waiting().exists()
        assert comments.approved().filter(parent__isnull=False, contributor=briefing.lead).exists()
        assert comments.approved().filter(name="", contributor=None).exists()
        assert comments.filter(state=CommentState.PRIVATE).exists()
    polls = map(poll_of, Section.objects.exclude(options=[]))
    assert any(poll and poll.is_shown for poll in polls)


def test_a_sample_briefing_is_a_chain_of_issues_that_quote_readers_of_the_one_before() -> None:
    load_samples(at=NOON)

    briefing = Briefing.objects.get(slug="the-ward-round")
    issues = with_responding_to(briefing.issues.order_by("number"))
    *_, before, latest, following = issues.exclude(state__in=["draft", "approved"])
    assert following.state == IssueState.SCHEDULED
    pairs = issues.values_list("number", "responding_to")  # type: ignore[misc]  # annotated
    answered = dict(pairs)
    assert answered[before.number] == before.number - 1
    assert answered[latest.number] == before.number
    assert answered[following.number] == latest.number
    for issue in (latest, following):
        rows = issue.quotations.all()
        assert {bool(row.attribution) for row in rows} == {True, False}
        assert any(ELLIPSIS in row.excerpt for row in rows)
        assert set(rows.values_list("comment__channel", flat=True)) >= {"page", "answer"}
    waiting = [quotation_findings(issue) for issue in issues if quotation_findings(issue)]
    assert waiting == [["quotation-waits"]]


def quotation_findings(issue: Issue) -> list[str]:
    sections = parse_sections(list(issue.sections.all()))
    return [found.code for found in check_quoted_blocks(sections, issue=issue)]


def test_the_response_to_a_sample_issue_has_points_marks_and_private_messages() -> None:
    load_samples(at=NOON)

    latest = Briefing.objects.get(slug="the-ward-round").issues.published()[0]
    points = points_of(latest)
    pieces = len(points.words.pieces)
    known = [(line.tally.people, line.tally.checked < pieces) for line in points.lines]
    assert (11, False) in known  # read to the end
    assert any(people and is_open for people, is_open in known)
    assert all(line.point.sentence for line in points.lines)
    marks = ResponseMark.objects.filter(comment__issue=latest)
    assert {mark.kind for mark in marks} == set(MarkKind)
    assert {mark.done_at is None for mark in marks} == {True, False}
    responses = Comment.objects.responses().filter(issue=latest)
    assert {response.channel for response in responses} == set(CommentChannel)


def test_every_topic_of_the_samples_leads_to_issues_of_more_than_one_briefing_or_week() -> None:
    own = Topic.objects.create(name="Staff", slug="own", description="Ours.")
    load_samples(at=NOON)

    topics = {topic.name: topic.issue_count for topic in Topic.objects.with_issues()}
    assert len(topics) == Topic.objects.count() >= 4
    assert min(topics.values()) >= 2
    own.refresh_from_db()
    assert (own.slug, own.description) == ("own", "Ours.")


def test_the_first_words_of_each_sample_can_be_restored_and_merged() -> None:
    load_samples(at=NOON)

    for issue in Issue.objects.all():
        first = issue.revisions.last()
        assert first is not None
        assert (first.step, first.version) == (RevisionStep.CREATED, 1)
        assert first.content == issue.current_content()


def test_samples_loaded_twice_exist_once() -> None:
    assert load_samples(at=NOON) > 0
    planted = list(Issue.objects.values_list("pk", "state", "updated_at"))
    seed(at=NOON)
    readers = Subscription.objects.count()
    Issue.objects.filter(number=57).update(title="Mine now")

    assert load_samples(at=NOON + timedelta(days=1)) == 0
    seed(at=NOON)

    assert list(Issue.objects.values_list("pk", "state", "updated_at")) == planted
    assert Issue.objects.get(number=57).title == "Mine now"
    assert Subscription.objects.count() == readers


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 29, 0, 30, tzinfo=UTC),  # half an hour before the clocks go forward
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 11, 26, 7, 0, tzinfo=UTC),  # to the minute at a slot
        datetime(2026, 11, 26, 7, 1, tzinfo=UTC),
    ],
)
def test_nothing_in_the_samples_is_in_the_future(at: datetime) -> None:
    load_samples(at=at)

    assert not Issue.objects.filter(published_at__gt=at).exists()
    assert not Issue.objects.due(at=at - timedelta(seconds=1)).exists()
    assert not Comment.objects.filter(created_at__gt=at).exists()
    assert not Answer.objects.filter(at__gt=at).exists()
    assert not Quotation.objects.filter(at__gt=at).exists()
    assert not Quotation.objects.filter(told_at__gt=at).exists()
    assert not PointCheck.objects.filter(at__gt=at).exists()
    for issue in Issue.objects.exclude(publish_at=None).for_page():
        slot = issue.dateline
        assert slot.time() == issue.briefing.slot_time
        assert slot.weekday() == issue.briefing.slot_weekday


def test_the_samples_send_emails_about_what_is_going_on_only() -> None:
    load_samples(at=NOON)
    seed(at=NOON)

    dispatches.publish_due(at=NOON)
    assert not list(dispatches.advance(at=NOON))
    assert send_closing_emails(at=NOON) == 0

    assert not Dispatch.objects.exists()
    emails = OutgoingEmail.objects.order_by("name")
    assert set(emails.values_list("name", flat=True)) == {"follow_up", "may_we_quote"}
    latest = Quotation.objects.filter(issue=Issue.objects.published().filter(number=57)[0])
    assert tell_quoted_readers(at=NOON) == latest.count() >= 4
    assert not latest.filter(told_at=None).exists()


def test_each_sample_briefing_has_some_forty_readers_whose_consent_is_on_record() -> None:
    load_samples(at=NOON)
    seed(at=NOON)

    for briefing in Briefing.objects.all():
        readers = Subscription.objects.filter(briefing=briefing)
        assert 35 <= readers.mailable().count() <= 45
        assert readers.exclude(unsubscribed_at=None).exists()
        assert ConsentRecord.objects.filter(briefing=briefing).count() >= readers.count()
    assert not Subscriber.objects.exclude(address__endswith="@example.com").exists()


def test_the_reporter_finds_drafts_to_go_on_with_and_who_schedules_may() -> None:
    load_samples(at=NOON)
    reporter = User.objects.get(username="reporter")
    drafts = Issue.objects.filter(state=IssueState.DRAFT)
    assert drafts
    assert all(may_edit_issue(reporter, draft) for draft in drafts)
    scheduled = AuditLogEntry.objects.filter(verb="scheduled").exclude(actor=None)
    assert set(scheduled.values_list("actor__username", flat=True)) == {"publisher"}


def test_the_reporter_may_draft_but_not_approve() -> None:
    load_samples(at=NOON)
    reporter = User.objects.get(username="reporter")

    assert reporter.check_password("demo")
    assert reporter.has_perm("briefings.add_issue")
    assert not reporter.has_perm("briefings.approve_issue")


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("reporter", "briefings.add_issue"),
        ("editor", "briefings.approve_issue"),
        ("publisher", "briefings.send_issue"),
        ("moderator", "briefings.moderate_comment"),
    ],
)
def test_each_role_has_an_account_and_only_the_admin_manages_accounts(name: str, may: str) -> None:
    load_samples(at=NOON)
    account = User.objects.get(username=name)
    admin = User.objects.get(username="admin")

    assert not account.is_superuser
    assert [str(role) for role in account.memberships.all()] == [
        f"{name.capitalize()}, all briefings"
    ]
    assert account.has_perm(may)
    assert not account.has_perm("auth.change_user")
    assert not account.has_perm("subscribers.view_subscriber")
    assert admin.is_superuser
    assert admin.check_password("demo")


def test_the_latest_issue_in_each_language_goes_to_the_inbox_once(
    settings: Any, tmp_path: Path
) -> None:
    settings.INBOX_DIR = tmp_path
    load_samples(at=NOON)
    seed(at=NOON)
    sent = send_latest_issues(at=NOON)
    german, english = Dispatch.objects.order_by("pk")
    assert english.issue == Issue.objects.published()[0]
    assert german.issue == Issue.objects.published().filter(briefing__language="de")[0]
    assert stored_emails()[0].subject == english.issue.title
    assert 'lang="de"' in german.html
    recipients = [email.to for email in stored_emails()]
    assert len(recipients) == sent
    for dispatch in (german, english):
        assert dispatch.state == DispatchState.SENT
        assert {delivery.state for delivery in dispatch.deliveries.all()} == {DeliveryState.SENT}
        assert 35 <= dispatch.deliveries.count() <= 45
    assert sent == sum(dispatch.deliveries.count() for dispatch in (german, english))
    # A worker finds nothing to send.
    assert dispatches.advance(at=NOON) == []
    assert len(stored_emails()) == sent


def test_the_samples_have_a_german_briefing_whose_readers_agreed_in_german() -> None:
    load_samples(at=NOON)
    seed(at=NOON)

    german = Briefing.objects.get(language="de")
    wordings = {record.wording for record in ConsentRecord.objects.filter(briefing=german)}
    wordings |= {
        record.wording for record in QuoteConsent.objects.filter(comment__issue__briefing=german)
    }
    assert wordings
    for wording in wordings:
        assert english_in_text(wording) == []


def kinds(issue: Issue) -> list[str]:
    return list(issue.sections.values_list("kind", flat=True))


def test_the_samples_have_portraits_and_figures_with_words_for_those_who_do_not_see_them(
    media: Path,
) -> None:
    load_samples(at=NOON)

    people = Contributor.objects.all()
    assert people
    for person in people:
        assert (media / str(person.photo)).exists(), person
    for briefing in Briefing.objects.all():
        bodies = Section.objects.filter(issue__briefing=briefing).values_list("body", flat=True)
        figures = re.findall(r'<img src="([^"]+)" alt="([^"]*)"', " ".join(bodies))
        assert figures
        for source, alternative in figures:
            assert Picture.objects.filter(name=media_name(source)).exists(), source
            assert len(alternative) > 40
