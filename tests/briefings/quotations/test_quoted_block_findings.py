"""An issue that quotes a response waits for its reader's consent and says what they said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from briefings import own_comments
from briefings.models import Comment, CommentState, Issue, QuoteChoice, SectionKind
from briefings.preflight import blocking_findings, check_issue
from briefings.quotations.insertion import see_again
from briefings.quotations.quoted_blocks import withdrawn_block, write_block
from tests.briefings.admin_client import staff_client
from tests.briefings.quotations.quoted_in_tests import (
    EXCERPT,
    SAID,
    make_draft_quoting,
    make_response,
    quotation_of,
)
from tests.factories import make_contributor, make_issue, make_published_issue

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(days=1)


def codes(draft: Issue) -> list[str]:
    return [finding.code for finding in blocking_findings(draft, publish_at=None)]


def draft_with(issue: Issue, body: str) -> Issue:
    return make_issue(
        briefing=issue.briefing, sections=[(SectionKind.FEEDBACK, "What you told us", body)]
    )


@pytest.mark.parametrize("choice", [QuoteChoice.NAMED, QuoteChoice.ANONYMOUS])
def test_a_quotation_as_its_reader_chose_has_no_finding(choice: QuoteChoice) -> None:
    draft = make_draft_quoting(make_response(on=make_published_issue(), quoting=choice))
    found = check_issue(draft, list(draft.sections.all()), publish_at=None)
    assert [finding for finding in found if "quot" in finding.sentence.lower()] == []


def test_a_german_briefing_names_nobody_in_german() -> None:
    issue = make_published_issue()
    issue.briefing.language = "de"
    issue.briefing.save()
    block = quotation_of(make_response(on=issue, quoting=QuoteChoice.ANONYMOUS))
    assert "— Aus der Leserschaft</p>" in block


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": CommentState.WITHDRAWN}, "quotation-withdrawn"),
        ({"state": CommentState.REJECTED}, "quotation-withdrawn"),
        ({"state": CommentState.PENDING}, "quotation-pending"),
        ({"quoting": QuoteChoice.NO}, "quotation-without-consent"),
        ({"body": SAID.replace("mother", "father")}, "quotation-not-said"),
        ({"quoting": QuoteChoice.ANONYMOUS}, "quotation-attribution"),
        ({"quote_name": "I. T."}, "quotation-attribution"),
        ({"quoting": QuoteChoice.NO, "quote_asked_at": LATER}, "quotation-waits"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_changes_before_sending_stops_the_issue(change: dict[str, object], code: str) -> None:
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    assert codes(draft) == []
    Comment.objects.filter(pk=comment.pk).update(**change)
    assert codes(draft) == [code]


def test_what_only_the_newsroom_reads_waits_for_no_moderator() -> None:
    comment = make_response(on=make_published_issue(), state=CommentState.PRIVATE)
    assert codes(make_draft_quoting(comment)) == []


def test_a_moderator_who_approves_lets_the_issue_go() -> None:
    comment = make_response(on=make_published_issue(), state=CommentState.PENDING)
    draft = make_draft_quoting(comment)
    assert codes(draft) == ["quotation-pending"]
    Comment.objects.filter(pk=comment.pk).update(state=CommentState.APPROVED)
    assert codes(draft) == []


def test_a_finding_begins_with_the_words_that_are_on_the_screen() -> None:
    """Its number counts what was typed, too; the page has the words instead."""
    comment = make_response(on=make_published_issue())
    typed = "<blockquote><p>Nobody wrote to us about it.</p><p>— Ann Lee</p></blockquote>"
    draft = draft_with(comment.issue, typed * 2 + quotation_of(comment))
    Comment.objects.filter(pk=comment.pk).update(quote_name="I. T.")
    [finding] = blocking_findings(draft, publish_at=None)
    assert "What you told us”, quotation 3: " in str(finding)
    assert f"quotation “{EXCERPT}”: its reader chose" in finding.shown
    page = staff_client("Editors").get(reverse("admin:briefings_issue_change", args=[draft.pk]))
    assert f"quotation “{EXCERPT}”: its reader chose" in page.content.decode()


def test_an_edit_that_leaves_the_words_is_read_before_they_are_printed() -> None:
    """Its reader may mean another thing by them now."""
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    own_comments.edit(comment, f"{SAID} I was wrong.", at=timezone.now())
    assert codes(draft) == ["quotation-edited"]
    see_again(draft, comment, at=timezone.now(), excerpt="Other words.")
    assert codes(draft) == ["quotation-edited"]
    see_again(draft, comment, at=timezone.now(), excerpt=EXCERPT)
    assert codes(draft) == ["quotation-pending"], "a moderator reads it again, too"
    Comment.objects.filter(pk=comment.pk).update(state=CommentState.APPROVED)
    assert codes(draft) == []


def test_an_edit_before_the_words_were_chosen_waits_for_a_moderator_only() -> None:
    comment = make_response(on=make_published_issue())
    own_comments.edit(comment, f"{SAID} Not even the nurse.", at=timezone.now())
    assert codes(make_draft_quoting(comment)) == ["quotation-pending"]


def test_an_erased_response_stops_the_issue() -> None:
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    comment.delete()
    assert codes(draft) == ["quotation-withdrawn"]


def test_consent_that_was_taken_back_is_no_open_question() -> None:
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    own_comments.choose_quoting(
        comment, QuoteChoice.NO, at=timezone.now(), source="/comments/mine/", ip=None
    )
    [finding] = blocking_findings(draft, publish_at=None)
    assert finding.code == "quotation-withdrawn"
    assert "does not want to be quoted" in finding.sentence


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("{words}</p><p>And more.</p><p>— Imogen Thwaite", "quotation-not-said"),
        ("mother walks</p><p>— Imogen Thwaite", "quotation-not-marked"),
        ("{words}</p><p>— Imogen Thwaite, nurse", "quotation-attribution"),
        ("{words}", "quotation-attribution"),
        ("<em>{words}</em></p><p>— Imogen Thwaite", "quotation-form"),
        ("Now my mother walks the last …</p><p>— Imogen Thwaite", ""),
    ],
)
def test_what_was_pasted_or_typed_into_a_block_is_found(written: str, code: str) -> None:
    issue = make_published_issue()
    key = make_response(on=issue).pk
    inside = written.format(words=EXCERPT)
    draft = draft_with(issue, f'<blockquote data-response="{key}"><p>{inside}</p></blockquote>')
    assert codes(draft) == ([code] if code else [])


def test_a_response_of_another_briefing_cannot_be_quoted() -> None:
    other = make_response(on=make_published_issue())
    assert codes(draft_with(make_published_issue(), quotation_of(other))) == ["quotation-withdrawn"]


def test_an_author_is_not_quoted_as_a_reader() -> None:
    issue = make_published_issue()
    comment = make_response(on=issue)
    draft = draft_with(issue, quotation_of(comment))
    Comment.objects.filter(pk=comment.pk).update(contributor=make_contributor())
    assert codes(draft) == ["quotation-withdrawn"]


def test_a_block_without_its_words_does_not_go_out() -> None:
    issue = make_published_issue()
    block = withdrawn_block(make_response(on=issue).pk, language="en")
    assert codes(draft_with(issue, write_block(block))) == ["quotation-empty"]


def test_findings_name_no_reader_and_none_of_their_words() -> None:
    """The audit log keeps what stopped an issue, and is never erased."""
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    Comment.objects.filter(pk=comment.pk).update(quote_name="I. T.")
    [finding] = blocking_findings(draft, publish_at=None)
    assert "mother" not in str(finding)
    assert "I. T." not in str(finding)
    assert finding.quote.startswith("Now my mother")
    Comment.objects.filter(pk=comment.pk).update(body="I say nothing now.")
    [finding] = blocking_findings(draft, publish_at=None)
    assert "mother" not in str(finding)
