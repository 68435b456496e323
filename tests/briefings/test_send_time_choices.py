"""The doubled hour of autumn is asked about, and a missed slot waits for a decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.local_time import RepeatedTime, both_of, format_local, long_moment, parse_local
from briefings.models import Issue, IssueState, Role
from briefings.slots import WEEK
from tests.briefings.admin_client import (
    change_url,
    make_member,
    messages_of,
    open_issue,
    read_form,
    save,
    staff_client,
)
from tests.factories import make_briefing, make_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db
# In London the clocks go back on 31 October 2027 at 02:00 BST, and forward on 28 March 2027.
TWICE = "2027-10-31T01:30"
NEVER = "2027-03-28T01:30"
FIRST = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
SECOND = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def approved(**fields: Any) -> Issue:
    issue = make_issue(briefing=make_briefing(time_zone="Europe/London"), **fields)
    issue.submit(by=None)
    issue.approve(by=None)
    return issue


def test_a_time_that_happens_twice_has_two_moments() -> None:
    zone = make_briefing(time_zone="Europe/London").zone
    both = both_of(TWICE, zone)
    assert both is not None
    assert [moment.astimezone(UTC) for moment in both] == [FIRST, SECOND]
    for text in (NEVER, "2027-10-31T02:30", "2027-06-01T01:30", "rubbish", f"{TWICE}+01:00", ""):
        assert both_of(text, zone) is None, text
    assert parse_local(TWICE, zone, refuse_repeated=True, which="first") == FIRST
    assert parse_local(TWICE, zone, refuse_repeated=True, which="second") == SECOND
    with pytest.raises(RepeatedTime, match="happens twice"):
        parse_local(TWICE, zone, refuse_repeated=True)


@pytest.mark.parametrize("text", ["2027-06-01", " 2027-06-01 ", "20270601", "2027-W22-2"])
def test_a_date_without_an_hour_is_not_midnight(text: str) -> None:
    zone = make_briefing(time_zone="Europe/London").zone
    with pytest.raises(ValueError, match="is not a date and time"):
        parse_local(text, zone)
    assert parse_local("20270601T0700", zone) == parse_local("2027-06-01 07:00", zone)


def test_the_form_asks_which_of_two_hours_is_meant() -> None:
    issue = make_issue(briefing=make_briefing(time_zone="Europe/London"))
    client = staff_client("Editors")
    form = open_issue(client, issue)

    page = save(client, issue, form, goes_out=TWICE, title="Typed meanwhile")

    text = page.content.decode()
    assert "happens twice on that day" in text
    assert "01:30 BST" in text
    assert "01:30 GMT" in text
    assert 'name="goes_out_which"' in text
    assert read_form(page)["title"] == "Typed meanwhile"
    issue.refresh_from_db()
    assert issue.publish_at is None

    for which, moment in (("first", FIRST), ("second", SECOND)):
        form = open_issue(client, issue)
        save(client, issue, form, goes_out=TWICE, goes_out_which=which)
        issue.refresh_from_db()
        assert issue.publish_at == moment
        shown = client.get(change_url(issue)).content.decode()
        assert f'value="{which}" checked' in shown


def test_the_answer_is_kept_with_the_form() -> None:
    """Saving a page on which the second hour is chosen does not move it to the first."""
    issue = make_issue(briefing=make_briefing(time_zone="Europe/London"), publish_at=SECOND)
    client = staff_client("Editors")
    save(client, issue, open_issue(client, issue), goes_out_which="second", title="Another")
    issue.refresh_from_db()
    assert (issue.publish_at, issue.title) == (SECOND, "Another")


def test_an_hour_that_does_not_exist_is_refused() -> None:
    issue = make_issue(briefing=make_briefing(time_zone="Europe/London"))
    client = staff_client("Editors")
    page = save(client, issue, open_issue(client, issue), goes_out=NEVER, goes_out_which="first")
    assert "does not exist on that day" in page.content.decode()


def test_a_page_for_publishers_asks_as_well() -> None:
    issue = approved()
    client = Client()
    client.force_login(make_member(Role.PUBLISHER, of=issue.briefing))
    url = reverse("admin:briefings_issue_step", args=[issue.pk])
    form = {"_step": "schedule", "seen": issue.content_hash(), "goes_out": TWICE}

    asked = client.post(url, form, follow=True)

    text = asked.content.decode()
    assert "happens twice" in messages_of(asked)
    assert 'name="goes_out_which" value="second"' in text
    assert f'value="{TWICE}"' in text
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED
    client.post(url, {**form, "goes_out_which": "second"})
    issue.refresh_from_db()
    assert (issue.state, issue.publish_at) == (IssueState.SCHEDULED, SECOND)


@pytest.mark.parametrize(("moment", "which"), [(FIRST, "01:30 BST"), (SECOND, "01:30 GMT")])
def test_pages_say_which_of_two_hours_is_meant(moment: datetime, which: str) -> None:
    issue = approved()
    client = staff_client("Editors")
    url = reverse("admin:briefings_issue_step", args=[issue.pk])
    chosen = "first" if moment == FIRST else "second"
    form = {"_step": "schedule", "seen": issue.content_hash(), "goes_out": TWICE}

    page = client.post(url, {**form, "goes_out_which": chosen}, follow=True)

    assert f"Scheduled for Sun 31 Oct 2027, {which}." in messages_of(page)
    assert f"Will be sent Sun 31 Oct 2027, {which}" in page.content.decode()
    calendar = client.get(reverse("admin:briefings_calendar"), {"week": "2027-10-25"})
    assert which in calendar.content.decode()
    assert long_moment(moment, issue.briefing.zone).endswith(f"at {which} (London)")


def test_of_other_hours_no_page_names_the_zone() -> None:
    zone = make_briefing(time_zone="Europe/London").zone
    for hour in (0, 2, 7):
        moment = datetime(2027, 10, 31, hour, 30, tzinfo=zone)
        assert format_local(moment, zone) == f"Sun 31 Oct 2027, {hour:02}:30"


def test_a_publisher_reads_the_send_time_in_words_and_an_empty_due_hour_is_explained() -> None:
    issue = approved(publish_at=datetime(2027, 6, 3, 6, 0, tzinfo=UTC))
    publisher = Client()
    publisher.force_login(make_member(Role.PUBLISHER, of=issue.briefing))

    page = publisher.get(change_url(issue)).content.decode()

    assert '<output class="date-words">Thursday 3 June 2027 at 07:00</output>' in page
    assert "newsroom_admin/date_words" in page
    assert "no deadline" in staff_client("Editors").get(change_url(issue)).content.decode()


# --- a missed slot


def test_a_missed_issue_is_offered_the_next_slot_that_no_other_issue_has() -> None:
    issue = missed()
    briefing = issue.briefing
    next_slot = briefing.next_slot(after=timezone.now())
    make_issue(briefing=briefing, publish_at=next_slot + 2 * WEEK)
    assert briefing.next_open_slot(after=timezone.now(), for_issue=issue) == next_slot

    make_issue(briefing=briefing, publish_at=next_slot - timedelta(hours=20))

    page = staff_client("Editors").get(change_url(issue))
    assert page.context["next_slot"] == next_slot + WEEK


def missed() -> Issue:
    issue = make_scheduled_issue(publish_at=timezone.now() - timedelta(hours=30))
    assert issue.miss_slot(before=timezone.now())
    return issue


def test_an_issue_that_missed_its_slot_offers_both_choices() -> None:
    issue = missed()
    client = staff_client("Editors")

    for url in (change_url(issue), reverse("admin:index")):
        page = client.get(url).content.decode()
        assert reverse("admin:subscribers_dispatch_send", args=[issue.pk]) in page, url
        assert "Schedule for" in page, url
    assert "missed its slot" in client.get(change_url(issue)).content.decode()
    reader = staff_client(may=("view_issue",)).get(change_url(issue)).content.decode()
    assert "missed its slot" in reader
    assert "Schedule for" not in reader


def test_a_missed_issue_is_scheduled_for_the_next_slot_by_one_click() -> None:
    issue = missed()
    client = staff_client("Editors")
    form = read_form(client.get(change_url(issue)), "next-slot-form")
    url = reverse("admin:briefings_issue_step", args=[issue.pk])

    page = client.post(url, {**form, "_step": "schedule"}, follow=True)

    assert "Scheduled for" in messages_of(page)
    issue.refresh_from_db()
    assert issue.state == IssueState.SCHEDULED
    slot = issue.briefing.next_free_slot(after=timezone.now() - timedelta(minutes=5))
    assert issue.publish_at is not None
    assert issue.publish_at >= timezone.now()
    assert issue.publish_at <= slot
    assert "missed its slot" not in page.content.decode()


def test_an_issue_whose_time_is_to_come_missed_nothing() -> None:
    issue = approved(publish_at=timezone.now() + timedelta(days=1))
    assert "missed its slot" not in staff_client("Editors").get(change_url(issue)).content.decode()
