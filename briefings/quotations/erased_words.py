"""Words of an erased reader that come back: from a page that somebody has had open since before."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from briefings.models import Comment
from briefings.models.comment import lock_responses
from briefings.quotations.quotable import Standing, standing_of
from briefings.quotations.quoted_blocks import keys_in, replace_everywhere, without_words


def without_erased(content: Any, *, language: str) -> Any:
    """Return what a page sent, in which the quotations of erased readers are empty.

    Call it in the transaction that stores the words, with the issue locked if it is saved. The
    responses stay locked: a reader who is erased at the same moment comes before, or waits and
    finds the words.
    """
    keys = keys_in(content)
    if not keys:
        return content
    with transaction.atomic():
        lock_responses(keys)
    found = Comment.objects.filter(pk__in=keys).prefetch_related("quote_consents").in_bulk()
    gone = {Standing.ERASED, Standing.UNKNOWN}
    erased = [key for key in sorted(keys) if standing_of(found.get(key)) in gone]
    return replace_everywhere(content, without_words(erased, language=language))
