"""A correction is emailed once to each subscriber who was sent the issue, and to nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.models import Correction
from newsroom.mail_servers import parse_mail_servers
from newsroom.models import AuditLogEntry, OutgoingEmail
from newsroom.tokens import sign_id
from newsroom.transitions import TransitionRefused
from subscribers.models import (
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Suppression,
)
from subscribers.restoration import held_dispatches
from subscribers.sending import dispatches, ledger
from subscribers.sending.alerts import alert_of_bounces, alert_of_late_dispatch, pause_and_alert
from subscribers.sending.correction_dispatches import count_recipients, send_correction
from subscribers.sending.personalised_email import PreparedEmail
from subscribers.sending.send_run import send_ready
from tests.briefings.admin_client import make_staff, messages_of, staff_client
from tests.factories import make_correction, make_published_issue, make_reader
from tests.servers.smtp import SmtpServer
from tests.subscribers.sending.sending_setup import make_sending

NOTE = "There are 241 beds, not 214."


def make_sent(*, readers: int = 3) -> Dispatch:
    """Make a dispatch whose emails were all accepted, and settled."""
    dispatch = make_sending(readers=readers)
    dispatch.deliveries.update(state=DeliveryState.SENT)
    assert ledger.finish_if_settled(dispatch)
    return dispatch


def correct(dispatch: Dispatch, *, note: str = NOTE) -> Correction:
    return make_correction(dispatch.issue, note=note)


def send(correction: Correction) -> Dispatch:
    """Make a correction's dispatch and fill its ledger, as a person and a worker do."""
    dispatch = send_correction(correction, at=timezone.now(), by=None)
    dispatches.start(dispatch, at=timezone.now())
    return dispatch


def addresses(dispatch: Dispatch) -> list[str]:
    return sorted(dispatch.deliveries.values_list("subscriber__address", flat=True))


def set_state(dispatch: Dispatch, address: str, state: DeliveryState) -> None:
    dispatch.deliveries.filter(subscriber__address=address).update(state=state)


@pytest.mark.django_db
def test_only_those_who_were_sent_the_issue_get_its_correction() -> None:
    first = make_sent(readers=7)
    for number, state in enumerate(
        [
            DeliveryState.REFUSED,
            DeliveryState.UNKNOWN,
            DeliveryState.SKIPPED,
            DeliveryState.BOUNCED,
            DeliveryState.COMPLAINED,
        ]
    ):
        set_state(first, f"r{number}@example.com", state)
    make_reader(of=first.issue.briefing, email="new@example.com")

    assert addresses(send(correct(first))) == ["r5@example.com", "r6@example.com"]


@pytest.mark.django_db
def test_who_left_or_is_suppressed_since_gets_no_correction() -> None:
    first = make_sent()
    left, suppressed, _ = first.issue.briefing.subscriptions.order_by("pk")
    type(left).objects.filter(pk=left.pk).update(state="left", unsubscribed_at=timezone.now())
    Suppression.objects.create(
        address_hash=suppressed.subscriber.address_hash, reason="complaint", at=timezone.now()
    )
    correction = correct(first)

    assert count_recipients(correction) == 1
    assert addresses(send(correction)) == ["r2@example.com"]


@pytest.mark.django_db
def test_a_correction_is_sent_once_whoever_presses() -> None:
    first = make_sent()
    correction = correct(first)
    one = send_correction(correction, at=timezone.now(), by=None)
    two = send_correction(Correction.objects.get(pk=correction.pk), at=timezone.now(), by=None)

    assert one == two
    assert AuditLogEntry.objects.filter(verb="sent a correction").count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispatch.objects.create(
            issue=first.issue, correction=correction, subject="", deadline=timezone.now()
        )


@pytest.mark.django_db
def test_each_correction_of_an_issue_has_an_email_of_its_own() -> None:
    first = make_sent()
    one, two = send(correct(first)), send(correct(first, note="It was Tuesday."))

    assert one != two
    reader = first.deliveries.all()[0].subscriber_id
    ids = {PreparedEmail(dispatch).message_id(reader) for dispatch in (first, one, two)}
    assert len(ids) == 3
    assert PreparedEmail(one).message_id(reader) in ids  # the same when it is sent again


@pytest.mark.django_db
def test_the_email_says_what_was_wrong_and_how_it_reads_now() -> None:
    first = make_sent()
    dispatch = send(correct(first))

    assert dispatch.subject == f"Correction: {first.subject}"
    for body in (dispatch.html, dispatch.text):
        assert NOTE in body
        assert "The county has 241 beds." in body
        assert "214 beds" not in body.replace(NOTE, "")
        assert first.issue.get_absolute_url() in body
        assert "xUNSUBSCRIBExTOKENx" in body
        assert "xVIEWxINxBROWSERxTOKENx" in body
    assert (dispatch.sender, dispatch.list_id) == (first.sender, first.list_id)


@pytest.mark.django_db
def test_without_a_note_or_a_dispatch_there_is_nothing_to_send() -> None:
    first = make_sent()
    fix = correct(first)
    Correction.objects.filter(pk=fix.pk).update(note="")
    with pytest.raises(TransitionRefused, match="no note"):
        send_correction(Correction.objects.get(pk=fix.pk), at=timezone.now(), by=None)
    unsent = make_correction(make_published_issue())
    with pytest.raises(TransitionRefused, match="not sent"):
        send_correction(unsent, at=timezone.now(), by=None)
    first.deliveries.update(state=DeliveryState.BOUNCED)
    with pytest.raises(TransitionRefused, match="Nobody"):
        send_correction(correct(first), at=timezone.now(), by=None)
    assert not Dispatch.objects.of_corrections().exists()


@pytest.mark.django_db
def test_who_gets_the_issue_late_gets_the_correction_after_it() -> None:
    first = make_sending(readers=3)
    first.deliveries.update(state=DeliveryState.SENT)
    late = first.deliveries.order_by("subscriber_id")[0]
    Delivery.objects.filter(pk=late.pk).update(
        state=DeliveryState.DEFERRED, not_before=timezone.now() + timedelta(hours=1)
    )
    correction = send(correct(first))
    correction.deliveries.update(state=DeliveryState.SENT)
    assert correction.deliveries.count() == 2
    assert not ledger.finish_if_settled(correction)  # the issue is not finished

    Delivery.objects.filter(pk=late.pk).update(state=DeliveryState.SENT, not_before=None)
    assert ledger.finish_if_settled(first)
    for _ in range(3):
        dispatches.advance(at=timezone.now())

    assert correction.deliveries.count() == 3
    added = correction.deliveries.get(subscriber=late.subscriber_id)
    assert added.state == DeliveryState.PENDING
    assert ledger.has_work(correction.pk)


@pytest.mark.django_db
def test_a_refused_email_that_is_tried_again_later_brings_the_correction_too() -> None:
    first = make_sent()
    late = first.deliveries.order_by("subscriber_id")[1]
    Delivery.objects.filter(pk=late.pk).update(state=DeliveryState.REFUSED)
    correction = send(correct(first))
    correction.deliveries.update(state=DeliveryState.SENT)
    assert ledger.finish_if_settled(correction)

    assert ledger.retry_refused(first, Delivery.objects.filter(pk=late.pk), by=None, detail={}) == 1
    correction.refresh_from_db()
    assert correction.state == DispatchState.SENDING
    Delivery.objects.filter(pk=late.pk).update(state=DeliveryState.SENT, not_before=None)
    for _ in range(4):
        dispatches.advance(at=timezone.now())

    first.refresh_from_db()
    assert first.state == DispatchState.SENT
    assert correction.deliveries.get(subscriber=late.subscriber_id).state == DeliveryState.PENDING
    correction.refresh_from_db()
    assert correction.state == DispatchState.SENDING


@pytest.mark.django_db
def test_a_correction_can_be_paused_resumed_and_cancelled_and_its_status_read() -> None:
    first = make_sent()
    correction = send(correct(first))
    client = staff_client("Editors")
    action = reverse("admin:subscribers_dispatch_action", args=[correction.pk])
    for name, state in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
        client.post(action, {"action": name})
        correction.refresh_from_db()
        assert correction.state == state
    first.refresh_from_db()
    assert first.state == DispatchState.SENT
    call_command("dispatch_status", str(correction.pk))


@pytest.mark.django_db
def test_a_restored_database_holds_a_correction() -> None:
    correction = send(correct(make_sent()))
    held_dispatches.hold(at=timezone.now())

    [entry] = held_dispatches.waiting()

    assert entry.title.startswith("The sending of a correction of")
    assert entry.numbers == {"sent": 0, "left": 3}
    held_dispatches.give_up(correction.pk, by=None, at=timezone.now())
    assert set(correction.deliveries.values_list("state", flat=True)) == {DeliveryState.UNKNOWN}


@pytest.mark.django_db
def test_a_correction_that_was_not_filled_before_a_restore_counts_its_own_readers() -> None:
    first = make_sent()
    make_reader(of=first.issue.briefing)
    send_correction(correct(first), at=timezone.now(), by=None)
    held_dispatches.hold(at=timezone.now())

    [entry] = held_dispatches.waiting()
    assert entry.numbers == {"sent": 0, "left": 3}


@pytest.mark.django_db
def test_a_correction_is_read_in_the_browser() -> None:
    correction = send(correct(make_sent()))
    token = sign_id("view", correction.deliveries.all()[0].pk)
    page = Client().get(reverse("subscribers:view_in_browser", args=[token]))
    assert NOTE in page.content.decode()


@pytest.mark.django_db
def test_the_page_shows_how_many_get_it_and_sends_it() -> None:
    first = make_sent()
    correction = correct(first)
    url = reverse("admin:subscribers_dispatch_send_correction", args=[correction.pk])
    client = staff_client("Editors")
    issue_page = client.get(reverse("admin:briefings_issue_change", args=[first.issue_id]))
    assert url in issue_page.content.decode()

    asked = client.get(url).content.decode()
    assert "Send to 3 subscribers now" in asked
    assert NOTE in asked
    assert not Dispatch.objects.of_corrections().exists()  # GET asks
    sent = client.post(url, follow=True)
    again = client.post(url, follow=True)

    dispatch = Dispatch.objects.of_corrections().get()
    assert "sending the correction" in messages_of(sent)
    assert sent.redirect_chain == again.redirect_chain
    assert sent.redirect_chain[-1][0] == dispatch.get_absolute_url()
    issue_page = client.get(reverse("admin:briefings_issue_change", args=[first.issue_id]))
    assert dispatch.get_absolute_url() in issue_page.content.decode()


@pytest.mark.django_db
def test_who_may_not_send_sends_no_correction() -> None:
    correction = correct(make_sent())
    url = reverse("admin:subscribers_dispatch_send_correction", args=[correction.pk])
    for client in (staff_client("Reporters"), staff_client(may=("view_issue", "view_dispatch"))):
        assert client.get(url).status_code == 403
        assert client.post(url).status_code == 403
    assert not Dispatch.objects.of_corrections().exists()


@pytest.mark.django_db(transaction=True)
def test_a_real_server_receives_each_correction_once(
    settings: Any, smtp_server: SmtpServer
) -> None:
    settings.MAIL_SERVERS = parse_mail_servers(smtp_server.url + "/?timeout=15")
    first = make_sending(readers=4)
    send_ready(first)
    dispatches.advance(at=timezone.now())
    assert len(smtp_server.emails()) == 4
    correction = correct(first)

    send_correction(correction, at=timezone.now(), by=None)
    for _ in range(2):
        for dispatch in dispatches.advance(at=timezone.now()):
            send_ready(dispatch)
    dispatches.advance(at=timezone.now())

    corrections = [
        email
        for email in smtp_server.emails()
        if str(email.message["Subject"]).startswith("Correction: ")
    ]
    assert sorted(email.recipients[0] for email in corrections) == addresses(first)
    assert len(smtp_server.emails()) == 8
    assert all(email.message["List-Unsubscribe"] for email in corrections)
    assert Dispatch.objects.of_corrections().get().state == DispatchState.SENT


@pytest.mark.django_db
def test_emails_to_staff_about_a_dispatch_say_that_it_is_a_correction() -> None:
    make_staff("Publishers", email="ina@example.com")
    dispatch = send(correct(make_sent()))

    pause_and_alert(dispatch, "The server refused us.")
    alert_of_bounces(dispatch, "The server refused us.")
    alert_of_late_dispatch(dispatch)

    emails = OutgoingEmail.objects.filter(to="ina@example.com")
    assert sorted(email.name for email in emails) == [
        "bounces_about_us",
        "dispatch_late",
        "dispatch_paused",
    ]
    for email in emails:
        for words in (email.subject, email.text, email.html):
            assert "a correction of" in " ".join(words.split()), email.name
