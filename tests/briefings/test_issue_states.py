"""The states of an issue: each step once, by its rule, in the log; approval is of the content."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from briefings.models import Issue, IssueState
from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused
from tests.factories import make_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_the_whole_way_from_draft_to_published_is_in_the_log() -> None:
    editor = User.objects.create_user("ed")
    issue = make_issue()
    noon = timezone.now()
    issue.submit(by=editor)
    issue.approve(by=editor)
    issue.schedule(publish_at=noon, by=editor, at=noon)
    issue.publish(at=noon)
    assert issue.state == IssueState.PUBLISHED
    assert issue.published_at == noon
    entries = [(one.verb, one.actor_name) for one in AuditLogEntry.objects.on(issue)]
    assert entries == [
        ("published", ""), ("scheduled", "ed"), ("approved", "ed"), ("submitted", "ed")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "step",
    [
        lambda issue: issue.approve(by=None),
        lambda issue: issue.schedule(publish_at=NOON, by=None, at=NOON),
        lambda issue: issue.publish(at=timezone.now()),
        lambda issue: issue.unschedule(by=None),
        lambda issue: issue.return_to_author(by=None),
    ],
)
def test_a_draft_skips_no_step(step: Callable[[Issue], None]) -> None:
    issue = make_issue()
    with pytest.raises(TransitionRefused):
        step(issue)
    issue.refresh_from_db()
    assert issue.state == IssueState.DRAFT
    assert not AuditLogEntry.objects.exists()


def test_a_send_time_in_the_past_is_refused_whoever_calls() -> None:
    issue = make_issue()
    issue.submit(by=None)
    issue.approve(by=None)
    with pytest.raises(TransitionRefused, match="has passed"):
        issue.schedule(publish_at=NOON - timedelta(minutes=1), by=None, at=NOON)
    issue.schedule(publish_at=NOON, by=None, at=NOON)


def test_only_an_issue_before_its_approval_can_be_deleted() -> None:
    issue = make_scheduled_issue()
    with pytest.raises(TransitionRefused, match="cannot be deleted"):
        issue.discard(by=None)
    issue.return_to_author(by=None)
    key = issue.pk
    issue.discard(by=None)
    assert not Issue.objects.exists()
    entry = AuditLogEntry.objects.get(subject_kind="issue", subject_id=str(key), verb="deleted")
    assert entry.detail == {"title": issue.title}


def test_an_approval_is_for_the_content_that_was_read() -> None:
    issue = make_issue()
    issue.submit(by=None)
    seen = issue.content_hash()
    issue.sections.update(body="<p>Slipped in</p>")
    with pytest.raises(TransitionRefused, match="changed while you were reading it"):
        issue.approve(by=None, seen=seen)


@pytest.mark.parametrize("field", ["title", "strapline"])
def test_an_edit_after_the_approval_voids_it(field: str) -> None:
    issue = make_scheduled_issue()
    Issue.objects.filter(pk=issue.pk).update(**{field: "Other words"})
    with pytest.raises(TransitionRefused, match="changed after it was approved"):
        issue.publish(at=timezone.now())
    assert issue.void_approval(by=None)
    assert issue.state == IssueState.IN_REVIEW


def test_saving_the_same_content_keeps_the_approval() -> None:
    issue = make_scheduled_issue()
    for section in issue.sections.all():
        section.save()
    assert not issue.void_approval(by=None)
    issue.publish(at=timezone.now())


def test_a_new_order_of_sections_is_an_edit() -> None:
    issue = make_scheduled_issue()
    issue.sections.filter(position=0).update(position=9)
    assert issue.void_approval(by=None)


def test_the_database_refuses_impossible_issues() -> None:
    issue = make_issue()
    row = Issue.objects.filter(pk=issue.pk)
    now = timezone.now()
    impossible: list[dict[str, object]] = [
        {"state": IssueState.SCHEDULED, "approved_hash": "x"},
        {"state": IssueState.PUBLISHED, "approved_hash": "x"},
        {"state": IssueState.APPROVED},
        {"state": IssueState.PUBLISHED, "published_at": now},
        {"number": 0},
    ]
    for facts in impossible:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**facts)


def test_of_two_who_edit_the_second_is_told() -> None:
    issue = make_issue()
    assert issue.claim_edit(version=1)
    assert not Issue.objects.get().claim_edit(version=1)


def test_a_number_is_taken_once_whoever_asks() -> None:
    issue = make_issue(number=4)
    same = Issue(briefing=issue.briefing, number=4, title="Another", author=issue.author)
    with pytest.raises(ValidationError) as refusal:
        same.full_clean()
    assert refusal.value.message_dict == {
        "number": [f"{issue.briefing} already has an issue 4. The next free number is 5."]
    }
    issue.full_clean()  # its own number is not taken


def test_the_audit_log_is_append_only() -> None:
    make_scheduled_issue()
    entry = AuditLogEntry.objects.all()[0]
    for attempt in (
        entry.save,
        entry.delete,
        AuditLogEntry.objects.all().delete,
        lambda: AuditLogEntry.objects.update(verb="never happened"),
    ):
        with pytest.raises(TypeError, match="append-only"):
            attempt()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_eight_editors_one_takes_each_step() -> None:
    issues = [make_issue(number=number) for number in range(1, 26)]
    wins: list[int] = []

    def submit(_: int) -> None:
        for issue in Issue.objects.filter(pk__in=[issue.pk for issue in issues]).order_by("pk"):
            try:
                issue.submit(by=None)
                wins.append(issue.pk)
            except TransitionRefused:
                continue
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(submit, range(8)))
    assert sorted(wins) == sorted(issue.pk for issue in issues)
    assert AuditLogEntry.objects.filter(verb="submitted").count() == len(issues)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_edit_while_the_slot_comes_is_either_sent_after_approval_or_not_at_all() -> None:
    """Edits lock the row first (`claim_edit`), so publishing sees all of an edit or none of it."""
    for round_ in range(10):
        issue = make_scheduled_issue(number=round_ + 1)
        approved = issue.content_hash()

        def edit(issue: Issue = issue) -> None:
            with transaction.atomic():
                mine = Issue.objects.get(pk=issue.pk)
                mine.claim_edit(version=mine.version)
                mine.sections.update(body="<p>Edited</p>")
                mine.void_approval(by=None)
            connections.close_all()

        def publish(issue: Issue = issue) -> None:
            try:
                Issue.objects.get(pk=issue.pk).publish(at=timezone.now() + timedelta(seconds=1))
            except TransitionRefused:
                pass
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            done = [pool.submit(edit), pool.submit(publish)]
            [future.result() for future in done]
        issue.refresh_from_db()
        if issue.state == IssueState.PUBLISHED:
            assert issue.approved_hash == approved
        else:
            assert issue.state == IssueState.IN_REVIEW
