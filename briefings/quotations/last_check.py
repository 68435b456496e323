"""The last look at the readers whom an issue quotes, in the transaction that publishes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.models.comment import lock_responses
from briefings.preflight.quoted_block_checks import check_quoted_blocks
from briefings.preflight.section_checks import parse_sections
from briefings.quotations.quoted_blocks import RESPONSE, blocks_in
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from briefings.models import Issue


def refuse_gone_quotations(issue: Issue) -> None:
    """Raise TransitionRefused if an issue quotes what may not be quoted any more.

    The responses stay locked until the issue is published. So a reader who withdraws at the same
    moment comes before, and the issue stops; or after, and `withdrawals` finds the quotation.
    Lock the issue first, and then responses, everywhere.
    """
    sections = [section for section in issue.sections.all() if RESPONSE in section.body]
    keys = {block.response for section in sections for block in blocks_in(section.body)}
    if not keys:
        return
    lock_responses(keys)
    found = list(check_quoted_blocks(parse_sections(sections), issue=issue))
    if found:
        raise TransitionRefused(f"This issue is not ready. {' '.join(map(str, found))}")
