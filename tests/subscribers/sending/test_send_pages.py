"""Staff with the permission send issues, and watch, pause and cancel dispatches."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.models import Issue, IssueState, SectionKind
from newsroom.models import AuditLogEntry, OutgoingEmail
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState
from subscribers.sending import dispatches
from tests.factories import (
    make_briefing,
    make_dispatch,
    make_issue,
    make_reader,
    make_scheduled_issue,
)

pytestmark = pytest.mark.django_db


def log_in(client: Client, *permissions: str) -> User:
    user = User.objects.create_user("ed", "ed@news.example.com", "password", is_staff=True)
    for name in permissions:
        user.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(user)
    return user


def send_page(issue: Issue) -> str:
    return reverse("admin:subscribers_dispatch_send", args=[issue.pk])


def test_the_send_page_shows_the_number_of_readers_and_sends_nothing(client: Client) -> None:
    log_in(client, "send_issue")
    briefing = make_briefing()
    for _ in range(3):
        make_reader(of=briefing)
    page = client.get(send_page(make_scheduled_issue(briefing=briefing)))
    assert "Send to 3 subscribers now" in page.content.decode()
    assert not Dispatch.objects.exists()


def words_of(page: Any) -> str:
    """Return the text of a page on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def test_the_send_page_shows_what_goes_out(client: Client) -> None:
    log_in(client, "send_issue")
    issue = make_scheduled_issue(title="Council & mayor", strapline="A line beside it.")
    page = words_of(client.get(send_page(issue)))
    assert "Subject Council &amp; mayor" in page
    assert "Shown beside it A line beside it." in page
    assert "It begins The county has 214 beds." in page
    assert "0 subscribers" in page
    assert "It was to go out" in page
    assert "The send time has passed" not in page


def test_the_send_page_shows_the_first_words_without_the_marks_of_plain_text(
    client: Client,
) -> None:
    log_in(client, "send_issue")
    body = (
        '<p>See <a href="https://a.example/">the list</a>.</p><blockquote><p>“It is late.”</p>'
        "</blockquote><ul><li>One</li></ul>"
    )
    issue = make_scheduled_issue(sections=[(SectionKind.FEATURE, "Beds", body)])
    page = words_of(client.get(send_page(issue)))
    assert "It begins See the list. “It is late.” One " in page


@pytest.mark.parametrize(
    ("permission", "address", "words"),
    [
        ("send_issue", "admin:briefings_issue_correct", "Correct the issue"),
        ("view_issue", "admin:briefings_issue_change", "Open the issue"),
    ],
)
def test_the_page_of_a_dispatch_leads_to_what_one_may_do_with_its_issue(
    client: Client, permission: str, address: str, words: str
) -> None:
    log_in(client, permission, "view_dispatch")
    dispatch = make_dispatch()
    page = client.get(reverse("admin:subscribers_dispatch_change", args=[dispatch.pk]))
    link = reverse(address, args=[dispatch.issue_id])
    assert f'<a href="{link}">{words}</a>' in page.content.decode()


def test_the_send_page_shows_what_the_checks_found(client: Client) -> None:
    log_in(client, "send_issue")
    page = words_of(client.get(send_page(make_scheduled_issue(strapline=""))))
    assert "There is no strapline." in page


def test_the_button_that_cannot_be_undone_looks_like_no_other(client: Client) -> None:
    log_in(client, "send_issue")
    page = client.get(send_page(make_scheduled_issue())).content.decode()
    assert re.search(r'class="button danger-button">\s*Send to 0 subscribers now', page)
    assert page.count("danger-button") == 1


def test_the_progress_page_has_no_rows_of_zeros_and_pausing_is_not_its_main_button(
    client: Client,
) -> None:
    log_in(client, "send_issue", "view_dispatch")
    briefing = make_briefing()
    make_reader(of=briefing)
    dispatch = make_dispatch(briefing=briefing)
    dispatches.start(dispatch, at=timezone.now())
    page = client.get(dispatch.get_absolute_url()).content.decode()
    shown = re.findall(r"<tr>\s*<th[^>]*>([^<]+)</th>", page)
    assert shown == ["Waiting"]
    assert re.search(r'class="button quiet-button" name="action" value="pause"', page)
    assert "Leased" not in page


def test_the_list_of_dispatches_and_its_filter_use_the_same_words(client: Client) -> None:
    log_in(client, "send_issue", "view_dispatch")
    make_dispatch()
    page = words_of(client.get(reverse("admin:subscribers_dispatch_changelist")))
    assert page.count("Starting") == 2
    assert "Pending" not in page
    assert "Not yet" in page


def test_sending_publishes_and_leads_to_the_progress_page(client: Client) -> None:
    user = log_in(client, "send_issue")
    issue = make_scheduled_issue()
    page = client.post(send_page(issue), follow=True)
    dispatch = Dispatch.objects.get()
    assert page.redirect_chain[-1][0] == dispatch.get_absolute_url()
    assert "Starting" in words_of(page)
    assert "No emails yet" in words_of(page)
    issue.refresh_from_db()
    assert issue.state == IssueState.PUBLISHED
    assert AuditLogEntry.objects.on(issue).filter(actor=user, verb="published").exists()


def test_sending_twice_leads_to_the_same_dispatch(client: Client) -> None:
    log_in(client, "send_issue")
    issue = make_scheduled_issue()
    client.post(send_page(issue))
    assert client.post(send_page(issue)).status_code == 302
    assert Dispatch.objects.count() == 1


def test_a_draft_is_not_sent(client: Client) -> None:
    log_in(client, "send_issue")
    issue = make_issue()
    assert "Only an approved issue can be sent" in client.get(send_page(issue)).content.decode()
    client.post(send_page(issue))
    issue.refresh_from_db()
    assert issue.state == IssueState.DRAFT
    assert not Dispatch.objects.exists()


def test_staff_without_the_permission_cannot_send(client: Client) -> None:
    log_in(client, "change_issue", "view_dispatch")
    dispatch = make_dispatch()
    issue = make_scheduled_issue()
    assert client.get(send_page(issue)).status_code == 403
    assert client.post(send_page(issue)).status_code == 403
    url = reverse("admin:subscribers_dispatch_action", args=[dispatch.pk])
    assert client.post(url, {"action": "cancel"}).status_code == 403
    assert client.get(dispatch.get_absolute_url()).status_code == 200
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.PENDING


def test_a_proof_goes_only_to_the_person_who_asks(client: Client) -> None:
    log_in(client, "send_issue")
    issue = make_scheduled_issue(title="Council & mayor")
    client.post(reverse("admin:briefings_issue_proof", args=[issue.pk]))
    email = OutgoingEmail.objects.get()
    assert email.to == "ed@news.example.com"
    assert email.subject == "Proof: Council & mayor"
    assert "The county has 214 beds." in email.text
    issue.refresh_from_db()
    assert issue.state == IssueState.SCHEDULED


def test_pause_resume_and_cancel_are_logged(client: Client) -> None:
    log_in(client, "send_issue")
    dispatch = make_dispatch()
    dispatches.start(dispatch, at=timezone.now())
    url = reverse("admin:subscribers_dispatch_action", args=[dispatch.pk])
    for action, state in [
        ("pause", DispatchState.PAUSED),
        ("resume", DispatchState.SENDING),
        ("cancel", DispatchState.CANCELLED),
    ]:
        client.post(url, {"action": action})
        dispatch.refresh_from_db()
        assert dispatch.state == state
    assert [entry.verb for entry in AuditLogEntry.objects.on(dispatch)] == [
        "cancelled",
        "resumed",
        "paused",
    ]
    page = client.post(url, {"action": "resume"}, follow=True)
    assert "cannot become" in page.content.decode()


def test_the_figures_are_published_as_json(client: Client) -> None:
    log_in(client, "view_dispatch")
    dispatch = make_dispatch()
    dispatches.start(dispatch, at=timezone.now())
    response = client.get(reverse("admin:subscribers_dispatch_progress", args=[dispatch.pk]))
    figures = json.loads(response.content)
    assert figures["state"] == "sending"
    assert figures["deliveries"]["pending"] == 0


def test_a_person_can_send_an_email_of_unknown_outcome_again_once(client: Client) -> None:
    log_in(client, "send_issue")
    briefing = make_briefing()
    make_reader(of=briefing)
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(dispatch, at=timezone.now())
    Delivery.objects.update(state=DeliveryState.UNKNOWN)
    dispatch.mark_sent(at=timezone.now())
    delivery = Delivery.objects.get()
    assert "Send again" in client.get(dispatch.get_absolute_url()).content.decode()
    url = reverse("admin:subscribers_dispatch_resend", args=[dispatch.pk, delivery.pk])
    client.post(url)
    delivery.refresh_from_db()
    dispatch.refresh_from_db()
    assert (delivery.state, dispatch.state) == (DeliveryState.PENDING, DispatchState.SENDING)
    assert "we now know what happened" in client.post(url, follow=True).content.decode()
