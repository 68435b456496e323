"""Whether a word stands in a published issue, so that it is a word and not a typing error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefings.models import IssueState, Section

if TYPE_CHECKING:
    from briefings.models import Issue

# Of the sections that contain the characters, be it within another word.
MAX_SECTIONS = 200


def is_published(word: str, *, besides: Issue) -> bool:
    """Whether a word stands in a published issue of the same language besides this one."""
    sections = Section.objects.filter(
        issue__state=IssueState.PUBLISHED,
        issue__briefing__language=besides.briefing.language,
        body__icontains=word,
    ).exclude(issue=besides)
    alone = re.compile(rf"(?<![\w'’-]){re.escape(word)}(?![\w'’-])", re.IGNORECASE)
    bodies = sections.order_by("-pk").values_list("body", flat=True)[:MAX_SECTIONS]
    return any(alone.search(body) for body in bodies)
