"""Readers who agreed to be quoted, and issues that quote them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from briefings.models import Comment, Commenter, Issue, QuoteChoice, SectionKind
from briefings.quotations.insertion import quotable_block
from briefings.quotations.quoted_blocks import write_block
from briefings.quotations.rows import keep_quotations
from briefings.quote_wording import record_choice
from tests.factories import make_comment, make_issue

SAID = (
    "The 14 bus stopped at the clinic until May. Now my mother walks the last mile.\n\nNobody asked"
    " us before the stop was moved."
)
EXCERPT = "Now my mother walks the last mile."


def make_response(
    *,
    on: Issue,
    body: str = SAID,
    name: str = "Imogen Thwaite",
    email: str = "imogen@reader.example.com",
    quoting: QuoteChoice = QuoteChoice.NAMED,
    answered: bool = True,
    **fields: Any,
) -> Comment:
    """Create a comment of a reader who said whether they may be quoted."""
    if "commenter" not in fields:
        fields["commenter"] = Commenter.objects.confirmed(email)
    fields.setdefault("quote_name", name if quoting == QuoteChoice.NAMED else "")
    comment = make_comment(on=on, body=body, name=name, email=email, quoting=quoting, **fields)
    if answered:
        at = comment.created_at
        record_choice(comment, quoting, at=at, source="/", ip=None)
    return comment


def quotation_of(comment: Comment, words: str = EXCERPT) -> str:
    """Return the block that quotes a comment."""
    language = comment.issue.briefing.language
    return write_block(quotable_block(comment, words, language=language))


def make_draft_quoting(*comments: Comment, words: str = EXCERPT, **fields: Any) -> Issue:
    """Create a draft that quotes these comments, with its rows."""
    body = "".join(quotation_of(comment, words) for comment in comments)
    fields.setdefault("briefing", comments[0].issue.briefing)
    fields.setdefault("sections", [(SectionKind.FEEDBACK, "What you told us", body)])
    draft = make_issue(title="What changed since", **fields)
    keep_quotations(draft)
    return draft


def publish(draft: Issue) -> Issue:
    """Publish a draft without a dispatch."""
    now = timezone.now()
    draft.submit(by=None)
    draft.approve(by=None)
    draft.schedule(publish_at=now, by=None, at=now)
    draft.publish(at=now)
    return draft
