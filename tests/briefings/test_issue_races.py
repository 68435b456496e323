"""Two people act at the same moment; only PostgreSQL can show what happens then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.utils import timezone

from briefings.models import Issue, IssueState
from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused
from tests.briefings.admin_client import (
    change_url,
    off_the_clock,
    open_issue,
    read_form,
    staff_client,
)
from tests.factories import make_briefing, make_issue, make_scheduled_issue

if TYPE_CHECKING:
    from django.test import Client

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*requests: tuple[Client, str, dict[str, str]]) -> list[int]:
    """Send forms at the same moment and return the status of each response."""
    start = Barrier(len(requests))

    def send(request: tuple[Client, str, dict[str, str]]) -> int:
        client, address, form = request
        start.wait()
        try:
            return client.post(address, form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(send, requests))


def test_of_writers_who_save_at_once_one_wins_and_the_others_are_told() -> None:
    issue = make_issue()
    clients = [staff_client("Editors") for _ in range(4)]
    forms = [open_issue(client, issue) for client in clients]

    statuses = at_once(
        *(
            (client, change_url(issue), {**form, "title": f"Headline {number}"})
            for number, (client, form) in enumerate(zip(clients, forms, strict=True))
        )
    )

    assert sorted(statuses) == [200, 200, 200, 302]
    winner = statuses.index(302)
    assert Issue.objects.get(pk=issue.pk).title == f"Headline {winner}"
    assert AuditLogEntry.objects.on(issue).count() == 1


def test_of_issues_started_at_once_each_gets_its_own_number() -> None:
    make_briefing()
    clients = [staff_client("Editors") for _ in range(4)]
    address = "/admin/briefings/issue/add/"
    forms = [read_form(client.get(address)) | {"title": "New"} for client in clients]

    statuses = at_once(*((c, address, form) for c, form in zip(clients, forms, strict=True)))

    assert sorted(statuses) == [200, 200, 200, 302]
    assert Issue.objects.count() == 1


def test_publishing_and_a_save_do_not_undo_each_other() -> None:
    issue = make_scheduled_issue()
    client = staff_client("Editors")
    form = off_the_clock(open_issue(client, issue)) | {"strapline": "Another strapline"}
    start = Barrier(2)

    def publish() -> None:
        start.wait()
        try:
            with suppress(TransitionRefused):  # the save was first and voided the approval
                Issue.objects.get(pk=issue.pk).publish(at=timezone.now())
        finally:
            connection.close()

    def write() -> str:
        start.wait()
        try:
            return client.post(change_url(issue), form).content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        published, written = pool.submit(publish), pool.submit(write)
        published.result()
        page = written.result()

    issue.refresh_from_db()
    verb = next(entry.verb for entry in AuditLogEntry.objects.on(issue))
    if issue.state == IssueState.PUBLISHED:  # the page keeps the words, for a correction
        assert verb == "published"
        assert issue.strapline != "Another strapline"
        assert "Another strapline" in page
    else:
        assert (issue.state, verb) == (IssueState.IN_REVIEW, "edited after approval")
        assert issue.strapline == "Another strapline"
