"""The rows of the quotations in an issue, made from its sections at each save."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils import timezone

from briefings.models import Comment, IssueState, Quotation
from briefings.models.quotation import MAX_ATTRIBUTION_CHARS
from briefings.quotations.excerpts import check_excerpt
from briefings.quotations.quoted_blocks import RESPONSE, anonymous, blocks_in, withdrawn_words

if TYPE_CHECKING:
    from briefings.models import Issue
    from briefings.quotations.quoted_blocks import QuotedBlock


def keep_quotations(issue: Issue) -> None:
    """Have the rows of an issue say what its sections quote now.

    Call it in the transaction that saves the text. A row is known again by its response, so that
    nobody is told twice. One that left a published issue stays, with its words: so has its email,
    and when their reader takes them back, they go from there.
    """
    bodies = issue.sections.order_by("position", "pk").values_list("pk", "body")
    quoting = [(pk, body) for pk, body in bodies if RESPONSE in body]
    known: dict[int | None, list[Quotation]] = defaultdict(list)
    for row in Quotation.objects.filter(issue=issue).order_by("section__position", "position"):
        known[row.response].append(row)
    if not quoting and not known:
        return
    found = [(section, block) for section, body in quoting for block in blocks_in(body)]
    responses = Comment.objects.only("issue", "body").in_bulk(
        {block.response for _, block in found}
    )
    nobody = anonymous(issue.briefing.language)
    withdrawn = withdrawn_words(issue.briefing.language)
    rows = _rows_of([block for _, block in found], known)
    for position, ((section, block), row) in enumerate(zip(found, rows, strict=True)):
        row.issue = issue
        before = (row.excerpt, row.attribution)
        row.response = block.response
        response = responses.get(block.response)
        row.comment_id = response.pk if response else None
        row.about_id = response.issue_id if response else row.about_id
        row.section_id, row.position = section, position
        row.excerpt = "" if block.excerpt == withdrawn else block.excerpt
        row.places = [*check_excerpt(row.excerpt, response.body).places] if response else []
        row.attribution = (
            "" if block.attribution == nobody else block.attribution[:MAX_ATTRIBUTION_CHARS]
        )
        if before != (row.excerpt, row.attribution):
            row.at, row.removed_at = timezone.now(), None
        row.is_in_issue = True
        row.save()
    left = Quotation.objects.filter(pk__in=[row.pk for each in known.values() for row in each])
    if issue.state != IssueState.PUBLISHED:
        left.filter(told_at=None, not_told="").delete()
    left.update(is_in_issue=False)


def _rows_of(
    blocks: list[QuotedBlock], known: dict[int | None, list[Quotation]]
) -> list[Quotation]:
    """Take from the `known` rows that of each block: of the same words, or else of its response."""
    found: dict[int, Quotation] = {}
    for is_same in (True, False):
        for place, block in enumerate(blocks):
            rows = [
                row
                for row in known[block.response]
                if place not in found and (not is_same or row.excerpt == block.excerpt)
            ]
            if rows:
                found[place] = max(rows, key=lambda row: row.is_in_issue)
                known[block.response].remove(found[place])
    return [found.get(place) or Quotation() for place in range(len(blocks))]
