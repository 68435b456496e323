"""The subject and the preheader of an email: fields of their own, else headline and strapline."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.utils import timezone

from briefings.document_import import read_document, save_as_draft
from briefings.models import Issue, IssueState, RevisionStep
from briefings.revision_diff import compare
from briefings.revisions import restore
from subscribers.sending import dispatches
from tests.briefings.admin_client import open_issue, save, staff_client
from tests.briefings.rendering.sample_emails import read_page, render
from tests.factories import make_briefing, make_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db
HEADLINE = "The bridge that nobody closed"
STRAPLINE = "Four reports, one engineer, no barrier."
SUBJECT = "Why the bridge stayed open"
PREHEADER = "An engineer wrote four reports."


@pytest.mark.parametrize(
    ("subject", "preheader", "inbox"),
    [
        ("", "", (HEADLINE, STRAPLINE)),
        (SUBJECT, "", (SUBJECT, STRAPLINE)),
        ("", PREHEADER, (HEADLINE, PREHEADER)),
        (SUBJECT, PREHEADER, (SUBJECT, PREHEADER)),
        ("  ", "  ", (HEADLINE, STRAPLINE)),
    ],
)
def test_an_inbox_shows_them_and_without_them_headline_and_strapline(
    subject: str, preheader: str, inbox: tuple[str, str]
) -> None:
    issue = make_issue(title=HEADLINE, strapline=STRAPLINE, subject=subject, preheader=preheader)

    email = render(issue)

    assert email.subject == inbox[0]
    words = read_page(email.html).words
    assert words.index(inbox[1]) < words.index("View in browser")
    assert HEADLINE in words
    assert STRAPLINE in words


def test_a_dispatch_is_frozen_with_the_subject() -> None:
    issue = make_scheduled_issue(title=HEADLINE, subject=SUBJECT)

    assert dispatches.publish(issue, at=timezone.now()).subject == SUBJECT


def test_both_are_saved_on_one_line() -> None:
    issue = make_issue()
    client = staff_client("Editors")

    save(
        client,
        issue,
        open_issue(client, issue),
        subject=" Why the\r\nbridge ",
        preheader="Four\r\n\r\nreports",
    )

    issue.refresh_from_db()
    assert (issue.subject, issue.preheader) == ("Why the bridge", "Four reports")


@pytest.mark.parametrize("field", ["subject", "preheader"])
def test_an_approval_is_bound_to_both(field: str) -> None:
    issue = make_scheduled_issue()
    setattr(issue, field, "Something else")
    issue.save()

    assert issue.void_approval(by=None)
    assert issue.state == IssueState.IN_REVIEW


def test_an_issue_without_them_keeps_its_approval_from_before_they_existed() -> None:
    """The hash of an upgrade's approved issues, as it was computed before."""
    issue = make_issue(title=HEADLINE, strapline=STRAPLINE)
    sections = issue.sections.values_list("kind", "heading", "body")
    before = [HEADLINE, STRAPLINE, issue.author_id, *map(list, sections)]
    digest = hashlib.sha256(json.dumps(before, ensure_ascii=False).encode()).hexdigest()

    assert issue.content_hash() == digest


def test_a_revision_keeps_them_shows_their_change_and_restores_them() -> None:
    issue = make_issue(subject="Old", preheader="Older")
    revision = issue.keep_revision(RevisionStep.SAVED, by=None)
    Issue.objects.filter(pk=issue.pk).update(subject="New", preheader="Newer")
    issue.refresh_from_db()
    newer = issue.keep_revision(RevisionStep.SAVED, by=None)

    diff = compare(revision.content, newer.content)
    restore(revision, by=None, at=timezone.now())

    assert [part.text for part in diff.subject if part.change] == ["Old", "New"]
    assert [part.text for part in diff.preheader if part.change] == ["Older", "Newer"]
    assert not diff.is_empty
    issue.refresh_from_db()
    assert (issue.subject, issue.preheader) == ("Old", "Older")


def test_a_revision_from_before_they_existed_can_be_compared_and_restored() -> None:
    issue = make_issue(subject="New")
    revision = issue.keep_revision(RevisionStep.SAVED, by=None)
    for name in ("subject", "preheader"):
        del revision.content[name]
    revision.save()

    assert not compare(revision.content, revision.content).subject
    restore(revision, by=None, at=timezone.now())

    issue.refresh_from_db()
    assert issue.subject == ""


def test_the_fields_above_a_document_may_name_them() -> None:
    source = f"---\ntitle: {HEADLINE}\nsubject: {SUBJECT}\npreview_text: {PREHEADER}\n---\n\nText."
    document = read_document(source.encode(), name="bridge.md")
    issue = save_as_draft(document, briefing=make_briefing(), at=timezone.now())

    assert (issue.title, issue.subject, issue.preheader) == (HEADLINE, SUBJECT, PREHEADER)
    assert document.left_out == ()
