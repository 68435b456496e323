"""Checks of blocks that quote responses: the reader's words, consent and attribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.local_time import long_day
from briefings.models import Comment, Quotation, QuotationPolicy
from briefings.preflight.findings import Finding, Level, Place, shortened
from briefings.quotations.excerpts import check_excerpt
from briefings.quotations.quotable import WHY_NOT, Standing, standing_of
from briefings.quotations.quoted_blocks import (
    attribution_of,
    is_block,
    is_plain,
    read_block,
    withdrawn_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from briefings.models import Briefing, Issue, Section
    from briefings.quotations.quoted_blocks import QuotedBlock
    from newsroom.html_tree import Element

_WAIT = "Wait for the answer, or remove the quotation."
_DECIDE = "Have a moderator decide, or remove the quotation."
_REMOVE = "Remove the quotation."
# An empty one says that its words were withdrawn; whether the comment stays is for a moderator.
_ALLOWED_WHEN_OUT = {"quotation-empty", "quotation-pending"}


def check_quoted_blocks(
    sections: Iterable[tuple[Section, Element, Place]], *, issue: Issue, is_out: bool = False
) -> Iterator[Finding]:
    """Yield what is wrong with the quotations of responses; all of it stops the issue.

    In one that `is_out`, two of these findings do not matter, nor what the briefing's policy about
    withdrawn consent lets stay.
    """
    briefing = issue.briefing
    found = [
        (quote, read_block(quote), place, number)
        for _, body, place in sections
        # Those that were typed count, too: an editor counts what is on the screen.
        for number, quote in enumerate(body.find("blockquote"), start=1)
        if is_block(quote)
    ]
    if not found:
        return
    keys = {block.response for _, block, _, _ in found}
    comments = Comment.objects.filter(pk__in=keys, issue__briefing=briefing)
    by_key = comments.select_related("contributor").prefetch_related("quote_consents").in_bulk()
    chosen = {} if is_out else _chosen(issue)
    for quote, block, place, number in found:
        comment = by_key.get(block.response)
        if is_out and _stays_without_name(quote, block, comment, briefing):
            continue
        problem = (
            _problem(quote, block, comment, briefing)
            or _edited(block, comment, chosen)
            or _pending(comment)
        )
        if problem and not (is_out and problem[0] in _ALLOWED_WHEN_OUT):
            code, what, fix = problem
            said = shortened(block.excerpt)
            yield Finding(
                code=code,
                level=Level.BLOCKS,
                place=place,
                # The audit log keeps sentences, but no word of readers.
                sentence=f"{place.where}, quotation {number}: {what}",
                naming=f"{place.where}, quotation “{said}”: {what}" if said else "",
                fix=fix,
                about=str(block.response),
                quote=said.rstrip("…"),
            )


def _stays_without_name(
    quote: Element, block: QuotedBlock, comment: Comment | None, briefing: Briefing
) -> bool:
    """Whether the words may stay, without a name, although their reader took the consent back."""
    return (
        comment is not None
        and briefing.withdrawn_quotations == QuotationPolicy.NAME
        and standing_of(comment) == Standing.REFUSED
        and _wrong_words(quote, block, comment, briefing) is None
    )


def _chosen(issue: Issue) -> dict[tuple[int, str], datetime]:
    """Return when the words of each quotation were last chosen, as far as they were saved."""
    rows = Quotation.objects.filter(issue=issue.pk, is_in_issue=True).order_by("at")
    return {(row.response, row.excerpt): row.at for row in rows}


def _edited(
    block: QuotedBlock, comment: Comment | None, chosen: dict[tuple[int, str], datetime]
) -> tuple[str, str, str] | None:
    """Whoever edits a response may mean another thing by the words that stayed."""
    at = chosen.get((block.response, block.excerpt))
    if comment is None or at is None or comment.edited_at is None or comment.edited_at <= at:
        return None
    what = "its reader has edited the comment since."
    return "quotation-edited", what, "Read it again, then choose the words again: “Cut…”."


def _pending(comment: Comment | None) -> tuple[str, str, str] | None:
    """Return that a moderator decides first; it comes last, because an editor can fix the rest."""
    if standing_of(comment) != Standing.PENDING:
        return None
    return "quotation-pending", _lower(WHY_NOT[Standing.PENDING]), _DECIDE


def _problem(
    quote: Element, block: QuotedBlock, comment: Comment | None, briefing: Briefing
) -> tuple[str, str, str] | None:
    """Return the code of what is wrong with a quotation, the sentence, and how to fix it."""
    if block.excerpt == withdrawn_words(briefing.language):
        return "quotation-empty", "its reader does not want it printed.", _REMOVE
    standing = standing_of(comment)
    if comment is None or standing not in {Standing.QUOTABLE, Standing.PENDING}:
        what = _lower(WHY_NOT[standing])
        if standing == Standing.ASKED and comment and comment.quote_asked_at:
            asked = long_day(comment.quote_asked_at.astimezone(briefing.zone).date())
            return "quotation-waits", f"its reader was asked on {asked}, no answer yet.", _WAIT
        if standing == Standing.NOT_ASKED:
            return "quotation-without-consent", what, f"Ask them, or {_lower(_REMOVE)}"
        return "quotation-withdrawn", what, _REMOVE
    return _wrong_words(quote, block, comment, briefing)


def _wrong_words(
    quote: Element, block: QuotedBlock, comment: Comment, briefing: Briefing
) -> tuple[str, str, str] | None:
    excerpt = check_excerpt(block.excerpt, comment.body)
    if excerpt.not_said:
        return "quotation-not-said", "its reader did not write this.", "Cut it again, or remove it."
    if excerpt.problem:
        return "quotation-not-marked", _lower(excerpt.problem), "Cut it again."
    wanted = attribution_of(comment, language=briefing.language)
    if " ".join(block.attribution.split()) != " ".join(wanted.split()):
        what = "its reader chose another name, or none."
        return "quotation-attribution", what, "Cut it again: that writes the name again."
    if not is_plain(quote):
        return "quotation-form", "it was changed by hand.", "Cut it again, or remove it."
    return None


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
