"""Choosing words of a response and putting them into a draft, without its open page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings import own_comments
from briefings.models import (
    Comment,
    CommentState,
    Issue,
    IssueState,
    QuoteChoice,
    RevisionStep,
    SectionKind,
)
from briefings.preflight import blocking_findings
from newsroom.models import OutgoingEmail
from tests.briefings.admin_client import messages_of, open_issue, save, staff_client
from tests.briefings.quotations.quoted_in_tests import EXCERPT, SAID, make_response
from tests.factories import make_issue, make_published_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db


def act(client: Client, name: str, draft: Issue, comment: Comment, words: str = "") -> Any:
    address = reverse(f"admin:briefings_{name}", args=[draft.pk])
    posted = {"response": comment.pk, "words": words}
    return client.post(address, posted, follow=True)


def bodies(draft: Issue) -> list[str]:
    return list(draft.sections.order_by("position").values_list("body", flat=True))


def test_selected_words_stand_at_the_end_of_the_feedback_section() -> None:
    issue = make_published_issue()
    comment = make_response(on=issue)
    draft = make_issue(
        briefing=issue.briefing,
        sections=[
            (SectionKind.FEEDBACK, "You told us", "<p>About buses:</p>"),
            (SectionKind.NOTE, "", "<p>Until next week.</p>"),
        ],
    )
    response = act(staff_client("Editors"), "quote", draft, comment, "Nobody asked  us before")
    assert messages_of(response) == "Quoted at the end of You told us."
    assert bodies(draft)[0] == (
        f'<p>About buses:</p><blockquote data-response="{comment.pk}">'
        "<p>Nobody asked us before …</p><p>— Imogen Thwaite</p></blockquote>"
    )
    assert draft.quotations.get().comment == comment
    assert draft.revisions.count() == 1


def test_without_a_feedback_section_one_is_made_and_without_words_all_is_quoted() -> None:
    issue = make_published_issue()
    draft = make_issue(briefing=issue.briefing)
    act(staff_client("Editors"), "quote", draft, make_response(on=issue))
    last = draft.sections.order_by("position").last()
    assert last is not None
    assert last.kind == SectionKind.FEEDBACK
    assert "<p>Nobody asked us before the stop was moved.</p><p>— Imogen" in last.body
    assert last.body.count("<p>") == 3


@pytest.mark.parametrize(
    ("fields", "words", "refusal"),
    [
        ({}, "my father walks", "The reader did not write “father walks”"),
        ({"quoting": QuoteChoice.NO}, "", "Its reader has not agreed to be quoted."),
        ({"state": CommentState.WITHDRAWN}, "", "Its reader has withdrawn it."),
    ],
)
def test_what_cannot_be_quoted_is_refused_with_the_reason(
    fields: dict[str, Any], words: str, refusal: str
) -> None:
    issue = make_published_issue()
    draft = make_issue(briefing=issue.briefing)
    before = bodies(draft)
    comment = make_response(on=issue, **fields)
    message = messages_of(act(staff_client("Editors"), "quote", draft, comment, words))
    assert refusal in message
    assert bodies(draft) == before


def test_a_response_to_another_briefing_is_not_found() -> None:
    comment = make_response(on=make_published_issue())
    client, draft = staff_client("Editors"), make_issue()
    before = bodies(draft)
    for name in ("quote", "ask_to_quote"):
        assert "It was erased." in messages_of(act(client, name, draft, comment))
    assert json.loads(act(client, "quotation", draft, comment).content)["original"] == ""
    assert bodies(draft) == before


def test_it_voids_an_approval_like_any_edit() -> None:
    issue = make_published_issue()
    draft = make_scheduled_issue(briefing=issue.briefing)
    comment = make_response(on=issue)
    messages = messages_of(act(staff_client("Editors"), "quote", draft, comment, EXCERPT))
    assert "in review again" in messages
    draft.refresh_from_db()
    assert draft.state == IssueState.IN_REVIEW


def test_a_page_that_is_open_elsewhere_merges_with_it() -> None:
    """No editor loses a word: neither the quotation nor what was typed meanwhile."""
    issue = make_published_issue()
    comment = make_response(on=issue)
    draft = make_issue(
        briefing=issue.briefing,
        sections=[
            (SectionKind.FEATURE, "The beds", "<p>The county has 214 beds.</p>"),
            (SectionKind.FEEDBACK, "You told us", "<p>About buses:</p>"),
        ],
    )
    draft.keep_revision(RevisionStep.CREATED, by=None)
    client = staff_client("Editors")
    form = open_issue(client, draft)
    act(client, "quote", draft, comment, EXCERPT)
    save(client, draft, form, **{"sections-0-body": "<p>The county has 241 beds.</p>"})
    first, second = bodies(draft)
    assert "241 beds" in first
    assert f'data-response="{comment.pk}"' in second
    assert draft.quotations.count() == 1


def test_words_are_checked_for_the_dialog_without_any_change() -> None:
    issue = make_published_issue()
    comment = make_response(on=issue)
    draft = make_issue(briefing=issue.briefing)
    client = staff_client("Editors")
    right = json.loads(act(client, "quotation", draft, comment, "my mother walks").content)
    assert right["words"] == "… my mother walks …"
    assert right["html"].startswith(f'<blockquote data-response="{comment.pk}"><p>… my mother')
    assert [SAID[start:end] for start, end in right["places"]] == ["my mother walks"]
    wrong = json.loads(act(client, "quotation", draft, comment, "My mother runs.").content)
    assert (wrong["html"], wrong["original"]) == ("", SAID)
    assert "did not write" in wrong["problem"]
    assert draft.quotations.count() == 0


@pytest.mark.parametrize("state", ["unconfirmed", "rejected", "withdrawn"])
def test_the_dialog_does_not_show_words_that_are_no_response(state: CommentState) -> None:
    issue = make_published_issue()
    comment = make_response(on=issue, state=state)
    draft = make_issue(briefing=issue.briefing)
    for words in ("", EXCERPT):
        answer = act(staff_client("Editors"), "quotation", draft, comment, words)
        assert set(json.loads(answer.content)) == {"original", "problem", "html"}
        assert EXCERPT not in answer.content.decode()


def test_the_page_of_the_response_says_what_can_be_done_with_each() -> None:
    issue = make_published_issue()
    make_response(on=issue)
    make_response(on=issue, email="a@x.example", quoting=QuoteChoice.NO)
    draft = make_issue(briefing=issue.briefing)
    page = staff_client("Editors").get(reverse("admin:briefings_response", args=[draft.pk]))
    words = page.content.decode()
    assert "by name: <bdi>Imogen Thwaite</bdi>" in words
    assert "Ask for it" in words


def test_quoting_before_a_moderator_decides_says_that_the_issue_waits() -> None:
    issue = make_published_issue()
    comment = make_response(on=issue, state=CommentState.PENDING)
    draft = make_issue(briefing=issue.briefing)
    editor = staff_client("Editors")
    address = reverse("admin:briefings_response", args=[draft.pk])
    assert "no moderator has decided about it yet" in editor.get(address).content.decode()
    answer = json.loads(act(editor, "quotation", draft, comment, EXCERPT).content)
    assert answer["problem"] == ""
    assert "moderator" in answer["waits"]
    panel = reverse("admin:briefings_response_panel", args=[draft.pk])
    beside = editor.get(panel, {"show": "all"}).content.decode()
    assert "no moderator has decided about it yet" in beside
    act(editor, "quote", draft, comment, EXCERPT)
    found = blocking_findings(draft, publish_at=None)
    assert "quotation-pending" in [finding.code for finding in found]


def test_the_panel_beside_the_editor_quotes_what_may_be_quoted() -> None:
    issue = make_published_issue()
    quotable = make_response(on=issue)
    unasked = make_response(on=issue, email="a@x.example", quoting=QuoteChoice.NO)
    draft = make_issue(briefing=issue.briefing)
    address = reverse("admin:briefings_response_panel", args=[draft.pk])
    panel = staff_client("Editors").get(address, {"show": "all"}).content.decode()
    assert f'data-quote="{quotable.pk}"' in panel
    assert f'data-quote="{unasked.pk}"' not in panel
    assert "Ask for it" in panel
    assert "<form" not in panel, "it stands within the form of the issue"


def test_asking_sends_one_email_with_a_page_that_takes_the_answer(client: Client) -> None:
    issue = make_published_issue()
    comment = make_response(on=issue, quoting=QuoteChoice.NO)
    draft = make_issue(briefing=issue.briefing)
    editor = staff_client("Editors")
    assert "emailed the reader" in messages_of(act(editor, "ask_to_quote", draft, comment))
    refusal = messages_of(act(editor, "ask_to_quote", draft, comment))
    assert "was asked and has not answered yet" in refusal
    [email] = OutgoingEmail.objects.filter(name="may_we_quote")
    assert email.to == comment.email
    link = next(line for line in email.text.split("\n") if "/comments/quoting/" in line)
    page = client.get(link)
    assert "an editor would like to quote from it" in page.content.decode()
    comment.refresh_from_db()
    assert comment.quoting == QuoteChoice.NO
    client.post(link, {"quoting": "anonymous"})
    comment.refresh_from_db()
    assert comment.quoting == QuoteChoice.ANONYMOUS
    client.post(link, {"quoting": "named"})  # the email may be forwarded: the first answer holds
    comment.refresh_from_db()
    assert comment.quoting == QuoteChoice.ANONYMOUS
    act(editor, "quote", draft, comment, EXCERPT)
    assert draft.quotations.get().attribution == ""


def test_a_quotation_waits_for_the_answer_of_a_reader_who_was_asked(client: Client) -> None:
    issue = make_published_issue()
    comment = make_response(on=issue, quoting=QuoteChoice.NO)
    draft = make_issue(briefing=issue.briefing)
    editor = staff_client("Editors")
    act(editor, "ask_to_quote", draft, comment)
    page = editor.get(reverse("admin:briefings_response", args=[draft.pk])).content.decode()
    assert "no answer yet" in page
    assert json.loads(act(editor, "quotation", draft, comment, EXCERPT).content)["waits"]
    act(editor, "quote", draft, comment, EXCERPT)
    [finding] = blocking_findings(draft, publish_at=None)
    assert finding.code == "quotation-waits"
    text = OutgoingEmail.objects.get(name="may_we_quote").text
    link = next(line for line in text.split("\n") if "/comments/quoting/" in line)
    client.post(link, {"quoting": "anonymous"})
    assert blocking_findings(draft, publish_at=None) == []


def quoting(client: Client) -> tuple[Issue, Comment]:
    """Return a draft with a section that quotes a response, as the server has them."""
    issue = make_published_issue()
    comment = make_response(on=issue)
    draft = make_issue(
        briefing=issue.briefing, sections=[(SectionKind.FEEDBACK, "You told us", "<p>Buses:</p>")]
    )
    act(client, "quote", draft, comment, EXCERPT)
    return draft, comment


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("Now my mother runs the last mile.", "did not write “runs the last mile.”"),
        ("Now my mother the last mile.", "did not write “the last mile.”"),
        ("my mother walks", "begins or ends within a sentence"),
    ],
)
def test_no_save_makes_a_quotation_say_what_was_not_said(words: str, problem: str) -> None:
    client = staff_client("Editors")
    draft, _ = quoting(client)
    [before] = bodies(draft)
    form = open_issue(client, draft)
    changed = before.replace(EXCERPT, words)
    response = save(client, draft, form, **{"sections-0-body": changed, "title": "Next"})
    page = response.content.decode()
    assert problem in page
    assert "Quotation “" in page
    assert words in page, "what was typed is kept on the page"
    assert bodies(draft) == [before]


def test_a_reader_who_edits_keeps_nobody_from_saving_the_rest() -> None:
    client = staff_client("Editors")
    draft, comment = quoting(client)
    Comment.objects.filter(pk=comment.pk).update(body="I say nothing now.")
    form = open_issue(client, draft)
    save(client, draft, form, title="The next week")
    draft.refresh_from_db()
    assert draft.title == "The next week"
    assert [finding.code for finding in blocking_findings(draft, publish_at=None)] == [
        "quotation-not-said"
    ]


def test_whoever_takes_the_words_again_has_read_what_was_edited() -> None:
    client = staff_client("Editors")
    draft, comment = quoting(client)
    own_comments.edit(comment, f"{SAID} So it is.", at=timezone.now())
    address = reverse("admin:briefings_quotation", args=[draft.pk])
    posted = {"response": comment.pk, "words": EXCERPT}
    client.post(address, posted)
    assert blocking_findings(draft, publish_at=None)
    client.post(address, {**posted, "chosen": "yes"})
    [finding] = blocking_findings(draft, publish_at=None)
    assert finding.code == "quotation-pending"


def test_a_no_to_that_email_is_an_answer(client: Client) -> None:
    issue = make_published_issue()
    comment = make_response(on=issue, quoting=QuoteChoice.NO)
    draft = make_issue(briefing=issue.briefing)
    editor = staff_client("Editors")
    act(editor, "ask_to_quote", draft, comment)
    text = OutgoingEmail.objects.get(name="may_we_quote").text
    link = next(line for line in text.split("\n") if "/comments/quoting/" in line)
    client.post(link, {"quoting": "no"})
    refusal = messages_of(act(editor, "quote", draft, comment))
    assert "does not want to be quoted" in refusal
