"""The rows of the quotations in an issue, made from its sections at each save."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils import timezone

from briefings.models import Comment, Quotation
from briefings.models.quotation import MAX_ATTRIBUTION_CHARS
from briefings.quotations.excerpts import check_excerpt
from briefings.quotations.quoted_blocks import RESPONSE, anonymous, blocks_in, withdrawn_words

if TYPE_CHECKING:
    from briefings.models import Issue


def keep_quotations(issue: Issue) -> None:
    """Have the rows of an issue say what its sections quote now.

    Call it in the transaction that saves the text. A row is known again by its response, so that
    nobody is told twice. One that left a published issue stays, as removed.
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
    for position, (section, block) in enumerate(found):
        row = known[block.response].pop(0) if known[block.response] else Quotation(issue=issue)
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
    for rows in known.values():
        for row in rows:
            _leave(row)


def _leave(row: Quotation) -> None:
    """Forget a quotation that is not in the issue any more, but not that its reader was told."""
    if row.told_at is None and row.not_told == "":
        row.delete()
    elif row.is_in_issue:
        row.is_in_issue = False
        row.excerpt = row.attribution = ""
        row.places = []
        row.save(update_fields=["is_in_issue", "excerpt", "places", "attribution"])
