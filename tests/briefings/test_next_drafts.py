"""The next issue's draft is made by itself, once, when the last one is published."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from briefings import next_drafts
from briefings.document_import import read_document, save_as_draft
from briefings.models import Briefing, Issue, IssueState, SectionKind, WorkingCopy
from briefings.next_drafts import make_missing_drafts
from briefings.permissions import may_edit_issue
from newsroom.models import AuditLogEntry
from subscribers.sending import dispatches
from tests.briefings.admin_client import change_url, make_staff, staff_client
from tests.factories import (
    make_briefing,
    make_contributor,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

pytestmark = pytest.mark.django_db
# Thursdays at 07:00 in London.
SLOT = datetime(2026, 11, 26, 7, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)


def publish(briefing: Briefing, *, slot: datetime = SLOT, number: int = 41) -> Issue:
    issue = make_scheduled_issue(briefing=briefing, number=number, publish_at=slot)
    assert dispatches.publish_due(at=slot + A_MINUTE)
    return issue


def drafts(briefing: Briefing) -> QuerySet[Issue]:
    return briefing.issues.filter(state=IssueState.DRAFT)


def test_publishing_makes_the_next_draft() -> None:
    briefing = make_briefing()
    briefing.template_sections.create(
        position=2, kind=SectionKind.NOTE, heading="Sign-off", body="<p>Until then.</p>"
    )
    briefing.template_sections.create(position=1, kind=SectionKind.ROUNDUP, heading="Ward by ward")

    publish(briefing)

    [draft] = drafts(briefing)
    assert (draft.number, draft.title, draft.author) == (42, "", briefing.lead)
    assert draft.publish_at == SLOT + timedelta(weeks=1)
    assert [(each.kind, each.heading, each.body) for each in draft.sections.all()] == [
        (SectionKind.ROUNDUP, "Ward by ward", ""),
        (SectionKind.NOTE, "Sign-off", "<p>Until then.</p>"),
    ]
    entry = AuditLogEntry.objects.on(draft).get()
    assert (entry.verb, entry.actor) == ("made by itself", None)
    assert draft.revisions.count() == 1


def test_it_is_the_leads_own_draft() -> None:
    reporter = make_staff("Reporters")
    briefing = make_briefing(lead=make_contributor(account=reporter))
    publish(briefing)
    draft = drafts(briefing).get()
    assert may_edit_issue(reporter, draft)
    assert not may_edit_issue(make_staff("Reporters"), draft)


@pytest.mark.parametrize(
    ("slot", "breaks", "expected"),
    [
        ("2026-12-17T07:00", ("2026-12-20", "2027-01-06"), "2027-01-07T07:00"),
        ("2027-03-18T07:00", ("2027-03-22", "2027-03-28"), "2027-04-01T06:00"),
        ("2027-10-21T06:00", ("2027-10-25", "2027-10-31"), "2027-11-04T07:00"),
        ("2027-10-28T06:00", ("2027-12-25", "2027-12-31"), "2027-11-04T07:00"),
    ],
)
def test_it_is_dated_by_the_slot_and_skips_breaks(
    slot: str, breaks: tuple[str, str], expected: str
) -> None:
    briefing = make_briefing()
    first, last = map(date.fromisoformat, breaks)
    briefing.breaks.create(first_day=first, last_day=last)
    publish(briefing, slot=datetime.fromisoformat(slot).replace(tzinfo=UTC))
    assert drafts(briefing).get().publish_at == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_an_issue_that_is_sent_a_day_early_is_followed_by_one_in_the_next_week() -> None:
    briefing = make_briefing()
    publish(briefing, slot=SLOT - timedelta(hours=20))
    assert drafts(briefing).get().publish_at == SLOT + timedelta(weeks=1)


def test_a_later_draft_is_enough_and_an_older_one_is_not() -> None:
    planned, abandoned = make_briefing(), make_briefing()
    make_issue(briefing=planned, number=42)
    make_issue(briefing=abandoned, number=12, publish_at=SLOT - timedelta(weeks=20))
    publish(planned)
    publish(abandoned)
    assert drafts(planned).count() == 1
    assert sorted(drafts(abandoned).values_list("number", flat=True)) == [12, 42]


def test_a_retired_briefing_gets_no_draft() -> None:
    briefing = make_briefing(retired=True)
    publish(briefing)
    assert not drafts(briefing).exists()


def test_a_draft_that_somebody_deleted_is_not_made_again() -> None:
    briefing = make_briefing()
    publish(briefing)
    drafts(briefing).get().discard(by=None)
    assert make_missing_drafts(at=SLOT + timedelta(hours=1)) == []
    assert not drafts(briefing).exists()


def test_each_issue_is_followed_by_one() -> None:
    briefing = make_briefing()
    publish(briefing)
    drafts(briefing).update(title="Written", state=IssueState.IN_REVIEW)
    second = briefing.issues.get(number=42)
    second.sections.update(body="<p>The county has 214 beds.</p>")
    second.approve(by=None)
    second.schedule(publish_at=SLOT + timedelta(weeks=1), by=None, at=SLOT)
    assert dispatches.publish_due(at=SLOT + timedelta(weeks=1, minutes=1))
    assert drafts(briefing).get().number == 43


def test_the_scheduled_task_makes_what_is_missing_and_only_that() -> None:
    briefing = make_briefing()
    make_published_issue(briefing=briefing, at=SLOT)  # without a dispatch
    make_published_issue(briefing=make_briefing(retired=True), at=SLOT)
    make_briefing()  # without an issue
    assert [issue.briefing for issue in make_missing_drafts(at=SLOT + A_MINUTE)] == [briefing]
    assert make_missing_drafts(at=SLOT + A_MINUTE) == []


def test_an_issue_is_published_even_if_its_next_draft_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    briefing = make_briefing()
    with monkeypatch.context() as patch:
        patch.setattr(next_drafts, "Section", None)
        assert publish(briefing).dispatches.get().pk
    assert not drafts(briefing).exists()
    assert len(make_missing_drafts(at=SLOT + timedelta(minutes=2))) == 1


def test_a_draft_without_a_headline_can_be_opened_from_the_lists() -> None:
    briefing = make_briefing()
    publish(briefing)
    draft = drafts(briefing).get()
    client = staff_client("Editors")
    for address in ("/admin/", "/admin/briefings/issue/"):
        page = client.get(address).content.decode()
        assert f'href="{change_url(draft)}">No headline yet</a>' in page, address
    assert client.get(change_url(draft)).status_code == 200


def import_text(briefing: Briefing) -> Issue:
    document = read_document(b"Beds come back\n\nThe ward has reopened.\n", name="beds.txt")
    return save_as_draft(document, briefing=briefing, at=SLOT + timedelta(hours=2))


def test_an_imported_document_becomes_the_draft_that_nobody_has_touched() -> None:
    briefing = make_briefing()
    publish(briefing)
    draft = drafts(briefing).get()
    imported = import_text(briefing)
    assert (imported.pk, imported.number) == (draft.pk, 42)
    assert imported.publish_at == SLOT + timedelta(weeks=1)
    assert "reopened" in " ".join(section.body for section in imported.sections.all())
    assert imported.version == draft.version + 1
    assert import_text(briefing).number == 43


def test_an_imported_document_leaves_a_draft_alone_in_which_somebody_is_writing() -> None:
    briefing = make_briefing()
    publish(briefing)
    draft = drafts(briefing).get()
    WorkingCopy.objects.create(
        issue=draft, user=make_staff("Editors"), token="0" * 32, sequence=1, content={}
    )
    assert import_text(briefing).number == 43


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_four_tasks_at_once_one_makes_the_draft() -> None:
    briefing = make_briefing()
    make_published_issue(briefing=briefing, at=SLOT)
    start = Barrier(4)

    def run(_: int) -> int:
        start.wait()
        try:
            return len(make_missing_drafts(at=SLOT + A_MINUTE))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(run, range(4)))
    assert sorted(made) == [0, 0, 0, 1]
    assert drafts(briefing).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_publishing_beside_the_task_makes_one_draft() -> None:
    briefings = [make_briefing() for _ in range(4)]
    for briefing in briefings:
        make_scheduled_issue(briefing=briefing, number=41, publish_at=SLOT)
    start = Barrier(3)

    def act(publishes: bool) -> None:
        start.wait()
        try:
            for _ in range(4):
                if publishes:
                    dispatches.publish_due(at=SLOT + A_MINUTE)
                else:
                    make_missing_drafts(at=SLOT + A_MINUTE)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(act, [True, False, False]))
    for briefing in briefings:
        assert briefing.issues.filter(state=IssueState.PUBLISHED).count() == 1
        assert drafts(briefing).count() == 1
