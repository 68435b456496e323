"""The rows of quotations say what the sections of an issue say."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from briefings.issue_edits import record_edit
from briefings.models import Issue, Quotation, QuoteChoice, Section, SectionKind
from briefings.revisions import restore
from briefings.richtext import sanitise
from tests.briefings.quotations.quoted_in_tests import (
    EXCERPT,
    make_draft_quoting,
    make_response,
    quotation_of,
)
from tests.factories import make_issue, make_published_issue

pytestmark = pytest.mark.django_db


def save(draft: Issue, body: str) -> None:
    """Save a draft with this text in its section, as its page does."""
    with transaction.atomic():
        draft.lock()
        draft.sections.update(body=body)
        record_edit(draft, by=None, at=timezone.now(), fields=["sections"], merges_other=False)


def quoted(draft: Issue) -> list[tuple[int | None, str, str]]:
    rows = Quotation.objects.filter(issue=draft, is_in_issue=True).order_by("position")
    return list(rows.values_list("comment", "excerpt", "attribution"))


def test_the_sanitiser_keeps_the_key_of_a_response_and_nothing_else() -> None:
    kept = '<blockquote data-response="12"><p>Yes</p></blockquote>'
    assert sanitise(kept) == kept
    for written in ('data-response="0"', 'data-response="x"', 'data-other="1"', 'cite="/x"'):
        assert sanitise(f"<blockquote {written}><p>Yes</p></blockquote>") == (
            "<blockquote><p>Yes</p></blockquote>"
        )
    assert sanitise('<p data-response="12">Yes</p>') == "<p>Yes</p>"


def test_a_save_makes_a_row_of_each_block() -> None:
    issue = make_published_issue()
    named = make_response(on=issue)
    nameless = make_response(on=issue, email="bo@x.example", quoting=QuoteChoice.ANONYMOUS)
    draft = make_issue(
        briefing=issue.briefing, sections=[(SectionKind.FEEDBACK, "You told us", "<p>…</p>")]
    )
    save(draft, quotation_of(named) + "<p>And:</p>" + quotation_of(nameless))
    assert quoted(draft) == [
        (named.pk, EXCERPT, "Imogen Thwaite"),
        (nameless.pk, EXCERPT, ""),
    ]
    assert {row.about for row in Quotation.objects.all()} == {issue}


def test_a_row_knows_where_its_parts_stand_in_the_response() -> None:
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment, words="Now my mother … the last mile.")
    places = draft.quotations.get().places
    assert [comment.body[start:end] for start, end in places] == ["Now my mother", "the last mile."]


def test_rows_go_with_their_blocks_and_come_back_with_a_restored_revision() -> None:
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    save(draft, draft.sections.get().body)
    before = draft.revisions.first()
    save(draft, "<p>Nobody wrote.</p>")
    assert quoted(draft) == []
    assert before is not None
    restore(before, by=None, at=timezone.now())
    assert quoted(draft) == [(comment.pk, EXCERPT, "Imogen Thwaite")]


def test_a_row_is_known_again_wherever_its_block_goes() -> None:
    """Nobody is told twice because an editor moved a quotation."""
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    told = timezone.now()
    Quotation.objects.update(told_at=told)
    block = draft.sections.get().body
    save(draft, "<p>Out.</p>")
    assert quoted(draft) == []
    Section.objects.create(issue=draft, kind=SectionKind.NOTE, position=9, body="<p>Below</p>")
    draft.sections.get(kind=SectionKind.FEEDBACK).delete()
    save(draft, block)
    [row] = Quotation.objects.all()
    assert (row.told_at, row.is_in_issue, row.section) == (told, True, draft.sections.get())


def test_a_block_of_a_response_that_is_gone_has_a_row_without_one() -> None:
    comment = make_response(on=make_published_issue())
    draft = make_draft_quoting(comment)
    key = comment.pk
    comment.delete()
    save(draft, draft.sections.get().body)
    [row] = Quotation.objects.all()
    assert (row.comment, row.response) == (None, key)
