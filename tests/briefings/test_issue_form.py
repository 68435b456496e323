"""An issue and its sections are written on one page."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from briefings.models import Issue, IssueState, SectionKind
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import (
    make_staff,
    messages_of,
    open_issue,
    read_form,
    save,
    staff_client,
)
from tests.factories import (
    make_briefing,
    make_contributor,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

pytestmark = pytest.mark.django_db
ADD = "/admin/briefings/issue/add/"


def words_of(issue: Issue) -> list[tuple[str, str, str]]:
    return [(s.kind, s.heading, s.body) for s in issue.sections.all()]


def test_a_new_issue_has_its_number_author_send_time_and_sections() -> None:
    briefing = make_briefing(slot_weekday=3, slot_time=time(7, 0))
    make_published_issue(briefing=briefing, number=6)

    form = read_form(staff_client("Reporters").get(f"{ADD}?briefing={briefing.pk}"))

    assert form["briefing"] == str(briefing.pk)
    assert form["number"] == "7"
    assert form["author"] == str(briefing.lead.pk)
    send_time = datetime.fromisoformat(form["goes_out"])
    assert (send_time.weekday(), send_time.time()) == (3, time(7, 0))
    kinds = [form[f"sections-{place}-kind"] for place in range(4)]
    assert kinds == ["feature", "roundup", "feedback", "note"]


def test_a_person_who_is_a_contributor_is_suggested_as_the_author() -> None:
    make_briefing()
    client = staff_client("Reporters", username="ada")
    ada = make_contributor(name="Ada", account=User.objects.get(username="ada"))

    assert read_form(client.get(ADD))["author"] == str(ada.pk)


def test_a_draft_is_saved_with_everything_on_the_page() -> None:
    briefing = make_briefing()
    client = staff_client("Reporters")
    form = read_form(client.get(ADD))
    form |= {
        "title": "Who pays for\r\nthe empty beds?",
        "slug": "who-pays",
        "sections-0-heading": "Still counted",
        "sections-0-body": "<p>Two hundred beds.</p>\r\n<script>alert(1)</script>",
    }

    page = client.post(ADD, form, follow=True)

    issue = Issue.objects.get()
    assert messages_of(page) == "Saved as a draft."
    assert (issue.briefing, issue.state, issue.title) == (
        briefing,
        IssueState.DRAFT,
        "Who pays for the empty beds?",
    )
    assert issue.publish_at is not None
    # Sections that nobody filled in are saved too: the page is the issue.
    assert words_of(issue) == [
        ("feature", "Still counted", "<p>Two hundred beds.</p>"),
        ("roundup", "In brief", ""),
        ("feedback", "What you said", ""),
        ("note", "", ""),
    ]
    assert [entry.verb for entry in AuditLogEntry.objects.on(issue)] == ["created"]


def test_the_order_on_the_page_is_the_order_of_the_issue() -> None:
    issue = make_issue(
        sections=[(SectionKind.NOTE, name, f"<p>{name}</p>") for name in ("one", "two", "three")]
    )
    client = staff_client("Editors")
    form = open_issue(client, issue)
    form |= {"sections-0-place": "3", "sections-1-place": "1", "sections-2-place": "2"}

    assert messages_of(save(client, issue, form)) == "Saved."

    sections = list(issue.sections.all())
    assert [section.heading for section in sections] == ["two", "three", "one"]
    assert [section.position for section in sections] == [1, 2, 3]


def test_sections_are_added_and_removed() -> None:
    issue = make_issue(
        sections=[(SectionKind.NOTE, name, f"<p>{name}</p>") for name in ("one", "two")]
    )
    client = staff_client("Editors")
    form = open_issue(client, issue)
    form |= {
        "sections-0-DELETE": "on",
        "sections-1-place": "2",
        "sections-2-kind": "roundup",
        "sections-2-heading": "three",
        "sections-2-body": "<ul><li>x</li></ul>",
        "sections-2-place": "1",
    }

    save(client, issue, form)

    assert [section.heading for section in issue.sections.all()] == ["three", "two"]


def test_a_new_section_without_a_place_comes_last() -> None:
    issue = make_issue()
    client = staff_client("Editors")
    form = open_issue(client, issue)

    save(client, issue, form, **{"sections-2-kind": "note", "sections-2-heading": "Last"})

    assert [section.heading for section in issue.sections.all()][-1] == "Last"
    assert [section.position for section in issue.sections.all()] == [1, 2, 3]


def test_an_untouched_page_changes_nothing() -> None:
    issue = make_issue(
        sections=[(SectionKind.FEATURE, "One", "<p>A line,</p>\n\n<p>and “another” &amp; one</p>")]
    )
    client = staff_client("Editors")

    page = save(client, issue, open_issue(client, issue))

    assert messages_of(page) == "There was nothing to save."
    assert issue.version == Issue.objects.get(pk=issue.pk).version
    assert not AuditLogEntry.objects.on(issue).exists()


def test_a_send_time_is_in_the_briefings_time_zone() -> None:
    issue = make_issue(briefing=make_briefing(time_zone="America/New_York"))
    client = staff_client("Editors")

    save(client, issue, open_issue(client, issue), goes_out="2026-07-02T07:00")

    issue.refresh_from_db()
    assert issue.publish_at == datetime(2026, 7, 2, 7, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("2027-03-28T01:30", "does not exist on that day: the clocks go forward in Europe/London"),
        ("tomorrow", "is not a date and time"),
        ("0001-01-01T00:00", "is not a date and time"),
    ],
)
def test_an_invalid_send_time_is_refused_with_the_reason(typed: str, answer: str) -> None:
    issue = make_issue(briefing=make_briefing(time_zone="Europe/London"))
    client = staff_client("Editors")

    page = save(client, issue, open_issue(client, issue), goes_out=typed)

    assert answer in page.content.decode()
    assert read_form(page)["goes_out"] == typed


def test_a_number_that_is_taken_is_refused_with_the_next_free_one() -> None:
    briefing = make_briefing(title="The Ward Round")
    make_issue(briefing=briefing, number=1)
    issue = make_issue(briefing=briefing, number=2)
    client = staff_client("Editors")

    page = save(client, issue, open_issue(client, issue), number="1", title="My words")

    assert "already has an issue 1. The next free number is 3" in page.content.decode()
    assert read_form(page)["title"] == "My words"


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "one", ""])
def test_an_invalid_number_is_refused(number: str) -> None:
    issue = make_issue()
    client = staff_client("Editors")

    page = save(client, issue, open_issue(client, issue), number=number)

    assert "Your changes are not saved yet" in page.content.decode()


def test_the_number_of_an_approved_issue_stays() -> None:
    issue = make_scheduled_issue()
    client = staff_client("Editors")

    save(client, issue, open_issue(client, issue), number="77", briefing=str(make_briefing().pk))

    assert Issue.objects.get(pk=issue.pk).number == issue.number


def test_a_draft_can_be_deleted_and_a_published_issue_cannot() -> None:
    draft, published = make_issue(), make_published_issue()
    client = staff_client("Editors")

    for issue in (draft, published):
        client.post(reverse("admin:briefings_issue_delete", args=[issue.pk]), {"post": "yes"})

    assert list(Issue.objects.all()) == [published]
    assert AuditLogEntry.objects.get(verb="deleted").subject_id == str(draft.pk)


def test_who_may_only_view_an_issue_gets_no_form() -> None:
    issue = make_issue()
    client = staff_client(may=("view_issue",))

    page = client.get(f"/admin/briefings/issue/{issue.pk}/change/")

    assert "The county has 214 beds." in page.content.decode()
    assert read_form(page) == {}
    assert client.post(f"/admin/briefings/issue/{issue.pk}/change/", {}).status_code == 403


def test_a_reporter_may_not_change_briefings() -> None:
    briefing = make_briefing()
    client = staff_client("Reporters")

    page = client.post(reverse("admin:briefings_briefing_change", args=[briefing.pk]), {})

    assert page.status_code == 403


def test_the_admin_needs_a_staff_account() -> None:
    issue = make_issue()
    page = Client().get(f"/admin/briefings/issue/{issue.pk}/change/")

    assert page.status_code == 302
    assert make_staff().is_staff
