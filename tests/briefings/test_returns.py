"""An issue is returned with a reason, which its author reads on its page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from briefings.models import Issue, IssueState, Role, SectionKind
from briefings.returns import MAX_REASON_CHARS, open_return
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import (
    author_client,
    change_url,
    make_member,
    messages_of,
    staff_client,
    take_step,
)
from tests.factories import make_issue

pytestmark = pytest.mark.django_db
REASON = "The second figure needs a source.\nAnd who is <Ada>?"


def in_review() -> Issue:
    issue = make_issue()
    issue.submit(by=None)
    return issue


@pytest.mark.parametrize("reason", ["", "  \n ", "a" * (MAX_REASON_CHARS + 1)])
def test_a_return_without_a_reason_is_refused(reason: str) -> None:
    issue = in_review()

    page = take_step(staff_client("Editors"), issue, "return", reason=reason)

    issue.refresh_from_db()
    assert issue.state == IssueState.IN_REVIEW
    assert "The issue was not returned" in messages_of(page)


def test_the_author_reads_the_reason_until_they_submit_again() -> None:
    issue = in_review()
    author = author_client(issue)
    editor = staff_client("Editors", first_name="Eleanor", last_name="Voss")

    take_step(editor, issue, "return", reason=REASON)
    page = author.get(change_url(issue)).content.decode()

    assert "Eleanor Voss returned this issue" in page
    assert "needs a source.<br>And who is &lt;Ada&gt;?" in page
    take_step(author, issue, "submit")
    issue.refresh_from_db()
    assert open_return(issue) is None
    assert "returned this issue" not in author.get(change_url(issue)).content.decode()


def test_whoever_submits_an_unfinished_issue_learns_what_is_missing_and_can_take_it_back() -> None:
    issue = make_issue(sections=[(SectionKind.FEATURE, "Beds", "<p>There are TK beds.</p>")])
    author = author_client(issue)

    page = take_step(author, issue, "submit")

    assert "Nobody can approve it before this is fixed" in messages_of(page)
    assert "TK" in messages_of(page)
    assert "An editor can approve it" not in messages_of(page)
    shown = page.content.decode()
    assert "Fix before it can go out" in shown  # the page is read only now
    assert 'value="take_back">Take it back<' in shown
    author.post(reverse("admin:briefings_issue_step", args=[issue.pk]), {"_step": "take_back"})
    issue.refresh_from_db()
    assert issue.state == IssueState.DRAFT
    assert "took the issue back from review" in author.get(change_url(issue)).content.decode()


def test_the_log_keeps_the_reason() -> None:
    issue = in_review()

    take_step(staff_client("Editors"), issue, "return", reason=REASON)

    [entry] = AuditLogEntry.objects.on(issue).filter(verb="returned")
    assert entry.detail == {"reason": REASON}


def test_a_reason_is_kept_without_what_the_database_refuses() -> None:
    issue = in_review()

    take_step(staff_client("Editors"), issue, "return", reason="Too long.\0")

    [entry] = AuditLogEntry.objects.on(issue).filter(verb="returned")
    assert entry.detail == {"reason": "Too long."}


def test_people_who_may_not_edit_have_their_steps_on_the_page_they_read() -> None:
    issue = in_review()
    issue.approve(by=None)
    publisher = make_member(Role.PUBLISHER, of=issue.briefing)
    client = staff_client()
    client.force_login(publisher)

    page = client.get(change_url(issue)).content.decode()

    assert 'name="goes_out"' in page
    assert 'value="schedule">Schedule<' in page
    assert 'value="return"' not in page
