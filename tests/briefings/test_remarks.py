"""Remarks on a draft: who may leave them, what becomes of them, and that an approval asks first."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.models import Issue, IssueState, Remark, RemarkState
from briefings.models.remark import MAX_REMARK_CHARS
from briefings.remarks import (
    RemarkRefused,
    answer_remark,
    leave_remark,
    reopen_remark,
    settle_remark,
)
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import (
    author_client,
    change_url,
    make_staff,
    messages_of,
    open_issue,
    staff_client,
    take_step,
)
from tests.factories import make_issue

pytestmark = pytest.mark.django_db


def make_remark(*, on: Issue, words: str = "Says who?", by: User | None = None) -> Remark:
    """Leave a remark on the first section of an issue."""
    section = on.sections.first()
    assert section is not None
    return leave_remark(on, words=words, section=section.pk, by=by, at=timezone.now())


def act(client: Client, issue: Issue, act: str, *, fragment: bool = False, **form: str) -> str:
    """Use a button beside the remarks; return the text of the page that follows."""
    headers = {"X-Fragment": "1"} if fragment else {}
    url = reverse("admin:briefings_remarks", args=[issue.pk])
    answer = client.post(url, {"act": act, **form}, headers=headers, follow=True)
    assert answer.status_code in ({200, 422} if fragment else {200})
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_whoever_may_read_the_draft_leaves_a_remark_on_a_section_without_a_script() -> None:
    issue = make_issue()
    section = issue.sections.all()[1]
    reader = make_staff(may=("view_issue",), first_name="Nia", last_name="Okoro")
    client = Client()
    client.force_login(reader)
    page = act(client, issue, "leave", section=str(section.pk), words="Check <b>this</b> figure")
    assert "The week in hospitals" in page
    assert "Check &lt;b&gt;this&lt;/b&gt; figure" in page
    assert "Nia Okoro" in page
    remark = Remark.objects.get()
    assert (remark.section, remark.by, remark.state) == (section, reader, RemarkState.OPEN)
    assert AuditLogEntry.objects.on(issue).get(verb="left a remark").actor == reader


def test_the_script_gets_only_the_parts_that_changed() -> None:
    issue = make_issue()
    url = reverse("admin:briefings_remarks", args=[issue.pk])
    form = {"act": "leave", "section": str(issue.sections.all()[0].pk), "words": "Says who?"}
    parts = staff_client("Editors").post(url, form, headers={"X-Fragment": "1"}).content.decode()
    assert (
        parts.count("data-remarks=") == 4
    )  # the count, beside the form, and at each of two sections
    assert parts.count("Says who?") == 2
    assert "<html" not in parts


def test_an_empty_or_endless_remark_is_refused_with_the_reason() -> None:
    issue, client = make_issue(), staff_client("Editors")
    assert "Write something first." in act(client, issue, "leave", words=" \u200b\n")
    long = "x" * (MAX_REMARK_CHARS + 1)
    assert "The limit is 4,000" in act(client, issue, "leave", words=long, fragment=True)
    assert not Remark.objects.exists()


def test_a_remark_is_answered_and_settled_and_opened_again() -> None:
    issue, client = make_issue(), staff_client("Editors", first_name="Bo", last_name="Lind")
    remark = make_remark(on=issue)
    url = reverse("admin:briefings_remarks", args=[issue.pk])
    answer = {f"answer-{remark.pk}": "The trust’s own board papers."}
    page = client.post(url, {"act": f"answer:{remark.pk}", **answer}, follow=True)
    assert "The trust’s own board papers." in page.content.decode()
    for name, state in [("settle", RemarkState.SETTLED), ("reopen", RemarkState.OPEN)]:
        act(client, issue, f"{name}:{remark.pk}")
        remark.refresh_from_db()
        assert remark.state == state
    verbs = [entry.verb for entry in AuditLogEntry.objects.on(issue)]
    assert verbs[:3] == ["reopened a remark", "settled a remark", "answered a remark"]


def test_of_two_people_who_settle_a_remark_one_wins() -> None:
    remark = make_remark(on=make_issue())
    other = Remark.objects.get(pk=remark.pk)
    settle_remark(remark, by=None)
    with pytest.raises(RemarkRefused, match="Somebody else"):
        settle_remark(other, by=None)
    with pytest.raises(RemarkRefused, match="Somebody else"):
        answer_remark(other, words="Too late", by=None, at=timezone.now())
    reopen_remark(other, by=None)


def test_a_reader_settles_their_own_remarks_only() -> None:
    issue = make_issue()
    reader = make_staff(may=("view_issue",))
    client = Client()
    client.force_login(reader)
    own, other = make_remark(on=issue, by=reader), make_remark(on=issue)
    act(client, issue, f"settle:{own.pk}")
    assert "Only editors" in act(client, issue, f"settle:{other.pk}")
    states = Remark.objects.order_by("pk").values_list("state", flat=True)
    assert [*states] == [RemarkState.SETTLED, RemarkState.OPEN]


def test_remarks_of_an_issue_that_one_may_not_read_are_out_of_reach() -> None:
    issue, client = make_issue(), staff_client()
    url = reverse("admin:briefings_remarks", args=[issue.pk])
    assert client.post(url, {"act": "leave", "words": "Hello"}).status_code == 403
    elsewhere = make_remark(on=make_issue())
    form = {"act": f"settle:{elsewhere.pk}"}
    assert staff_client("Editors").post(url, form).status_code == 404
    assert staff_client("Editors").get(url).status_code == 405


def test_a_remark_outlives_its_section_and_keeps_its_heading() -> None:
    issue, client = make_issue(), staff_client("Editors")
    make_remark(on=issue, words="Who says so?")
    issue.sections.all()[0].delete()
    page = re.sub(r"\s+", " ", client.get(change_url(issue)).content.decode())
    assert "Closed, but still counted (removed)" in page
    assert "Who says so?" in page


def test_remarks_stand_beside_the_form_and_at_their_section() -> None:
    issue = make_issue()
    make_remark(on=issue, words="Who says so?")
    page = author_client(issue).get(change_url(issue)).content.decode()
    assert page.count("Who says so?") == 2
    assert "1 open" in page


def test_what_is_written_in_a_remark_is_not_saved_with_the_issue() -> None:
    """The fields of remarks belong to a form of their own, although they stand in the issue's."""
    issue = make_issue()
    make_remark(on=issue)
    page = staff_client("Editors").get(change_url(issue)).content.decode()
    side = page[page.index('data-remarks="side"') : page.index('class="side-review"')]
    controls = re.findall(r"<(?:textarea|select|button)[^>]*>", side)
    assert len(controls) >= 5
    assert [control for control in controls if 'form="remark-form"' not in control] == []


def test_an_approval_with_open_remarks_asks_first() -> None:
    issue, client = make_issue(), staff_client("Editors")
    issue.submit(by=None)
    make_remark(on=issue, words="Who says so?")
    page = take_step(client, issue, "approve")
    issue.refresh_from_db()
    assert issue.state == IssueState.IN_REVIEW
    assert "Who says so?" in page.content.decode()
    answer = client.post(page.redirect_chain[-1][0], {"seen": page.context["seen"]}, follow=True)
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED
    assert "Approved." in messages_of(answer)


def test_words_that_changed_meanwhile_are_not_approved_all_the_same() -> None:
    issue, client = make_issue(), staff_client("Editors")
    issue.submit(by=None)
    make_remark(on=issue)
    page = take_step(client, issue, "approve")
    Issue.objects.filter(pk=issue.pk).update(title="Other words")
    answer = client.post(page.redirect_chain[-1][0], {"seen": page.context["seen"]}, follow=True)
    issue.refresh_from_db()
    assert issue.state == IssueState.IN_REVIEW
    assert "changed while you were reading it" in messages_of(answer)


def test_answered_and_settled_remarks_do_not_stop_an_approval() -> None:
    issue, client = make_issue(), staff_client("Editors")
    issue.submit(by=None)
    answer_remark(make_remark(on=issue), words="Yes.", by=None, at=timezone.now())
    settle_remark(make_remark(on=issue), by=None)
    take_step(client, issue, "approve")
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED


def test_who_may_not_approve_does_not_by_this_way() -> None:
    issue = make_issue()
    issue.submit(by=None)
    url = reverse("admin:briefings_issue_open_remarks", args=[issue.pk])
    client = author_client(issue)
    assert client.get(url).status_code == 403
    assert client.post(url, {"seen": issue.content_hash()}).status_code == 403


def test_the_fields_of_remarks_are_no_change_of_the_issue() -> None:
    issue, client = make_issue(), staff_client("Editors")
    make_remark(on=issue)
    form = open_issue(client, issue)
    page = client.post(change_url(issue), {**form, "words": "Not sent"}, follow=True)
    assert "nothing to save" in messages_of(page)
