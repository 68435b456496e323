"""Alarms by email: each once for its event, to those whom it concerns and who want it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from briefings import alarms
from briefings.alarms import ALARM_KINDS
from briefings.cut_offs import alarm_of_passed_cut_offs
from briefings.issue_calendar import why_late
from briefings.issue_steps import return_to_author
from briefings.models import AlarmChoice, AlarmScope, Briefing, Issue
from newsroom.models import OutgoingEmail
from subscribers.models import DispatchState
from subscribers.sending import dispatches
from tests.briefings.admin_client import (
    make_staff,
    off_the_clock,
    open_issue,
    save,
    staff_client,
    take_step,
)
from tests.factories import (
    make_briefing,
    make_contributor,
    make_dispatch,
    make_issue,
    make_reader,
    make_scheduled_issue,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db
SLOT = datetime(2026, 11, 26, 7, tzinfo=UTC)  # a Thursday, 07:00 in London
CUT_OFF = SLOT - timedelta(hours=12)


def told(name: str) -> list[str]:
    return sorted(OutgoingEmail.objects.filter(name=name).values_list("to", flat=True))


def choose(user: User, kind: alarms.AlarmKind, scope: AlarmScope) -> None:
    AlarmChoice.objects.create(user=user, kind=kind.name, scope=scope)


def staffed_briefing() -> Briefing:
    """Make a briefing whose lead and one editor have an email address."""
    lead = make_contributor(account=make_staff("Reporters", email="lead@example.com"))
    make_staff("Editors", email="editor@example.com")
    return make_briefing(lead=lead)


# --- cut-off


def test_a_cut_off_without_an_approved_issue_alarms_writers_and_approvers_once() -> None:
    briefing = staffed_briefing()
    make_staff("Reporters", email="another-reporter@example.com")
    make_issue(briefing=briefing, title="Beds & boards", publish_at=SLOT)

    alarm_of_passed_cut_offs(at=CUT_OFF - timedelta(seconds=1))
    assert told("cut_off_passed") == []
    for minutes in (0, 1, 60):
        alarm_of_passed_cut_offs(at=CUT_OFF + timedelta(minutes=minutes))

    assert told("cut_off_passed") == ["editor@example.com", "lead@example.com"]
    text = " ".join(OutgoingEmail.objects.filter(name="cut_off_passed")[0].text.split())
    assert "goes out on Thursday 26 November 2026 at 07:00 (GMT)" in text
    assert "Its cut-off was on Wednesday at 19:00" in text
    assert "“Beds & boards”" in text
    assert "/admin/briefings/issue/my-alarms/" in text


def test_the_next_slot_is_another_event() -> None:
    briefing = staffed_briefing()
    make_issue(briefing=briefing)
    alarm_of_passed_cut_offs(at=CUT_OFF)
    alarm_of_passed_cut_offs(at=SLOT + timedelta(minutes=1))
    assert len(told("cut_off_passed")) == 2
    alarm_of_passed_cut_offs(at=CUT_OFF + timedelta(weeks=1))
    assert len(told("cut_off_passed")) == 4


@pytest.mark.parametrize("goes_out", [SLOT, SLOT - timedelta(hours=20), SLOT + timedelta(hours=3)])
def test_an_approved_issue_for_the_slot_is_enough(goes_out: datetime) -> None:
    briefing = staffed_briefing()
    make_scheduled_issue(briefing=briefing, publish_at=goes_out)
    alarm_of_passed_cut_offs(at=CUT_OFF)
    assert told("cut_off_passed") == []


@pytest.mark.parametrize("goes_out", [SLOT - timedelta(hours=43), SLOT + timedelta(days=3)])
def test_the_cut_off_counts_from_the_issues_own_send_time(goes_out: datetime) -> None:
    briefing = staffed_briefing()
    issue = make_issue(briefing=briefing, publish_at=goes_out)
    cut_off = goes_out - timedelta(hours=12)
    assert issue.cut_off == cut_off
    assert why_late(issue, at=cut_off - timedelta(seconds=1)) == ""
    assert "The cut-off was" in why_late(issue, at=cut_off)

    alarm_of_passed_cut_offs(at=cut_off - timedelta(seconds=1))
    assert told("cut_off_passed") == []
    for minutes in (0, 1):
        alarm_of_passed_cut_offs(at=cut_off + timedelta(minutes=minutes))

    assert len(told("cut_off_passed")) == 2
    text = " ".join(OutgoingEmail.objects.filter(name="cut_off_passed")[0].text.split())
    assert f"goes out on {goes_out:%A} {goes_out.day} {goes_out:%B}" in text


def test_a_cut_off_is_at_least_an_hour() -> None:
    briefing = make_briefing()
    briefing.cut_off_hours = 0
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        briefing.full_clean()


def test_the_issue_of_another_week_is_not_enough() -> None:
    briefing = staffed_briefing()
    make_scheduled_issue(briefing=briefing, publish_at=SLOT - timedelta(weeks=1, hours=-3))
    make_scheduled_issue(briefing=briefing, publish_at=SLOT + timedelta(weeks=1))
    alarm_of_passed_cut_offs(at=CUT_OFF)
    assert len(told("cut_off_passed")) == 2


@pytest.mark.parametrize(
    ("slot", "cut_off"),
    [("2027-03-28T06:00", "2027-03-27T18:00"), ("2027-10-31T07:00", "2027-10-30T19:00")],
)
def test_the_cut_off_is_right_when_the_clocks_change(slot: str, cut_off: str) -> None:
    briefing = staffed_briefing()
    Briefing.objects.filter(pk=briefing.pk).update(slot_weekday=6)  # Sundays at 07:00
    make_issue(briefing=briefing, publish_at=datetime.fromisoformat(slot).replace(tzinfo=UTC))
    at = datetime.fromisoformat(cut_off).replace(tzinfo=UTC)
    alarm_of_passed_cut_offs(at=at - timedelta(minutes=1))
    assert told("cut_off_passed") == []
    alarm_of_passed_cut_offs(at=at)
    assert len(told("cut_off_passed")) == 2


def test_no_alarm_in_a_break_and_none_for_a_briefing_without_issues_or_a_retired_one() -> None:
    resting, retired = staffed_briefing(), make_briefing(retired=True)
    staffed = make_briefing()  # has no issue yet
    make_issue(briefing=resting)
    make_issue(briefing=retired)
    resting.breaks.create(first_day=date(2026, 11, 25), last_day=date(2026, 12, 6))
    for moment in (CUT_OFF, CUT_OFF + timedelta(weeks=1)):
        alarm_of_passed_cut_offs(at=moment)
    assert told("cut_off_passed") == []
    alarm_of_passed_cut_offs(at=CUT_OFF + timedelta(weeks=2))
    assert len(told("cut_off_passed")) == 2
    assert not staffed.issues.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_raise_one_alarm() -> None:
    briefing = staffed_briefing()
    make_issue(briefing=briefing, publish_at=SLOT)
    start = Barrier(4)

    def run(_: int) -> None:
        start.wait()
        try:
            alarm_of_passed_cut_offs(at=CUT_OFF)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    assert told("cut_off_passed") == ["editor@example.com", "lead@example.com"]


# --- approval and return


def approved_issue(*, approver: User) -> Issue:
    issue = make_issue()
    issue.submit(by=None)
    issue.approve(by=approver)
    return issue


def test_whoever_approved_an_issue_learns_that_an_edit_ended_its_approval() -> None:
    issue = approved_issue(approver=make_staff("Editors", email="ina@example.com"))
    editor = staff_client("Editors", email="omar@example.com")

    save(editor, issue, off_the_clock(open_issue(editor, issue)), title="Council & mayor")

    [email] = OutgoingEmail.objects.filter(name="approval_void")
    assert email.to == "ina@example.com"
    assert email.subject.startswith("No longer approved:")
    assert "was approved." in " ".join(email.text.split())


def test_whoever_does_not_want_an_alarm_gets_none_and_others_may_want_all() -> None:
    ina = make_staff("Editors", email="ina@example.com")
    issue = approved_issue(approver=ina)
    choose(ina, alarms.APPROVAL_LOST, AlarmScope.NONE)
    choose(ina, alarms.RETURNED, AlarmScope.ALL)
    curious = make_staff("Editors", email="curious@example.com")
    choose(curious, alarms.APPROVAL_LOST, AlarmScope.ALL)
    former = make_staff("Editors", email="former@example.com", is_active=False)
    choose(former, alarms.APPROVAL_LOST, AlarmScope.ALL)
    outsider = make_staff(email="outsider@example.com")  # may not see issues
    choose(outsider, alarms.APPROVAL_LOST, AlarmScope.ALL)
    editor = staff_client("Editors", email="omar@example.com")

    save(editor, issue, off_the_clock(open_issue(editor, issue)), title="Council & mayor")

    assert told("approval_void") == ["curious@example.com"]


def test_a_returned_issue_reaches_its_author_and_whoever_started_it_with_the_reason() -> None:
    reporter = make_staff("Reporters", email="author@example.com")
    issue = make_issue(author=make_contributor(account=reporter))
    issue.submit(by=reporter)

    return_to_author(
        issue, by=make_staff("Editors", first_name="Ina"), reason="Which <beds> & why?"
    )

    [email] = OutgoingEmail.objects.filter(name="issue_returned")
    assert email.to == "author@example.com"
    assert "Ina returned" in " ".join(email.text.split())
    assert "Which <beds> & why?" in email.text
    assert "Which &lt;beds&gt; &amp; why?" in email.html


def test_nobody_is_emailed_about_an_issue_that_they_returned_themselves() -> None:
    editor = make_staff("Editors", email="author@example.com")
    issue = make_issue(author=make_contributor(account=editor))
    issue.submit(by=editor)
    return_to_author(issue, by=editor, reason="Not yet")
    assert told("issue_returned") == []


def test_whoever_lost_their_role_is_not_emailed_about_their_issue() -> None:
    author = make_staff("Reporters", email="author@example.com")
    issue = make_issue(author=make_contributor(account=author))
    issue.submit(by=author)
    author.groups.clear()

    return_to_author(issue, by=make_staff("Editors"), reason="Not yet")

    assert told("issue_returned") == []


def test_an_issue_is_returned_with_a_reason_only() -> None:
    issue = make_issue()
    issue.submit(by=None)
    editor = staff_client("Editors")

    take_step(editor, issue, "return", reason="  ")
    assert Issue.objects.get(pk=issue.pk).state == "in_review"
    page = take_step(editor, issue, "return", reason="Which beds?")

    assert Issue.objects.get(pk=issue.pk).state == "draft"
    assert "returned the issue to its author: “Which beds?”" in page.content.decode()


# --- slot and dispatch


def test_a_missed_slot_is_under_the_choice_too() -> None:
    make_staff("Editors", email="ina@example.com")
    tired = make_staff("Editors", email="tired@example.com")
    choose(tired, alarms.SLOT_MISSED, AlarmScope.NONE)
    make_scheduled_issue(publish_at=SLOT)
    dispatches.publish_due(at=SLOT + timedelta(hours=3))
    assert told("slot_missed") == ["ina@example.com"]


def test_a_dispatch_that_is_not_finished_by_its_deadline_alarms_once() -> None:
    make_staff("Editors", email="ina@example.com")
    make_staff("Reporters", email="reporter@example.com")
    briefing = make_briefing()
    make_reader(of=briefing)
    dispatch = make_dispatch(briefing=briefing)
    dispatches.start(dispatch, at=dispatch.created_at)
    dispatch.pause(by=None)

    dispatches.advance(at=dispatch.deadline + timedelta(minutes=1))
    assert told("dispatch_late") == []
    for minutes in (20, 21):
        dispatches.advance(at=dispatch.deadline + timedelta(minutes=minutes))

    assert told("dispatch_late") == ["ina@example.com"]
    [email] = OutgoingEmail.objects.filter(name="dispatch_late")
    assert "It is paused, and 1 email is not sent yet." in " ".join(email.text.split())


def test_an_alarm_that_fails_does_not_keep_other_dispatches_from_being_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late, new = make_dispatch(), make_dispatch()
    dispatches.start(late, at=late.created_at)
    late.pause(by=None)
    make_reader(of=new.issue.briefing)

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(alarms, "raise_alarm", fail)
    assert dispatches.advance(at=late.deadline + timedelta(hours=1)) == [new]


def test_a_dispatch_that_is_finished_is_not_late() -> None:
    make_staff("Editors", email="ina@example.com")
    dispatch = make_dispatch()
    dispatches.start(dispatch, at=dispatch.created_at)
    dispatches.advance(at=dispatch.deadline + timedelta(days=1))
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.SENT
    assert told("dispatch_late") == []


# --- the page


def test_everybody_chooses_their_own_alarms() -> None:
    user = make_staff("Reporters", email="ada@example.com")
    other = make_staff("Reporters")
    client = staff_client("Reporters")
    client.force_login(user)
    page = client.get("/admin/briefings/issue/my-alarms/").content.decode()
    assert "ada@example.com" in page
    assert page.count(' value="mine"') == len(ALARM_KINDS)
    assert page.count("checked") == len(ALARM_KINDS) + 1  # and the digest of comments

    form = {kind.name: AlarmScope.MINE for kind in ALARM_KINDS}
    form[alarms.RETURNED.name] = AlarmScope.NONE
    assert client.post("/admin/briefings/issue/my-alarms/", form).status_code == 302

    chosen = AlarmChoice.objects.get(user=user, kind=alarms.RETURNED.name)
    assert chosen.scope == AlarmScope.NONE
    assert not AlarmChoice.objects.filter(user=other).exists()


def test_a_choice_that_does_not_exist_is_refused() -> None:
    client = staff_client("Reporters")
    form = {kind.name: "everything" for kind in ALARM_KINDS}
    assert client.post("/admin/briefings/issue/my-alarms/", form).status_code == 200
    assert not AlarmChoice.objects.exists()
