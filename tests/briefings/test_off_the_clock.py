"""An edit of an approved or scheduled issue asks first, because it takes it off the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from briefings.models import Issue, IssueState
from newsroom.models import OutgoingEmail
from tests.briefings.admin_client import (
    change_url,
    make_staff,
    messages_of,
    off_the_clock,
    open_issue,
    read_form,
    save,
    staff_client,
)
from tests.factories import make_contributor, make_issue

pytestmark = pytest.mark.django_db
QUESTION = "This takes it off the clock."


def approved() -> Issue:
    issue = make_issue()
    issue.submit(by=None)
    issue.approve(by=None)
    return issue


def scheduled() -> Issue:
    issue = approved()
    at = timezone.now()
    ina = make_staff("Editors", email="ina@news.example.com")
    issue.schedule(publish_at=at + timedelta(days=2), by=ina, at=at)
    return issue


def saved(issue: Issue) -> tuple[str, str]:
    issue.refresh_from_db()
    return issue.title, issue.state


EDITS = [
    {"title": "Another headline"},
    {"strapline": "Another strapline"},
    {"subject": "A subject"},
    {"preheader": "A preheader"},
    {"sections-0-body": "<p>Another text.</p>"},
    {"sections-0-heading": "Another heading"},
    {"sections-0-kind": "note"},
    {"sections-0-DELETE": "on"},
    {"sections-0-place": "2", "sections-1-place": "1"},
]


@pytest.mark.parametrize("changes", EDITS, ids="+".join)
def test_a_change_of_what_readers_get_asks_and_keeps_what_was_written(
    changes: dict[str, str],
) -> None:
    issue = scheduled()
    client = staff_client("Editors")
    before = issue.content_hash()

    page = save(client, issue, open_issue(client, issue), **changes)

    assert page.context["asks_off_clock"]
    assert QUESTION in page.content.decode()
    issue.refresh_from_db()
    assert (issue.state, issue.content_hash()) == (IssueState.SCHEDULED, before)
    assert not OutgoingEmail.objects.exists()
    form = read_form(page)
    for name, value in changes.items():
        if not name.endswith(("DELETE", "place")):
            assert form[name] == value


def test_the_answer_saves_it_puts_it_back_into_review_and_tells_the_scheduler() -> None:
    issue = scheduled()
    client = staff_client("Editors")
    page = save(client, issue, open_issue(client, issue), title="Another headline")
    assert f'name="_off_clock" value="{issue.version}"' in page.content.decode()

    answer = save(client, issue, off_the_clock(read_form(page)))

    assert "it is in review again" in messages_of(answer)
    assert saved(issue) == ("Another headline", IssueState.IN_REVIEW)
    [email] = OutgoingEmail.objects.filter(name="approval_void")
    assert email.to == "ina@news.example.com"


def test_an_approved_issue_asks_in_other_words() -> None:
    issue = approved()
    client = staff_client("Editors")

    page = save(client, issue, open_issue(client, issue), title="Another headline")

    assert "This ends its approval." in page.content.decode()
    assert QUESTION not in page.content.decode()
    assert saved(issue)[1] == IssueState.APPROVED


def test_a_step_does_not_answer_the_question() -> None:
    issue = approved()
    client = staff_client("Editors")

    page = save(client, issue, open_issue(client, issue), title="Another", _step="schedule")

    assert page.context["asks_off_clock"]
    assert saved(issue)[1] == IssueState.APPROVED


def test_an_answer_about_an_older_version_does_not_count() -> None:
    issue = scheduled()
    client = staff_client("Editors")
    form = off_the_clock(open_issue(client, issue))
    save(client, issue, open_issue(client, issue), slug="another-address")

    page = save(client, issue, form, title="Another headline")

    assert page.context["asks_off_clock"]
    assert saved(issue)[1] == IssueState.SCHEDULED


@pytest.mark.parametrize("name", ["slug", "goes_out", "nothing"])
def test_what_readers_do_not_get_changes_without_a_question(name: str) -> None:
    issue = scheduled()
    client = staff_client("Editors")
    form = open_issue(client, issue)
    later = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT07:00")
    changes = {"slug": "another", "goes_out": later}

    page = save(client, issue, form, **({name: changes[name]} if name in changes else {}))

    assert not page.context["asks_off_clock"]
    assert saved(issue)[1] == IssueState.SCHEDULED


@pytest.mark.parametrize("step", ["draft", "in_review"])
def test_drafts_ask_nothing(step: str) -> None:
    issue = make_issue()
    if step == "in_review":
        issue.submit(by=None)
    client = staff_client("Editors")
    assert "data-off-clock" not in client.get(change_url(issue)).content.decode()

    page = save(client, issue, open_issue(client, issue), title="Another headline")

    assert "Saved." in messages_of(page)


def test_another_author_is_another_content() -> None:
    issue = scheduled()
    client = staff_client("Editors")
    other = make_contributor(name="Bo Lind")

    page = save(client, issue, open_issue(client, issue), author=str(other.pk))

    assert page.context["asks_off_clock"]


def test_another_sign_off_of_its_author_tells_the_scheduler() -> None:
    issue = scheduled()
    client = staff_client("Editors")
    url = reverse("admin:briefings_contributor_change", args=[issue.author.pk])
    form = read_form(client.get(url), "contributor_form")

    client.post(url, {**form, "sign_off": "Until Friday"})

    assert saved(issue)[1] == IssueState.IN_REVIEW
    [email] = OutgoingEmail.objects.filter(name="approval_void")
    assert email.to == "ina@news.example.com"
