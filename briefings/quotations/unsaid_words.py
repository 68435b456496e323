"""Quotations that a save would change into something that the reader did not write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import Truncator

from briefings.models import Comment
from briefings.quotations.excerpts import check_excerpt
from briefings.quotations.quoted_blocks import RESPONSE, blocks_in, withdrawn_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.models import Issue


def unsaid_in(bodies: Iterable[str], *, issue: Issue) -> dict[int, str]:
    """Return what is wrong, by the place of the body, with quotations that are new or were changed.

    One that the issue has already may stay, whatever its reader did since: preflight stops the
    issue then, and nobody is kept from saving the rest.
    """
    found = [
        (place, block)
        for place, body in enumerate(bodies)
        if RESPONSE in body
        for block in blocks_in(body)
    ]
    if not found:
        return {}
    stored = {
        (block.response, block.excerpt)
        for body in issue.sections.values_list("body", flat=True)
        if RESPONSE in body
        for block in blocks_in(body)
    }
    keys = {block.response for _, block in found}
    originals = dict(
        Comment.objects.filter(pk__in=keys, issue__briefing=issue.briefing_id).values_list(
            "pk", "body"
        )
    )
    withdrawn = withdrawn_words(issue.briefing.language)
    problems: dict[int, str] = {}
    for place, block in found:
        original = originals.get(block.response)
        is_stored = (block.response, block.excerpt) in stored
        if original is None or is_stored or block.excerpt == withdrawn:
            continue  # preflight speaks of those that are gone
        if problem := check_excerpt(block.excerpt, original).problem:
            problems.setdefault(
                place, f"Quotation “{Truncator(block.excerpt).words(6)}”: {problem}"
            )
    return problems
