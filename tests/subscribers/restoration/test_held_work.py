"""What a restored database holds, and what becomes of it once a person has decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from briefings.models import IssueState
from newsroom import database_epoch, emails
from newsroom.models import AuditLogEntry, OutgoingEmail
from newsroom.transitions import TransitionRefused
from subscribers.models import (
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    HeldItem,
    ImportState,
    Lease,
    SubscriberImport,
)
from subscribers.restoration import held_work
from subscribers.sending import dispatches, ledger
from subscribers.signup.tasks import remind_unconfirmed
from tests.briefings.admin_client import make_staff
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue
from tests.subscribers.sending.sending_setup import counts, make_sending, take

pytestmark = pytest.mark.django_db


def restore() -> None:
    """Notice that everything which is in the database now is from a backup."""
    database_epoch.mark_restored(reason="A test says so.")


def decide(act: Any, name: str) -> str:
    said: str = act(name, by=None, at=timezone.now())
    return said


def names() -> list[str]:
    return [entry.name for entry in held_work.waiting()]


# --- Issues


@pytest.mark.parametrize("minutes", [-5, 5, 60 * 24 * 7])
def test_a_scheduled_issue_does_not_go_out(minutes: int) -> None:
    slot = timezone.now() + timedelta(minutes=minutes)
    issue = make_scheduled_issue(publish_at=slot)
    restore()
    assert dispatches.publish_due(at=slot + timedelta(minutes=1)) == []
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED
    assert names() == [f"issue:{issue.pk}"]
    assert AuditLogEntry.objects.on(issue).filter(verb="held after a restore").exists()


def test_an_issue_that_is_scheduled_after_the_restore_goes_out() -> None:
    restore()
    make_scheduled_issue()
    assert len(dispatches.publish_due(at=timezone.now())) == 1


def test_a_released_issue_goes_out_at_its_send_time() -> None:
    slot = timezone.now() + timedelta(hours=3)
    issue = make_scheduled_issue(publish_at=slot)
    restore()
    decide(held_work.release, f"issue:{issue.pk}")
    issue.refresh_from_db()
    assert (issue.state, issue.publish_at) == (IssueState.SCHEDULED, slot)
    assert len(dispatches.publish_due(at=slot)) == 1
    assert database_epoch.restored_epoch() is None


def test_an_issue_whose_send_time_has_passed_is_not_sent_by_its_release() -> None:
    issue = make_scheduled_issue(publish_at=timezone.now() - timedelta(hours=2))
    restore()
    said = decide(held_work.release, f"issue:{issue.pk}")
    assert "send time has passed" in said
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED
    assert names() == []


def test_a_person_may_schedule_a_held_issue_as_any_other() -> None:
    issue = make_scheduled_issue()
    restore()
    issue.refresh_from_db()
    now = timezone.now()
    issue.schedule(publish_at=now + timedelta(days=1), by=None, at=now)
    assert names() == []
    assert held_work.close_if_nothing_waits()
    assert not HeldItem.objects.exists()


def test_an_issue_that_was_sent_after_the_backup_is_published_without_sending() -> None:
    slot = timezone.now() - timedelta(days=3)
    issue = make_scheduled_issue(publish_at=slot)
    make_reader(of=issue.briefing)
    restore()
    decide(held_work.publish, f"issue:{issue.pk}")
    issue.refresh_from_db()
    assert (issue.state, issue.published_at) == (IssueState.PUBLISHED, slot)
    assert Dispatch.objects.get().state == DispatchState.SENT
    assert counts() == {"unknown": 1}
    assert dispatches.advance(at=timezone.now()) == []
    assert database_epoch.restored_epoch() is None


def test_only_issues_are_published() -> None:
    dispatch = make_dispatch()
    restore()
    with pytest.raises(TransitionRefused):
        decide(held_work.publish, f"dispatch:{dispatch.pk}")


# --- Dispatches


def start_and_send(*, readers: int, sent: int) -> Dispatch:
    """Make a dispatch of which some emails are sent, and the lease is still open."""
    dispatch = make_sending(readers=readers)
    leased = take(dispatch, size=readers)
    assert leased is not None
    Lease.objects.filter(pk=leased.lease).update(begun=sent + 1, settled=sent)
    return dispatch


@pytest.mark.parametrize("state", ["pending", "sending", "paused"])
def test_an_unfinished_dispatch_stops_and_nobody_resumes_it_by_mistake(state: str) -> None:
    dispatch = make_dispatch() if state == "pending" else start_and_send(readers=10, sent=4)
    if state == "paused":
        dispatch.pause(by=None, reason="Paused by staff.")
    restore()
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.HELD
    assert dispatches.advance(at=timezone.now() + timedelta(hours=1)) == []
    assert not ledger.has_work(dispatch.pk)
    assert take(dispatch) is None
    with pytest.raises(TransitionRefused):
        dispatch.resume(by=None)
    assert names() == [f"dispatch:{dispatch.pk}"]


def test_the_rest_is_sent_if_a_person_says_so() -> None:
    dispatch = start_and_send(readers=10, sent=4)
    restore()
    decide(held_work.release, f"dispatch:{dispatch.pk}")
    dispatches.advance(at=timezone.now() + timedelta(hours=1))
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.SENDING
    assert counts() == {"sent": 4, "unknown": 1, "pending": 5}
    assert ledger.has_work(dispatch.pk)


def test_without_the_rest_every_email_that_is_not_known_to_be_sent_is_unknown() -> None:
    dispatch = start_and_send(readers=10, sent=4)
    restore()
    decide(held_work.give_up, f"dispatch:{dispatch.pk}")
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.SENT
    assert counts() == {"sent": 4, "unknown": 6}
    assert not Delivery.objects.filter(not_before__isnull=False).exists()
    assert database_epoch.restored_epoch() is None


def test_a_dispatch_that_had_not_started_has_all_its_readers_in_the_ledger_as_unknown() -> None:
    briefing = make_briefing()
    for _ in range(3):
        make_reader(of=briefing)
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    restore()
    [entry] = held_work.waiting()
    assert entry.numbers == {"sent": 0, "left": 3}
    decide(held_work.give_up, f"dispatch:{dispatch.pk}")
    assert counts() == {"unknown": 3}


def test_staff_may_send_one_of_the_unknown_emails_again() -> None:
    dispatch = start_and_send(readers=3, sent=1)
    restore()
    decide(held_work.give_up, f"dispatch:{dispatch.pk}")
    delivery = Delivery.objects.filter(state=DeliveryState.UNKNOWN).first()
    assert delivery is not None
    assert ledger.resend(delivery, by=None)
    assert ledger.has_work(dispatch.pk)


def test_a_finished_dispatch_is_left_alone() -> None:
    dispatch = make_sending()
    assert ledger.finish_if_settled(dispatch)
    restore()
    assert names() == []


# --- Imports


def make_import(state: ImportState) -> SubscriberImport:
    return SubscriberImport.objects.create(
        briefing=make_briefing(), file_name="readers.csv", size=9, state=state
    )


def test_an_import_that_was_confirmed_waits_for_another_confirmation() -> None:
    found = make_import(ImportState.IMPORTING)
    restore()
    assert not SubscriberImport.objects.waiting(at=timezone.now()).exists()
    decide(held_work.release, f"import:{found.pk}")
    assert SubscriberImport.objects.waiting(at=timezone.now()).get() == found


def test_an_import_can_be_stopped_instead() -> None:
    found = make_import(ImportState.IMPORTING)
    restore()
    decide(held_work.give_up, f"import:{found.pk}")
    found.refresh_from_db()
    assert found.state == ImportState.STOPPED


def test_a_list_that_is_being_checked_is_checked() -> None:
    found = make_import(ImportState.CHECKING)
    restore()
    assert SubscriberImport.objects.waiting(at=timezone.now()).get() == found
    assert names() == []


# --- Transactional emails and reminders


def queue() -> OutgoingEmail:
    return emails.queue_rendered_email(
        "confirm_signup", to="ada@example.com", subject="Hello", text="Hello", html="", headers={}
    )


def test_a_queued_email_is_not_sent_before_it_is_released() -> None:
    queue()
    restore()
    assert emails.send_due_emails() == 0
    assert names() == ["emails"]
    decide(held_work.release, "emails")
    assert OutgoingEmail.objects.due(at=timezone.now()).count() == 1


def test_emails_that_were_read_before_the_restore_was_noticed_are_not_sent() -> None:
    queue()
    queue()
    assert emails.send_due_emails(before_each=restore) == 0
    assert OutgoingEmail.objects.held().count() == 2


def test_queued_emails_can_be_deleted() -> None:
    queue()
    restore()
    decide(held_work.give_up, "emails")
    assert not OutgoingEmail.objects.exists()


def test_reminders_wait_until_everything_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    reminded: list[Any] = []
    monkeypatch.setattr(
        "subscribers.signup.tasks.send_due_reminders", lambda **facts: reminded.append(facts)
    )
    restore()
    remind_unconfirmed()
    assert reminded == []
    assert held_work.close_if_nothing_waits()
    remind_unconfirmed()
    assert len(reminded) == 1


# --- The alarm


def test_administrators_get_one_email_about_it() -> None:
    make_staff(username="root", email="root@news.example.com", is_superuser=True)
    make_staff(username="ada", email="ada@news.example.com", may=("release_held",))
    make_staff("Editors", username="ed", email="ed@news.example.com")
    issue = make_scheduled_issue(title="Council & mayor")
    restore()
    restore()
    alarms = OutgoingEmail.objects.filter(name="database_restored")
    assert {email.to for email in alarms} == {"root@news.example.com", "ada@news.example.com"}
    assert alarms.count() == 2
    text = alarms[0].text
    assert str(issue) in text
    assert "A test says so." in text
    assert "/admin/subscribers/helditem/" in text


def test_without_an_administrator_those_who_may_send_get_it() -> None:
    make_staff("Editors", username="ed", email="ed@news.example.com")
    restore()
    [email] = OutgoingEmail.objects.filter(name="database_restored")
    assert email.to == "ed@news.example.com"


# --- Decisions


@pytest.mark.parametrize(
    "name",
    ["", "dispatch", "dispatch:", "dispatch:x", "dispatch:99", "issue:9" + "9" * 30, "email"],
)
def test_what_does_not_wait_is_refused(name: str) -> None:
    restore()
    for act in (held_work.release, held_work.give_up):
        with pytest.raises(TransitionRefused):
            decide(act, name)


def test_of_two_decisions_the_first_counts() -> None:
    issue = make_scheduled_issue()
    restore()
    decide(held_work.give_up, f"issue:{issue.pk}")
    with pytest.raises(TransitionRefused):
        decide(held_work.release, f"issue:{issue.pk}")


def test_the_notice_ends_with_the_last_decision() -> None:
    first, second = make_scheduled_issue(), make_scheduled_issue()
    restore()
    decide(held_work.give_up, f"issue:{first.pk}")
    assert database_epoch.restored_epoch() is not None
    decide(held_work.give_up, f"issue:{second.pk}")
    assert database_epoch.restored_epoch() is None
